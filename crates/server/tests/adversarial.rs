//! Peers that break Socket.IO's rules: each moves the counter that stands for it, and nobody else notices.
//! `advisories/` has those that are known by a name.

mod support;

use sockeye::{Args, DisconnectReason, Namespace, Server, Socket};
use support::{
    Client, Sockets,
    client::{Polling, eventually, text_frame},
    scene::Scene,
    serve, start, with_sync,
};
use tokio::sync::mpsc;

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
