//! tokio-tungstenite; `--read-buffer BYTES` instead of its 128 KiB, `--hub` for broadcast, TLS by `--tls-cert`.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::accept_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use websocket_peers::echo::Echo;
use websocket_peers::hub::Hub;
use websocket_peers::listen;

fn main() -> io::Result<()> {
    let mut config = WebSocketConfig::default();
    if let Some(bytes) = listen::option("--read-buffer").and_then(|bytes| bytes.parse().ok()) {
        config = config.read_buffer_size(bytes);
    }
    let hub = listen::flag("--hub").then(Hub::default);
    let acceptor = listen::acceptor()?;
    listen::serve(move |stream| {
        let (hub, acceptor) = (hub.clone(), acceptor.clone());
        async move {
            match acceptor {
                None => serve(stream, config, hub).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, config, hub).await;
                    }
                }
            }
        }
    })
}

async fn serve<S>(stream: S, config: WebSocketConfig, hub: Option<Hub>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let Ok(socket) = accept_async_with_config(stream, Some(config)).await else {
        return;
    };
    // Tasks of their own: the connection's does not stay as big as its handshake.
    match hub {
        None => tokio::spawn(Echo::new(socket, |m: &Message| {
            m.is_text() || m.is_binary()
        })),
        Some(hub) => tokio::spawn(hub.serve(socket)),
    };
}
