//! Socket.IO beside the routes of an axum application: `cargo run --example axum_router -- --port 3000`.
#![expect(clippy::print_stdout, reason = "a program says where it listens")]

use std::net::{Ipv4Addr, SocketAddr};

use axum::{Router, routing::get};
use sockeye::{Namespace, Reply, Server, Socket};
use tokio::net::TcpListener;

async fn said(socket: Socket, text: String) -> Reply<bool> {
    socket.broadcast().emit("chat message", text);
    Reply(true)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let chat = Namespace::new().on("chat message", said);
    let io = Server::builder().namespace("/", chat).build();
    let app = Router::new()
        .route("/", get(async || "hello from axum"))
        .merge(io.router());

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port())).await?;
    println!("http://{}", listener.local_addr()?);
    // With this the server knows where its clients are.
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).await
}

/// The number after `--port`.
fn port() -> u16 {
    let argument = std::env::args().skip_while(|a| a != "--port").nth(1);
    argument.map_or(3000, |port| port.parse().expect("`--port` wants a number"))
}
