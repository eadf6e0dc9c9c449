//! What happens on HTTP/2 below the WebSocket: SETTINGS, RST_STREAM, GOAWAY, and the requests that
//! no client of this crate sends.
#![cfg(feature = "http2")]

use std::time::Duration;

use bytes::Bytes;
use h2::ext::Protocol;
use h2::{Reason, server};
use http::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use sockeye_websocket::http2::{Http2Error, connect};
use sockeye_websocket::upgrade::service;
use sockeye_websocket::{Config, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::timeout;

const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;

/// SETTINGS with these identifiers and values (RFC 9113 6.5).
fn settings(values: &[(u16, u32)]) -> Vec<u8> {
    let mut frame = vec![0, 0, values.len() as u8 * 6, SETTINGS, 0, 0, 0, 0, 0];
    for (identifier, value) in values {
        frame.extend_from_slice(&identifier.to_be_bytes());
        frame.extend_from_slice(&value.to_be_bytes());
    }
    frame
}

/// SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 3)
const ENABLE_CONNECT_PROTOCOL: u16 = 8;
const MAX_CONCURRENT_STREAMS: u16 = 3;

async fn next_frame(io: &mut DuplexStream) -> u8 {
    let mut head = [0; 9];
    io.read_exact(&mut head).await.expect("a frame");
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; length as usize];
    io.read_exact(&mut payload).await.expect("a payload");
    head[3]
}

async fn preface(io: &mut DuplexStream) {
    let mut preface = [0; 24];
    io.read_exact(&mut preface).await.expect("a preface");
    assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert_eq!(next_frame(io).await, SETTINGS);
}

fn hurried() -> Config {
    Config::new().handshake_timeout(Duration::from_millis(200))
}

#[tokio::test]
async fn settings_without_extended_connect_are_the_end() {
    let cases: &[&[(u16, u32)]] = &[
        &[],
        &[(ENABLE_CONNECT_PROTOCOL, 0)],
        &[(MAX_CONCURRENT_STREAMS, 100)],
        &[(MAX_CONCURRENT_STREAMS, u32::MAX)],
    ];
    for values in cases {
        let (near, mut far) = duplex(64 * 1024);
        let connecting = tokio::spawn(async move { connect(near, &Config::new()).await.map(drop) });
        preface(&mut far).await;
        far.write_all(&settings(values)).await.expect("writable");
        let connected = timeout(Duration::from_secs(5), connecting).await;
        let error = connected
            .expect("told at once")
            .expect("no panic")
            .expect_err("disabled");
        assert!(
            matches!(error, Http2Error::ExtendedConnectDisabled),
            "{values:?}: {error:?}"
        );
        // No request was sent.
        let mut rest = Vec::new();
        far.read_to_end(&mut rest).await.expect("readable");
        let mut frames = &rest[..];
        while let [a, b, c, kind, ..] = *frames {
            assert_ne!(kind, HEADERS);
            frames = &frames[9 + u32::from_be_bytes([0, a, b, c]) as usize..];
        }
    }
}

#[tokio::test]
async fn a_server_of_http2_without_extended_connect() {
    let (near, far) = duplex(64 * 1024);
    tokio::spawn(async move {
        let refuse = service(async |_, _| panic!("not granted"));
        let builder = Builder::new(TokioExecutor::new());
        let service = TowerToHyperService::new(refuse);
        let _ = builder
            .serve_connection_with_upgrades(TokioIo::new(far), service)
            .await;
    });
    let error = connect(near, &Config::new()).await.expect_err("disabled");
    assert!(
        matches!(error, Http2Error::ExtendedConnectDisabled),
        "{error:?}"
    );
}

#[tokio::test]
async fn no_request_before_settings() {
    let (near, mut far) = duplex(64 * 1024);
    let config = Config::new();
    let opening = tokio::spawn(async move {
        let connection = connect(near, &config).await?;
        connection.open("wss://example.com/").await.map(drop)
    });
    preface(&mut far).await;
    let early = async { while next_frame(&mut far).await != HEADERS {} };
    timeout(Duration::from_millis(100), early)
        .await
        .expect_err("a request before SETTINGS");
    far.write_all(&settings(&[(ENABLE_CONNECT_PROTOCOL, 1)]))
        .await
        .expect("writable");
    let request = async { while next_frame(&mut far).await != HEADERS {} };
    timeout(Duration::from_secs(5), request)
        .await
        .expect("a request after SETTINGS");
    opening.abort();
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let (near, _far) = duplex(64 * 1024);
    let error = connect(near, &hurried()).await.expect_err("no SETTINGS");
    assert!(error.is_timeout(), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_none_is_told() {
    let (near, far) = duplex(64 * 1024);
    drop(far);
    let error = connect(near, &Config::new()).await.expect_err("no server");
    assert!(
        matches!(error, Http2Error::Hyper(_) | Http2Error::Closed),
        "{error:?}"
    );
    let (near, mut far) = duplex(64 * 1024);
    far.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        .await
        .expect("room");
    let error = timeout(Duration::from_secs(5), connect(near, &Config::new())).await;
    let error = error.expect("told at once").expect_err("no HTTP/2");
    assert!(
        matches!(error, Http2Error::Hyper(_) | Http2Error::Closed),
        "{error:?}"
    );
}

/// A server that does what a test wants with each request.
async fn h2_server(io: DuplexStream) -> server::Connection<DuplexStream, Bytes> {
    let mut builder = server::Builder::new();
    builder.enable_connect_protocol();
    builder.handshake(io).await.expect("a handshake")
}

#[tokio::test]
async fn a_reset_is_the_end_without_a_close_frame() {
    // RFC 8441 5: what TCP tells by RST, HTTP/2 tells by RST_STREAM with CANCEL.
    for reason in [Reason::CANCEL, Reason::INTERNAL_ERROR, Reason::NO_ERROR] {
        let (near, far) = duplex(64 * 1024);
        tokio::spawn(async move {
            let mut connection = h2_server(far).await;
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                assert_eq!(request.method(), Method::CONNECT);
                let protocol = request.extensions().get::<Protocol>();
                assert_eq!(protocol.map(Protocol::as_str), Some("websocket"));
                assert_eq!(request.uri(), "https://example.com/chat");
                assert_eq!(request.headers()["sec-websocket-version"], "13");
                assert!(!request.headers().contains_key("sec-websocket-key"));
                let response = Response::new(());
                let mut stream = respond.send_response(response, false).expect("open");
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    stream.send_reset(reason);
                });
            }
        });
        let connection = connect(near, &Config::new()).await.expect("connected");
        let mut socket = connection
            .open("wss://example.com/chat")
            .await
            .expect("granted");
        let error = socket.recv().await.expect("an end").expect_err("reset");
        assert!(
            matches!(error, Error::Failed(_) | Error::Io(_)),
            "{error:?}"
        );
        assert_eq!(socket.closed().expect("closed").code, 1006, "{reason:?}");
        assert!(!connection.is_closed());
    }
}

