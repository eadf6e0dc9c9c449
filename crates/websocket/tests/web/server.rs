//! Servers that say exactly what a test wants.

use std::net::SocketAddr;
use std::sync::Arc;

use sockeye_websocket::WebSocket;
use sockeye_websocket::accept::{Acceptor, Policy};
use sockeye_websocket::handshake::accept_key;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Listens, and hands each connection to `script`. Gives the URL.
pub(crate) async fn raw<F>(script: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let script = Arc::new(script);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let script = Arc::clone(&script);
            tokio::spawn(async move { script(stream).await });
        }
    });
    format!("ws://{address}/")
}

/// Accepts each connection by `policy` and hands it to `script`. Gives the URL.
pub(crate) async fn accepting<F>(
    policy: Policy,
    script: impl Fn(WebSocket<TcpStream>) -> F + Send + Sync + 'static,
) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let acceptor = Acceptor::new(policy);
    let script = Arc::new(script);
    raw(move |stream| {
        let (acceptor, script) = (acceptor.clone(), Arc::clone(&script));
        async move {
            let (websocket, _) = acceptor.accept(stream).await.expect("a handshake");
            script(websocket).await;
        }
    })
    .await
}

/// Answers every message with itself.
pub(crate) async fn echo() -> String {
    accepting(Policy::new(), |mut websocket| async move {
        let _ = websocket.for_each(|message, out| out.send(message)).await;
    })
    .await
}

/// An address where nobody listens.
pub(crate) async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address")
}

/// The head of a request.
pub(crate) async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
            break;
        }
    }
    String::from_utf8(head).expect("a request is ASCII")
}

/// The value of a header in a head.
pub(crate) fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value))
}

/// The answer that opens a connection, with more headers.
pub(crate) fn opening(head: &str, more: &str) -> String {
    let key = value(head, "sec-websocket-key").expect("a key");
    let accept = accept_key(key.as_bytes());
    let accept = std::str::from_utf8(&accept).expect("base64");
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{more}\r\n"
    )
}

/// Does the handshake.
pub(crate) async fn open(stream: &mut TcpStream) {
    let head = head(stream).await;
    let answer = opening(&head, "");
    stream.write_all(answer.as_bytes()).await.expect("written");
}

/// A frame of a server, with at most 125 bytes.
pub(crate) fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).expect("short");
    let mut frame = vec![0x80 | opcode, len];
    frame.extend_from_slice(payload);
    frame
}

/// A close frame of a server.
pub(crate) fn close(code: u16, reason: &str) -> Vec<u8> {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason.as_bytes());
    frame(8, &payload)
}

/// Reads a frame of a client, with at most 125 bytes; `None` at the end of the stream.
pub(crate) async fn read_frame(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 6];
    stream.read_exact(&mut head).await.ok()?;
    let mut payload = vec![0; usize::from(head[1] & 0x7f)];
    assert!(payload.len() < 126, "a long frame");
    stream.read_exact(&mut payload).await.ok()?;
    for (byte, key) in payload.iter_mut().zip(head[2..].iter().cycle()) {
        *byte ^= key;
    }
    Some((head[0] & 0x0f, payload))
}
