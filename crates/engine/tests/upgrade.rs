//! The change from polling to WebSocket: nothing is lost, doubled or reordered, and a trial that fails
//! leaves the session alone.

mod support;

use std::time::Duration;

use sockeye_engine::{CloseReason, Sent, Transport};
use sockeye_websocket::Opcode;
use support::{
    client::{Frame, Polling, WebSocket, client_frame, eventually, odd_frame, text_frame, within},
    echo::{EchoConnection, Server, send, send_volatile},
};
use tokio::io::AsyncWriteExt;

/// A session, and a GET of it that waits.
async fn with_pending_get(
    server: &mut Server,
) -> (Polling, EchoConnection, support::client::Pending) {
    let client = Polling::open(server.address).await;
    let connection = server.opened().await;
    let get = pending_get(&client, &connection).await;
    (client, connection, get)
}

/// A GET that the engine has begun to hold: the one before it was answered, so this one waits.
async fn pending_get(client: &Polling, connection: &EchoConnection) -> support::client::Pending {
    // A volatile message is taken only while a GET waits; it answers that GET.
    let get = client.start_get().await;
    eventually("a GET that waits", || {
        send_volatile(connection, "there") == Sent::Queued
    })
    .await;
    assert_eq!(get.response().await.packets(), ["4there"]);
    client.start_get().await
}

/// Asserts that a session polls as before.
async fn assert_polls(client: &Polling) {
    client.send("4alive").await;
    assert_eq!(client.packets(1).await, ["4alive"]);
}

/// Asserts that a session is on this WebSocket.
async fn assert_talks(socket: &mut WebSocket) {
    socket.send("4alive").await;
    assert_eq!(socket.text().await, "4alive");
}

// parity: 1.U4
#[tokio::test]
async fn the_session_goes_on_where_it_upgraded_to() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    let connection = server.opened().await;
    assert_eq!(connection.transport(), Transport::Polling);
    let mut socket = client.upgrade().await;
    assert_talks(&mut socket).await;
    assert_eq!(connection.transport(), Transport::WebSocket);
    let stats = server.engine.stats();
    assert_eq!(
        (stats.opened, stats.upgraded, stats.polling, stats.websocket),
        (1, 1, 0, 1)
    );

    client.get().await.assert_refused(3, "Bad request");
    client.post("4x").await.assert_refused(3, "Bad request");
    assert_eq!(server.engine.stats().refused.bad_request, 2);
    assert_talks(&mut socket).await;
    socket.close(None).await;
    assert_eq!(server.closed().await, CloseReason::TransportClose);
}

#[tokio::test]
async fn a_probe_is_answered_each_time_and_is_not_needed() {
    let server = Server::start().await;
    let client = Polling::open(server.address).await;
    let mut socket = client.websocket().await;
    for _ in 0..3 {
        socket.send("2probe").await;
        assert_eq!(socket.text().await, "3probe");
    }
    socket.raw(&client_frame(Opcode::Ping, b"frame")).await;
    assert_eq!(socket.next().await, Frame::Pong(b"frame".to_vec()));
    socket.send("5").await;
    assert_talks(&mut socket).await;

    let client = Polling::open(server.address).await;
    let mut socket = client.websocket().await;
    socket.send("5").await;
    assert_talks(&mut socket).await;
    assert_eq!(server.engine.stats().upgraded, 2);
}

// parity: 1.U2
#[tokio::test]
async fn a_waiting_get_is_answered_with_noops_while_the_probe_lasts() {
    let mut server = Server::start().await;
    let (client, _, get) = with_pending_get(&mut server).await;
    let mut socket = client.websocket().await;
    socket.send("2probe").await;
    assert_eq!(socket.text().await, "3probe");
    assert_eq!(get.response().await.packets(), ["6"]);
    assert_eq!(client.get().await.packets(), ["6"], "and again");
    socket.send("5").await;
    assert_talks(&mut socket).await;
}

