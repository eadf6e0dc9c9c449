//! Too much of what is legal, and clients that take nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use sockeye_engine::{CloseReason, Delivery, Encoded, Flags, HEADROOM, Sent};
use sockeye_websocket::Opcode;
use tokio::io::AsyncWriteExt;
use tracing::Level;

use crate::support::{
    client::{Frame, Polling, WebSocket, client_frame, eventually, odd_frame, text_frame, within},
    echo::{Server, Told, send},
    log::Log,
};

const SEND_LIMIT: usize = 256 * 1024;
const CHUNK: usize = 16 * 1024;

#[tokio::test]
async fn of_many_pings_the_last_one_is_answered() {
    const PINGS: u32 = 100_000;
    let mut server = Server::start().await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    let connection = server.opened().await;
    let flood: Vec<u8> = (1..=PINGS)
        .flat_map(|n| client_frame(Opcode::Ping, &n.to_be_bytes()))
        .collect();
    let mut most = 0;
    for part in flood.chunks(256 * 1024) {
        socket.raw(part).await;
        most = most.max(connection.buffered());
    }
    let mut pongs = 0;
    loop {
        match socket.next().await {
            Frame::Pong(data) => {
                pongs += 1;
                if data == PINGS.to_be_bytes() {
                    break;
                }
            }
            other => panic!("{other:?} instead of a pong"),
        }
    }
    assert!(
        pongs < PINGS / 10,
        "{pongs} pongs: each read causes one at most"
    );
    assert!(most < CHUNK, "{most} bytes of pongs waited");
    assert!(connection.is_open());
}

#[tokio::test]
async fn pongs_and_noops_cost_nothing() {
    let server = Server::start().await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    let flood = [
        text_frame("3"),
        text_frame("6"),
        client_frame(Opcode::Pong, b""),
    ]
    .concat()
    .repeat(50_000);
    socket.raw(&flood).await;
    socket.send("4alive").await;
    assert_eq!(socket.text().await, "4alive");
    assert_eq!(server.engine.stats().queued, 0);
}

#[tokio::test]
async fn a_hundred_thousand_tiny_frames_are_handled_and_others_get_their_turn() {
    const FRAMES: usize = 100_000;
    let mut server = Server::start().await;
    server.mute();
    let (mut socket, _) = WebSocket::open(server.address).await;
    let (mut other, _) = WebSocket::open(server.address).await;
    server.opened().await;
    server.opened().await;
    let flood = text_frame("4x").repeat(FRAMES);
    let flooding = tokio::spawn(async move {
        socket.raw(&flood).await;
        socket
    });
    assert_eq!(server.told().await.text(), "x");
    other.send("4between").await;
    let mut seen = 1;
    while server.told().await.text() == "x" {
        seen += 1;
    }
    assert!(seen < FRAMES, "the flood is still being handled");
    while seen < FRAMES {
        assert_eq!(server.told().await.text(), "x");
        seen += 1;
    }
    let mut socket = within("the flood", flooding).await.expect("it was read");
    socket.send("4last").await;
    assert_eq!(server.told().await.text(), "last");
}

#[tokio::test]
async fn a_message_in_a_hundred_thousand_fragments_is_one_message() {
    // CVE-2026-48779: tiny fragments outgrew the limit in what was kept about each.
    let mut server = Server::start().await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    server.opened().await;
    let fragments = odd_frame(0x00, b"x").repeat(100_000);
    socket
        .raw(&[odd_frame(0x01, b"4"), fragments, odd_frame(0x80, b"")].concat())
        .await;
    assert_eq!(server.told().await.text(), "x".repeat(100_000));
}

#[tokio::test]
async fn endless_fragments_end_at_the_limit() {
    let mut server = Server::start().await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    server.opened().await;
    let endless = [
        odd_frame(0x02, b"x"),
        odd_frame(0x00, &[0; 1000]).repeat(1001),
    ]
    .concat();
    // The server may close before all was written.
    let _ = socket.stream.write_all(&endless).await;
    assert_eq!(socket.closed().await, Some(Some(1009)));
    assert_eq!(
        server.closed().await,
        CloseReason::TransportError("message too big")
    );
}

