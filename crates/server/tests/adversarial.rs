//! Peers that break Socket.IO's rules, and the advisories of the protocol family by name: each moves the
//! counter that stands for it, and nobody else notices.

mod support;

use std::time::{Duration, Instant};

use sockeye::{Args, DisconnectReason, Namespace, Reply, Server, Socket, Stats};
use support::{
    Client, Sockets,
    client::{Frame, Polling, WebSocket, eventually, request, text_frame, within},
    serve, start, with_sync,
};
use tokio::sync::mpsc;

/// A server with a bystander who must not notice anything.
struct Scene {
    io: Server,
    address: std::net::SocketAddr,
    bystander: Client,
    reasons: mpsc::UnboundedReceiver<DisconnectReason>,
}

impl Scene {
    async fn new() -> Self {
        let (sender, reasons) = mpsc::unbounded_channel();
        let namespace = Namespace::new()
            .on("echo", async |Args(all): Args<Vec<serde_json::Value>>| {
                Reply(Args(all))
            })
            .on("bytes", async |data: bytes::Bytes| Reply(data.len()))
            .on_disconnect(async move |reason: DisconnectReason| {
                // A test that has failed does not listen any more.
                let _ = sender.send(reason);
            });
        let (io, address) = start(namespace).await;
        let (bystander, _) = Client::join(address).await;
        Self {
            io,
            address,
            bystander,
            reasons,
        }
    }

    async fn victim(&self) -> Client {
        Client::join(self.address).await.0
    }

    async fn reason(&mut self) -> &'static str {
        let reason = within("a reason", self.reasons.recv()).await;
        reason.expect("the namespace lives").as_str()
    }

    /// Asserts that these packets end a connection as malformed.
    async fn assert_malformed(&mut self, texts: &[&str], binaries: &[&[u8]]) {
        let before = self.io.stats();
        let mut client = self.victim().await;
        for text in texts {
            client.send(text).await;
        }
        for binary in binaries {
            client.send_binary(binary).await;
        }
        // Whatever was taken would be answered in its turn by this, and that is not the end.
        client.send(r#"2999["sync"]"#).await;
        assert_eq!(client.socket.next().await, Frame::Close(None), "{texts:?}");
        assert_eq!(self.reason().await, "forced close", "{texts:?}");
        let stats = self.io.stats();
        assert_eq!(stats.malformed, before.malformed + 1, "{texts:?}");
        assert_eq!(
            stats.engine.closed.forced_close,
            before.engine.closed.forced_close + 1
        );
        self.assert_unharmed().await;
    }

    async fn assert_unharmed(&mut self) {
        self.bystander.assert_quiet().await;
        let Stats {
            handler_panics,
            sockets,
            ..
        } = self.io.stats();
        assert_eq!((handler_panics, sockets), (0, 1));
    }
}

