//! A WebSocket over a stream that something else than hyper supplies.

mod support;

use std::{io, net::SocketAddr, sync::Arc};

use http::Request;
use sockeye_engine::{Engine, Upgrade};
use sockeye_websocket::Opcode;
use support::{
    client::{Frame, Polling, WebSocket, client_frame, eventually, within},
    echo::{Echo, Server, Told, send},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional, duplex},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

/// How a server without hyper hands a connection over.
#[derive(Debug, Clone, Copy)]
enum Supplies {
    /// The TCP stream itself, once the answer is written.
    Tcp,
    /// A pipe, whose other end it copies from and to the connection.
    Pipe,
    /// An error: the connection ended before the answer.
    Error,
    /// An upgrade of which a clone has been used.
    Spent,
    Nothing,
}

/// Serves upgrades with as little HTTP as they need.
async fn framework(engine: &Arc<Engine<Echo>>, supplies: Supplies) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let engine = Arc::clone(engine);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move { serve(&engine, stream, supplies).await });
        }
    });
    address
}

async fn serve(engine: &Arc<Engine<Echo>>, mut stream: TcpStream, supplies: Supplies) {
    let mut request = read_request(&mut stream).await;
    let (answered, answer) = oneshot::channel::<TcpStream>();
    let (mut near, far) = duplex(64);
    let upgrade = match supplies {
        Supplies::Tcp => Some(Upgrade::from_future(async {
            answer.await.map_err(io::Error::other)
        })),
        Supplies::Pipe | Supplies::Spent => Some(Upgrade::from_stream(far)),
        Supplies::Error => Some(Upgrade::from_future(async {
            Err::<TcpStream, _>(io::ErrorKind::ConnectionReset.into())
        })),
        Supplies::Nothing => None,
    };
    if let Some(upgrade) = &upgrade {
        request.extensions_mut().insert(upgrade.clone());
    }
    if matches!(supplies, Supplies::Spent) {
        engine.handle(repeated(&request)).await;
    }
    let response = engine.handle(request).await;
    let mut head = format!("HTTP/1.1 {} \r\n", response.status().as_u16());
    for (name, value) in response.headers() {
        let value = value.to_str().expect("the engine's headers are text");
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = http_body_util::BodyExt::collect(response.into_body()).await;
    let body = body.expect("a full body cannot fail").to_bytes();
    if !body.is_empty() && !head.contains("content-length") {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    let bytes = [head.as_bytes(), b"\r\n", &body].concat();
    stream.write_all(&bytes).await.expect("the client reads");
    match supplies {
        Supplies::Tcp => drop(answered.send(stream)),
        // It ends when either side does; the test looks at what arrives.
        Supplies::Pipe => drop(copy_bidirectional(&mut stream, &mut near).await),
        Supplies::Error | Supplies::Spent | Supplies::Nothing => {}
    }
}

/// What a request without a body says; the client waits for the answer before it sends more.
async fn read_request(stream: &mut TcpStream) -> Request<http_body_util::Empty<&'static [u8]>> {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        let n = stream.read_buf(&mut read).await.expect("a request");
        assert_ne!(n, 0, "the connection ends within the head");
    }
    let head = String::from_utf8(read).expect("a head is text");
    let mut lines = head.lines();
    let target = lines.next().and_then(|line| line.split(' ').nth(1));
    let mut request = Request::builder().uri(target.expect("a request line"));
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").expect("a header");
        request = request.header(name, value);
    }
    let body = http_body_util::Empty::new();
    request.body(body).expect("what the client sent is valid")
}

/// A second request that says the same.
fn repeated<B: Default>(request: &Request<B>) -> Request<B> {
    let mut other = Request::new(B::default());
    *other.uri_mut() = request.uri().clone();
    *other.headers_mut() = request.headers().clone();
    *other.extensions_mut() = request.extensions().clone();
    other
}