/// Sends until the session ends; returns what was accepted, and the most that waited, in bytes.
async fn send_until_closed(connection: &crate::support::echo::EchoConnection) -> (usize, usize) {
    let message = "x".repeat(CHUNK);
    let (mut accepted, mut most) = (0, 0);
    loop {
        match send(connection, &message) {
            Sent::Queued => accepted += CHUNK,
            Sent::Closed => return (accepted, most),
            Sent::Dropped => panic!("nothing is dropped that is not volatile"),
        }
        most = most.max(connection.buffered());
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_reader_that_stops_is_closed_and_others_lose_nothing() {
    let mut server = Server::with(|config| config.send_limit = SEND_LIMIT).await;
    let (stuck, _) = WebSocket::open(server.address).await;
    let connection = server.opened().await;
    let (mut other, _) = WebSocket::open(server.address).await;
    let lively = server.opened().await;

    let stop = Arc::new(AtomicBool::new(false));
    let sent = Arc::new(AtomicUsize::new(0));
    let (stopping, counting) = (Arc::clone(&stop), Arc::clone(&sent));
    let beside = tokio::spawn(async move {
        while !stopping.load(Ordering::Relaxed) {
            let n = counting.fetch_add(1, Ordering::Relaxed);
            assert_eq!(send(&lively, &n.to_string()), Sent::Queued);
            assert_eq!(other.text().await, format!("4{n}"));
        }
    });
    let (_, most) = within("the end", send_until_closed(&connection)).await;
    assert!(most <= SEND_LIMIT + 2 * CHUNK, "{most} bytes waited");
    assert_eq!(server.closed().await, CloseReason::SlowConsumer);
    stop.store(true, Ordering::Relaxed);
    within("the other one", beside)
        .await
        .expect("it loses nothing");
    assert!(sent.load(Ordering::Relaxed) > 10, "it had its turns");
    let stats = server.engine.stats();
    assert_eq!(stats.closed.slow_consumer, 1);
    assert_eq!(stats.volatile_dropped, 0);
    assert_eq!(connection.buffered(), 0, "what waited is freed");
    assert_eq!(send(&connection, "late"), Sent::Closed);
    drop(stuck);
    eventually("one session", || server.engine.connections().len() == 1).await;
}

#[tokio::test]
async fn a_client_that_does_not_poll_is_closed() {
    let log = Log::hear();
    let mut server = Server::with(|config| config.send_limit = SEND_LIMIT).await;
    let client = Polling::open(server.address).await;
    let connection = server.opened().await;
    let (accepted, most) = within("the end", send_until_closed(&connection)).await;
    assert!(accepted <= SEND_LIMIT + CHUNK, "{accepted} bytes accepted");
    assert!(most <= SEND_LIMIT + 2 * CHUNK, "{most} bytes waited");
    assert_eq!(server.closed().await, CloseReason::SlowConsumer);
    assert_eq!(server.engine.stats().closed.slow_consumer, 1);
    let warned = log.lines(Level::WARN);
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].contains("reason=slow consumer"), "{warned:?}");
    assert!(warned[0].contains(&client.sid[..4]), "{warned:?}");
    client.get().await.assert_refused(1, "Session ID unknown");
}

#[tokio::test]
async fn many_small_messages_are_bounded_like_large_ones() {
    let mut server = Server::with(|config| config.send_limit = SEND_LIMIT).await;
    let _client = Polling::open(server.address).await;
    let connection = server.opened().await;
    let mut accepted = 0;
    while send(&connection, "") == Sent::Queued {
        accepted += 1;
    }
    assert!(
        accepted <= SEND_LIMIT / 64,
        "{accepted} packets of no bytes"
    );
    assert_eq!(server.closed().await, CloseReason::SlowConsumer);
}

#[tokio::test]
async fn one_message_is_accepted_whatever_its_size() {
    let mut server = Server::with(|config| config.send_limit = SEND_LIMIT).await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    let connection = server.opened().await;
    let message = "x".repeat(8 * 1024 * 1024);
    assert_eq!(send(&connection, &message), Sent::Queued);
    assert_eq!(socket.text().await.len(), message.len() + 1);
    assert!(connection.is_open());
}

