//! HTTP requests and handshakes.

use std::time::Duration;

use sockeye_engine::{CloseReason, Refused, Transport};

use crate::support::{
    client::{Pending, Polling, Response, WebSocket, eventually, odd_frame, raw, request},
    echo::Server,
};

/// Asserts that exactly one refusal was counted since the last look, and which.
struct Counted {
    before: Refused,
}

impl Counted {
    fn one(&mut self, server: &Server, count: fn(&mut Refused) -> &mut u64) {
        *count(&mut self.before) += 1;
        assert_eq!(server.engine.stats().refused, self.before);
    }
}

// parity: 1.X0 1.X1 1.X2 1.X3 1.X5
#[tokio::test]
async fn requests_are_refused_with_the_references_codes() {
    let server = Server::start().await;
    let client = Polling::open(server.address).await;
    let sid = &client.sid;
    let unknown = "A".repeat(20);
    let mut counted = Counted {
        before: Refused::default(),
    };
    type Count = fn(&mut Refused) -> &mut u64;
    let cases: [(&str, String, u8, &str, Count); 22] = [
        ("GET", "".into(), 0, "Transport unknown", |r| {
            &mut r.transport_unknown
        }),
        ("GET", "EIO=4".into(), 0, "Transport unknown", |r| {
            &mut r.transport_unknown
        }),
        (
            "GET",
            "EIO=4&transport=".into(),
            0,
            "Transport unknown",
            |r| &mut r.transport_unknown,
        ),
        (
            "GET",
            "EIO=4&transport=tobi".into(),
            0,
            "Transport unknown",
            |r| &mut r.transport_unknown,
        ),
        (
            "GET",
            "EIO=4&transport=Polling".into(),
            0,
            "Transport unknown",
            |r| &mut r.transport_unknown,
        ),
        (
            "GET",
            "EIO=4&transport=constructor".into(),
            0,
            "Transport unknown",
            |r| &mut r.transport_unknown,
        ),
        (
            "GET",
            "EIO=4&transport=webtransport".into(),
            0,
            "Transport unknown",
            |r| &mut r.transport_unknown,
        ),
        (
            "GET",
            "EIO=4&transport=polling%00".into(),
            0,
            "Transport unknown",
            |r| &mut r.transport_unknown,
        ),
        (
            "GET",
            "EIO=4&transport=%ff%fe".into(),
            0,
            "Transport unknown",
            |r| &mut r.transport_unknown,
        ),
        (
            "GET",
            format!("EIO=4&transport=polling&sid={unknown}"),
            1,
            "Session ID unknown",
            |r| &mut r.session_unknown,
        ),
        (
            "POST",
            format!("EIO=4&transport=polling&sid={unknown}"),
            1,
            "Session ID unknown",
            |r| &mut r.session_unknown,
        ),
        (
            "GET",
            "EIO=4&transport=polling&sid=__proto__".into(),
            1,
            "Session ID unknown",
            |r| &mut r.session_unknown,
        ),
        (
            "GET",
            format!("EIO=4&transport=polling&sid={}", "x".repeat(5000)),
            1,
            "Session ID unknown",
            |r| &mut r.session_unknown,
        ),
        (
            "GET",
            "EIO=4&transport=polling&sid=%00%ff".into(),
            1,
            "Session ID unknown",
            |r| &mut r.session_unknown,
        ),
        (
            "POST",
            "EIO=4&transport=polling".into(),
            2,
            "Bad handshake method",
            |r| &mut r.bad_handshake_method,
        ),
        (
            "OPTIONS",
            "EIO=4&transport=polling".into(),
            2,
            "Bad handshake method",
            |r| &mut r.bad_handshake_method,
        ),
        (
            "GET",
            "EIO=4&transport=websocket".into(),
            3,
            "Bad request",
            |r| &mut r.bad_request,
        ),
        (
            "GET",
            format!("EIO=4&transport=websocket&sid={sid}"),
            3,
            "Bad request",
            |r| &mut r.bad_request,
        ),
        (
            "GET",
            format!("EIO=3&transport=polling&sid={sid}"),
            3,
            "Bad request",
            |r| &mut r.bad_request,
        ),
        (
            "GET",
            "EIO=3&transport=polling".into(),
            5,
            "Unsupported protocol version",
            |r| &mut r.unsupported_version,
        ),
        (
            "GET",
            "transport=polling".into(),
            5,
            "Unsupported protocol version",
            |r| &mut r.unsupported_version,
        ),
        (
            "GET",
            "EIO=4x&transport=polling".into(),
            5,
            "Unsupported protocol version",
            |r| &mut r.unsupported_version,
        ),
    ];
    for (method, query, code, message, count) in cases {
        let target = format!("/socket.io/?{query}");
        let answer = request(server.address, method, &target, "", b"").await;
        answer.assert_refused(code, message);
        counted.one(&server, count);
    }
    client.send("4alive").await;
    assert_eq!(client.get().await.packets(), ["4alive"]);
    assert_eq!(server.engine.stats().opened, 1);
}

