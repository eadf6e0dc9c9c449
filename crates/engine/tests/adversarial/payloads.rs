//! What polling clients send, and when.

use std::time::Duration;

use sockeye_engine::{CloseReason, Sent};

use crate::support::{
    client::{Pending, Polling, eventually, raw, request},
    echo::{EchoConnection, Server, Told, send_volatile},
};

// parity: 1.E3
#[tokio::test]
async fn malformed_packets_end_the_session_after_those_before_them() {
    // CVE-2026-32689 is the body of separators alone.
    let separators = "\x1e".repeat(1_000_000);
    for (body, told) in [
        ("", 0),
        ("\x1e", 0),
        (separators.as_str(), 0),
        ("7", 0),
        ("x", 0),
        ("-1", 0),
        ("\u{fffd}", 0),
        ("4a\x1e", 1),
        ("4a\x1e\x1e4b", 1),
        ("4a\x1e4b\x1e9\x1e4never", 2),
        ("4\x1ebAQID\x1eB", 2),
    ] {
        let mut server = Server::start().await;
        let client = Polling::open(server.address).await;
        server.opened().await;
        client.send(body).await;
        for _ in 0..told {
            assert!(matches!(
                server.told().await,
                Told::Text(_) | Told::Binary(_)
            ));
        }
        match server.told().await {
            Told::Closed(reason) => assert_eq!(reason, CloseReason::ParseError),
            other => panic!("{other:?} after {body:?}"),
        }
        assert_eq!(server.engine.stats().closed.parse_error, 1);
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_are_replaced_as_the_reference_does() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    server.opened().await;
    client.send(b"4\xff\xfe").await;
    assert_eq!(server.told().await.text(), "\u{fffd}\u{fffd}");
}

#[tokio::test]
async fn a_ping_of_a_client_goes_the_wrong_way() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    client.send("2").await;
    assert_eq!(
        server.closed().await,
        CloseReason::TransportError("invalid heartbeat direction")
    );
    assert_eq!(server.engine.stats().closed.transport_error, 1);
}

// parity: 1.P4
#[tokio::test]
async fn binary_bodies_are_refused_at_once() {
    // CVE-2026-59725: such a request was never answered.
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    let headers = "Content-Type: application/octet-stream\r\n";
    let answer = request(server.address, "POST", &client.target(), headers, b"4x").await;
    assert_eq!((answer.status, answer.body.as_str()), (400, ""));
    assert_eq!(
        server.closed().await,
        CloseReason::TransportError("invalid content")
    );
    let stats = server.engine.stats();
    assert_eq!(
        (stats.refused.content_type, stats.closed.transport_error),
        (1, 1)
    );
}

// parity: 1.P5 3.3
#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_the_session_lives() {
    let mut server = Server::with(|config| config.max_payload = 1000).await;
    let client = Polling::open(server.address).await;
    server.opened().await;
    let body = format!("4{}", "x".repeat(1000));
    let headers = "Connection: close\r\n";
    let answer = request(
        server.address,
        "POST",
        &client.target(),
        headers,
        body.as_bytes(),
    )
    .await;
    assert_eq!((answer.status, answer.body.as_str()), (413, ""));

    // CVE-2020-36048: what is announced is refused before it is sent.
    let announced = client.start_post(100_000_000, b"").await;
    assert_eq!(announced.response().await.status, 413);

    let head = format!(
        "POST {} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n{body}\r\n",
        client.target()
    );
    let chunked = Pending(raw(server.address, head.as_bytes()).await);
    assert_eq!(chunked.response().await.status, 413);

    assert_eq!(server.engine.stats().refused.too_large, 3);
    client.send("4alive").await;
    assert_eq!(server.told().await.text(), "alive");
    assert_eq!(client.get().await.packets(), ["4alive"]);
}

/// A GET that the engine holds: the one before it was answered, so this one is the next.
async fn pending_get(client: &Polling, connection: &EchoConnection) -> Pending {
    let get = client.start_get().await;
    eventually("a GET that waits", || {
        send_volatile(connection, "there") == Sent::Queued
    })
    .await;
    get.response().await;
    client.start_get().await
}

