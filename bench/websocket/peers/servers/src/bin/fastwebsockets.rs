//! fastwebsockets on the bare stream. It writes each frame by itself; reading ahead to batch them is not possible,
//! because its reads may not be cancelled.

use std::io;

use fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket};
use tokio::net::TcpStream;
use websocket_peers::listen;
use websocket_peers::upgrade::upgrade;

fn main() -> io::Result<()> {
    listen::serve(|stream| async move {
        let _ = serve(stream).await;
    })
}

async fn serve(stream: TcpStream) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let socket = WebSocket::after_handshake(upgrade(stream).await?, Role::Server);
    let mut socket = FragmentCollector::new(socket);
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
            OpCode::Close => return Ok(()),
            _ => {}
        }
    }
}
