//! Pings and what becomes of those who do not answer them, with intervals short enough to wait for.

mod support;

use std::time::{Duration, Instant};

use sockeye_engine::CloseReason;
use support::{
    client::{Frame, LIMIT, Polling, WebSocket, eventually},
    echo::{Server, Told},
};

const INTERVAL: Duration = Duration::from_millis(60);
const TIMEOUT: Duration = Duration::from_millis(300);

async fn server() -> Server {
    Server::with(|config| {
        config.ping_interval = INTERVAL;
        config.ping_timeout = TIMEOUT;
    })
    .await
}

// parity: 1.H1 3.2
#[tokio::test]
async fn who_answers_is_pinged_each_interval_and_stays() {
    let mut server = Server::with(|config| {
        config.ping_interval = INTERVAL;
        // Longer than this test may take: the interval counts, not the time that an answer may take.
        config.ping_timeout = 2 * LIMIT;
    })
    .await;
    let start = Instant::now();
    let (mut socket, open) = WebSocket::open(server.address).await;
    assert_eq!(open["pingInterval"], 60);
    assert_eq!(open["pingTimeout"], 80_000);
    let connection = server.opened().await;
    for n in 1..=10 {
        assert_eq!(socket.text().await, "2");
        assert!(start.elapsed() >= INTERVAL * n, "no ping comes early");
        socket.send("3").await;
    }
    assert!(connection.is_open());
    assert_eq!(server.engine.stats().closed.ping_timeout, 0);
}

// parity: 1.H1 1.C1
#[tokio::test]
async fn who_does_not_answer_on_a_websocket_is_closed() {
    let mut server = server().await;
    let start = Instant::now();
    let (mut socket, _) = WebSocket::open(server.address).await;
    assert_eq!(socket.text().await, "2");
    assert_eq!(socket.closed().await, Some(None));
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    assert!(start.elapsed() >= INTERVAL + TIMEOUT, "it has its time");
    assert_eq!(server.engine.stats().closed.ping_timeout, 1);
}

// parity: 1.H1
#[tokio::test]
async fn who_stops_polling_is_closed() {
    let mut server = server().await;
    let start = Instant::now();
    let client = Polling::open(server.address).await;
    assert_eq!(client.get().await.packets(), ["2"]);
    assert!(start.elapsed() >= INTERVAL);
    client.send("3").await;
    assert_eq!(client.get().await.packets(), ["2"]);
    assert!(start.elapsed() >= 2 * INTERVAL);
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    assert!(start.elapsed() >= 2 * INTERVAL + TIMEOUT);
    let late = client.get().await;
    assert_eq!(
        late.status, 400,
        "nobody waits for a GET that may never come"
    );
    assert_eq!(late.body, r#"{"code":1,"message":"Session ID unknown"}"#);
    assert_eq!(server.engine.stats().closed.ping_timeout, 1);
}

#[tokio::test]
async fn a_get_that_waits_is_no_sign_of_life() {
    let mut server = server().await;
    let client = Polling::open(server.address).await;
    assert_eq!(client.get().await.packets(), ["2"]);
    assert_eq!(client.get().await.packets(), ["1"]);
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
}

// parity: 1.H2
#[tokio::test]
async fn a_message_while_the_pong_is_awaited_gives_time_once() {
    let mut server = server().await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    assert_eq!(socket.text().await, "2");
    let pinged = Instant::now();
    // A message each millisecond: if every one of them counted, the end would never come.
    loop {
        socket.send("4x").await;
        match socket.next().await {
            Frame::Text(text) => assert_eq!(text, "4x"),
            end => {
                assert_eq!(end, Frame::Close(None));
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    assert!(pinged.elapsed() >= TIMEOUT);
}

// parity: 1.P11
#[tokio::test]
async fn a_pong_nobody_asked_for_puts_the_ping_off() {
    let server = server().await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    for _ in 0..20 {
        let sent = Instant::now();
        socket.send("3").await;
        socket.send("4x").await;
        match socket.text().await.as_str() {
            "4x" => {}
            // This machine was slow: the ping had left before.
            "2" => assert_eq!(socket.text().await, "4x"),
            other => panic!("{other}"),
        }
        if socket.text().await == "2" {
            assert!(
                sent.elapsed() >= INTERVAL,
                "the interval begins at the pong"
            );
        }
    }
}

// parity: 1.U8
#[tokio::test]
async fn the_heartbeat_goes_on_after_an_upgrade() {
    let mut server = server().await;
    let client = Polling::open(server.address).await;
    let mut socket = client.upgrade().await;
    for _ in 0..3 {
        assert_eq!(socket.text().await, "2");
        socket.send("3").await;
    }
    assert_eq!(socket.text().await, "2");
    assert_eq!(socket.closed().await, Some(None));
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
}

#[tokio::test]
async fn a_ping_that_a_get_did_not_take_leaves_by_the_new_transport() {
    let mut server = server().await;
    let client = Polling::open(server.address).await;
    let connection = server.opened().await;
    eventually("a ping in the queue", || connection.buffered() > 0).await;
    let mut socket = client.websocket().await;
    socket.send("5").await;
    assert_eq!(socket.text().await, "2");
    socket.send("3").await;
    assert_eq!(socket.text().await, "2", "the pong counts");
}

#[tokio::test]
async fn many_sessions_share_the_timers() {
    let server = server().await;
    let mut sockets = Vec::new();
    for _ in 0..50 {
        sockets.push(WebSocket::open(server.address).await.0);
    }
    for round in 0..3 {
        for socket in &mut sockets {
            assert_eq!(socket.text().await, "2", "round {round}");
            socket.send("3").await;
        }
    }
    assert_eq!(server.engine.stats().closed.ping_timeout, 0);
}

#[tokio::test]
async fn the_application_has_a_deadline_of_its_own() {
    let mut server = Server::start().await;
    let (_socket, _) = WebSocket::open(server.address).await;
    let connection = server.opened().await;
    let start = Instant::now();
    connection.set_deadline(Some(start + Duration::from_millis(40)));
    assert!(matches!(server.told().await, Told::Timeout));
    assert!(start.elapsed() >= Duration::from_millis(40));
    connection.set_deadline(Some(Instant::now() + Duration::from_millis(20)));
    connection.set_deadline(None);
    connection.set_deadline(Some(Instant::now() + Duration::from_millis(60)));
    assert!(matches!(server.told().await, Told::Timeout));
    assert!(
        server.told_now().is_empty(),
        "the one that was cleared is not told"
    );
}