#[tokio::test]
async fn a_get_that_waits_when_the_session_changes_is_answered_with_a_noop() {
    let mut server = Server::start().await;
    let (client, connection, get) = with_pending_get(&mut server).await;
    let mut socket = client.websocket().await;
    socket.send("5").await;
    assert_eq!(get.response().await.packets(), ["6"]);
    assert_eq!(send(&connection, "here"), Sent::Queued);
    assert_eq!(socket.text().await, "4here");
}

// parity: 1.U4
#[tokio::test]
async fn what_was_queued_leaves_on_the_websocket_first() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    let connection = server.opened().await;
    for n in 0..10 {
        assert_eq!(send(&connection, &n.to_string()), Sent::Queued);
    }
    let mut socket = client.websocket().await;
    // The message leaves in one write with the packet that upgrades.
    socket
        .raw(&[text_frame("5"), text_frame("410")].concat())
        .await;
    for n in 0..=10 {
        assert_eq!(socket.text().await, format!("4{n}"));
    }
}

/// One client that upgrades in the middle of a thousand messages each way, as the official client does:
/// it sends nothing after `3probe`, lets its GET and its POST end, and then takes over.
async fn upgrade_under_load(client: Polling, pause: Duration) -> (Vec<String>, usize) {
    const MESSAGES: usize = 1000;
    let mut received = Vec::new();
    let mut sent = 0;
    let mut socket = None;
    let mut probed = false;
    while !probed {
        let batch: Vec<String> = (sent..sent + 10).map(|n| format!("4{n}")).collect();
        sent += 10;
        let (got, ()) = tokio::join!(client.get(), client.send(batch.join("\x1e")));
        received.extend(got.packets().into_iter().map(str::to_owned));
        tokio::time::sleep(pause).await;
        if sent == 100 {
            let mut probe = client.websocket().await;
            probe.send("2probe").await;
            socket = Some(probe);
        }
        if sent >= 300 {
            let probe = socket.as_mut().expect("it was opened at 100");
            assert_eq!(probe.text().await, "3probe");
            probed = true;
        }
    }
    let mut socket = socket.expect("it was opened at 100");
    let by_polling = received.len();
    assert!(by_polling > 0, "some came by polling");
    socket.send("5").await;
    while sent < MESSAGES {
        socket.send(&format!("4{sent}")).await;
        sent += 1;
    }
    received.retain(|packet| packet != "6");
    while received.len() < MESSAGES {
        received.push(socket.text().await);
    }
    socket.send("4end").await;
    (received, by_polling)
}

// parity: 1.U5
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_messages_both_ways_survive_an_upgrade() {
    for round in 0..6 {
        let mut server = Server::start().await;
        server.mute();
        let client = Polling::open(server.address).await;
        let connection = server.opened().await;
        let sender = tokio::spawn(async move {
            for n in 0..1000 {
                if n == 900 {
                    // The last hundred leave by the new transport, whatever the timing.
                    eventually("the upgrade", || {
                        connection.transport() == Transport::WebSocket
                    })
                    .await;
                }
                assert_eq!(send(&connection, &n.to_string()), Sent::Queued);
                if n % (5 + round) == 0 {
                    tokio::time::sleep(Duration::from_micros(300)).await;
                }
            }
        });
        let pause = Duration::from_micros(200 * round);
        let (received, by_polling) = upgrade_under_load(client, pause).await;
        within("the sender", sender).await.expect("it sends all");
        let expected: Vec<String> = (0..1000).map(|n| format!("4{n}")).collect();
        assert_eq!(received, expected, "to the client");
        assert!(by_polling < 1000, "some came by websocket");

        for n in 0..1000 {
            assert_eq!(server.told().await.text(), n.to_string(), "to the server");
        }
        assert_eq!(server.told().await.text(), "end");
        let stats = server.engine.stats();
        assert_eq!((stats.upgraded, stats.probes_abandoned), (1, 0));
    }
}