// parity: 1.W6 5.9
#[tokio::test]
async fn volatile_messages_for_a_reader_that_stopped_are_dropped_and_counted() {
    let mut server = Server::with(|config| config.send_limit = SEND_LIMIT).await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    let connection = server.opened().await;
    let mut n = 0_usize;
    let dropped = loop {
        let text = format!("{n:010}{}", "x".repeat(CHUNK));
        match crate::support::echo::send_volatile(&connection, &text) {
            Sent::Queued => n += 1,
            Sent::Dropped => break n,
            Sent::Closed => panic!("volatile messages end nothing"),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(server.engine.stats().volatile_dropped, 1);
    for n in 0..dropped {
        assert_eq!(socket.text().await[1..11], format!("{n:010}"));
    }
    socket.send("4alive").await;
    assert_eq!(socket.text().await, "4alive");
}

#[tokio::test]
async fn what_is_not_answered_is_not_read_and_nothing_is_lost() {
    const MESSAGES: usize = 4000;
    let mut server = Server::with(|config| config.send_limit = SEND_LIMIT).await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    let connection = server.opened().await;
    let padding = "x".repeat(8 * 1024);
    let flood: Vec<u8> = (0..MESSAGES)
        .flat_map(|n| text_frame(&format!("4{n:010}{padding}")))
        .collect();
    let mut written = 0;
    // Until the server reads no more: then the echo fills all buffers, and so does the flood.
    let blocked = loop {
        match tokio::time::timeout(
            Duration::from_millis(500),
            socket
                .stream
                .write(&flood[written..(written + 65_536).min(flood.len())]),
        )
        .await
        {
            Ok(n) => written += n.expect("the server is there"),
            Err(_) => break true,
        }
        if written == flood.len() {
            break false;
        }
    };
    assert!(
        blocked,
        "the server reads all though nothing takes its answers"
    );
    assert!(connection.is_open());
    let most = connection.buffered();
    assert!(most <= SEND_LIMIT + 128 * 1024, "{most} bytes wait");

    let WebSocket { stream, .. } = &mut socket;
    let (mut read, mut write) = stream.split();
    let rest = &flood[written..];
    let mut decoder = sockeye_websocket::Decoder::new(
        sockeye_websocket::Role::Client,
        sockeye_websocket::Limits::default(),
    );
    let reading = async {
        use tokio::io::AsyncReadExt;
        let mut next = 0;
        let mut buffer = vec![0; 64 * 1024];
        while next < MESSAGES {
            let n = read.read(&mut buffer).await.expect("the server is there");
            assert_ne!(n, 0, "the server closed after {next} messages");
            let mut feed = decoder.feed(&mut buffer[..n]);
            while let Some(event) = feed.next() {
                match event {
                    Ok(sockeye_websocket::Event::Text(text)) => {
                        assert_eq!(text[1..11], format!("{next:010}"));
                        next += 1;
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    };
    let (_, written) = within("all of it", async {
        tokio::join!(reading, write.write_all(rest))
    })
    .await;
    written.expect("the server reads on");
    assert!(connection.is_open());
    assert_eq!(server.engine.stats().closed.slow_consumer, 0);
}

#[tokio::test]
async fn a_transport_that_takes_nothing_for_twenty_seconds_is_given_up() {
    let mut server = Server::with(|config| {
        config.send_limit = SEND_LIMIT;
        // The pong cannot be read either: it must not count.
        config.ping_interval = Duration::from_secs(1);
        config.ping_timeout = Duration::from_secs(2);
    })
    .await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    server.opened().await;
    let flood = text_frame(&format!("4{}", "x".repeat(8 * 1024))).repeat(4000);
    let start = Instant::now();
    let flooding = tokio::spawn(async move {
        // It ends when the server closes.
        let _ = socket.stream.write_all(&flood).await;
        socket
    });
    let mut told = server.told().await;
    while matches!(told, Told::Text(_)) {
        told = server.told().await;
    }
    match told {
        Told::Closed(reason) => assert_eq!(reason, CloseReason::SlowConsumer),
        other => panic!("{other:?} instead of the end"),
    }
    assert!(start.elapsed() >= Duration::from_secs(20));
    assert_eq!(server.engine.stats().closed.slow_consumer, 1);
    drop(flooding);
}

/// Sends messages of 16 KiB; nothing is written in between.
fn fill(connection: &crate::support::echo::EchoConnection, messages: usize) {
    let message = "x".repeat(CHUNK);
    for _ in 0..messages {
        assert_eq!(send(connection, &message), Sent::Queued);
    }
}

#[tokio::test]
async fn beyond_the_budget_of_all_queues_the_fullest_ends() {
    const BUDGET: usize = 1024 * 1024;
    let log = Log::hear();
    let mut server = Server::with(|config| config.outbox_budget = BUDGET).await;
    let mut polling = Vec::new();
    // 304, 320, 336 and 0 KiB.
    for messages in [19, 20, 21, 0] {
        let client = Polling::open(server.address).await;
        let connection = server.opened().await;
        fill(&connection, messages);
        polling.push((client, connection));
    }
    let (mut reader, _) = WebSocket::open(server.address).await;
    let reading = server.opened().await;
    tokio::task::yield_now().await;
    let stats = server.engine.stats();
    assert_eq!((stats.outbox_budget, stats.closed.slow_consumer), (0, 0));
    assert!(stats.held <= BUDGET as u64, "{}", stats.held);

    let (_, last) = &polling[3];
    fill(last, 16);
    assert_eq!(server.closed().await, CloseReason::SlowConsumer);
    let stats = server.engine.stats();
    assert_eq!((stats.outbox_budget, stats.closed.slow_consumer), (1, 1));
    assert!(stats.held <= BUDGET as u64, "{}", stats.held);
    let open: Vec<_> = polling.iter().map(|(_, of)| of.is_open()).collect();
    assert_eq!(open, [true, true, false, true], "the fullest, and no other");
    let warned = log.lines(Level::WARN);
    assert!(
        warned
            .iter()
            .any(|line| line.contains("all queues together hold too much")),
        "{warned:?}"
    );
    // Whoever is there loses nothing, and has its part of the budget back when it reads.
    send(&reading, "on");
    assert_eq!(reader.text().await, "4on");
    for (n, messages) in [(0, 19), (1, 20), (3, 16)] {
        assert_eq!(polling[n].0.packets(messages).await.len(), messages);
    }
    assert_eq!(server.engine.stats().held, 0);
}

#[tokio::test]
async fn what_many_clients_share_is_on_the_account_once() {
    const CLIENTS: usize = 20;
    let mut server = Server::with(|config| config.outbox_budget = 1024 * 1024).await;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let client = Polling::open(server.address).await;
        clients.push((client, server.opened().await));
    }
    let mut buffer = vec![b'x'; HEADROOM + 500_000];
    let shared = Encoded::new(sockeye_engine::text_frame(&mut buffer, HEADROOM), 1);
    let mut delivery = Delivery::new();
    for (_, connection) in &clients {
        delivery.push(connection, &shared, Flags::NONE);
    }
    delivery.finish();
    drop(shared);
    tokio::task::yield_now().await;
    let stats = server.engine.stats();
    assert!((500_000..600_000).contains(&stats.held), "{}", stats.held);
    assert!(stats.queued > 10_000_000, "{}", stats.queued);
    assert_eq!(stats.outbox_budget, 0);
    for (client, _) in &clients {
        assert_eq!(client.get().await.body.len(), 500_001);
    }
    assert_eq!(server.engine.stats().held, 0);
}

#[tokio::test]
async fn who_reads_is_not_ended_for_what_others_do_not_read() {
    let mut server = Server::with(|config| config.outbox_budget = 64 * 1024).await;
    let (mut reader, _) = WebSocket::open(server.address).await;
    let connection = server.opened().await;
    // Far beyond the budget, but its transport takes it.
    for n in 0..20 {
        let text = format!("{n:010}{}", "x".repeat(100_000));
        assert_eq!(send(&connection, &text), Sent::Queued);
        assert_eq!(reader.text().await[1..11], format!("{n:010}"));
    }
    assert!(connection.is_open());
    assert_eq!(server.engine.stats().outbox_budget, 0);
}
