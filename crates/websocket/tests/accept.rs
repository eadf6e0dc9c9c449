//! Accepting from a stream without an HTTP library: what is granted, what is refused and how the
//! client is told.
#![cfg(feature = "tokio")]

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Response, StatusCode};
use sockeye_websocket::accept::{AcceptError, Acceptor, Origins, Policy, Refusal, accept};
use sockeye_websocket::handshake::request_head::{HeadError, MAX_REQUEST_HEAD, parse};
use sockeye_websocket::handshake::server;
use sockeye_websocket::{Config, Message, Opcode, Role, frame};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex,
};

/// A request that is fine, with these lines more.
fn request(lines: &str) -> String {
    format!(
        "GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Version: 13\r\n{lines}\r\n"
    )
}

/// What the acceptor makes of a request, and what it writes.
async fn exchange(acceptor: &Acceptor, request: &str) -> (Result<(), AcceptError>, String) {
    let (mut client, server) = duplex(64 * 1024);
    client.write_all(request.as_bytes()).await.expect("room");
    let accepted = acceptor.accept(server);
    let read = async {
        let mut response = Vec::new();
        while !response.ends_with(b"\r\n\r\n") {
            if client.read_buf(&mut response).await.expect("readable") == 0 {
                break;
            }
        }
        client.shutdown().await.expect("open");
        client.read_to_end(&mut response).await.expect("readable");
        String::from_utf8(response).expect("text")
    };
    // The WebSocket is dropped before the rest is read.
    let (result, response) = tokio::join!(async { accepted.await.map(drop) }, read);
    (result, response)
}

async fn granted(policy: Policy, lines: &str) -> String {
    let (result, response) = exchange(&Acceptor::new(policy), &request(lines)).await;
    result.expect("granted");
    response
}

#[tokio::test]
async fn a_request_is_answered_with_101() {
    let response = granted(Policy::new(), "").await;
    let expected = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\
                    connection: Upgrade\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    assert_eq!(response, expected);
}

#[tokio::test]
async fn the_clients_most_wanted_subprotocol_that_is_known_is_chosen() {
    let cases: &[(&[&str], &str, Option<&str>)] = &[
        (&["a", "b"], "b, a", Some("b")),
        (&["a", "b"], "x, a", Some("a")),
        (&["a"], "x, y", None),
        (&[], "a", None),
        (&["a"], "A", None),
    ];
    for (known, offer, chosen) in cases {
        let policy = Policy::new().protocols(known.iter().copied());
        let response = granted(policy, &format!("Sec-WebSocket-Protocol: {offer}\r\n")).await;
        let line = response
            .lines()
            .find_map(|line| line.strip_prefix("sec-websocket-protocol: "));
        assert_eq!(line, *chosen, "{known:?} {offer}");
    }
    let unasked = granted(Policy::new().protocols(["a"]), "").await;
    assert!(!unasked.contains("sec-websocket-protocol"), "{unasked}");
}

#[tokio::test]
#[cfg(feature = "deflate")]
async fn deflate_is_granted_only_if_it_is_configured() {
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    let without = granted(Policy::new(), offer).await;
    assert!(!without.contains("sec-websocket-extensions"), "{without}");
    let options = sockeye_websocket::deflate::Options::default();
    let policy = Policy::new().config(Config::new().deflate(Some(options)));
    let with = granted(policy, offer).await;
    assert!(
        with.contains(
            "sec-websocket-extensions: permessage-deflate; \
             server_no_context_takeover; client_no_context_takeover\r\n"
        ),
        "{with}"
    );
}

#[tokio::test]
async fn frames_behind_the_request_are_not_lost() {
    let (mut client, server) = duplex(64 * 1024);
    let mut bytes = request("").into_bytes();
    let key = frame::mask_key();
    frame::append_masked(&mut bytes, Opcode::Text, b"early", key);
    let (last, first) = bytes.split_last().expect("not empty");
    client.write_all(first).await.expect("room");
    let (mut socket, request) = accept(server, &Config::new()).await.expect("granted");
    assert_eq!(request.uri(), "/chat?room=1");
    client.write_all(&[*last]).await.expect("room");
    let message = socket.recv().await.expect("open").expect("a message");
    assert_eq!(message, Message::from("early"));
}

#[tokio::test]
async fn a_request_may_come_one_byte_at_a_time() {
    let (mut client, server) = duplex(1);
    let accepted = tokio::spawn(async move { accept(server, &Config::new()).await.map(drop) });
    client
        .write_all(request("").as_bytes())
        .await
        .expect("read");
    let mut response = String::new();
    client.read_to_string(&mut response).await.expect("text");
    assert!(response.starts_with("HTTP/1.1 101 "), "{response}");
    accepted.await.expect("no panic").expect("granted");
}