// parity: 1.U5
#[tokio::test]
async fn a_post_that_is_being_handled_comes_before_the_websockets_packets() {
    const PACKETS: usize = 5000;
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    server.opened().await;
    let mut socket = client.websocket().await;
    socket.send("2probe").await;
    assert_eq!(socket.text().await, "3probe");

    let packets: Vec<String> = (0..PACKETS).map(|n| format!("4{n}")).collect();
    let body = packets.join("\x1e");
    let post = client.start_post(body.len(), body.as_bytes()).await;
    // The runtime has one thread: when this is seen, the POST has yielded with most of it to come.
    assert_eq!(server.told().await.text(), "0");
    socket
        .raw(&[text_frame("5"), text_frame("4after")].concat())
        .await;
    for n in 1..PACKETS {
        assert_eq!(server.told().await.text(), n.to_string());
    }
    assert_eq!(server.told().await.text(), "after");
    let answer = post.response().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
    for packet in packets {
        assert_eq!(socket.text().await, packet);
    }
    assert_eq!(socket.text().await, "4after");
}

#[tokio::test]
async fn a_post_that_is_incomplete_when_the_session_changes_is_refused() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    server.opened().await;
    let mut post = client.start_post(10, b"4late").await;
    let mut socket = client.upgrade().await;
    assert_talks(&mut socket).await;
    assert_eq!(server.told().await.text(), "alive");
    post.0.write_all(b"-late").await.expect("the server reads");
    post.response().await.assert_refused(3, "Bad request");
    assert_talks(&mut socket).await;
    assert_eq!(server.told().await.text(), "alive");
}

#[tokio::test]
async fn requests_cut_after_the_change_do_not_end_the_session() {
    let mut server = Server::start().await;
    let (client, connection, get) = with_pending_get(&mut server).await;
    let post = client.start_post(10, b"4late").await;
    eventually("the POST and the GET", || connection.is_open()).await;
    let mut socket = client.upgrade().await;
    assert_talks(&mut socket).await;
    drop(get);
    drop(post);
    for _ in 0..100 {
        assert_talks(&mut socket).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(server.engine.stats().closed.transport_error, 0);
}

// parity: 1.U7
#[tokio::test]
async fn a_trial_that_is_given_up_leaves_the_session_alone() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    server.opened().await;
    for (n, probed) in [false, true, true].into_iter().enumerate() {
        let mut socket = client.websocket().await;
        if probed {
            socket.send("2probe").await;
            assert_eq!(socket.text().await, "3probe");
        }
        if n == 2 {
            socket.reset();
        } else {
            drop(socket);
        }
        eventually("the end of the trial", || {
            server.engine.stats().probes_abandoned == n as u64 + 1
        })
        .await;
        assert_polls(&client).await;
    }
    let mut socket = client.upgrade().await;
    assert_talks(&mut socket).await;
    assert_eq!(server.engine.stats().upgraded, 1);
}

// parity: 1.U7 3.2
#[tokio::test]
async fn a_trial_that_never_ends_is_given_up() {
    let mut server = Server::with(|config| {
        config.upgrade_timeout = Duration::from_millis(50);
    })
    .await;
    let client = Polling::open(server.address).await;
    server.opened().await;
    for probed in [false, true] {
        let mut socket = client.websocket().await;
        if probed {
            socket.send("2probe").await;
            assert_eq!(socket.text().await, "3probe");
        }
        assert_eq!(socket.closed().await, Some(None));
        assert_polls(&client).await;
    }
    assert_eq!(server.engine.stats().probes_abandoned, 2);
    let mut socket = client.upgrade().await;
    assert_talks(&mut socket).await;
}