// parity: 1.X7
#[tokio::test]
async fn methods_that_polling_does_not_know() {
    let server = Server::start().await;
    let client = Polling::open(server.address).await;
    for (n, method) in ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]
        .into_iter()
        .enumerate()
    {
        let target = client.target();
        let answer = request(
            server.address,
            method,
            &target,
            "Connection: close\r\n",
            b"",
        )
        .await;
        assert_eq!((answer.status, answer.body.as_str()), (500, ""), "{method}");
        assert_eq!(server.engine.stats().refused.method, n as u64 + 1);
    }
    client.send("4alive").await;
    assert_eq!(client.get().await.packets(), ["4alive"]);
}

#[tokio::test]
async fn the_first_of_two_values_counts_and_escapes_are_read() {
    let server = Server::start().await;
    for query in [
        "EIO=4&transport=polling&transport=tobi",
        "EIO=4&EIO=3&transport=p%6flling&sid=",
        "&&=&EIO=4&transport=polling&%zz=%",
    ] {
        let target = format!("/socket.io/?{query}");
        let answer = request(server.address, "GET", &target, "", b"").await;
        assert_eq!(answer.status, 200, "{query}");
    }
    assert_eq!(server.engine.stats().opened, 3);
}

/// Asserts a refusal of an upgrade: the message alone, and the connection ends.
fn assert_upgrade_refused(answer: &Response, message: &str) {
    assert_eq!((answer.status, answer.body.as_str()), (400, message));
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(answer.header("content-type"), Some("text/html"));
}

// parity: 1.X6
#[tokio::test]
async fn upgrades_are_refused_with_the_references_messages() {
    let server = Server::start().await;
    let client = Polling::open(server.address).await;
    let sid = &client.sid;
    let unknown = "A".repeat(20);
    let mut counted = Counted {
        before: Refused::default(),
    };
    type Count = fn(&mut Refused) -> &mut u64;
    // CVE-2023-31125 is the upgrade with `transport=__proto__`.
    let cases: [(String, &str, Count); 9] = [
        (
            format!("EIO=4&transport=polling&sid={sid}"),
            "Bad request",
            |r| &mut r.bad_request,
        ),
        (
            "EIO=4&transport=__proto__".into(),
            "Transport unknown",
            |r| &mut r.transport_unknown,
        ),
        ("EIO=4&transport=tobi".into(), "Transport unknown", |r| {
            &mut r.transport_unknown
        }),
        ("EIO=4".into(), "Transport unknown", |r| {
            &mut r.transport_unknown
        }),
        (
            format!("EIO=4&transport=websocket&sid={unknown}"),
            "Session ID unknown",
            |r| &mut r.session_unknown,
        ),
        (
            "EIO=4&transport=websocket&sid=x".into(),
            "Session ID unknown",
            |r| &mut r.session_unknown,
        ),
        (
            format!("EIO=3&transport=websocket&sid={sid}"),
            "Bad request",
            |r| &mut r.bad_request,
        ),
        ("EIO=4&transport=polling".into(), "Bad request", |r| {
            &mut r.bad_request
        }),
        (
            "EIO=3&transport=websocket".into(),
            "Unsupported protocol version",
            |r| &mut r.unsupported_version,
        ),
    ];
    for (query, message, count) in cases {
        let refused = WebSocket::connect(server.address, &query).await;
        assert_upgrade_refused(&refused.err().expect(&query), message);
        counted.one(&server, count);
    }
    client.send("4alive").await;
    assert_eq!(client.get().await.packets(), ["4alive"]);
}

#[tokio::test]
async fn without_websocket_no_session_changes_to_it() {
    let server = Server::with(|config| config.transports = vec![Transport::Polling]).await;
    let client = Polling::open(server.address).await;
    for (transport, message) in [
        ("polling", "Bad request"),
        ("websocket", "Transport unknown"),
    ] {
        let query = format!("EIO=4&transport={transport}&sid={}", client.sid);
        let refused = WebSocket::connect(server.address, &query).await;
        assert_upgrade_refused(&refused.err().expect("no upgrade"), message);
    }
    let refused = server.engine.stats().refused;
    assert_eq!((refused.bad_request, refused.transport_unknown), (1, 1));
    client.send("4alive").await;
    assert_eq!(client.get().await.packets(), ["4alive"]);
}

