use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::{FutureExt, SinkExt, StreamExt};
use sockeye_websocket::Role;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::{self, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message as Theirs};

use crate::{End, MAX_MESSAGE, Message, Outcome};

/// A stream that gives one read after the other, then nothing more, and takes what is written.
#[derive(Default)]
struct Script {
    reads: VecDeque<Vec<u8>>,
    written: Vec<u8>,
}

impl AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(mut read) = self.reads.pop_front() else {
            return Poll::Pending;
        };
        let took = read.len().min(out.remaining());
        out.put_slice(&read[..took]);
        if took < read.len() {
            self.reads.push_front(read.split_off(took));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written.extend(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn socket(role: Role, reads: &[&[u8]]) -> WebSocketStream<Script> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let role = match role {
        Role::Client => protocol::Role::Client,
        Role::Server => protocol::Role::Server,
    };
    // A read without bytes would be the end of the stream.
    let reads = reads.iter().filter(|read| !read.is_empty());
    let script = Script {
        reads: reads.map(|read| read.to_vec()).collect(),
        written: Vec::new(),
    };
    WebSocketStream::from_raw_socket(script, role, Some(config))
        .now_or_never()
        .expect("nothing to wait for")
}

/// What tokio-tungstenite makes of the reads.
pub fn theirs(role: Role, reads: &[&[u8]]) -> Outcome {
    let mut socket = socket(role, reads);
    let mut outcome = Outcome::default();
    while let Some(item) = socket.next().now_or_never() {
        let message = match item.expect("an error or a close frame comes before the end") {
            Ok(Theirs::Text(text)) => Message::Text(text.as_str().to_owned()),
            Ok(Theirs::Binary(bytes)) => Message::Binary(bytes.to_vec()),
            Ok(Theirs::Ping(payload)) => Message::Ping(payload.to_vec()),
            Ok(Theirs::Pong(payload)) => Message::Pong(payload.to_vec()),
            Ok(Theirs::Close(close)) => {
                outcome.end = end(close);
                break;
            }
            Ok(Theirs::Frame(_)) => unreachable!("only for writing"),
            Err(error) => {
                outcome.end = End::Violation(match error {
                    Error::Protocol(_) => 1002,
                    Error::Utf8(_) => 1007,
                    Error::Capacity(_) => 1009,
                    error => unreachable!("{error}"),
                });
                break;
            }
        };
        outcome.messages.push(message);
    }
    outcome
}

/// A code that may not be sent is told as if the peer had closed with 1002.
fn end(close: Option<CloseFrame>) -> End {
    match close {
        Some(close) if close.reason.as_str() == "Protocol violation" => {
            End::Violation(close.code.into())
        }
        close => {
            End::Close(close.map(|close| (close.code.into(), close.reason.as_str().to_owned())))
        }
    }
}

/// What tokio-tungstenite writes for the messages and the close frame behind them.
pub fn written_by_them(role: Role, messages: &[Message], close: Option<(u16, &str)>) -> Vec<u8> {
    let mut socket = socket(role, &[]);
    let close = Theirs::Close(close.map(|(code, reason)| CloseFrame {
        code: code.into(),
        reason: reason.into(),
    }));
    let messages = messages.iter().cloned().map(|message| match message {
        Message::Text(text) => Theirs::Text(text.into()),
        Message::Binary(bytes) => Theirs::Binary(bytes.into()),
        Message::Ping(payload) => Theirs::Ping(payload.into()),
        Message::Pong(payload) => Theirs::Pong(payload.into()),
    });
    for message in messages.chain([close]) {
        let sent = socket
            .send(message)
            .now_or_never()
            .expect("nothing to wait for");
        sent.expect("sent");
    }
    std::mem::take(&mut socket.get_mut().written)
}