#[tokio::test]
async fn other_packets_end_the_trial_and_not_the_session() {
    let frames = [
        text_frame("4message"),
        text_frame("2"),
        text_frame("2Probe"),
        text_frame("3probe"),
        text_frame("0"),
        text_frame("1"),
        text_frame("6"),
        text_frame("x"),
        text_frame(""),
        text_frame("bAQID"),
        client_frame(Opcode::Binary, b"5"),
        client_frame(Opcode::Close, b""),
        odd_frame(0xc1, b"5"),
        odd_frame(0x83, b"5"),
        client_frame(Opcode::Text, b"\xff"),
        b"\x81\x015".to_vec(),
    ];
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    server.opened().await;
    for (n, frame) in frames.iter().enumerate() {
        let mut socket = client.websocket().await;
        socket.raw(frame).await;
        assert_eq!(socket.closed().await, Some(None), "{frame:?}");
        eventually("the end of the trial", || {
            server.engine.stats().probes_abandoned == n as u64 + 1
        })
        .await;
    }
    assert!(
        server.told_now().is_empty(),
        "nothing reached the application"
    );
    assert_polls(&client).await;
}

// parity: 1.U1
#[tokio::test]
async fn a_second_websocket_is_refused_beside_a_trial_and_after_it() {
    let server = Server::start().await;
    let client = Polling::open(server.address).await;
    let mut first = client.websocket().await;
    first.send("2probe").await;
    assert_eq!(first.text().await, "3probe");

    let mut second = client.websocket().await;
    assert_eq!(second.closed().await, Some(None));
    drop(second);
    first.send("2probe").await;
    assert_eq!(first.text().await, "3probe", "the trial goes on");
    first.send("5").await;
    assert_talks(&mut first).await;

    let mut third = client.websocket().await;
    third.send("5").await;
    assert_eq!(third.closed().await, Some(None));
    assert_talks(&mut first).await;
    let stats = server.engine.stats();
    assert_eq!((stats.upgraded, stats.probes_abandoned), (1, 0));

    let (mut direct, open) = WebSocket::open(server.address).await;
    let sid = open["sid"].as_str().expect("an id");
    let query = format!("EIO=4&transport=websocket&sid={sid}");
    let mut beside = WebSocket::connect(server.address, &query)
        .await
        .expect("it is answered before it is refused");
    assert_eq!(beside.closed().await, Some(None));
    assert_talks(&mut direct).await;
}

#[tokio::test]
async fn a_session_that_is_closing_closes_on_its_new_transport() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    let connection = server.opened().await;
    let mut socket = client.websocket().await;
    socket.send("2probe").await;
    assert_eq!(socket.text().await, "3probe");
    assert_eq!(send(&connection, "last"), Sent::Queued);
    connection.close(CloseReason::ForcedClose);
    assert_eq!(server.closed().await, CloseReason::ForcedClose);
    socket.send("5").await;
    assert_eq!(socket.text().await, "4last");
    assert_eq!(socket.closed().await, Some(None));
    drop(socket);
    eventually("a forgotten session", || {
        server.engine.connections().is_empty()
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_session_ends_its_trial() {
    let mut server = Server::start().await;
    let client = Polling::open(server.address).await;
    server.opened().await;
    let mut socket = client.websocket().await;
    socket.send("2probe").await;
    assert_eq!(socket.text().await, "3probe");
    client.send("1").await;
    assert_eq!(server.closed().await, CloseReason::TransportClose);
    assert_eq!(socket.closed().await, Some(None));
    assert!(server.told_now().is_empty(), "told once");
}

// parity: 3.4
#[tokio::test]
async fn no_upgrade_is_offered_that_is_not_allowed() {
    let server = Server::with(|config| config.allow_upgrades = false).await;
    let client = Polling::open(server.address).await;
    assert_eq!(client.open["upgrades"], serde_json::json!([]));

    let server = Server::with(|config| config.transports = vec![Transport::Polling]).await;
    let client = Polling::open(server.address).await;
    assert_eq!(client.open["upgrades"], serde_json::json!([]));
    let query = format!("EIO=4&transport=websocket&sid={}", client.sid);
    let refused = WebSocket::connect(server.address, &query).await;
    let answer = refused.err().expect("websocket is switched off");
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (400, "Transport unknown")
    );
    assert_eq!(server.engine.stats().refused.transport_unknown, 1);
    assert_polls(&client).await;
}