#[tokio::test]
async fn what_keeps_no_rule_is_refused_with_its_status() {
    use server::Refusal::{Method, MissingKey, MissingUpgrade, Version};
    let fine = request("");
    let cases = [
        (
            fine.replace("GET", "POST"),
            Method,
            "405 Method Not Allowed",
        ),
        (
            fine.replace("websocket", "h2c"),
            MissingUpgrade,
            "400 Bad Request",
        ),
        (
            fine.replace("Key: dGhl", "Kex: dGhl"),
            MissingKey,
            "400 Bad Request",
        ),
        (
            fine.replace("Version: 13", "Version: 8"),
            Version,
            "426 Upgrade Required",
        ),
    ];
    for (request, refusal, status) in cases {
        let (result, response) = exchange(&Acceptor::default(), &request).await;
        let error = result.expect_err("refused");
        assert!(
            matches!(error, AcceptError::Refused(Refusal::Http1(found)) if found == refusal),
            "{error:?}"
        );
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{response}"
        );
        assert!(response.contains("connection: close\r\n"), "{response}");
        assert!(
            response.ends_with(&format!("\r\n\r\n{refusal}\n")),
            "{response}"
        );
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_with_its_status() {
    let fine = request("");
    let many: String = (0..100).map(|n| format!("X-{n}: y\r\n")).collect();
    let long = format!("X: {}\r\n", "y".repeat(MAX_REQUEST_HEAD));
    let cases = [
        ("\x16\x03\x01".to_owned(), HeadError::Malformed),
        (
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
            HeadError::HttpVersion,
        ),
        (fine.replace("HTTP/1.1", "HTTP/1.2"), HeadError::HttpVersion),
        (fine.replace("HTTP/1.1", "HTTP/11"), HeadError::Malformed),
        (fine.replace("GET ", "GET  "), HeadError::Malformed),
        (fine.replace("/chat", "/chat#room"), HeadError::Malformed),
        (fine.replace("/chat", "/ch\u{e4}t"), HeadError::Malformed),
        (fine.replace("Upgrade:", "Upgrade :"), HeadError::Malformed),
        (
            fine.replace("Upgrade: ", "Upgrade\r\n "),
            HeadError::Malformed,
        ),
        (fine.replace("Host: example.com\r\n", ""), HeadError::Host),
        (
            fine.replace("example.com", "user@example.com"),
            HeadError::Host,
        ),
        (fine.replace("example.com", ""), HeadError::Host),
        (request("Host: example.com\r\n"), HeadError::Host),
        (request("Content-Length: 5\r\n"), HeadError::Body),
        (request("Transfer-Encoding: chunked\r\n"), HeadError::Body),
        (request(&many), HeadError::TooManyHeaders),
        (request(&long), HeadError::TooLong),
    ];
    for (request, expected) in cases {
        let (result, response) = exchange(&Acceptor::default(), &request).await;
        let error = result.expect_err("refused");
        assert!(
            matches!(error, AcceptError::Head(found) if found == expected),
            "{request:?}: {error:?}"
        );
        let status = match expected {
            HeadError::HttpVersion => 505,
            HeadError::TooLong | HeadError::TooManyHeaders => 431,
            _ => 400,
        };
        assert_eq!(error.status(), StatusCode::from_u16(status).ok());
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request:?}: {response}"
        );
    }
    exchange(&Acceptor::default(), &request("Content-Length: 0\r\n"))
        .await
        .0
        .expect("an empty body is none");
}

#[test]
fn any_cut_of_a_request_is_not_complete() {
    let request = request("Cookie: a=b\r\n");
    for end in 0..request.len() {
        let read = &request.as_bytes()[..end];
        assert!(parse(read).expect("a beginning").is_none(), "{end}");
    }
    let head = parse(request.as_bytes()).expect("fine").expect("complete");
    assert_eq!(head.len, request.len());
    assert_eq!(head.request.headers()["cookie"], "a=b");
}

