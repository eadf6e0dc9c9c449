use sockeye::{Namespace, Socket};

async fn say(socket: Socket, text: String) {
    socket.emit("said", text);
}

fn main() {
    let _: Namespace = Namespace::new().event(say);
}