// parity: 2.S8
#[tokio::test]
async fn packets_that_cannot_be_read_end_the_connection() {
    let mut scene = Scene::new().await;
    let deep = format!(r#"2["echo",{}{}]"#, "[".repeat(200), "]".repeat(200));
    let long_name = format!(r#"2["{}"]"#, "x".repeat(256));
    let long_namespace = format!("0/{},", "x".repeat(256));
    for packet in [
        "",
        "7",
        "a",
        "-",
        " 2[\"echo\"]",
        "2[]",
        "2{}",
        "2\"x\"",
        "2[null]",
        "2[true]",
        "2[[]]",
        "2[\"echo\"",
        "2[\"echo\"]x",
        "2[\"echo\",]",
        "2[\"echo\",undefined]",
        "2[\"echo\",'x']",
        "2x[\"echo\"]",
        "0[]",
        "0\"s\"",
        "0null",
        "0{",
        "1{}",
        "3{}",
        "4{}",
        "4\"x\"",
        "2[\"echo\",\"\\ud800",
        "29007199254740993[\"echo\"]",
        &deep,
        &long_name,
        &long_namespace,
    ] {
        scene.assert_malformed(&[packet], &[]).await;
    }
}

// parity: 2.S6
#[tokio::test]
async fn reserved_names_end_the_connection() {
    let mut scene = Scene::new().await;
    for name in [
        "connect",
        "connect_error",
        "disconnect",
        "disconnecting",
        "newListener",
        "removeListener",
    ] {
        scene
            .assert_malformed(&[&format!(r#"2["{name}"]"#)], &[])
            .await;
        scene
            .assert_malformed(&[&format!(r#"21["{name}",1]"#)], &[])
            .await;
    }
}

#[tokio::test]
async fn cve_2023_32695_an_event_whose_name_is_an_object() {
    let mut scene = Scene::new().await;
    scene
        .assert_malformed(&[r#"2[{"toString":"foo"}]"#], &[])
        .await;
    scene
        .assert_malformed(&[r#"2[{"toString":"foo"},1]"#], &[])
        .await;
    scene
        .assert_malformed(&[r#"51-[{"_placeholder":true,"num":0}]"#], &[b"error"])
        .await;
}

#[tokio::test]
async fn cve_2024_38355_an_error_event_without_a_handler() {
    let mut scene = Scene::new().await;
    let mut client = scene.victim().await;
    for name in [
        "error",
        "connection",
        "message",
        "toString",
        "__proto__",
        "constructor",
    ] {
        client.send(&format!(r#"2["{name}",1]"#)).await;
    }
    client.assert_quiet().await;
    assert_eq!(scene.io.stats().unhandled, 6);
    drop(client);
    assert_eq!(scene.reason().await, "transport close");
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2022_2421_placeholders_that_point_nowhere() {
    let mut scene = Scene::new().await;
    for num in [
        "\"splice\"",
        "1",
        "-1",
        "0.5",
        "1e9",
        "null",
        "{}",
        "\"0\"",
        "99999999999999999999",
    ] {
        let packet = format!(r#"51-["bytes",{{"_placeholder":true,"num":{num}}}]"#);
        scene.assert_malformed(&[&packet], &[b"x"]).await;
    }
    scene
        .assert_malformed(&[r#"51-["bytes",{"_placeholder":true}]"#], &[b"x"])
        .await;
}

#[tokio::test]
async fn cve_2026_33151_more_attachments_than_ten() {
    let mut scene = Scene::new().await;
    for n in ["11", "1000000", "4294967297", "99999999999999999999999"] {
        // Refused at the header: no attachment is waited for.
        scene
            .assert_malformed(&[&format!(r#"5{n}-["bytes"]"#)], &[])
            .await;
        scene.assert_malformed(&[&format!("6{n}-1[]")], &[]).await;
    }
    // CVE-2020-36049: fields that were read in quadratic time.
    let start = Instant::now();
    for packet in [
        format!("5{}", "1".repeat(900_000)),
        format!("0/{}", "a".repeat(900_000)),
        format!("2{}", "1".repeat(900_000)),
    ] {
        scene.assert_malformed(&[&packet], &[]).await;
    }
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );

    let mut client = scene.victim().await;
    let ten: Vec<String> = (0..10)
        .map(|num| format!(r#"{{"_placeholder":true,"num":{num}}}"#))
        .collect();
    client
        .send(&format!(r#"510-1["echo2",{}]"#, ten.join(",")))
        .await;
    for _ in 0..10 {
        client.send_binary(b"x").await;
    }
    client.assert_quiet().await;
    assert_eq!(scene.io.stats().unhandled, 1, "ten are the limit");
}

#[tokio::test]
async fn cve_2026_69185_no_attachments_announced_and_endless_ones_sent() {
    let mut scene = Scene::new().await;
    scene.assert_malformed(&[r#"50-["bytes"]"#], &[]).await;
    scene.assert_malformed(&["5-[\"bytes\"]"], &[]).await;
    scene.assert_malformed(&["60-1[]"], &[]).await;
    scene
        .assert_malformed(&[], &[b"nobody announced this"])
        .await;
    scene
        .assert_malformed(
            &[
                r#"51-["bytes",{"_placeholder":true,"num":0}]"#,
                r#"2["echo"]"#,
            ],
            &[],
        )
        .await;
}

#[tokio::test]
async fn attachments_are_bounded_in_bytes() {
    // CVE-2026-48804: they accumulated.
    let io = Server::builder()
        .namespace("/", with_sync(Namespace::new()))
        .max_payload(4_000_000)
        .build();
    let address = serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    client.send(r#"54-["bytes"]"#).await;
    for _ in 0..3 {
        client.send_binary(&vec![0; 3_900_000]).await;
    }
    client.assert_closed().await;
    assert_eq!(io.stats().malformed, 1);
}

// parity: 1.C3 1.W9
#[tokio::test]
async fn cve_2023_31125_and_2022_41940_upgrades_that_lead_nowhere() {
    let mut scene = Scene::new().await;
    for (query, message) in [
        ("EIO=4&transport=__proto__", "Transport unknown"),
        ("EIO=4&transport=constructor", "Transport unknown"),
        (
            "EIO=4&transport=websocket&sid=__proto__",
            "Session ID unknown",
        ),
        ("EIO=3&transport=websocket", "Unsupported protocol version"),
    ] {
        let refused = WebSocket::connect(scene.address, query).await;
        let answer = refused.err().expect("it is refused");
        assert_eq!((answer.status, answer.body.as_str()), (400, message));
    }
    let refused = scene.io.stats().engine.refused;
    assert_eq!(
        (
            refused.transport_unknown,
            refused.session_unknown,
            refused.unsupported_version
        ),
        (2, 1, 1)
    );
    for path in ["/", "/other", "/socket.io", "/socket.iox/", "//socket.io/"] {
        let head = format!(
            "GET {path}?EIO=4&transport=websocket HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        // Cut at once, and then in order.
        let stream = support::client::raw(scene.address, head.as_bytes()).await;
        socket2::SockRef::from(&stream)
            .set_linger(Some(Duration::ZERO))
            .expect("a stream can be told to linger");
        drop(stream);
        let stream = support::client::raw(scene.address, head.as_bytes()).await;
        assert_eq!(
            support::client::Pending(stream).response().await.status,
            404,
            "{path}"
        );
    }
    assert_eq!(scene.io.stats().engine.opened, 1);
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2020_28481_another_origin_gets_no_session() {
    let scene = Scene::new().await;
    let target = "/socket.io/?EIO=4&transport=polling";
    let headers = "Origin: http://evil.example\r\n";
    let answer = request(scene.address, "GET", target, headers, b"").await;
    assert_eq!(answer.status, 403);
    assert_eq!(scene.io.stats().engine.refused.origin, 1);
    assert_eq!(scene.io.stats().engine.opened, 1, "the bystander alone");
    assert_eq!(answer.header("set-cookie"), None);
}

// parity: 2.N3
#[tokio::test]
async fn packets_for_a_namespace_that_was_not_joined_end_the_connection() {
    for packet in [
        r#"2/two,["echo"]"#,
        r#"2/two,1["echo"]"#,
        "3/two,1[]",
        "1/two,",
        "2/nobody,[\"echo\"]",
        "1/nobody,",
        "2/two,",
    ] {
        let (sender, mut reasons) = mpsc::unbounded_channel();
        let io = Server::builder()
            .namespace(
                "/",
                Namespace::new().on_disconnect(async move |reason: DisconnectReason| {
                    sender.send(reason).expect("the test waits");
                }),
            )
            .namespace("/two", Namespace::new())
            .build();
        let address = serve(&io).await;
        let (mut client, _) = Client::join(address).await;
        client.send(packet).await;
        client.assert_closed().await;
        assert_eq!(
            reasons.recv().await,
            Some(DisconnectReason::ForcedServerClose),
            "{packet}"
        );
        let stats = io.stats();
        assert_eq!(
            (stats.out_of_turn, stats.engine.closed.forced_close),
            (1, 1),
            "{packet}"
        );
    }
}

// parity: 2.N1
#[tokio::test]
async fn anything_before_connect_ends_the_connection() {
    for packet in [
        r#"2["echo"]"#,
        "31[]",
        "1",
        r#"51-["bytes",{"_placeholder":true,"num":0}]"#,
    ] {
        let scene = Scene::new().await;
        let mut client = Client::open(scene.address).await;
        client.send(packet).await;
        if packet.starts_with('5') {
            client.send_binary(b"x").await;
        }
        client.assert_closed().await;
        let stats = scene.io.stats();
        assert_eq!(
            (stats.out_of_turn, stats.engine.closed.forced_close),
            (1, 1),
            "{packet}"
        );
        assert_eq!((stats.connected, stats.sockets), (1, 1), "the bystander");
    }
}

#[tokio::test]
async fn malformed_packets_end_a_polling_session_too() {
    let mut scene = Scene::new().await;
    let session = Polling::open(scene.address).await;
    session.send("40").await;
    session.packets(1).await;
    session
        .send("421[\"echo\",1]\x1e42[]\x1e422[\"echo\",2]")
        .await;
    assert_eq!(scene.reason().await, "forced close");
    let mut packets = Vec::new();
    while packets.last().is_none_or(|last| last != "1") {
        packets.extend(session.get().await.packets().into_iter().map(str::to_owned));
    }
    assert_eq!(packets, ["431[1]", "1"]);
    assert_eq!(scene.io.stats().malformed, 1);
    scene.assert_unharmed().await;
}

// parity: 2.S5
#[tokio::test]
async fn what_is_odd_and_legal_is_taken() {
    let mut scene = Scene::new().await;
    let mut client = scene.victim().await;
    for (packet, answer) in [
        (
            r#"21["echo",{"_placeholder":true,"num":0}]"#,
            r#"31[{"_placeholder":true,"num":0}]"#,
        ),
        (r#"2007["echo",1]"#, "37[1]"),
        (r#"2/,2["echo"]"#, "32[]"),
        (
            r#"23["echo",{"__proto__":{"a":1}}]"#,
            r#"33[{"__proto__":{"a":1}}]"#,
        ),
    ] {
        assert_eq!(client.ask(packet).await, answer, "{packet}");
    }
    // Without data: no event, and answers to nobody.
    for packet in ["2", "3", "31"] {
        client.send(packet).await;
    }
    client.assert_quiet().await;
    let stats = scene.io.stats();
    assert_eq!(
        (stats.unexpected_acks, stats.unhandled, stats.malformed),
        (2, 0, 0)
    );
    let deepest = format!("{}{}", "[".repeat(126), "]".repeat(126));
    assert_eq!(
        client.ask(&format!(r#"24["echo",{deepest}]"#)).await,
        format!("34[{deepest}]")
    );
    drop(client);
    assert_eq!(scene.reason().await, "transport close");
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn a_reader_that_stops_is_put_out_and_others_lose_nothing() {
    const LIMIT: usize = 256 * 1024;
    let (namespace, mut sockets) = Sockets::of(Namespace::new());
    let io = Server::builder()
        .namespace("/", with_sync(namespace))
        .send_limit(LIMIT)
        .build();
    let address = serve(&io).await;
    let (stuck, _) = Client::join(address).await;
    let socket = sockets.next().await;
    let (mut lively, _) = Client::join(address).await;
    let text = "x".repeat(16 * 1024);
    let mut sent = 0;
    while socket.is_connected() {
        io.emit("n", Args((sent, text.as_str())));
        let next = lively.next().await;
        assert!(next.starts_with(&format!(r#"2["n",{sent},"x"#)), "{sent}");
        assert!(
            socket.buffered() <= LIMIT + 32 * 1024,
            "{} bytes wait",
            socket.buffered()
        );
        sent += 1;
    }
    assert_eq!(socket.closed().await.as_str(), "slow consumer");
    assert_eq!(io.stats().engine.closed.slow_consumer, 1);
    assert_eq!(socket.buffered(), 0);
    lively.assert_quiet().await;
    drop(stuck);
}

// parity: 4.10
#[tokio::test]
async fn a_flood_of_connects_and_disconnects_leaves_nothing_behind() {
    let mut scene = Scene::new().await;
    let mut client = scene.victim().await;
    let round = [text_frame("41"), text_frame("40"), text_frame("40/nobody,")].concat();
    for _ in 0..100 {
        client.socket.raw(&round.repeat(10)).await;
        for _ in 0..10 {
            assert!(client.next().await.starts_with("0{"));
            assert!(client.next().await.starts_with("4/nobody,"));
        }
    }
    let stats = scene.io.stats();
    assert_eq!(
        (stats.connected, stats.unknown_namespace, stats.sockets),
        (1002, 1000, 2)
    );
    drop(client);
    eventually("the bystander alone", || scene.io.stats().sockets == 1).await;
    assert_eq!(scene.io.of("/").rooms().len(), 1);
    scene.assert_unharmed().await;
}

// parity: 4.3
#[tokio::test]
async fn a_client_that_goes_while_it_is_decided_about_leaves_nothing_behind() {
    let namespace = Namespace::new()
        .auth(async |socket: Socket| {
            socket.closed().await;
            Ok::<_, sockeye::Reject>(())
        })
        .on_connect(async || -> () { unreachable!("it has gone") });
    let (io, address) = start(namespace).await;
    for _ in 0..20 {
        let mut client = Client::open(address).await;
        client.send("0").await;
        eventually("the decision", || io.stats().handlers > 0).await;
        drop(client);
        eventually("its end", || io.stats().handlers == 0).await;
    }
    let stats = io.stats();
    assert_eq!((stats.sockets, stats.handler_panics), (0, 0));
    assert_eq!(stats.connected, 0, "none was let in");
    assert!(io.of("/").rooms().is_empty());
}
