//! HTTP proxies, by CONNECT.

use std::net::SocketAddr;
use std::time::Duration;

use http::StatusCode;
use sockeye_websocket::Message;
use sockeye_websocket::client::{ConnectError, Connector, UrlError, connect};
use sockeye_websocket::handshake::client::ResponseError;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use crate::server::{Server, echo, opening, read_head, value};

/// A proxy that leads everybody to one server, after this answer.
pub(crate) async fn leading_to(server: SocketAddr, answer: &'static str) -> Server {
    Server::scripted(move |mut near, _| async move {
        let mut far = TcpStream::connect(server).await.expect("the server");
        near.write_all(answer.as_bytes()).await.expect("written");
        let _ = copy_bidirectional(&mut near, &mut far).await;
    })
    .await
}

fn through(proxy: &Server) -> Connector {
    Connector::new().proxy(format!("http://{}", proxy.address))
}

#[tokio::test]
async fn a_tunnel() {
    let server = echo().await;
    let proxy = leading_to(server, "HTTP/1.1 200 Connection established\r\n\r\n").await;
    // Nobody looks this name up on this side.
    let mut websocket = through(&proxy)
        .connect("ws://behind.the.proxy/")
        .await
        .expect("open")
        .websocket;
    websocket.send("hello").await.expect("sent");
    let answer = websocket.recv().await.expect("open").expect("a message");
    assert_eq!(answer, Message::from("hello"));
    // RFC 9112 3.2.3: the port is always there.
    assert_eq!(
        proxy.heads(),
        ["CONNECT behind.the.proxy:80 HTTP/1.1\r\nHost: behind.the.proxy:80\r\n\r\n"]
    );
}

