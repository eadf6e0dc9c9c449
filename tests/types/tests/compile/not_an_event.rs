use sockeye::Socket;

fn greet(socket: &Socket) {
    socket.emit_event("hello");
}

fn main() {}
