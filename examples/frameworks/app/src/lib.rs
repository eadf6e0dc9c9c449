//! The Socket.IO application that every framework serves here: an echo, an acknowledgement, a broadcast and a
//! room. Nothing of it knows what serves HTTP.

use std::{io, net::SocketAddr};

use bytes::Bytes;
use sockeye::{Args, Handshake, Namespace, Reply, Server, Socket};
use tokio::net::TcpListener;

/// What is served.
pub fn server() -> Server {
    let namespace = Namespace::new()
        .on("echo", async |socket: Socket, text: String| {
            socket.emit("echo", text)
        })
        .on("blob", async |socket: Socket, blob: Bytes| {
            socket.emit("blob", blob)
        })
        .on("sum", async |Args((a, b)): Args<(i64, i64)>| Reply(a + b))
        .on("say", async |socket: Socket, text: String| {
            socket.broadcast().emit("said", text)
        })
        .on("join", join)
        .on("tell", tell)
        .on("address", address);
    Server::builder().namespace("/", namespace).build()
}

async fn join(socket: Socket, room: String) -> Reply<bool> {
    socket.join(room);
    Reply(true)
}

/// Says something to the others in a room.
async fn tell(socket: Socket, Args((room, text)): Args<(String, String)>) {
    socket.to(room).emit("told", text);
}

/// Where the client is, as far as the framework said.
async fn address(handshake: Handshake) -> Reply<Option<String>> {
    Reply(handshake.address().map(|address| address.ip().to_string()))
}

/// The address after `--listen`; port 3000 without it.
pub fn address_to_listen() -> String {
    let given = std::env::args()
        .skip_while(|argument| argument != "--listen")
        .nth(1);
    given.unwrap_or_else(|| "127.0.0.1:3000".to_owned())
}

/// Listens there, and says where that is.
pub async fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address_to_listen()).await?;
    announce(listener.local_addr()?);
    Ok(listener)
}

/// Says where a framework's own listener listens.
pub fn announce(address: SocketAddr) {
    println!("listening on {address}");
}