#[tokio::test]
async fn an_address_behind_the_proxy() {
    let proxy = leading_to(echo().await, "HTTP/1.0 204 x\r\n\r\n").await;
    through(&proxy)
        .connect("ws://[2001:db8::1]:9001/")
        .await
        .expect("open");
    assert!(proxy.heads()[0].starts_with("CONNECT [2001:db8::1]:9001 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn the_proxys_password_is_for_the_proxy() {
    let server = Server::start(|head| opening(head, "")).await;
    let proxy = leading_to(server.address, "HTTP/1.1 200 OK\r\n\r\n").await;
    Connector::new()
        .proxy(format!("http://us%65r:pass%3Aword@{}", proxy.address))
        .basic_auth("for", "server")
        .connect("ws://example.test/")
        .await
        .expect("open");
    let head = proxy.heads().remove(0);
    assert_eq!(
        value(&head, "proxy-authorization"),
        Some("Basic dXNlcjpwYXNzOndvcmQ=")
    );
    assert_eq!(value(&head, "authorization"), None);
    let head = server.heads().remove(0);
    assert_eq!(value(&head, "proxy-authorization"), None);
    assert_eq!(
        value(&head, "authorization"),
        Some("Basic Zm9yOnNlcnZlcg==")
    );
}

#[tokio::test]
async fn what_follows_the_proxys_answer_is_the_servers() {
    // One segment: an interim answer of the proxy, its answer, and the beginning of the server's.
    let proxy = Server::scripted(|mut stream, _| async move {
        let early = "HTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 OK\r\nVia: x\r\n\r\nHTTP/1.1 103 y\r\n";
        stream.write_all(early.as_bytes()).await.expect("written");
        let head = read_head(&mut stream).await;
        let mut rest = b"Link: </a>\r\n\r\n".to_vec();
        rest.extend_from_slice(&opening(&head, ""));
        rest.extend_from_slice(b"\x81\x02hi");
        stream.write_all(&rest).await.expect("written");
        let _ = stream.read(&mut [0; 16]).await;
    })
    .await;
    let mut websocket = through(&proxy)
        .connect("ws://example.test/")
        .await
        .expect("open")
        .websocket;
    let message = websocket.recv().await.expect("open").expect("a message");
    assert_eq!(message, Message::from("hi"));
}

#[tokio::test]
async fn an_answer_in_pieces() {
    let server = echo().await;
    let proxy = Server::scripted(move |mut near, _| async move {
        near.set_nodelay(true).expect("a socket");
        let mut far = TcpStream::connect(server).await.expect("the server");
        let answer = format!("HTTP/1.1 200 OK\r\nVia: {}\r\n\r\n", "x".repeat(2000));
        for piece in answer.as_bytes().chunks(7) {
            near.write_all(piece).await.expect("written");
            tokio::task::yield_now().await;
        }
        let _ = copy_bidirectional(&mut near, &mut far).await;
    })
    .await;
    through(&proxy)
        .connect("ws://example.test/")
        .await
        .expect("open");
}

#[tokio::test]
async fn refusals() {
    let cases = [
        (
            407,
            " (user name and password, or a token, are missing or wrong)",
        ),
        (403, ""),
        (502, ""),
        (302, ""),
        (101, ""),
    ];
    for (status, hint) in cases {
        let proxy = Server::start(move |_| {
            format!("HTTP/1.1 {status} x\r\nLocation: /\r\nProxy-Authenticate: Basic\r\n\r\nbody")
                .into_bytes()
        })
        .await;
        let error = through(&proxy)
            .max_redirects(3)
            .connect("ws://example.test/")
            .await
            .expect_err("refused");
        assert_eq!(
            error.to_string(),
            format!("the proxy refused to connect to the server: status {status}{hint}")
        );
        let expected = StatusCode::from_u16(status).expect("a status");
        assert!(
            matches!(error, ConnectError::ProxyRefused(found) if found == expected),
            "{error:?}"
        );
        assert_eq!(error.status(), None, "it is not the server's");
    }
}

#[tokio::test]
async fn answers_that_are_none() {
    let cases = [
        (
            "220 mail.example ESMTP\r\n".to_owned(),
            ResponseError::Malformed,
        ),
        (
            format!("HTTP/1.1 200 {}", "x".repeat(20_000)),
            ResponseError::HeadTooLong,
        ),
        (
            "HTTP/1.1 100 x\r\n\r\n".repeat(2000),
            ResponseError::HeadTooLong,
        ),
        (
            format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(101)),
            ResponseError::TooManyHeaders,
        ),
    ];
    for (answer, reason) in cases {
        let proxy = Server::start(move |_| answer.clone().into_bytes()).await;
        let error = through(&proxy)
            .connect("ws://example.test/")
            .await
            .expect_err("refused");
        assert!(
            matches!(error, ConnectError::ProxyResponse(found) if found == reason),
            "{reason:?}: {error:?}"
        );
    }
    for cut in ["", "HTTP/1.1 200 OK\r\n"] {
        let proxy = Server::scripted(move |mut stream, _| async move {
            stream.write_all(cut.as_bytes()).await.expect("written");
        })
        .await;
        let error = through(&proxy)
            .connect("ws://example.test/")
            .await
            .expect_err("cut off");
        assert!(matches!(error, ConnectError::ProxyClosedEarly), "{error:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_says_nothing() {
    let proxy = Server::start(|_| Vec::new()).await;
    let error = through(&proxy)
        .handshake_timeout(Duration::from_millis(50))
        .connect("ws://example.test/")
        .await
        .expect_err("no answer");
    assert!(
        matches!(error, ConnectError::HandshakeTimeout { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_proxy_that_is_not_there() {
    let address = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        listener.local_addr().expect("an address")
    };
    let error = Connector::new()
        .proxy(address.to_string())
        .connect("ws://example.test/")
        .await
        .expect_err("nobody listens");
    assert!(
        matches!(&error, ConnectError::Connect { authority, .. }
            if *authority == address.to_string()),
        "{error:?}"
    );
}

#[tokio::test]
async fn urls_of_proxies() {
    let cases = [
        ("socks5://127.0.0.1", UrlError::Scheme("socks5".to_owned())),
        ("https://127.0.0.1", UrlError::Scheme("https".to_owned())),
        ("http://", UrlError::NoHost),
        (
            "http://127.0.0.1:x",
            UrlError::Invalid(url::ParseError::InvalidPort),
        ),
    ];
    for (url, reason) in cases {
        let error = Connector::new()
            .proxy(url)
            .connect("ws://example.test/")
            .await
            .expect_err(url);
        assert!(
            matches!(&error, ConnectError::ProxyUrl(found) if *found == reason),
            "{url}: {error:?}"
        );
    }
}

/// What the test below runs in a process of its own, since the environment belongs to all tests.
#[tokio::test]
async fn environment_child() {
    if std::env::var("SOCKEYE_TEST_CHILD").is_err() {
        return;
    }
    let url = "ws://example.test/";
    let through = Connector::new().proxy_from_env().connect(url).await;
    assert!(through.is_ok(), "{through:?}");
    // By choice only: without it the name is looked up, and found to be none.
    let direct = connect(format!("ws://{}.test/", "x".repeat(64))).await;
    assert!(
        matches!(direct, Err(ConnectError::Resolve { .. })),
        "{direct:?}"
    );
}

#[tokio::test]
async fn the_environments_proxy() {
    let proxy = leading_to(echo().await, "HTTP/1.1 200 OK\r\n\r\n").await;
    let mut child = std::process::Command::new(std::env::current_exe().expect("this test"));
    child
        .args(["--exact", "proxies::environment_child"])
        .env("SOCKEYE_TEST_CHILD", "1")
        .env("http_proxy", format!("http://{}", proxy.address))
        .env("no_proxy", "other.test");
    let output = tokio::task::spawn_blocking(move || child.output())
        .await
        .expect("no panic")
        .expect("a process");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(proxy.heads().len(), 1);
}
