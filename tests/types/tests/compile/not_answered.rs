use serde::Serialize;
use sockeye::{Event, Socket};

#[derive(Event, Serialize)]
struct Message {
    text: String,
}

async fn greet(socket: &Socket) {
    let _ = socket.ask(Message { text: "hello".to_owned() }).await;
}

fn main() {}