#[tokio::test]
async fn origins() {
    let any = Origins::any;
    let same = Origins::same;
    let only = || Origins::only(["https://a.example", "https://b.example:8443"]);
    let none = || Origins::judged_by(|origin| origin.is_some_and(|origin| origin.len() == 4));
    let cases: &[(Origins, Option<&str>, bool)] = &[
        (any(), Some("https://evil.example"), true),
        (same(), None, true),
        (same(), Some("http://example.com"), true),
        (same(), Some("https://EXAMPLE.com:443"), true),
        (same(), Some("https://example.com:8443"), false),
        (same(), Some("https://example.com.evil.example"), false),
        (same(), Some("https://example.com@evil.example"), false),
        (same(), Some("https://evil.example/example.com"), false),
        (same(), Some("null"), false),
        (same(), Some(""), false),
        (only(), None, true),
        (only(), Some("https://A.example"), true),
        (only(), Some("https://b.example:8443"), true),
        (only(), Some("https://b.example"), false),
        (only(), Some("http://a.example"), false),
        (
            only(),
            Some("https://a.example\r\nOrigin: https://a.example"),
            false,
        ),
        (none(), None, false),
        (none(), Some("null"), true),
    ];
    for (origins, origin, allowed) in cases {
        let acceptor = Acceptor::new(Policy::new().origins(origins.clone()));
        let line = origin.map(|origin| format!("Origin: {origin}\r\n"));
        let request = request(line.as_deref().unwrap_or_default());
        let (result, response) = exchange(&acceptor, &request).await;
        if *allowed {
            assert!(result.is_ok(), "{origins:?} {origin:?}");
            continue;
        }
        let first = origin.and_then(|origin| origin.split('\r').next());
        let error = result.expect_err("refused");
        assert!(
            matches!(&error, AcceptError::Refused(Refusal::Origin(found)) if found.as_deref() == first),
            "{origins:?} {origin:?}: {error:?}"
        );
        assert!(
            response.starts_with("HTTP/1.1 403 Forbidden\r\n"),
            "{response}"
        );
        let reason = format!(
            "\r\n\r\norigin {} is not allowed\n",
            first.unwrap_or("(none)")
        );
        assert!(response.ends_with(&reason), "{response}");
    }
}

