//! Socket.IO on a listener of its own, an axum application behind it, and a clean end:
//! `cargo run --example serve -- --port 3000`.
#![expect(clippy::print_stdout, reason = "a program says where it listens")]

use std::net::Ipv4Addr;

use axum::{Router, routing::get};
use sockeye::{Namespace, Reply, Server, Socket};
use tokio::{net::TcpListener, signal::ctrl_c};

async fn said(socket: Socket, text: String) -> Reply<bool> {
    socket.broadcast().emit("chat message", text);
    Reply(true)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let chat = Namespace::new().on("chat message", said);
    let io = Server::builder().namespace("/", chat).build();
    let app = Router::new().route("/", get(async || "hello from axum"));

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port())).await?;
    println!("http://{}", listener.local_addr()?);
    io.serve(listener)
        .fallback(app)
        .with_graceful_shutdown(async { ctrl_c().await.unwrap_or(()) })
        .await
}

/// The number after `--port`.
fn port() -> u16 {
    let argument = std::env::args().skip_while(|a| a != "--port").nth(1);
    argument.map_or(3000, |port| port.parse().expect("`--port` wants a number"))
}