// parity: 1.P1
#[tokio::test]
async fn a_second_get_ends_the_session() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    let connection = server.opened().await;
    let first = pending_get(&client, &connection).await;
    let second = client.start_get().await;
    let (first, second) = tokio::join!(first.response(), second.response());
    let (kept, refused) = if first.status == 200 {
        (first, second)
    } else {
        (second, first)
    };
    assert_eq!((kept.status, kept.body.as_str()), (200, "1"));
    assert_eq!((refused.status, refused.body.as_str()), (400, ""));
    assert_eq!(
        server.closed().await,
        CloseReason::TransportError("overlap from client")
    );
    let stats = server.engine.stats();
    assert_eq!(
        (stats.refused.overlap, stats.closed.transport_error),
        (1, 1)
    );
}

// parity: 1.P2
#[tokio::test]
async fn a_second_post_ends_the_session() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    let _first = client.start_post(100, b"4unfinished").await;
    let _second = client.start_post(100, b"4unfinished").await;
    assert_eq!(
        server.closed().await,
        CloseReason::TransportError("data request overlap from client")
    );
    let stats = server.engine.stats();
    assert_eq!(
        (stats.refused.overlap, stats.closed.transport_error),
        (1, 1)
    );
}

// parity: 1.P3
#[tokio::test]
async fn a_get_that_is_cut_ends_the_session() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    drop(client.start_get().await);
    assert_eq!(
        server.closed().await,
        CloseReason::TransportError("poll connection closed prematurely")
    );
    assert_eq!(server.engine.stats().closed.transport_error, 1);
}

// parity: 1.P3
#[tokio::test]
async fn a_post_that_is_cut_or_malformed_ends_the_session() {
    for malformed in [false, true] {
        let mut server = Server::start().await;
        let client = Polling::open(server.address).await;
        if malformed {
            let head = format!(
                "POST {} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                client.target()
            );
            raw(server.address, head.as_bytes()).await;
        } else {
            drop(client.start_post(100, b"4unfinished").await);
        }
        assert_eq!(
            server.closed().await,
            CloseReason::TransportError("data request connection closed prematurely")
        );
        assert!(server.told_now().is_empty());
        assert_eq!(server.engine.stats().closed.transport_error, 1);
    }
}

#[tokio::test]
async fn half_a_million_packets_in_a_body_are_handled_and_others_get_their_turn() {
    let mut server = Server::start().await;
    server.mute();
    let client = Polling::open(server.address).await;
    let other = Polling::open(server.address).await;
    server.opened().await;
    server.opened().await;
    let body = vec!["4"; 500_000].join("\x1e");
    let post = client.start_post(body.len(), body.as_bytes()).await;
    assert_eq!(server.told().await.text(), "");
    other.send("4between").await;
    let seen = server.told_now();
    assert!(seen.len() < 499_999, "the body is still being handled");
    assert_eq!(post.response().await.status, 200);
    let told = seen.len() + server.told_now().len() + 1;
    assert_eq!(told, 500_001);
}

#[tokio::test]
async fn an_upgrade_that_never_ends_leaves_no_session_behind() {
    let mut server = Server::with(|config| {
        config.ping_interval = Duration::from_millis(50);
        config.ping_timeout = Duration::from_millis(50);
        config.upgrade_timeout = Duration::from_millis(200);
    })
    .await;
    let mut trials = Vec::new();
    for _ in 0..20 {
        let client = Polling::open(server.address).await;
        let mut socket = client.websocket().await;
        socket.send("2probe").await;
        trials.push(socket);
    }
    for _ in 0..20 {
        assert_eq!(server.closed().await, CloseReason::PingTimeout);
    }
    for trial in &mut trials {
        assert_eq!(trial.text().await, "3probe");
        assert_eq!(trial.closed().await, Some(None));
    }
    let stats = server.engine.stats();
    assert_eq!((stats.closed.ping_timeout, stats.upgraded), (20, 0));
}