#[tokio::test]
async fn messages_go_there_and_back() {
    for supplies in [Supplies::Tcp, Supplies::Pipe] {
        let server = Server::start().await;
        let address = framework(&server.engine, supplies).await;
        let (mut socket, _) = WebSocket::open(address).await;
        // More than the pipe holds at a time, both ways.
        let long = format!("4{}", "long".repeat(20_000));
        for text in ["4", "4hello", &long] {
            socket.send(text).await;
            assert_eq!(socket.text().await, text, "{supplies:?}");
        }
        let data = vec![7; 100_000];
        socket.raw(&client_frame(Opcode::Binary, &data)).await;
        assert_eq!(socket.next().await, Frame::Binary(data), "{supplies:?}");
    }
}

#[tokio::test]
async fn what_others_send_arrives() {
    for supplies in [Supplies::Tcp, Supplies::Pipe] {
        let mut server = Server::start().await;
        let address = framework(&server.engine, supplies).await;
        let (mut socket, _) = WebSocket::open(address).await;
        let connection = server.opened().await;
        for n in 0..100 {
            send(&connection, &format!("message {n}"));
        }
        for n in 0..100 {
            assert_eq!(socket.text().await, format!("4message {n}"), "{supplies:?}");
        }
    }
}

#[tokio::test]
async fn a_polling_session_upgrades_to_it() {
    for supplies in [Supplies::Tcp, Supplies::Pipe] {
        let mut server = Server::start().await;
        let polling = Polling::open(server.address).await;
        server.opened().await;
        let elsewhere = Polling {
            address: framework(&server.engine, supplies).await,
            ..polling
        };
        let mut socket = elsewhere.upgrade().await;
        socket.send("4upgraded").await;
        assert_eq!(socket.text().await, "4upgraded", "{supplies:?}");
        assert_eq!(server.engine.stats().websocket, 1, "{supplies:?}");
    }
}

#[tokio::test]
async fn the_session_ends_with_the_stream() {
    for supplies in [Supplies::Tcp, Supplies::Pipe] {
        let mut server = Server::start().await;
        let address = framework(&server.engine, supplies).await;
        let (mut socket, _) = WebSocket::open(address).await;
        let connection = server.opened().await;
        socket.stream.shutdown().await.expect("it is open");
        assert_eq!(
            server.closed().await.to_string(),
            "transport close",
            "{supplies:?}"
        );
        assert!(!connection.is_open(), "{supplies:?}");
        assert_eq!(socket.closed().await, None, "{supplies:?}");
    }
}

#[tokio::test]
async fn without_a_stream_no_session_begins() {
    let mut server = Server::start().await;
    let address = framework(&server.engine, Supplies::Error).await;
    let mut socket = WebSocket::connect(address, "EIO=4&transport=websocket")
        .await
        .expect("the answer says that it begins");
    assert_eq!(socket.closed().await, None);
    assert_eq!(server.engine.stats().opened, 0);

    // A session that polls goes on.
    let polling = Polling::open(server.address).await;
    server.opened().await;
    let elsewhere = Polling {
        address,
        ..polling.clone()
    };
    assert_eq!(elsewhere.websocket().await.closed().await, None);
    polling.send("4still here").await;
    assert!(
        matches!(within("a message", server.told()).await, Told::Text(text) if text == "still here")
    );
    eventually("the session polls", || server.engine.stats().polling == 1).await;
}

#[tokio::test]
async fn an_upgrade_is_used_once() {
    for (supplies, sessions) in [(Supplies::Nothing, 0), (Supplies::Spent, 1)] {
        let server = Server::start().await;
        let address = framework(&server.engine, supplies).await;
        let refused = WebSocket::connect(address, "EIO=4&transport=websocket").await;
        let refused = refused.err().expect("there is no stream for it");
        assert_eq!((refused.status, &*refused.body), (400, "Bad request"));
        eventually("the sessions", || server.engine.stats().opened == sessions).await;
    }
}
