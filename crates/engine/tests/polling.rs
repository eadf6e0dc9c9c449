//! Long-polling as a client sees it: handshake, GET, POST and the end.

mod support;

use serde_json::json;
use sockeye_engine::{CloseReason, Sent};
use support::{
    client::{Polling, eventually, request, within},
    echo::{Server, Told, send, send_volatile},
};

// parity: 1.E11 1.E15
#[tokio::test]
async fn a_handshake_is_answered_as_the_reference_does() {
    let server = Server::start().await;
    let target = "/socket.io/?EIO=4&transport=polling&t=abc";
    let answer = request(server.address, "GET", target, "", b"").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=UTF-8")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(
        answer.header("content-length"),
        Some(answer.body.len().to_string().as_str())
    );
    let open: serde_json::Value =
        serde_json::from_str(answer.body.strip_prefix('0').expect("an open packet")).expect("JSON");
    assert_eq!(open["sid"].as_str().map(str::len), Some(20));
    let sid = open["sid"].clone();
    assert_eq!(
        open,
        json!({ "sid": sid, "upgrades": ["websocket"], "pingInterval": 25000, "pingTimeout": 20000,
                "maxPayload": 1_000_000 })
    );
    let stats = server.engine.stats();
    assert_eq!((stats.opened, stats.polling, stats.websocket), (1, 1, 0));
}

#[tokio::test]
async fn a_message_goes_there_and_back() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    server.opened().await;
    let posted = client.post("4h\u{e9}llo").await;
    assert_eq!((posted.status, posted.body.as_str()), (200, "ok"));
    assert_eq!(posted.header("content-type"), Some("text/html"));
    assert_eq!(posted.header("content-length"), Some("2"));
    let got = client.get().await;
    assert_eq!(got.packets(), ["4h\u{e9}llo"]);
    assert_eq!(
        got.header("content-type"),
        Some("text/plain; charset=UTF-8")
    );
    assert_eq!(got.header("cache-control"), Some("no-store"));
}

// parity: 1.P1
#[tokio::test]
async fn one_answer_takes_all_that_is_queued() {
    let server = Server::start().await;
    let client = Polling::open(server.address).await;
    client.send("4a\x1e4b\x1ebAQID\x1e4").await;
    assert_eq!(client.get().await.packets(), ["4a", "4b", "bAQID", "4"]);
}

// parity: 1.E6
#[tokio::test]
async fn binary_travels_as_base64_in_either_alphabet() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    server.opened().await;
    client.send("b-_8\x1eb+/8=\x1eb").await;
    for expected in [&[0xfb, 0xff][..], &[0xfb, 0xff], &[]] {
        match server.told().await {
            Told::Binary(data) => assert_eq!(data, expected),
            other => panic!("{other:?} instead of a binary message"),
        }
    }
    assert_eq!(client.get().await.packets(), ["b+/8=", "b+/8=", "b"]);
}

// parity: 1.P6
#[tokio::test]
async fn a_post_is_answered_when_its_packets_have_been_handled() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    server.opened().await;
    let packets: Vec<String> = (0..1000).map(|n| format!("4{n}")).collect();
    client.send(packets.join("\x1e")).await;
    let told = server.told_now();
    assert_eq!(told.len(), 1000);
    for (n, told) in told.iter().enumerate() {
        assert_eq!(told.text(), n.to_string());
    }
    assert_eq!(client.get().await.packets(), packets);
}

#[tokio::test]
async fn a_get_waits_until_there_is_something() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    let connection = server.opened().await;
    assert_eq!(
        send_volatile(&connection, "lost"),
        Sent::Dropped,
        "no GET waits for it"
    );
    let get = client.start_get().await;
    eventually("a GET that waits", || {
        send_volatile(&connection, "kept") == Sent::Queued
    })
    .await;
    assert_eq!(get.response().await.packets(), ["4kept"]);
    let dropped = server.engine.stats().volatile_dropped;
    assert!(dropped >= 1, "{dropped}");
}

#[tokio::test]
async fn what_is_volatile_waits_for_a_get_up_to_its_limit() {
    let mut server = Server::with(|config| config.volatile_limit = 200).await;
    let client = Polling::open(server.address).await;
    let connection = server.opened().await;
    let sent = ["a", "b", "c", "d"].map(|text| send_volatile(&connection, text));
    // Each weighs the 4 bytes of its frame and 64, and three are more than 200.
    assert_eq!(
        sent,
        [Sent::Queued, Sent::Queued, Sent::Queued, Sent::Dropped]
    );
    assert_eq!(send(&connection, "sure"), Sent::Queued);
    assert_eq!(client.get().await.packets(), ["4a", "4b", "4c", "4sure"]);
    assert_eq!(server.engine.stats().volatile_dropped, 1);
}

#[tokio::test]
async fn what_a_client_may_send_without_meaning_is_ignored() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    server.opened().await;
    client
        .send("0\x1e5\x1e6\x1e3\x1e3probe\x1e4still here")
        .await;
    assert_eq!(server.told().await.text(), "still here");
    assert_eq!(client.get().await.packets(), ["4still here"]);
}

