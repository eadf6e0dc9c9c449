//! A thousand sessions change from polling to WebSocket at once while a thousand sockets talk, and events are under way
//! in both directions on all of them: each arrives once and in order.
//!
//! `EVENTS` says how many in all; 50,000 by default.

mod support;

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use sockeye::{Namespace, Reject, Server, Session, Socket};
use support::client::{Frame, Polling, WebSocket};
use tokio::{
    net::TcpSocket,
    sync::{Barrier, oneshot},
    task::JoinSet,
};

/// How many sessions change, and how many sockets talk meanwhile.
const SESSIONS: usize = 1000;

/// How many events travel in one body or one write.
const BATCH: u64 = 5;

/// How many events of one direction a client sees.
fn per_client() -> u64 {
    let all: u64 = match std::env::var("EVENTS") {
        Ok(number) => number.parse().expect("EVENTS is a number"),
        Err(_) => 50_000,
    };
    // There and back, by sessions and by sockets.
    (all / SESSIONS as u64 / 4).max(2 * BATCH)
}

/// Where the part of a client's events begins and ends that is sent while a session is on trial: all but a sixth at
/// either end.
fn middle(count: u64) -> (u64, u64) {
    (count / 6, count - count / 6)
}

/// What one client has heard.
#[derive(Default)]
struct Heard {
    joined: AtomicBool,
    /// The next echo, and the next number that everybody is told; the first of these may be any.
    echo: AtomicU64,
    tick: Mutex<Option<u64>>,
    ended: AtomicBool,
}

impl Heard {
    fn packet(&self, packet: &str) {
        let Some(packet) = packet.strip_prefix('4') else {
            assert!(matches!(packet, "2" | "6"), "{packet}");
            return;
        };
        if packet.starts_with("0{") {
            return self.joined.store(true, Ordering::Release);
        }
        let event = packet.strip_prefix('2').expect("an event");
        let (name, n): (String, u64) = serde_json::from_str(event).expect("a name and a number");
        match name.as_str() {
            "echo" => {
                let expected = self.echo.fetch_add(1, Ordering::AcqRel);
                assert_eq!(n, expected, "echoes are lost, doubled or out of order");
            }
            "tick" => {
                let mut tick = self.tick.lock().expect("no panic");
                if let Some(last) = tick.replace(n) {
                    assert_eq!(n, last + 1, "ticks are lost, doubled or out of order");
                }
            }
            "end" => {
                let tick = *self.tick.lock().expect("no panic");
                assert_eq!(
                    tick.map(|last| last + 1),
                    Some(n),
                    "the last ticks are lost"
                );
                self.ended.store(true, Ordering::Release);
            }
            other => panic!("{other}"),
        }
    }

    fn is_done(&self, events: u64) -> bool {
        self.ended.load(Ordering::Acquire) && self.echo.load(Ordering::Acquire) == events
    }
}

