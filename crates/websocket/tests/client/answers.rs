//! What servers answer to the handshake.

use std::time::Duration;

use http::StatusCode;
use sockeye_websocket::Message;
use sockeye_websocket::client::{ConnectError, Connected, Connector, connect};
use sockeye_websocket::deflate;
use sockeye_websocket::handshake::client::{MAX_RESPONSE_HEAD, ResponseError};
use tokio::io::AsyncWriteExt;

use crate::server::{Server, echo, opening};

/// What comes of a fixed answer.
async fn answered(answer: impl Into<Vec<u8>>) -> ConnectError {
    let answer = answer.into();
    let server = Server::start(move |_| answer.clone()).await;
    connect(server.url()).await.expect_err("no WebSocket")
}

#[tokio::test]
async fn a_connection_with_the_other_half() {
    let address = echo().await;
    let mut websocket = connect(format!("ws://{address}/")).await.expect("open");
    for text in ["hello", ""] {
        websocket.send(text).await.expect("sent");
        let answer = websocket.recv().await.expect("open").expect("a message");
        assert_eq!(answer, Message::from(text));
    }
}

#[tokio::test]
async fn a_stream_that_breaks() {
    let (near, far) = tokio::io::duplex(16);
    drop(far);
    let error = Connector::new().connect_to(near, "ws://example.com/").await;
    let ConnectError::Io(error) = error.expect_err("broken") else {
        panic!("another error");
    };
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}

/// Only programs without the feature `rustls` see it.
#[test]
fn wss_without_tls_says_what_is_missing() {
    let error = ConnectError::TlsMissing.to_string();
    assert!(
        error.starts_with("wss needs the feature `rustls`"),
        "{error}"
    );
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn the_servers_choices_and_headers() {
    let server = Server::start(|head| {
        let mut bytes = opening(
            head,
            "Sec-WebSocket-Protocol: b\r\nX-Region: north\r\n\
             Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; \
             client_no_context_takeover\r\n",
        );
        // RFC 7692 7.2.3.1
        bytes.extend_from_slice(b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00");
        bytes
    })
    .await;
    let Connected {
        mut websocket,
        response,
        url,
        ..
    } = Connector::new()
        .protocol("a")
        .protocol("b")
        .deflate(deflate::Options::new())
        .connect(server.url())
        .await
        .expect("open");
    assert_eq!(websocket.protocol(), Some("b"));
    let message = websocket.recv().await.expect("open").expect("a message");
    assert_eq!(message, Message::from("Hello"));
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(response.headers()["x-region"], "north");
    assert_eq!(url.as_str(), server.url());
}

#[tokio::test]
async fn frames_in_the_segment_of_the_answer() {
    let server = Server::start(|head| {
        let mut bytes = opening(head, "");
        bytes.extend_from_slice(b"\x81\x02hi\x82\x03\x01\x02");
        bytes
    })
    .await;
    let mut websocket = connect(server.url()).await.expect("open");
    let first = websocket.recv().await.expect("open").expect("a message");
    assert_eq!(first, Message::from("hi"));
    // The rest of the second one is still to come.
    let second = tokio::time::timeout(Duration::from_millis(50), websocket.recv()).await;
    assert!(second.is_err());
}

#[tokio::test]
async fn an_answer_in_single_bytes() {
    let server = Server::scripted(|mut stream, head| async move {
        stream.set_nodelay(true).expect("a socket");
        let mut bytes = opening(&head, "");
        bytes.extend_from_slice(b"\x81\x02hi");
        for byte in bytes {
            stream.write_all(&[byte]).await.expect("written");
            tokio::task::yield_now().await;
        }
        std::future::pending::<()>().await;
    })
    .await;
    let mut websocket = connect(server.url()).await.expect("open");
    let message = websocket.recv().await.expect("open").expect("a message");
    assert_eq!(message, Message::from("hi"));
}

#[tokio::test]
async fn interim_answers() {
    // RFC 9110 15.2, RFC 8297
    let server = Server::start(|head| {
        let mut bytes = b"HTTP/1.1 100 Continue\r\n\r\n\
                          HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
            .to_vec();
        bytes.extend_from_slice(&opening(head, ""));
        bytes
    })
    .await;
    connect(server.url()).await.expect("open");

    let endless = "HTTP/1.1 100 Continue\r\n\r\n".repeat(MAX_RESPONSE_HEAD / 25 + 2);
    let error = answered(endless).await;
    assert!(
        matches!(error, ConnectError::Response(ResponseError::HeadTooLong)),
        "{error:?}"
    );
}

#[tokio::test]
async fn refusals() {
    let error = answered(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
         Content-Length: 15\r\n\r\n{\"error\":\"who\"}",
    )
    .await;
    assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
    assert_eq!(
        error.to_string(),
        "the server refused the WebSocket with status 401 \
         (user name and password, or a token, are missing or wrong)"
    );
    let ConnectError::Refused(response) = error else {
        panic!("{error:?}");
    };
    assert_eq!(response.headers()["www-authenticate"], "Basic realm=\"x\"");
    assert_eq!(response.body(), "{\"error\":\"who\"}");

    // 200 is the answer of a server that knows no WebSockets.
    let error = answered("HTTP/1.0 200 OK\r\n\r\n").await;
    assert!(
        matches!(&error, ConnectError::Refused(response)
            if response.status() == 200 && response.version() == http::Version::HTTP_10),
        "{error:?}"
    );
}

#[tokio::test]
async fn answers_that_break_a_rule() {
    let long = format!("HTTP/1.1 101 x\r\nX: {}", "x".repeat(MAX_RESPONSE_HEAD));
    let many = format!("HTTP/1.1 101 x\r\n{}\r\n", "A: b\r\n".repeat(101));
    let upgrade = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n";
    let fixed = [
        (
            "SSH-2.0-OpenSSH_9.6\r\n".to_owned(),
            ResponseError::Malformed,
        ),
        ("\x15\x03\x03".to_owned(), ResponseError::Malformed),
        ("HTTP/1.1 1\r\n\r\n".to_owned(), ResponseError::Malformed),
        (long, ResponseError::HeadTooLong),
        (many, ResponseError::TooManyHeaders),
        (
            "HTTP/1.1 101 x\r\n\r\n".to_owned(),
            ResponseError::MissingUpgrade,
        ),
        (format!("{upgrade}\r\n"), ResponseError::MissingConnection),
        (
            format!(
                "{upgrade}Connection: Upgrade\r\n\
                 Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
            ),
            ResponseError::Accept,
        ),
    ];
    for (answer, reason) in fixed {
        let error = answered(answer).await;
        assert!(
            matches!(error, ConnectError::Response(found) if found == reason),
            "{reason:?}: {error:?}"
        );
    }
    let choosing = [
        ("Sec-WebSocket-Protocol: c\r\n", ResponseError::Protocol),
        ("Sec-WebSocket-Extensions: x\r\n", ResponseError::Extension),
    ];
    for (line, reason) in choosing {
        let server = Server::start(move |head| opening(head, line)).await;
        let error = connect(server.url()).await.expect_err(line);
        assert!(
            matches!(error, ConnectError::Response(found) if found == reason),
            "{reason:?}: {error:?}"
        );
    }
}

#[tokio::test]
async fn answers_that_are_cut_off() {
    for cut in [
        "",
        "HT",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso",
    ] {
        let server = Server::scripted(move |mut stream, _| async move {
            stream.write_all(cut.as_bytes()).await.expect("written");
        })
        .await;
        let error = connect(server.url()).await.expect_err(cut);
        assert!(matches!(error, ConnectError::ClosedEarly), "{error:?}");
    }
}
