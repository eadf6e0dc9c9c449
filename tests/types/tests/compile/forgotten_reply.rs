use serde::Deserialize;
use sockeye::{Event, Namespace};

#[derive(Event, Deserialize)]
#[event(reply = u64)]
struct Count {
    what: String,
}

async fn count(count: Count) {
    drop(count.what);
}

fn main() {
    let _: Namespace = Namespace::new().event(count);
}