#[tokio::test]
async fn the_target_overrules_the_host() {
    let policy = Policy::new().origins(Origins::same());
    let request =
        request("Origin: https://example.com\r\n").replace("/chat", "http://proxied.example/chat");
    let (result, _) = exchange(&Acceptor::new(policy), &request).await;
    let error = result.expect_err("refused");
    assert!(
        matches!(error, AcceptError::Refused(Refusal::Origin(_))),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_function_may_answer_instead() {
    let acceptor = Acceptor::default().intercept(|request| {
        if request.uri().path() == "/socket" {
            return None;
        }
        let mut response = Response::new("pong".to_owned());
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        response
            .headers_mut()
            .insert("x-answer", "42".parse().expect("a value"));
        Some(response)
    });
    // It need not be a WebSocket's request.
    let (result, response) = exchange(&acceptor, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let error = result.expect_err("answered");
    assert!(
        matches!(error, AcceptError::Answered(StatusCode::IM_A_TEAPOT)),
        "{error:?}"
    );
    assert_eq!(
        response,
        "HTTP/1.1 418 I'm a teapot\r\nx-answer: 42\r\ncontent-length: 4\r\nconnection: close\r\n\r\npong"
    );
    let socket = request("").replace("/chat?room=1", "/socket");
    exchange(&acceptor, &socket).await.0.expect("granted");
}

fn hurried() -> Config {
    Config::new().handshake_timeout(Duration::from_millis(50))
}

async fn rest(mut client: DuplexStream) -> String {
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.expect("text");
    rest
}

/// A stream that fails when it is read.
struct Broken;

impl AsyncRead for Broken {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

impl AsyncWrite for Broken {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn counted(config: &Config) -> Vec<(&'static str, u64)> {
    let stats = config.stats();
    stats.iter().filter(|(_, count)| *count > 0).collect()
}

#[tokio::test]
async fn what_is_not_accepted_is_counted_by_its_reason() {
    let good = request("");
    for (request, name) in [
        (good.replace(": 13", ": 8"), "request_refused"),
        (good.replace("Host", "Hose"), "request_malformed"),
        (request("Origin: https://evil.net\r\n"), "origin_refused"),
        (good.replace("/chat", "/tea"), "request_answered"),
        (good.replace("\r\n\r\n", "\r\n"), "request_cut_off"),
    ] {
        let config = Config::new();
        let policy = Policy::new().config(config.clone());
        let acceptor = Acceptor::new(policy.origins(Origins::same())).intercept(|request| {
            let tea = request.uri().path() == "/tea";
            tea.then(|| Response::new(String::new()))
        });
        let (mut client, server) = duplex(64 * 1024);
        client.write_all(request.as_bytes()).await.expect("room");
        client.shutdown().await.expect("open");
        let error = acceptor.accept(server).await.expect_err("not accepted");
        assert_eq!(error.name(), name);
        assert_eq!(counted(&config), [(name, 1)]);
    }
}

#[tokio::test]
async fn a_stream_that_fails_is_counted_as_cut_off() {
    let config = Config::new();
    let error = accept(Broken, &config).await.expect_err("broken");
    let AcceptError::Io(error) = error else {
        panic!("{error:?}");
    };
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(counted(&config), [("request_cut_off", 1)]);
}

#[tokio::test]
async fn a_handshake_that_takes_too_long_is_counted() {
    let (_client, server) = duplex(1024);
    let config = hurried();
    let error = accept(server, &config).await.expect_err("too slow");
    assert!(matches!(error, AcceptError::Timeout), "{error:?}");
    assert_eq!(counted(&config), [("request_too_slow", 1)]);
}

#[tokio::test]
async fn an_answer_has_the_headers_that_were_added_and_keeps_its_own() {
    let acceptor = Acceptor::new(Policy::new()).headers(|request| {
        let mut headers = HeaderMap::new();
        let path = request.uri().path().parse().expect("a value");
        headers.insert("x-path", path);
        for cookie in ["a=1", "b=2"] {
            headers.append("set-cookie", HeaderValue::from_static(cookie));
        }
        for own in [
            "sec-websocket-accept",
            "upgrade",
            "connection",
            "content-length",
        ] {
            headers.append(own, HeaderValue::from_static("7"));
            headers.append(own, HeaderValue::from_static("8"));
        }
        headers
    });
    let (result, response) = exchange(&acceptor, &request("")).await;
    result.expect("granted");
    let (own, added) = response.split_at(response.find("x-path").expect("added"));
    assert_eq!(
        own,
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\
         connection: Upgrade\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
    );
    assert_eq!(
        added,
        "x-path: /chat\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n\r\n"
    );
    // What is refused is refused as ever.
    let (result, response) = exchange(&acceptor, &request("").replace(": 13", ": 8")).await;
    let version = server::Refusal::Version;
    assert!(
        matches!(result, Err(AcceptError::Refused(Refusal::Http1(refusal))) if refusal == version)
    );
    assert!(!response.contains("x-path"), "{response}");
}

#[tokio::test]
async fn a_slow_request_is_answered_with_408() {
    let (mut client, server) = duplex(1024);
    client
        .write_all(b"GET / HTTP/1.1\r\nHost:")
        .await
        .expect("room");
    let response = tokio::spawn(rest(client));
    let error = accept(server, &hurried()).await.expect_err("too slow");
    assert!(error.is_timeout(), "{error:?}");
    let response = response.await.expect("no panic");
    assert!(
        response.starts_with("HTTP/1.1 408 Request Timeout\r\n"),
        "{response}"
    );
}

#[tokio::test]
async fn a_client_that_says_nothing_is_told_nothing() {
    let (client, server) = duplex(1024);
    let response = tokio::spawn(rest(client));
    let error = accept(server, &hurried()).await.expect_err("too slow");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(response.await.expect("no panic"), "");
}

#[tokio::test]
async fn a_client_that_does_not_read_its_refusal_holds_nobody() {
    let (mut client, server) = duplex(16);
    let accepted = tokio::spawn(async move { accept(server, &hurried()).await.map(drop) });
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .expect("read");
    let error = accepted.await.expect("no panic").expect_err("refused");
    assert!(
        matches!(
            error,
            AcceptError::Refused(Refusal::Http1(server::Refusal::MissingUpgrade))
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_request_that_is_cut_off_is_no_request() {
    let (mut client, server) = duplex(1024);
    client
        .write_all(b"GET / HTTP/1.1\r\nHost:")
        .await
        .expect("room");
    client.shutdown().await.expect("open");
    let error = accept(server, &Config::new()).await.expect_err("cut off");
    assert!(matches!(error, AcceptError::Closed), "{error:?}");
    assert_eq!(error.status(), None);
    assert_eq!(rest(client).await, "");
}

#[tokio::test]
async fn both_ends_talk() {
    let (near, far) = duplex(1024);
    let policy = Policy::new().protocols(["chat"]);
    let serving = tokio::spawn(async move {
        let (mut socket, _) = Acceptor::new(policy).accept(far).await.expect("granted");
        assert_eq!(socket.protocol(), Some("chat"));
        socket
            .for_each(|message, answers| answers.send(message))
            .await
            .expect("a clean end")
    });
    let asked = server_answers(near).await;
    let mut client = sockeye_websocket::WebSocket::new(
        asked,
        Role::Client,
        sockeye_websocket::Negotiated::default(),
        &Config::new(),
    );
    client.send("hello").await.expect("open");
    let message = client.recv().await.expect("open").expect("a message");
    assert_eq!(message, Message::from("hello"));
    client.close(1000, "done").await.expect("a clean end");
    drop(client);
    assert_eq!(serving.await.expect("no panic").code, 1000);
}

/// Opens the connection as a client.
async fn server_answers(mut io: DuplexStream) -> DuplexStream {
    let request = sockeye_websocket::handshake::client::Request::new("example.com", "/")
        .and_then(|request| request.protocol("chat"))
        .expect("a request");
    io.write_all(&request.to_bytes()).await.expect("read");
    let mut read = Vec::new();
    loop {
        io.read_buf(&mut read).await.expect("readable");
        if let Some(response) = request.check(&read).expect("granted") {
            assert_eq!(response.head_len, read.len());
            return io;
        }
    }
}
