//! The profiles `socketio5` and `recovery`.

use std::time::Duration;

use sockeye::{Args, Cors, Handshake, Namespace, Reply, Server, ServerBuilder, Socket};

use crate::data::Data;

/// The application of the protocol's document; recovery is the caller's.
pub(crate) fn builder() -> ServerBuilder {
    Server::builder()
        .cors(Cors::any())
        .connect_timeout(Duration::from_secs(1))
        .ping_interval(Duration::from_millis(300))
        .ping_timeout(Duration::from_millis(200))
        .max_payload(1_000_000)
        .namespace("/", namespace())
        .namespace("/custom", namespace())
}

fn namespace() -> Namespace {
    Namespace::new()
        .on_connect(async |socket: Socket, handshake: Handshake| {
            let auth = handshake.auth::<Data>();
            socket.emit("auth", auth.unwrap_or_else(|| Data::Object(Vec::new())));
        })
        .on(
            "message",
            async |socket: Socket, arguments: Args<Vec<Data>>| {
                socket.emit("message-back", arguments);
            },
        )
        .on("message-with-ack", async |arguments: Args<Vec<Data>>| {
            Reply(arguments)
        })
}
