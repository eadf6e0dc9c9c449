//! Streams whose reads end anywhere, handshake included.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use sockeye_websocket::accept::accept;
use sockeye_websocket::deflate::{Options, Params};
use sockeye_websocket::{Closed, Config, Message, Negotiated, Role, WebSocket};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::wire::frame_to;

/// A stream that gives one read after the other and then ends; what is written is not looked at.
struct Reads(VecDeque<Vec<u8>>);

impl Reads {
    fn new<'a>(reads: impl IntoIterator<Item = &'a [u8]>) -> Self {
        // A read of nothing would be the end.
        let reads = reads.into_iter().filter(|read| !read.is_empty());
        Self(reads.map(<[u8]>::to_vec).collect())
    }
}

impl AsyncRead for Reads {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(mut read) = self.0.pop_front() {
            let rest = read.split_off(read.len().min(out.remaining()));
            out.put_slice(&read);
            if !rest.is_empty() {
                self.0.push_front(rest);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Reads {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n\r\n";

/// Some of everything that may come, and what is to be seen of it.
fn conversation(role: Role) -> (Vec<u8>, Vec<Message>, Closed) {
    let wide = "a\u{e4}\u{20ac}\u{1f41f}".repeat(12);
    let (head, tail) = wide.as_bytes().split_at(8); // in the middle of the fish
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    let frames: &[(u8, &[u8])] = &[
        (0x81, b"short"),
        (0x82, &[9; 130]),
        (0x01, head),
        (0x89, b"between"),
        (0x00, b""),
        (0x80, tail),
        (0xC1, &hello),
        (0x41, &hello[..3]),
        (0x8A, b""),
        (0x80, &hello[3..]),
        (0x82, b""),
        (0x88, b"\x0b\xb8done"),
    ];
    let bytes = frames
        .iter()
        .flat_map(|(first, payload)| frame_to(role, *first, payload))
        .collect();
    let messages = vec![
        "short".into(),
        vec![9; 130].into(),
        wide.into(),
        "Hello".into(),
        "Hello".into(),
        Vec::new().into(),
    ];
    let mut closed = Closed::default();
    (closed.code, closed.reason, closed.was_clean) = (3000, "done".to_owned(), true);
    (bytes, messages, closed)
}

/// What the application gets to see.
async fn seen(mut socket: WebSocket<Reads>) -> (Vec<Message>, Option<Closed>) {
    let mut messages = Vec::new();
    while let Some(message) = socket.recv().await {
        messages.push(message.expect("a message"));
    }
    (messages, socket.closed().cloned())
}

async fn server(reads: Reads) -> (Vec<Message>, Option<Closed>) {
    let config = Config::new().deflate(Some(Options::default()));
    let (socket, _) = accept(reads, &config).await.expect("accepted");
    seen(socket).await
}

async fn client(reads: Reads) -> (Vec<Message>, Option<Closed>) {
    let negotiated = Negotiated {
        deflate: Some(Params::default()),
        ..Negotiated::default()
    };
    seen(WebSocket::new(
        reads,
        Role::Client,
        negotiated,
        &Config::new(),
    ))
    .await
}

#[tokio::test]
async fn a_servers_reads_end_anywhere() {
    let (frames, messages, closed) = conversation(Role::Server);
    let bytes = [REQUEST, &frames].concat();
    for cut in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(cut);
        let (got, end) = server(Reads::new([head, tail])).await;
        assert_eq!(
            (&got, end.as_ref()),
            (&messages, Some(&closed)),
            "cut at {cut}"
        );
    }
    let (got, end) = server(Reads::new(bytes.chunks(1))).await;
    assert_eq!((got, end), (messages, Some(closed)), "byte by byte");
}

#[tokio::test]
async fn a_clients_reads_end_anywhere() {
    let (bytes, messages, closed) = conversation(Role::Client);
    for cut in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(cut);
        let (got, end) = client(Reads::new([head, tail])).await;
        assert_eq!(
            (&got, end.as_ref()),
            (&messages, Some(&closed)),
            "cut at {cut}"
        );
    }
    let (got, end) = client(Reads::new(bytes.chunks(1))).await;
    assert_eq!((got, end), (messages, Some(closed)), "byte by byte");
}
