//! Socket.IO as a layer in front of another service, which gets every other request:
//! `cargo run --example tower_layer -- --port 3000`.
#![expect(clippy::print_stdout, reason = "a program says where it listens")]

use std::net::Ipv4Addr;

use axum::{Router, http::Uri};
use sockeye::{Namespace, Reply, Server, Socket};
use tokio::net::TcpListener;

async fn said(socket: Socket, text: String) -> Reply<bool> {
    socket.broadcast().emit("chat message", text);
    Reply(true)
}

async fn other(uri: Uri) -> String {
    format!("{} is for the service beneath", uri.path())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let chat = Namespace::new().on("chat message", said);
    let io = Server::builder().namespace("/", chat).build();
    let app = Router::new().fallback(other).layer(io.layer());

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port())).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}

/// The number after `--port`.
fn port() -> u16 {
    let argument = std::env::args().skip_while(|a| a != "--port").nth(1);
    argument.map_or(3000, |port| port.parse().expect("`--port` wants a number"))
}
