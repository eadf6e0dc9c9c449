//! Streaming as a client sees it: the answer that goes on, its POSTs, the change from polling, and the ends.

mod support;

use std::time::Duration;

use sockeye_engine::{CloseReason, Config, Sent, Transport};
use support::{
    client::{Polling, WebSocket, eventually, request},
    echo::{Server, Told, send, send_volatile},
    streaming::{Packet, Stream, Streaming, post, text},
};

/// A session on polling, and an answer on trial for it.
async fn on_trial(server: &Server) -> (Polling, Stream) {
    let client = Polling::open(server.address).await;
    let mut stream = Stream::get(server.address, &format!("&sid={}", client.sid)).await;
    // So that a browser which waits for the first bytes hears of the answer.
    assert_eq!(stream.next().await, text("6"));
    (client, stream)
}

async fn probe(client: &Polling, packet: &str) -> u16 {
    let body = packet.as_bytes();
    post(client.address, &client.sid, "text/plain", body)
        .await
        .status
}

/// Changes to streaming as clients do, without packets under way.
async fn upgraded(server: &Server) -> (Polling, Stream) {
    let (client, mut stream) = on_trial(server).await;
    assert_eq!(probe(&client, "2probe").await, 200);
    assert_eq!(stream.next().await, text("3probe"));
    assert_eq!(probe(&client, "5").await, 200);
    (client, stream)
}

#[tokio::test]
async fn a_session_begins_on_it_with_the_open_packet() {
    let server = Server::start().await;
    let client = Streaming::open(server.address).await;
    assert_eq!(client.open["upgrades"], serde_json::json!([]));
    let head = client.stream.head.to_ascii_lowercase();
    for line in [
        "content-type: application/octet-stream",
        "cache-control: no-cache, no-transform",
        "x-accel-buffering: no",
        "transfer-encoding: chunked",
    ] {
        assert!(head.contains(line), "{line} is not in {head}");
    }
    let stats = server.engine.stats();
    assert_eq!((stats.opened, stats.streaming, stats.polling), (1, 1, 0));
}

#[tokio::test]
async fn messages_go_there_and_back_in_text_and_in_frames() {
    let server = Server::start().await;
    let mut client = Streaming::open(server.address).await;
    client.send("4h\u{e9}llo\x1ebAQID").await;
    assert_eq!(client.stream.next().await, text("4h\u{e9}llo"));
    assert_eq!(client.stream.next().await, Packet::Binary(vec![1, 2, 3]));
    let posted = client.post_frames(b"\x024a\x83\x07\x08\x09\x024b").await;
    assert_eq!((posted.status, posted.body.as_str()), (200, "ok"));
    assert_eq!(client.stream.next().await, text("4a"));
    assert_eq!(client.stream.next().await, Packet::Binary(vec![7, 8, 9]));
    assert_eq!(client.stream.next().await, text("4b"));
}

#[tokio::test]
async fn frames_of_every_length() {
    let server = Server::start().await;
    let mut client = Streaming::open(server.address).await;
    for length in [124, 125, 126, 0xffff, 0x1_0000, 200_000] {
        let message = format!("4{}", "x".repeat(length - 1));
        client.send(&message).await;
        assert_eq!(client.stream.next().await, Packet::Text(message));
        let mut frame = vec![0x80 | 127];
        frame.extend_from_slice(&(length as u64).to_be_bytes());
        frame.extend(vec![7; length]);
        assert_eq!(client.post_frames(&frame).await.status, 200);
        assert_eq!(client.stream.next().await, Packet::Binary(vec![7; length]));
    }
}

#[tokio::test]
async fn other_programs_read_server_sent_events() {
    let server = Server::start().await;
    let stream = Stream::events(server.address, "").await;
    assert!(
        stream
            .head
            .to_ascii_lowercase()
            .contains("content-type: text/event-stream")
    );
    let mut client = Streaming::begin(server.address, stream).await;
    client.send("4one\ntwo\x1ebAQID").await;
    assert_eq!(client.stream.next().await, text("4one\ntwo"));
    assert_eq!(client.stream.next().await, text("bAQID"));
}

