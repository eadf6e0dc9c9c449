use serde::Deserialize;
use sockeye::{Event, Namespace};

#[derive(Event, Deserialize)]
struct Move(i32, i32);

async fn step(step: Move) {
    drop(step);
}

fn main() {
    let _: Namespace = Namespace::new().event(step);
}
