//! Socket.IO on plain hyper, without a framework: `cargo run --example hyper -- --port 3000`.
#![expect(clippy::print_stdout, reason = "a program says where it listens")]

use std::net::Ipv4Addr;

use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
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
    let service = TowerToHyperService::new(io.service());

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port())).await?;
    println!("http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        // Without upgrades there would be no WebSocket.
        let connection = http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service.clone())
            .with_upgrades();
        tokio::spawn(connection);
    }
}

/// The number after `--port`.
fn port() -> u16 {
    let argument = std::env::args().skip_while(|a| a != "--port").nth(1);
    argument.map_or(3000, |port| port.parse().expect("`--port` wants a number"))
}