#[tokio::test]
async fn pings_come_by_the_stream_and_pongs_by_post() {
    let mut server = Server::with(|config| {
        config.ping_interval = Duration::from_millis(50);
        config.ping_timeout = Duration::from_millis(200);
    })
    .await;
    let mut client = Streaming::open(server.address).await;
    for _ in 0..3 {
        assert_eq!(client.stream.next().await, text("2"));
        client.send("3").await;
    }
    assert_eq!(client.stream.next().await, text("2"));
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    assert_eq!(client.stream.next().await, text("1"));
    assert_eq!(client.stream.next().await, Packet::End);
}

#[tokio::test]
async fn a_session_changes_from_polling_and_loses_nothing() {
    let mut server = Server::start().await;
    let (client, mut stream) = on_trial(&server).await;
    let connection = server.opened().await;
    let get = client.start_get().await;
    send(&connection, "by polling");
    assert_eq!(get.response().await.packets(), ["4by polling"]);
    assert_eq!(probe(&client, "2probe").await, 200);
    assert_eq!(stream.next().await, text("3probe"));
    client.send("4posted").await;
    assert_eq!(probe(&client, "5").await, 200);
    assert_eq!(stream.next().await, text("4posted"));
    send(&connection, "by the stream");
    assert_eq!(stream.next().await, text("4by the stream"));
    assert_eq!(connection.transport(), Transport::Streaming);
    let stats = server.engine.stats();
    assert_eq!((stats.upgraded, stats.streaming, stats.polling), (1, 1, 0));
    client.get().await.assert_refused(3, "Bad request");
}

#[tokio::test]
async fn a_get_that_still_polls_is_answered_with_a_noop() {
    let server = Server::start().await;
    let (client, mut stream) = on_trial(&server).await;
    let get = client.start_get().await;
    eventually("the GET waits", || server.engine.stats().polling == 1).await;
    assert_eq!(probe(&client, "2probe").await, 200);
    assert_eq!(stream.next().await, text("3probe"));
    assert_eq!(probe(&client, "5").await, 200);
    assert_eq!(get.response().await.packets(), ["6"]);
}

#[tokio::test]
async fn a_trial_that_the_client_gives_up_leaves_the_session_on_polling() {
    let server = Server::start().await;
    let (client, stream) = on_trial(&server).await;
    drop(stream);
    eventually("the trial ends", || {
        server.engine.stats().probes_abandoned == 1
    })
    .await;
    client.send("4still here").await;
    assert_eq!(client.get().await.packets(), ["4still here"]);
    client.upgrade().await;
}

#[tokio::test]
async fn a_trial_ends_with_its_time() {
    let server = Server::with(|config| config.upgrade_timeout = Duration::from_millis(20)).await;
    let (client, mut stream) = on_trial(&server).await;
    assert_eq!(stream.next().await, Packet::End);
    assert_eq!(server.engine.stats().probes_abandoned, 1);
    assert_eq!(probe(&client, "2probe").await, 400);
    client.send("4still here").await;
    assert_eq!(client.get().await.packets(), ["4still here"]);
}

#[tokio::test]
async fn other_packets_end_a_trial() {
    for packet in ["4message", "3probe", "2", "", "\u{e9}"] {
        let server = Server::start().await;
        let (client, mut stream) = on_trial(&server).await;
        assert_eq!(probe(&client, packet).await, 400, "{packet:?}");
        assert_eq!(stream.next().await, Packet::End, "{packet:?}");
        assert_eq!(server.engine.stats().probes_abandoned, 1, "{packet:?}");
        client.send("4still here").await;
        assert_eq!(client.get().await.packets(), ["4still here"]);
    }
}

#[tokio::test]
async fn one_transport_is_tried_at_a_time() {
    let server = Server::start().await;
    let (client, mut stream) = on_trial(&server).await;
    let mut socket = client.websocket().await;
    assert_eq!(
        socket.closed().await,
        Some(None),
        "the second is turned down"
    );
    let target = format!("/socket.io/?EIO=4&transport=streaming&sid={}", client.sid);
    let second = request(server.address, "GET", &target, "", b"").await;
    second.assert_refused(3, "Bad request");
    assert_eq!(probe(&client, "2probe").await, 200);
    assert_eq!(stream.next().await, text("3probe"));
}

