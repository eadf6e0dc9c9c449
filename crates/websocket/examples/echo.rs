//! Answers every message with itself: what a driver of the decoder looks like on tokio.
//!
//! `cargo run --release -p sockeye-websocket --example echo -- 127.0.0.1:9001`

use std::io;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Version};
use sockeye_websocket::handshake::server;
use sockeye_websocket::{Decoder, Event, Limits, Opcode, Role, frame, read_buffer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const MAX_REQUEST_HEAD: usize = 8 * 1024;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        // A connection that fails concerns nobody else.
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let _ = serve(stream).await;
        });
    }
}

async fn serve(mut stream: TcpStream) -> io::Result<()> {
    let (head, mut early) = read_head(&mut stream).await?;
    let Some((method, version, headers)) = parse_head(&head) else {
        return stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    };
    match server::accept(&method, version, &headers) {
        Ok(accepted) => stream.write_all(&head_bytes(&accepted.response())).await?,
        Err(refusal) => return stream.write_all(&head_bytes(&refusal.response())).await,
    }

    // Autobahn sends messages of 16 MiB.
    let mut decoder = Decoder::new(Role::Server, Limits::default().max_message(16 << 20));
    let (mut write, mut over) = answer(&mut decoder, &mut early);
    loop {
        stream.write_all(&write).await?;
        if over {
            return close(stream).await;
        }
        stream.readable().await?;
        // The buffer belongs to the thread: it is gone again before anything is awaited.
        let read = read_buffer::with(|buffer| {
            stream
                .try_read(buffer)
                .map(|length| (length > 0).then(|| answer(&mut decoder, &mut buffer[..length])))
        });
        match read {
            Ok(Some(answered)) => (write, over) = answered,
            Ok(None) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => write.clear(),
            Err(error) => return Err(error),
        }
    }
}

/// What to write after these bytes were read, and whether that is the end.
fn answer(decoder: &mut Decoder, read: &mut [u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    let mut feed = decoder.feed(read);
    while let Some(event) = feed.next() {
        match event {
            Ok(Event::Text(text)) => frame::append(&mut out, Opcode::Text, text.as_bytes()),
            Ok(Event::Binary(bytes)) => frame::append(&mut out, Opcode::Binary, bytes),
            Ok(Event::Ping(payload)) => frame::append(&mut out, Opcode::Pong, payload),
            Ok(Event::Pong(_)) => {}
            Ok(Event::Close(close)) => {
                let close = close.map(|close| (close.code, close.reason));
                frame::append_close(&mut out, Role::Server, close);
                return (out, true);
            }
            Err(error) => {
                frame::append_close(&mut out, Role::Server, Some((error.close_code(), "")));
                return (out, true);
            }
        }
    }
    (out, false)
}

/// Lets the peer close first, or our close frame could be lost with what it still sends.
async fn close(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut ignored = [0; 4096];
    let drained = async {
        while stream.read(&mut ignored).await? > 0 {}
        Ok(())
    };
    tokio::time::timeout(Duration::from_secs(1), drained)
        .await
        .unwrap_or(Ok(()))
}

/// The request's head, and what was read behind it.
async fn read_head(stream: &mut TcpStream) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let mut head = Vec::new();
    loop {
        if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            let early = head.split_off(end + 4);
            return Ok((head, early));
        }
        if head.len() > MAX_REQUEST_HEAD || stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
}

/// As much of HTTP as an example needs; a server uses hyper.
fn parse_head(head: &[u8]) -> Option<(Method, Version, HeaderMap)> {
    let mut lines = std::str::from_utf8(head).ok()?.trim_end().split("\r\n");
    let mut request_line = lines.next()?.split(' ');
    let method = request_line.next()?.parse().ok()?;
    let version = match request_line.nth(1)? {
        "HTTP/1.0" => Version::HTTP_10,
        "HTTP/1.1" => Version::HTTP_11,
        _ => return None,
    };
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let name: HeaderName = name.parse().ok()?;
        headers.append(name, HeaderValue::from_str(value.trim()).ok()?);
    }
    Some((method, version, headers))
}

fn head_bytes(response: &Response<()>) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {}\r\n", response.status()).into_bytes();
    for (name, value) in response.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}
