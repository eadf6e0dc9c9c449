use sockeye::{Event, Socket};

#[derive(Event)]
struct Message {
    text: String,
}

fn greet(socket: &Socket) {
    socket.emit_event(Message { text: "hello".to_owned() });
}

fn main() {}