// parity: 1.P4
#[tokio::test]
async fn characters_may_be_split_between_chunks() {
    let server = Server::start().await;
    let client = Polling::open(server.address).await;
    let headers = "Transfer-Encoding: chunked\r\n";
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: test\r\n{headers}\r\n",
        client.target()
    );
    let mut body = Vec::new();
    for byte in "4\u{1f41f}".bytes() {
        body.extend_from_slice(b"1\r\n");
        body.push(byte);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\n\r\n");
    let post = support::client::raw(server.address, &[head.as_bytes(), &body].concat()).await;
    let answer = support::client::Pending(post).response().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
    assert_eq!(client.get().await.packets(), ["4\u{1f41f}"]);
}

// parity: 1.P5
#[tokio::test]
async fn a_body_as_long_as_the_limit_is_taken() {
    let server = Server::with(|config| config.max_payload = 1000).await;
    let client = Polling::open(server.address).await;
    assert_eq!(client.open["maxPayload"], 1000);
    let body = format!("4{}", "x".repeat(999));
    client.send(&body).await;
    assert_eq!(client.get().await.packets(), [body]);
}

// parity: 1.P7
#[tokio::test]
async fn the_close_packet_ends_the_session() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    let connection = server.opened().await;
    let get = client.start_get().await;
    eventually("a GET that waits", || {
        send_volatile(&connection, "x") == Sent::Queued
    })
    .await;
    assert_eq!(get.response().await.packets(), ["4x"]);

    let get = client.start_get().await;
    eventually("the next one", || {
        connection.buffered() == 0 && connection.is_open()
    })
    .await;
    client.send("4before\x1e1\x1e4after").await;
    let answer = get.response().await;
    assert!(
        ["6", "4before"].contains(&answer.body.as_str()),
        "a noop, unless the echo was quicker: {answer:?}"
    );
    assert_eq!(server.told().await.text(), "before");
    assert_eq!(server.closed().await, CloseReason::TransportClose);
    assert_eq!(server.engine.stats().closed.transport_close, 1);
    client.get().await.assert_refused(1, "Session ID unknown");
    assert!(server.told_now().is_empty(), "nothing after the end");
}

// parity: 1.P8
#[tokio::test]
async fn a_waiting_get_hears_of_the_end() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    let connection = server.opened().await;
    let get = client.start_get().await;
    eventually("a GET that waits", || {
        send_volatile(&connection, "x") == Sent::Queued
    })
    .await;
    assert_eq!(get.response().await.packets(), ["4x"]);
    let get = client.start_get().await;
    connection.close(CloseReason::ForcedClose);
    assert_eq!(get.response().await.packets(), ["1"]);
    assert_eq!(server.closed().await, CloseReason::ForcedClose);
    client.get().await.assert_refused(1, "Session ID unknown");
}

// parity: 1.P8 1.C2
#[tokio::test]
async fn without_a_get_the_last_packets_wait_for_one() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    let connection = server.opened().await;
    assert_eq!(send(&connection, "last"), Sent::Queued);
    connection.close(CloseReason::ForcedClose);
    assert_eq!(send(&connection, "too late"), Sent::Closed);
    assert_eq!(server.engine.stats().late_dropped, 1);
    assert_eq!(server.closed().await, CloseReason::ForcedClose);
    let mut packets = Vec::new();
    while packets.last().is_none_or(|last| last != "1") {
        packets.extend(client.get().await.packets().into_iter().map(str::to_owned));
    }
    assert_eq!(packets, ["4last", "1"]);
    client.get().await.assert_refused(1, "Session ID unknown");
}

#[tokio::test]
async fn what_came_before_the_end_has_an_answer_of_its_own() {
    let mut server = Server::start().await;
    for reason in [CloseReason::ServerShuttingDown, CloseReason::ForcedClose] {
        let client = Polling::open(server.address).await;
        let connection = server.opened().await;
        send(&connection, "last");
        connection.close(reason);
        assert_eq!(client.get().await.packets(), ["4last"], "{reason}");
        assert_eq!(client.get().await.packets(), ["1"], "{reason}");
        assert_eq!(server.closed().await, reason);
    }
}

#[tokio::test]
async fn shutting_down_ends_sessions_and_takes_no_new_ones() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    server.opened().await;
    server.engine.close();
    assert_eq!(server.closed().await, CloseReason::ServerShuttingDown);
    assert_eq!(client.get().await.packets(), ["1"]);
    let target = "/socket.io/?EIO=4&transport=polling";
    let refused = request(server.address, "GET", target, "", b"").await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    let stats = server.engine.stats();
    assert_eq!((stats.opened, stats.closed.server_shutting_down), (1, 1));
}

#[tokio::test]
async fn sessions_do_not_hear_each_other() {
    let server = Server::start().await;
    let mut clients = Vec::new();
    for n in 0..20 {
        let client = Polling::open(server.address).await;
        client.send(format!("4{n}")).await;
        clients.push(client);
    }
    for (n, client) in clients.iter().enumerate() {
        assert_eq!(client.get().await.packets(), [format!("4{n}")]);
    }
    within("all sessions", async {
        assert_eq!(server.engine.stats().polling, 20);
    })
    .await;
}