#[tokio::test]
async fn an_answer_ends_after_some_bytes_and_the_next_goes_on() {
    let mut server = Server::with(|config| config.stream_bytes = 1000).await;
    let mut client = Streaming::open(server.address).await;
    let connection = server.opened().await;
    let mut answers = 1;
    for n in 0..60 {
        let message = format!("{n} {}", "x".repeat(100));
        send(&connection, &message);
        let mut packet = client.stream.next().await;
        if packet == text("6") {
            assert_eq!(client.stream.next().await, Packet::End);
            client.again().await;
            answers += 1;
            packet = client.stream.next().await;
        }
        assert_eq!(packet, Packet::Text(format!("4{message}")));
    }
    assert!(
        answers > 4,
        "6,000 bytes came in {answers} answers of 1,000"
    );
    assert!(connection.is_open());
}

#[tokio::test]
async fn volatile_messages_between_two_answers_are_dropped() {
    let mut server = Server::with(|config| config.stream_bytes = 1).await;
    let mut client = Streaming::open(server.address).await;
    let connection = server.opened().await;
    assert_eq!(client.stream.next().await, text("6"));
    assert_eq!(client.stream.next().await, Packet::End);
    assert_eq!(send_volatile(&connection, "missed"), Sent::Dropped);
    assert_eq!(send(&connection, "kept"), Sent::Queued);
    client.again().await;
    assert_eq!(client.stream.next().await, text("4kept"));
    assert_eq!(server.engine.stats().volatile_dropped, 1);
}

#[tokio::test]
async fn an_answer_ends_after_some_time_and_the_next_goes_on() {
    let mut server =
        Server::with(|config| config.stream_lifetime = Duration::from_millis(20)).await;
    let mut client = Streaming::open(server.address).await;
    let connection = server.opened().await;
    for n in 0..5 {
        assert_eq!(client.stream.next().await, text("6"));
        assert_eq!(client.stream.next().await, Packet::End);
        send(&connection, &format!("meanwhile {n}"));
        client.again().await;
        assert_eq!(client.stream.next().await, text(&format!("4meanwhile {n}")));
    }
    assert!(connection.is_open());
}

#[tokio::test]
async fn a_second_answer_beside_the_first_ends_the_session() {
    let mut server = Server::start().await;
    let mut client = Streaming::open(server.address).await;
    let target = format!("/socket.io/?EIO=4&transport=streaming&sid={}", client.sid);
    let second = request(server.address, "GET", &target, "", b"").await;
    assert_eq!(second.status, 400);
    assert_eq!(client.stream.next().await, text("1"));
    assert_eq!(client.stream.next().await, Packet::End);
    let reason = server.closed().await;
    assert_eq!(reason, CloseReason::TransportError("overlap from client"));
}

#[tokio::test]
async fn a_stream_that_is_cut_ends_the_session() {
    let mut server = Server::start().await;
    let client = Streaming::open(server.address).await;
    drop(client.stream);
    let reason = server.closed().await;
    assert_eq!(
        reason,
        CloseReason::TransportError("stream closed prematurely")
    );
    let target = format!("/socket.io/?EIO=4&transport=streaming&sid={}", client.sid);
    let again = request(server.address, "GET", &target, "", b"").await;
    again.assert_refused(1, "Session ID unknown");
}

#[tokio::test]
async fn either_side_may_close() {
    let mut server = Server::start().await;
    let mut client = Streaming::open(server.address).await;
    client.send("4last\x1e1\x1e4ignored").await;
    assert_eq!(server.closed().await, CloseReason::TransportClose);
    while client.stream.next().await != Packet::End {}

    let mut client = Streaming::open(server.address).await;
    let connection = server.opened().await;
    send(&connection, "last");
    connection.close(CloseReason::ForcedClose);
    assert_eq!(client.stream.next().await, text("4last"));
    assert_eq!(client.stream.next().await, text("1"));
    assert_eq!(client.stream.next().await, Packet::End);
    assert_eq!(server.closed().await, CloseReason::ForcedClose);
}

#[tokio::test]
async fn the_last_packets_wait_for_the_next_answer() {
    let mut server = Server::with(|config| config.stream_bytes = 1).await;
    let mut client = Streaming::open(server.address).await;
    let connection = server.opened().await;
    assert_eq!(client.stream.next().await, text("6"));
    assert_eq!(client.stream.next().await, Packet::End);
    send(&connection, "last");
    connection.close(CloseReason::ForcedClose);
    client.again().await;
    assert_eq!(client.stream.next().await, text("4last"));
    assert_eq!(client.stream.next().await, text("1"));
    assert_eq!(client.stream.next().await, Packet::End);
}