#[tokio::test]
async fn a_request_that_is_reset_is_an_error() {
    let (near, far) = duplex(64 * 1024);
    tokio::spawn(async move {
        let mut connection = h2_server(far).await;
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            respond.send_reset(Reason::REFUSED_STREAM);
        }
    });
    let connection = connect(near, &Config::new()).await.expect("connected");
    let error = connection
        .open("wss://example.com/")
        .await
        .expect_err("reset");
    let Http2Error::Hyper(error) = error else {
        panic!("{error:?}");
    };
    let source =
        std::error::Error::source(&error).and_then(|source| source.downcast_ref::<h2::Error>());
    assert_eq!(
        source.and_then(h2::Error::reason),
        Some(Reason::REFUSED_STREAM)
    );
    assert!(!connection.is_closed());
}

#[tokio::test]
async fn a_request_that_is_not_answered_is_given_up() {
    let (near, far) = duplex(64 * 1024);
    let serving = tokio::spawn(async move {
        let mut connection = h2_server(far).await;
        let (_, mut respond) = connection.accept().await.expect("open").expect("a request");
        let reset = std::future::poll_fn(|cx| respond.poll_reset(cx));
        tokio::select! {
            reason = reset => reason.expect("a reset"),
            _ = connection.accept() => panic!("the connection ended"),
        }
    });
    let connection = connect(near, &hurried()).await.expect("connected");
    let error = connection
        .open("wss://example.com/")
        .await
        .expect_err("no answer");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(serving.await.expect("no panic"), Reason::CANCEL);
}

#[tokio::test]
async fn after_goaway_open_websockets_go_on_and_no_more_are_opened() {
    let (near, far) = duplex(64 * 1024);
    tokio::spawn(async move {
        let mut connection = h2_server(far).await;
        while let Some(Ok((mut request, mut respond))) = connection.accept().await {
            let mut stream = respond
                .send_response(Response::new(()), false)
                .expect("open");
            tokio::spawn(async move {
                // Something from the client, and then a message "late".
                let _ = request.body_mut().data().await;
                let frame = Bytes::from_static(b"\x81\x04late");
                stream.send_data(frame, false).expect("open");
                let _ = request.body_mut().data().await;
            });
            connection.graceful_shutdown();
        }
    });
    let connection = connect(near, &Config::new()).await.expect("connected");
    let mut socket = connection
        .open("wss://example.com/")
        .await
        .expect("granted");
    tokio::time::sleep(Duration::from_millis(50)).await;
    let error = connection
        .open("wss://example.com/")
        .await
        .expect_err("no more");
    assert!(error.is_closed(), "{error:?}");
    assert!(connection.is_closed());
    socket.send("hello").await.expect("open");
    let message = socket.recv().await.expect("open").expect("a message");
    assert_eq!(message.as_text(), Some("late"));
}

#[tokio::test]
async fn requests_that_a_server_refuses() {
    let (near, far) = duplex(64 * 1024);
    tokio::spawn(async move {
        let refuse = service(async |_, _| panic!("not granted"));
        let mut builder = Builder::new(TokioExecutor::new());
        builder.http2().enable_connect_protocol();
        let service = TowerToHyperService::new(refuse);
        let _ = builder
            .serve_connection_with_upgrades(TokioIo::new(far), service)
            .await;
    });
    let (requests, connection) = h2::client::handshake(near).await.expect("a handshake");
    tokio::spawn(connection);
    let mut requests = requests.ready().await.expect("open");
    let connect = || Request::builder().method(Method::CONNECT);
    let version = ("sec-websocket-version", "13");
    let cases = [
        // A tunnel
        (connect().uri("example.com:80").body(()), None, 405),
        (
            connect()
                .uri("https://example.com/")
                .header(version.0, version.1)
                .body(()),
            Some("connect-udp"),
            501,
        ),
        (
            connect().uri("https://example.com/").body(()),
            Some("websocket"),
            400,
        ),
        // The handshake of HTTP/1.1 without its headers, which HTTP/2 does not have
        (
            Request::get("https://example.com/")
                .header(version.0, version.1)
                .body(()),
            None,
            405,
        ),
    ];
    for (request, protocol, status) in cases {
        let mut request = request.expect("a request");
        if let Some(protocol) = protocol {
            request.extensions_mut().insert(Protocol::from(protocol));
        }
        let (response, _) = requests.send_request(request, false).expect("open");
        let response = response.await.expect("a response");
        assert_eq!(
            response.status(),
            StatusCode::from_u16(status).expect("a status")
        );
    }
}
