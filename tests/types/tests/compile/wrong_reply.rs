use serde::Deserialize;
use sockeye::{Event, Namespace, Reply};

#[derive(Event, Deserialize)]
#[event(reply = u64)]
struct Count {
    what: String,
}

async fn count(count: Count) -> Reply<String> {
    Reply(count.what)
}

fn main() {
    let _: Namespace = Namespace::new().event(count);
}
