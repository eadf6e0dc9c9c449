use serde::Deserialize;
use sockeye::{Event, Namespace, Reply};

#[derive(Event, Deserialize)]
struct Count {
    what: String,
}

async fn count(count: Count) -> Result<Reply<usize>, String> {
    Ok(Reply(count.what.len()))
}

fn main() {
    let _: Namespace = Namespace::new().event(count);
}