#[tokio::test]
async fn frames_that_are_none_end_the_session() {
    for (name, body) in [
        ("an empty frame", &b"\x024a\x00"[..]),
        ("a frame that is cut off", b"\x024a\x054b"),
        ("a header that is cut off", b"\x024a\x7e\x01"),
        (
            "a length beyond all memory",
            b"\x024a\x7f\xff\xff\xff\xff\xff\xff\xff\xff4",
        ),
        ("text that is none", b"\x024a\x024\xff"),
        ("an unknown packet", b"\x024a\x029x"),
    ] {
        let mut server = Server::start().await;
        let mut client = Streaming::open(server.address).await;
        server.opened().await;
        assert_eq!(client.post_frames(body).await.status, 200, "{name}");
        assert_eq!(
            server.told().await.text(),
            "a",
            "{name}: what came before it counts"
        );
        assert_eq!(server.closed().await, CloseReason::ParseError, "{name}");
        assert_eq!(client.stream.next().await, text("4a"));
        assert_eq!(client.stream.next().await, text("1"));
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_the_session_lives() {
    let server = Server::with(|config| config.max_payload = 100).await;
    let mut client = Streaming::open(server.address).await;
    assert_eq!(client.post("4".repeat(101)).await.status, 413);
    client.send("4still here").await;
    assert_eq!(client.stream.next().await, text("4still here"));
}

#[tokio::test]
async fn a_reader_that_stops_is_put_out_and_bounded() {
    let mut server = Server::start().await;
    let client = Streaming::open(server.address).await;
    let connection = server.opened().await;
    let message = "x".repeat(64 * 1024);
    let mut most = 0;
    while connection.is_open() {
        send(&connection, &message);
        most = most.max(connection.buffered());
        tokio::task::yield_now().await;
    }
    assert_eq!(server.closed().await, CloseReason::SlowConsumer);
    assert!(most < 2 * 1024 * 1024, "{most} bytes were queued");
    drop(client);
}

#[tokio::test]
async fn who_may_not_use_it_is_refused() {
    let target = "/socket.io/?EIO=4&transport=streaming";
    let polling_only = Server::with(|config| config.transports = vec![Transport::Polling]).await;
    let refused = request(polling_only.address, "GET", target, "", b"").await;
    refused.assert_refused(0, "Transport unknown");

    let server = Server::with(|config| config.allow_eio3 = true).await;
    let old = "/socket.io/?EIO=3&transport=streaming";
    let refused = request(server.address, "GET", old, "", b"").await;
    refused.assert_refused(5, "Unsupported protocol version");
    let refused = request(server.address, "POST", target, "", b"").await;
    refused.assert_refused(2, "Bad handshake method");

    let (_socket, open) = WebSocket::open(server.address).await;
    let sid = open["sid"].as_str().expect("a session id");
    let foreign = request(
        server.address,
        "GET",
        &format!("{target}&sid={sid}"),
        "",
        b"",
    )
    .await;
    foreign.assert_refused(3, "Bad request");

    let fixed = Server::with(|config: &mut Config| config.allow_upgrades = false).await;
    let client = Polling::open(fixed.address).await;
    let target = format!("{target}&sid={}", client.sid);
    let refused = request(fixed.address, "GET", &target, "", b"").await;
    refused.assert_refused(3, "Bad request");
}

#[tokio::test]
async fn a_session_that_changed_is_read_by_its_posts_alone() {
    let mut server = Server::start().await;
    let (client, mut stream) = upgraded(&server).await;
    client
        .post("4by polling")
        .await
        .assert_refused(3, "Bad request");
    post(client.address, &client.sid, "text/plain", b"4one").await;
    assert_eq!(stream.next().await, text("4one"));
    // Said again, it changes nothing.
    assert_eq!(probe(&client, "5").await, 200);
    post(client.address, &client.sid, "text/plain", b"4two").await;
    assert_eq!(stream.next().await, text("4two"));
    let told: Vec<_> = server
        .told_now()
        .into_iter()
        .filter(|told| matches!(told, Told::Text(_)))
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
}