fn events(from: u64, to: u64) -> Vec<String> {
    (from..to).map(|n| format!(r#"42["n",{n}]"#)).collect()
}

async fn post(session: &Polling, from: u64, to: u64) {
    for n in (from..to).step_by(BATCH as usize) {
        session
            .send(events(n, to.min(n + BATCH)).join("\x1e"))
            .await;
    }
}

async fn poll(session: &Polling, heard: &Heard, paused: &AtomicBool) {
    while !paused.load(Ordering::Acquire) {
        let answer = session.get().await;
        answer
            .packets()
            .into_iter()
            .for_each(|packet| heard.packet(packet));
    }
}

/// As a client does: it sends all the time, pauses its polling once the probe is answered, and changes. Its trial lasts
/// until the socket beside it has said what it has to say meanwhile.
async fn session(
    address: SocketAddr,
    count: u64,
    together: Arc<Barrier>,
    on_trial: oneshot::Sender<()>,
    said: oneshot::Receiver<()>,
) {
    let session = Polling::open(address).await;
    session.send("40").await;
    let heard = Heard::default();
    while !heard.joined.load(Ordering::Acquire) {
        let answer = session.get().await;
        answer
            .packets()
            .into_iter()
            .for_each(|packet| heard.packet(packet));
    }
    let paused = AtomicBool::new(false);
    let (from, to) = middle(count);
    let upgrading = async {
        post(&session, 0, from).await;
        together.wait().await;
        let mut socket = session.websocket().await;
        socket.send("2probe").await;
        assert_eq!(socket.text().await, "3probe");
        on_trial.send(()).expect("the socket beside it waits");
        post(&session, from, to).await;
        said.await.expect("the socket beside it says so");
        paused.store(true, Ordering::Release);
        socket
    };
    let (mut socket, ()) = tokio::join!(upgrading, poll(&session, &heard, &paused));
    socket.send("5").await;
    talk(&mut socket, &heard, to, count).await;
    while !heard.is_done(count) {
        hear(&mut socket, &heard).await;
    }
}

/// A socket that talks while the session beside it is on trial, and a little before and after.
async fn talker(
    address: SocketAddr,
    count: u64,
    together: Arc<Barrier>,
    on_trial: oneshot::Receiver<()>,
    said: oneshot::Sender<()>,
) {
    let (mut socket, _) = WebSocket::open(address).await;
    socket.send("40").await;
    let heard = Heard::default();
    while !heard.joined.load(Ordering::Acquire) {
        hear(&mut socket, &heard).await;
    }
    let (from, to) = middle(count);
    talk(&mut socket, &heard, 0, from).await;
    together.wait().await;
    on_trial.await.expect("the session beside it says so");
    talk(&mut socket, &heard, from, to).await;
    while heard.echo.load(Ordering::Acquire) < to {
        hear(&mut socket, &heard).await;
    }
    said.send(()).expect("the session beside it waits");
    talk(&mut socket, &heard, to, count).await;
    while !heard.is_done(count) {
        hear(&mut socket, &heard).await;
    }
}

/// Sends events, and reads a little after every few.
async fn talk(socket: &mut WebSocket, heard: &Heard, from: u64, to: u64) {
    for n in (from..to).step_by(BATCH as usize) {
        for event in events(n, to.min(n + BATCH)) {
            socket.send(&event).await;
        }
        hear(socket, heard).await;
    }
}

async fn hear(socket: &mut WebSocket, heard: &Heard) {
    match socket.next().await {
        Frame::Text(packet) => {
            if packet == "2" {
                socket.send("3").await;
            }
            heard.packet(&packet);
        }
        other => panic!("{other:?} instead of a packet"),
    }
}

/// Serves with room for all who connect at once.
fn serve(io: &Server) -> SocketAddr {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .expect("a free port");
    let listener = socket.listen(4096).expect("a bound socket listens");
    let address = listener.local_addr().expect("it is bound");
    let io = io.clone();
    tokio::spawn(async move { io.serve(listener).await });
    address
}

// parity: 1.U5
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_sessions_upgrade_while_a_thousand_sockets_talk_and_nothing_is_lost_or_moved() {
    let namespace: Namespace = Namespace::new()
        .auth(async |_: sockeye::Handshake| Ok::<_, Reject>(AtomicU64::new(0)))
        .on(
            "n",
            async |socket: Socket, Session(next): Session<AtomicU64>, n: u64| {
                let expected = next.fetch_add(1, Ordering::AcqRel);
                // The client sees the gap.
                let seen = if n == expected { n } else { u64::MAX };
                socket.emit("echo", seen);
            },
        );
    // Of a thousand at once on a busy machine, one may be on trial for long.
    let patient = Duration::from_secs(300);
    let io = Server::builder()
        .upgrade_timeout(patient)
        .ping_interval(patient)
        .namespace("/", namespace)
        .build();
    let address = serve(&io);
    let count = per_client();
    let together = Arc::new(Barrier::new(2 * SESSIONS));
    let mut clients = JoinSet::new();
    for _ in 0..SESSIONS {
        let (trial, on_trial) = oneshot::channel();
        let (saying, said) = oneshot::channel();
        clients.spawn(session(address, count, Arc::clone(&together), trial, said));
        clients.spawn(talker(
            address,
            count,
            Arc::clone(&together),
            on_trial,
            saying,
        ));
    }
    let ticking = tokio::spawn({
        let io = io.clone();
        async move {
            let mut n = 0u64;
            // Until all have changed, and for a while longer.
            while n < 20 || io.stats().engine.upgraded < SESSIONS as u64 {
                io.emit("tick", n);
                n += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            for _ in 0..20 {
                io.emit("tick", n);
                n += 1;
            }
            io.emit("end", n);
        }
    });
    while let Some(ended) = clients.join_next().await {
        if let Err(failed) = ended {
            std::panic::resume_unwind(failed.into_panic());
        }
    }
    ticking.await.expect("no panic");
    let stats = io.stats();
    assert_eq!(stats.engine.upgraded, SESSIONS as u64);
    assert_eq!((stats.malformed, stats.invalid_arguments), (0, 0));
}
