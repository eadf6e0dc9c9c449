//! sockudo-ws, its Tokio stream.

use std::io;

use sockudo_ws::protocol::Message;
use sockudo_ws::{Config, WebSocketStream};
use websocket_peers::echo::Echo;
use websocket_peers::listen;
use websocket_peers::upgrade::upgrade;

fn main() -> io::Result<()> {
    listen::serve(|stream| async move {
        if let Ok(stream) = upgrade(stream).await {
            let config = Config {
                // A server has to (RFC 6455 8.1).
                validate_text_utf8: true,
                ..Config::default()
            };
            let socket = WebSocketStream::server(stream, config);
            Echo::new(socket, |m| {
                matches!(m, Message::Text(_) | Message::Binary(_))
            })
            .await;
        }
    })
}
