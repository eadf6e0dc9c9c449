//! The examples do what their first lines say.
#![cfg(all(feature = "axum", feature = "client"))]

use std::time::Duration;

use ::axum::http::{StatusCode, header};
use clap::Parser;
use sockeye_websocket::accept::accept;
use sockeye_websocket::client::{ConnectError, Connector};
use sockeye_websocket::{Config, Message};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

#[path = "../examples/axum.rs"]
#[allow(dead_code, reason = "its `main` is not called")]
mod axum;
#[path = "../examples/feed.rs"]
#[allow(dead_code, reason = "its `main` is not called")]
mod feed;
#[path = "../examples/proxy.rs"]
#[allow(dead_code, reason = "its `main` is not called")]
mod proxy;

/// When something hangs. Nothing waits for it to pass.
const HANGS: Duration = Duration::from_secs(60);

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("bound"));
    (listener, url)
}

/// A proxy to `target`; gives where it is, and what becomes of its first connection.
async fn proxied(target: String, patience: Duration) -> (String, tokio::task::JoinHandle<String>) {
    let (listener, url) = listener().await;
    let relaying = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        match proxy::relay(stream, &target, patience).await {
            Ok(()) => "closed".to_owned(),
            Err(error) => error.to_string(),
        }
    });
    (url, relaying)
}

#[tokio::test]
async fn the_proxy_passes_messages_and_the_goodbye() {
    let (listener, target) = listener().await;
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("the proxy");
        let (mut socket, _) = accept(stream, &Config::new()).await.expect("granted");
        let _ = socket
            .for_each(|message, answers| answers.send(message))
            .await;
    });
    let (url, relaying) = proxied(target, HANGS).await;
    let mut socket = Connector::new()
        .connect(&url)
        .await
        .expect("open")
        .websocket;
    for message in [Message::from("text"), Message::from(vec![7; 300_000])] {
        socket.send(message.clone()).await.expect("open");
        assert_eq!(
            socket.recv().await.expect("open").expect("an echo"),
            message
        );
    }
    let closed = socket.close(4001, "enough").await.expect("a clean end");
    assert_eq!((closed.code, closed.was_clean), (4001, true));
    assert_eq!(relaying.await.expect("no panic"), "closed");
}

/// A server that takes nothing: what is taken from the client is bounded, by the proxy's marks and
/// the kernel's buffers, and after the proxy's patience both connections end.
#[tokio::test]
async fn the_proxy_slows_a_sender_down_and_then_loses_both() {
    const MESSAGE: usize = 64 * 1024;
    const FAR_TOO_MUCH: usize = 256 << 20;
    let (listener, target) = listener().await;
    let (gone, mut went) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("the proxy");
        let (socket, _) = accept(stream, &Config::new()).await.expect("granted");
        // Not read until the client is gone.
        let _: Option<()> = went.recv().await;
        drop(socket);
    });
    let (url, relaying) = proxied(target, Duration::from_millis(500)).await;
    let mut socket = Connector::new()
        .connect(&url)
        .await
        .expect("open")
        .websocket;
    let mut sent = 0;
    let sending = async {
        while sent < FAR_TOO_MUCH && socket.send(vec![7; MESSAGE]).await.is_ok() {
            sent += MESSAGE;
        }
    };
    timeout(HANGS, sending).await.expect("the proxy ends it");
    assert!(sent < FAR_TOO_MUCH, "all of {sent} bytes were taken");
    let ended = timeout(HANGS, relaying).await.expect("the proxy ends");
    assert_eq!(ended.expect("no panic"), "deadline has elapsed");
    drop(gone);
}

#[tokio::test]
async fn the_proxy_tells_the_client_that_there_is_no_server() {
    let (listener, target) = listener().await;
    drop(listener);
    let (url, relaying) = proxied(target, HANGS).await;
    let mut socket = Connector::new()
        .connect(&url)
        .await
        .expect("open")
        .websocket;
    assert!(socket.recv().await.is_none());
    assert_eq!(socket.closed().expect("closed").code, 1014);
    let error = relaying.await.expect("no panic");
    assert!(error.starts_with("cannot connect to 127.0.0.1:"), "{error}");
}

/// The demonstration disconnects after every fifth price, so the third connection has the last two.
#[tokio::test]
async fn the_feed_follows_its_demonstration() {
    let options = ["feed", "--demo", "--count", "12"];
    let options = feed::Options::try_parse_from(options).expect("options");
    let followed = timeout(HANGS, feed::run(options)).await;
    followed.expect("no hang").expect("all prices");
}

#[tokio::test]
async fn axum_serves_a_page_and_rooms() {
    let (listener, url) = listener().await;
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { ::axum::serve(listener, axum::app()).await });
    let mut page = TcpStream::connect(address).await.expect("listening");
    let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    page.write_all(request).await.expect("open");
    let mut response = String::new();
    page.read_to_string(&mut response).await.expect("text");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(
        response.contains("new WebSocket(url, [\"echo\"])"),
        "{response}"
    );

    let room = format!("{url}rooms/lobby");
    let connector = Connector::new().protocol("echo");
    let mut socket = connector.connect(&room).await.expect("open").websocket;
    assert_eq!(socket.protocol(), Some("echo"));
    for expected in ["welcome to lobby", "hello"] {
        let message = socket.recv().await.expect("open").expect("a message");
        assert_eq!(message.as_text(), Some(expected));
        socket.send("hello").await.expect("open");
    }
    let evil = connector.header(header::ORIGIN.as_str(), "https://evil.example");
    let error = evil.connect(&room).await.expect_err("refused");
    assert!(matches!(error, ConnectError::Refused(_)), "{error}");
    assert_eq!(error.status(), Some(StatusCode::FORBIDDEN));
}
