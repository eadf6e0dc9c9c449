//! tokio-websockets.

use std::io;

use tokio_websockets::{Message, ServerBuilder};
use websocket_peers::echo::Echo;
use websocket_peers::listen;

fn main() -> io::Result<()> {
    listen::serve(|stream| async move {
        if let Ok((_, socket)) = ServerBuilder::new().accept(stream).await {
            Echo::new(socket, |m: &Message| m.is_text() || m.is_binary()).await;
        }
    })
}
