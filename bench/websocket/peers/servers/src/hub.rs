//! Broadcast as a user of tokio-tungstenite writes it: one `broadcast` channel, a task a subscriber.

use std::pin::pin;

use futures_core::Stream;
use futures_sink::Sink;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

const BACKLOG: usize = 1024;

/// Sends whatever one says to all, the one who said it too.
#[derive(Clone)]
pub struct Hub {
    all: Sender<Message>,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            all: channel(BACKLOG).0,
        }
    }
}

impl Hub {
    /// Serves one subscriber until it leaves.
    pub async fn serve<S>(self, mut socket: WebSocketStream<S>)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut said = self.all.subscribe();
        loop {
            let step = tokio::select! {
                heard = said.recv() => deliver(heard, &mut said, &mut socket).await,
                asked = next(&mut socket) => match asked {
                    Some(Ok(message)) => {
                        if message.is_text() {
                            // There is a receiver: this one.
                            let _ = self.all.send(message);
                        }
                        Ok(())
                    }
                    _ => return,
                },
            };
            if step.is_err() {
                return;
            }
        }
    }
}

/// Feeds all that is there, then flushes once.
async fn deliver<S>(
    heard: Result<Message, RecvError>,
    said: &mut Receiver<Message>,
    socket: &mut WebSocketStream<S>,
) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut heard = heard.ok();
    let mut socket = pin!(socket);
    while let Some(message) = heard {
        std::future::poll_fn(|cx| socket.as_mut().poll_ready(cx)).await?;
        socket.as_mut().start_send(message)?;
        heard = said.try_recv().ok();
    }
    std::future::poll_fn(|cx| socket.as_mut().poll_flush(cx)).await
}

async fn next<S>(socket: &mut WebSocketStream<S>) -> Option<Result<Message, Error>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut socket = pin!(socket);
    std::future::poll_fn(|cx| socket.as_mut().poll_next(cx)).await
}