#[tokio::test]
async fn handshakes_that_are_no_websocket_are_refused_and_counted() {
    const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const VERSION: &str = "Sec-WebSocket-Version: 13\r\n";
    let blanks = " ".repeat(7000);
    let cases = [
        ("GET", format!("Connection: Upgrade\r\n{VERSION}"), 400),
        ("GET", format!("Connection: Upgrade\r\n{KEY}"), 426),
        (
            "GET",
            format!("Connection: Upgrade\r\n{KEY}Sec-WebSocket-Version: 8\r\n"),
            426,
        ),
        ("GET", format!("Connection: close\r\n{KEY}{VERSION}"), 400),
        (
            "GET",
            format!("Connection: Upgrade\r\n{KEY}{KEY}{VERSION}"),
            400,
        ),
        (
            "GET",
            format!("Connection: Upgrade\r\nSec-WebSocket-Key: short\r\n{VERSION}"),
            400,
        ),
        // CVE-2021-32640: a header that took quadratic time.
        (
            "GET",
            format!("Connection: Upgrade\r\n{KEY}{VERSION}Sec-WebSocket-Protocol: b{blanks}x\r\n"),
            400,
        ),
        // A worker of Granian died of this one.
        (
            "GET",
            format!("Connection: Upgrade\r\n{KEY}{VERSION}Sec-WebSocket-Protocol: \u{e9}\r\n"),
            400,
        ),
    ];
    let server = Server::start().await;
    for (n, (method, headers, status)) in cases.into_iter().enumerate() {
        let head = format!(
            "{method} /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\n{headers}\r\n"
        );
        let answer = Pending(raw(server.address, head.as_bytes()).await)
            .response()
            .await;
        assert_eq!(answer.status, status, "{headers}");
        let stats = server.engine.stats();
        assert_eq!(stats.refused.bad_request, n as u64 + 1, "{headers}");
        assert_eq!(stats.opened, 0);
    }
}

#[tokio::test]
async fn extensions_that_nobody_knows_are_left_out() {
    let server = Server::start().await;
    // GHSA-5v72-xg48-5rpm: names that every JavaScript object has.
    let head = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\n\
                Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: constructor, __proto__; a=b\r\n\r\n";
    let answer = Pending(raw(server.address, head.as_bytes()).await)
        .response()
        .await;
    assert_eq!(answer.status, 101);
    assert_eq!(answer.header("sec-websocket-extensions"), None);
}

#[tokio::test]
async fn malformed_http_opens_no_session() {
    let server = Server::start().await;
    // CVE-2024-37890: more headers than there is room for.
    let many = "x: y\r\n".repeat(5000);
    for (bytes, status) in [
        ("\x16\x03\x01\x02\r\n\r\n".to_owned(), 400),
        ("GET\r\n\r\n".to_owned(), 400),
        (
            "GET /socket.io/?EIO=4&transport=polling HTTP/9.9\r\n\r\n".to_owned(),
            400,
        ),
        (
            format!("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n{many}\r\n"),
            431,
        ),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(70_000)), 414),
    ] {
        let answer = Pending(raw(server.address, bytes.as_bytes()).await)
            .response()
            .await;
        assert_eq!(answer.status, status, "{}", &bytes[..bytes.len().min(40)]);
    }
    assert_eq!(server.engine.stats().opened, 0);
    let client = Polling::open(server.address).await;
    client.send("4alive").await;
    assert_eq!(client.get().await.packets(), ["4alive"]);
}

#[tokio::test]
async fn an_upgrade_that_is_cut_at_any_byte_leaves_nothing_behind() {
    let server = Server::start().await;
    let head = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\n\
                Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                Sec-WebSocket-Version: 13\r\n\r\n";
    for cut in (1..=head.len()).step_by(7).chain([head.len()]) {
        let stream = raw(server.address, &head.as_bytes()[..cut]).await;
        socket2::SockRef::from(&stream)
            .set_linger(Some(Duration::ZERO))
            .expect("a stream can be told to linger");
        drop(stream);
    }
    let (_alive, _) = WebSocket::open(server.address).await;
    eventually("only the live session", || {
        server.engine.connections().len() == 1
    })
    .await;
}

// parity: 1.W9
#[tokio::test]
async fn a_bad_frame_in_one_packet_with_the_upgrade_is_a_bad_frame() {
    // CVE-2022-21676
    let mut server = Server::start().await;
    let frame = odd_frame(0xf1, b"4x");
    let mut socket = WebSocket::connect_with(server.address, "EIO=4&transport=websocket", &frame)
        .await
        .expect("the request itself is right");
    assert!(socket.text().await.starts_with('0'));
    assert_eq!(socket.closed().await, Some(Some(1002)));
    assert_eq!(
        server.closed().await,
        CloseReason::TransportError("invalid frame")
    );
    assert_eq!(server.engine.stats().closed.transport_error, 1);
}
