//! What requests say.

use sockeye_websocket::client::{ConnectError, Connector, UrlError, connect};
use sockeye_websocket::deflate;
use sockeye_websocket::handshake::client::RequestError;

use crate::server::{Server, opening, value};

/// The head of the one request that a connector makes.
async fn request(connector: Connector, path: &str) -> String {
    let server = Server::start(|head| opening(head, "")).await;
    let url = format!("ws://{}{path}", server.address);
    connector.connect(url).await.expect("open");
    server.heads().remove(0)
}

/// What is wrong with a connector, which shows before anything is sent.
async fn refused(connector: Connector) -> ConnectError {
    let server = Server::start(|head| opening(head, "")).await;
    let error = connector.connect(server.url()).await.expect_err("refused");
    assert!(server.heads().is_empty());
    error
}

#[tokio::test]
async fn the_least() {
    let server = Server::start(|head| opening(head, "")).await;
    let address = server.address;
    connect(format!("http://{address}/a%20b?c=d e"))
        .await
        .expect("open");
    let head = server.heads().remove(0);
    let key = value(&head, "Sec-WebSocket-Key").expect("a key");
    assert_eq!(
        head,
        format!(
            "GET /a%20b?c=d%20e HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
    );
}

#[tokio::test]
async fn everything() {
    let connector = Connector::new()
        .header("User-Agent", "test")
        .header("X-Two", "1")
        .header("X-Two", "2")
        .header("Cookie", "theirs=1")
        .cookie("a", "b c")
        .cookie("d", "")
        .origin("https://example.com")
        .protocol("chat.v2")
        .protocol("chat.v1");
    #[cfg(feature = "deflate")]
    let connector = connector.deflate(deflate::Options::new());
    let head = request(connector, "/").await;
    let lines: Vec<_> = head.lines().skip(6).collect();
    let mut expected = vec![
        "User-Agent: test",
        "X-Two: 1",
        "X-Two: 2",
        "Origin: https://example.com",
        "Cookie: theirs=1; a=b c; d=",
        "Sec-WebSocket-Protocol: chat.v2, chat.v1",
    ];
    #[cfg(feature = "deflate")]
    expected.push(
        "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; \
         client_no_context_takeover; client_max_window_bits",
    );
    expected.push("");
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn every_request_has_a_key_of_its_own() {
    let server = Server::start(|head| opening(head, "")).await;
    let connector = Connector::new();
    for _ in 0..2 {
        connector.connect(server.url()).await.expect("open");
    }
    let heads = server.heads();
    assert_ne!(
        value(&heads[0], "sec-websocket-key"),
        value(&heads[1], "sec-websocket-key")
    );
}

#[tokio::test]
async fn who_is_asking() {
    let server = Server::start(|head| opening(head, "")).await;
    let in_url = format!("ws://url:p%40ss@{}/", server.address);
    let basic = Connector::new().basic_auth("user", "password");
    let header = basic.clone().header("authorization", "Bearer token");
    for connector in [Connector::new(), basic, header] {
        connector.connect(&in_url).await.expect("open");
    }
    connect(server.url()).await.expect("open");
    let heads = server.heads();
    let sent: Vec<_> = heads
        .iter()
        .map(|head| value(head, "Authorization"))
        .collect();
    assert_eq!(
        sent,
        [
            Some("Basic dXJsOnBAc3M="),
            Some("Basic dXNlcjpwYXNzd29yZA=="),
            Some("Bearer token"),
            None
        ]
    );
    assert!(heads.iter().all(|head| !head.contains('@')));
    assert_eq!(heads[2].matches("uthorization").count(), 1);
}

#[tokio::test]
async fn what_cannot_be_said() {
    let new = Connector::new;
    let cases = [
        (new().header("Host", "x"), RequestError::ReservedHeader),
        (
            new().header("sec-websocket-key", "x"),
            RequestError::ReservedHeader,
        ),
        (new().header("a b", "x"), RequestError::InvalidHeaderName),
        (
            new().header("a", "x\r\nEvil: 1"),
            RequestError::InvalidHeaderValue,
        ),
        (new().origin("a\nb"), RequestError::InvalidHeaderValue),
        (
            new().header("cookie", "a\nb"),
            RequestError::InvalidHeaderValue,
        ),
        (new().protocol("a,b"), RequestError::InvalidProtocol),
        (new().protocol(""), RequestError::InvalidProtocol),
        (
            new().protocol("a").protocol("a"),
            RequestError::DuplicateProtocol,
        ),
    ];
    for (connector, reason) in cases {
        let error = refused(connector).await;
        assert!(
            matches!(error, ConnectError::Request(found) if found == reason),
            "{reason:?}: {error:?}"
        );
    }
    let cookies = [
        ("", "x"),
        ("a b", "x"),
        ("a=b", "x"),
        ("a;b", "x"),
        ("a", "x; Evil=1"),
        ("a", "x\r\n"),
        ("a", " x"),
        ("a", "\u{e4}"),
    ];
    for (name, text) in cookies {
        let error = refused(new().cookie(name, text)).await;
        assert!(
            matches!(&error, ConnectError::Cookie { name: found } if found == name),
            "{name:?} {text:?}: {error:?}"
        );
    }
    let error = refused(new().basic_auth("a:b", "c")).await;
    assert!(matches!(error, ConnectError::BasicAuthUser), "{error:?}");
}

#[tokio::test]
async fn urls() {
    let cases = [
        ("ws://127.0.0.1/#a", UrlError::Fragment),
        ("ftp://127.0.0.1/", UrlError::Scheme("ftp".to_owned())),
        ("ws://", UrlError::NoHost),
        (
            "127.0.0.1/",
            UrlError::Invalid(url::ParseError::RelativeUrlWithoutBase),
        ),
    ];
    for (url, reason) in cases {
        let error = connect(url).await.expect_err(url);
        assert!(
            matches!(&error, ConnectError::Url(found) if *found == reason),
            "{reason:?}: {error:?}"
        );
    }
}

#[test]
fn what_is_shown_of_a_connector() {
    let connector = Connector::new()
        .header("Authorization", "Bearer secret")
        .cookie("session", "secret")
        .basic_auth("user", "secret")
        .proxy("http://user:secret@proxy/");
    let shown = format!("{connector:?}");
    assert!(!shown.contains("secret"), "{shown}");
    assert!(shown.contains("Authorization"), "{shown}");
}

#[test]
fn futures_go_where_tasks_go() {
    fn goes<T: Send>(_: T) {}
    let connector = Connector::new();
    goes(connector.connect("ws://localhost/"));
    goes(connector.connect_to(tokio::io::duplex(1).0, "ws://localhost/"));
    goes(connect("ws://localhost/"));
    fn is<T: Send + Sync + 'static>() {}
    is::<Connector>();
    is::<ConnectError>();
}
