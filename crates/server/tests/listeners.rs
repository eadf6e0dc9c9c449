//! What is registered at a socket while it lives.

mod support;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sockeye::{AckSender, Args, DisconnectReason, Namespace, Reply, Server, Socket};
use support::{
    Client, Sockets,
    client::{eventually, within},
    start,
};
use tokio::sync::mpsc;

async fn pair(namespace: Namespace) -> (Server, Client, Socket) {
    let (namespace, mut sockets) = Sockets::of(namespace);
    let (io, address) = start(namespace).await;
    let (client, _) = Client::join(address).await;
    (io, client, sockets.next().await)
}

/// What was noted, in order.
#[derive(Debug, Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, note: impl Into<String>) {
        self.0.lock().expect("no panic").push(note.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no panic"))
    }
}

// parity: 5.3
#[tokio::test]
async fn listeners_come_and_go() {
    let (io, mut client, socket) = pair(Namespace::new()).await;
    let notes = Notes::default();
    let note = notes.clone();
    let listener = socket.on("n", async move |n: u32| {
        note.add(format!("on {n}"));
        Reply(n + 1)
    });
    let note = notes.clone();
    socket.once("n", async move |n: u32| note.add(format!("once {n}")));
    assert_eq!(
        client.ask(r#"20["n",1]"#).await,
        "30[2]",
        "the first one acknowledges"
    );
    assert_eq!(client.ask(r#"21["n",2]"#).await, "31[3]");
    assert_eq!(notes.take(), ["on 1", "once 1", "on 2"]);
    assert!(socket.off(listener));
    assert!(!socket.off(listener), "it is gone");
    client.send(r#"22["n",3]"#).await;
    client.assert_quiet().await;
    assert_eq!(io.stats().unhandled, 1, "nobody listens any more");

    for k in 0..2 {
        let note = notes.clone();
        socket.on("k", async move || note.add(format!("k{k}")));
    }
    client.send(r#"2["k"]"#).await;
    client.assert_quiet().await;
    socket.off_event("k");
    client.send(r#"2["k"]"#).await;
    client.assert_quiet().await;
    assert_eq!(notes.take(), ["k0", "k1"]);
}

// parity: 5.3
#[tokio::test]
async fn the_namespace_comes_first_and_acknowledges() {
    let namespace = Namespace::new()
        .on("both", async || Reply("namespace"))
        .fallback(async || Reply("fallback"));
    let (_, mut client, socket) = pair(namespace).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    socket.on("both", async move |ack: AckSender| {
        assert!(!ack.is_wanted(), "it is taken");
        counter.fetch_add(1, Ordering::SeqCst);
    });
    socket.on("own", async || {
        tokio::task::yield_now().await;
        Reply("socket")
    });
    assert_eq!(client.ask(r#"20["both"]"#).await, r#"30["namespace"]"#);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert_eq!(client.ask(r#"21["own"]"#).await, r#"31["socket"]"#);
    assert_eq!(client.ask(r#"22["other"]"#).await, r#"32["fallback"]"#);
}

// parity: 5.3
#[tokio::test]
async fn all_events_are_seen_in_both_directions() {
    let (io, mut client, socket) = pair(Namespace::new()).await;
    let notes = Notes::default();
    let note = notes.clone();
    let seen = socket.on_any(move |event| {
        let (a, b): (u8, Option<String>) = event.all().expect("a number first");
        note.add(format!(
            "in {} {a} {b:?} {}",
            event.name(),
            event.is_ack_wanted()
        ));
    });
    let note = notes.clone();
    socket.prepend_any(move |event| note.add(format!("before {}", event.name())));
    client.send(r#"2["a",1,"x"]"#).await;
    client.send(r#"27["b",2]"#).await;
    client.send(r#"2["a",3]"#).await;
    eventually("all are seen", || io.stats().unhandled == 3).await;
    assert_eq!(
        notes.take(),
        [
            "before a",
            r#"in a 1 Some("x") false"#,
            "before b",
            "in b 2 None true",
            "before a",
            "in a 3 None false"
        ]
    );
    assert!(socket.off(seen));

    let note = notes.clone();
    let out = socket.on_any_outgoing(move |name, arguments| {
        note.add(format!("out {name} {}", arguments.json()));
    });
    socket.emit("one", Args((1, "two")));
    io.emit("all", [3]);
    socket.volatile().emit("maybe", ());
    let asked = socket.emit_with_ack::<u8>("question", bytes::Bytes::from_static(b"ab"));
    drop(io.of("/").emit_with_ack::<u8>("everybody", 4));
    io.except(socket.id()).emit("others", ());
    drop(asked);
    assert_eq!(
        notes.take(),
        [
            r#"out one [1,"two"]"#,
            "out all [[3]]",
            "out maybe []",
            "out question [[97,98]]",
            "out everybody [4]"
        ]
    );
    assert!(socket.off(out));
    io.emit("unseen", ());
    assert_eq!(notes.take(), [""; 0]);
    // Four came, and one attachment with them.
    for _ in 0..4 {
        client.next().await;
    }
    client.next_binary().await;
}

#[tokio::test]
async fn a_panic_in_one_that_sees_all_harms_nobody() {
    let namespace = Namespace::new().on("n", async |n: u8| Reply(n));
    let (io, mut client, socket) = pair(namespace).await;
    socket.on_any(|_| panic!("a mistake"));
    assert_eq!(client.ask(r#"20["n",1]"#).await, "30[1]");
    assert_eq!(io.stats().handler_panics, 1);
}

#[tokio::test]
async fn what_is_registered_ends_with_the_socket() {
    let (io, client, socket) = pair(Namespace::new()).await;
    let held = Arc::new(());
    let (again, kept) = (socket.clone(), Arc::clone(&held));
    socket.on("loop", async move || drop((again, kept)));
    let (sender, mut ended) = mpsc::unbounded_channel();
    socket.on_disconnect(async move |reason: DisconnectReason| sender.send(reason).expect("heard"));
    assert_eq!(Arc::strong_count(&held), 2);
    drop(client);
    let reason = within("the end", ended.recv()).await.expect("it is told");
    assert_eq!(reason.as_str(), "transport close");
    eventually("the handler is dropped", || Arc::strong_count(&held) == 1).await;
    let kept = Arc::clone(&held);
    socket.on("late", async move || drop(kept));
    assert_eq!(
        Arc::strong_count(&held),
        1,
        "nothing is registered at a socket that has left"
    );
    assert_eq!(io.stats().sockets, 0);
}

// parity: 5.8
#[tokio::test]
async fn a_socket_that_is_disconnecting_is_still_in_its_rooms() {
    let notes = Notes::default();
    let (first, second) = (notes.clone(), notes.clone());
    let rooms = |socket: &Socket| {
        let all = socket.rooms();
        let mut named: Vec<_> = all.iter().filter(|room| room.len() < 10).collect();
        named.sort();
        format!("{named:?} {}", socket.server().of("/").rooms().members("a"))
    };
    let namespace = Namespace::new()
        .on_disconnecting(async move |socket: Socket, reason: DisconnectReason| {
            first.add(format!("disconnecting {reason} {}", rooms(&socket)));
            socket.to("a").emit("leaving", ());
        })
        .on_disconnect(async move |socket: Socket, reason: DisconnectReason| {
            second.add(format!("disconnect {reason} {}", rooms(&socket)));
        });
    let (namespace, mut sockets) = Sockets::of(namespace);
    let (_, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    let socket = sockets.next().await;
    let (mut other, _) = Client::join(address).await;
    sockets.next().await.join("a");
    socket.join(["a", "b"]);
    let note = notes.clone();
    socket.on_disconnecting(async move || note.add("its own"));
    client.send("1").await;
    within("the end", socket.closed()).await;
    assert_eq!(other.next().await, r#"2["leaving"]"#);
    eventually("both are told", || {
        notes.0.lock().expect("no panic").len() == 3
    })
    .await;
    assert_eq!(
        notes.take(),
        [
            r#"disconnecting client namespace disconnect ["a", "b"] 2"#,
            "its own",
            r#"disconnect client namespace disconnect ["a", "b"] 1"#
        ]
    );
}

// parity: 5.11
#[tokio::test]
async fn drained_waits_until_all_has_left() {
    let (_, mut client, socket) = pair(Namespace::new()).await;
    within("nothing waits", socket.drained()).await;
    let text = "x".repeat(400_000);
    socket.emit("large", &text);
    socket.emit("large", &text);
    let waiting = tokio::spawn({
        let socket = socket.clone();
        async move {
            socket.drained().await;
            socket.buffered()
        }
    });
    for _ in 0..2 {
        assert_eq!(
            client.next().await.len(),
            text.len() + r#"2["large",""]"#.len()
        );
    }
    assert_eq!(within("it is empty", waiting).await.expect("no panic"), 0);
    socket.close();
    tokio::time::timeout(Duration::from_secs(5), socket.drained())
        .await
        .expect("one that has left drains nothing");
}
