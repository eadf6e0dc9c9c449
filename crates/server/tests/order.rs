//! The order in which a socket's events are handled, and what never waits for them.

mod support;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use sockeye::{DisconnectReason, Namespace, Reject, Reply, Server, Socket};
use support::{
    Client, Sockets,
    client::{Frame, eventually, text_frame, within},
    serve, start,
};
use tokio::sync::{Notify, Semaphore, mpsc};

// parity: 2.N8
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn handlers_that_do_not_wait_run_in_order_of_arrival() {
    const EVENTS: usize = 5000;
    let next: Arc<[AtomicUsize; 4]> = Arc::default();
    let namespace = Namespace::new().on("n", {
        let next = Arc::clone(&next);
        async move |(client, n): (usize, usize)| {
            // Stored, not added: a second thread at work here would show.
            assert_eq!(next[client].load(Ordering::SeqCst), n);
            next[client].store(n + 1, Ordering::SeqCst);
            Reply(n)
        }
    });
    let (io, address) = start(namespace).await;
    let mut clients = Vec::new();
    for client in 0..4 {
        clients.push(tokio::spawn(async move {
            let (mut socket, _) = Client::join(address).await;
            for batch in 0..10 {
                let numbers = batch * EVENTS / 10..(batch + 1) * EVENTS / 10;
                let frames: Vec<u8> = numbers
                    .clone()
                    .flat_map(|n| text_frame(&format!(r#"42{n}["n",[{client},{n}]]"#)))
                    .collect();
                socket.socket.raw(&frames).await;
                for n in numbers {
                    assert_eq!(socket.next().await, format!("3{n}[{n}]"));
                }
            }
        }));
    }
    for client in clients {
        within("a client", client).await.expect("in order");
    }
    assert!(
        next.iter()
            .all(|next| next.load(Ordering::SeqCst) == EVENTS)
    );
    assert_eq!(io.stats().handler_panics, 0);
}

#[tokio::test]
async fn a_handler_that_waits_lets_others_pass() {
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let namespace = Namespace::new()
        .on("wait", async move || {
            opened.notified().await;
            Reply("waited")
        })
        .on("quick", async || Reply("quick"));
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    client.send(r#"21["wait"]"#).await;
    assert_eq!(client.ask(r#"22["quick"]"#).await, r#"32["quick"]"#);
    assert_eq!(io.stats().handlers, 1);
    gate.notify_one();
    assert_eq!(client.next().await, r#"31["waited"]"#);
    eventually("no handler", || io.stats().handlers == 0).await;
}

/// What happened, in order.
type Log = Arc<Mutex<Vec<String>>>;

fn log(log: &Log, entry: impl Into<String>) {
    log.lock().expect("no panic").push(entry.into());
}

#[tokio::test]
async fn a_sequential_namespace_ends_one_handler_before_the_next() {
    let entries = Log::default();
    let steps = Arc::new(Semaphore::new(0));
    let namespace = Namespace::new().sequential().on("n", {
        let (entries, steps) = (Arc::clone(&entries), Arc::clone(&steps));
        async move |n: u32| {
            log(&entries, format!("begin {n}"));
            // Some wait and some do not: neither may pass the other.
            if n.is_multiple_of(2) {
                steps.acquire().await.expect("it is open").forget();
            }
            log(&entries, format!("end {n}"));
            Reply(n)
        }
    });
    let (_, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    let (mut other, _) = Client::join(address).await;
    let frames: Vec<u8> = (0..10)
        .flat_map(|n| text_frame(&format!(r#"42{n}["n",{n}]"#)))
        .collect();
    client.socket.raw(&frames).await;
    eventually("the first", || {
        !entries.lock().expect("no panic").is_empty()
    })
    .await;
    assert_eq!(
        other.ask(r#"21["n",1]"#).await,
        "31[1]",
        "sockets do not wait for each other"
    );
    entries
        .lock()
        .expect("no panic")
        .retain(|entry| !entry.ends_with(" 1"));
    for n in 0..10 {
        if n % 2 == 0 {
            steps.add_permits(1);
        }
        assert_eq!(client.next().await, format!("3{n}[{n}]"));
    }
    let expected: Vec<String> = (0..10)
        .flat_map(|n| [format!("begin {n}"), format!("end {n}")])
        .collect();
    assert_eq!(*entries.lock().expect("no panic"), expected);
}

#[tokio::test]
async fn acks_do_not_wait_in_a_sequential_namespace() {
    let namespace = Namespace::new()
        .sequential()
        .on("ask", async |socket: Socket| {
            let answer = socket.emit_with_ack::<String>("question", ()).await;
            Reply(answer.expect("it is answered"))
        })
        .on("next", async || Reply("next"));
    let (_, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    client.send(r#"21["ask"]"#).await;
    client.send(r#"22["next"]"#).await;
    assert_eq!(client.next().await, r#"20["question"]"#);
    client.send(r#"30["answer"]"#).await;
    assert_eq!(client.next().await, r#"31["answer"]"#);
    assert_eq!(client.next().await, r#"32["next"]"#);
}

#[tokio::test]
async fn a_disconnect_reaches_a_handler_that_waits_and_its_own_handler_comes_last() {
    let entries = Log::default();
    let (done, mut ended) = mpsc::unbounded_channel();
    let namespace = Namespace::new()
        .sequential()
        .on("wait", {
            let entries = Arc::clone(&entries);
            async move |socket: Socket| {
                let reason = socket.closed().await;
                log(&entries, format!("wait: {reason}"));
            }
        })
        .on("queued", {
            let entries = Arc::clone(&entries);
            async move || log(&entries, "queued")
        })
        .on_disconnect({
            let entries = Arc::clone(&entries);
            async move |reason: DisconnectReason| {
                log(&entries, format!("disconnect: {reason}"));
                done.send(()).expect("the test waits");
            }
        });
    let (_, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    client.send(r#"2["wait"]"#).await;
    client.send(r#"2["queued"]"#).await;
    client.send("1").await;
    within("the end", ended.recv()).await.expect("it ends");
    assert_eq!(
        *entries.lock().expect("no panic"),
        [
            "wait: client namespace disconnect",
            "queued",
            "disconnect: client namespace disconnect"
        ]
    );
}

#[tokio::test]
async fn early_events_wait_for_the_connect_handler_in_order() {
    let gate = Arc::new(Notify::new());
    let entries = Log::default();
    let namespace = Namespace::new()
        .on_connect({
            let (gate, entries) = (Arc::clone(&gate), Arc::clone(&entries));
            async move |socket: Socket| {
                socket.emit("hello", ());
                let answer = socket.emit_with_ack::<u8>("question", ()).await;
                assert_eq!(answer.expect("acks do not wait"), 5);
                log(&entries, "answered");
                gate.notified().await;
                log(&entries, "connected");
            }
        })
        .on("n", {
            let entries = Arc::clone(&entries);
            async move |n: u32| {
                log(&entries, n.to_string());
                Reply(n)
            }
        });
    let io = Server::builder()
        .namespace("/", namespace)
        .namespace("/other", support::with_sync(Namespace::new()))
        .build();
    let address = serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    assert_eq!(client.next().await, r#"2["hello"]"#);
    assert_eq!(client.next().await, r#"20["question"]"#);
    for n in 0..100 {
        client.send(&format!(r#"2{n}["n",{n}]"#)).await;
    }
    client.send("30[5]").await;
    client.connect("/other", "").await;
    assert_eq!(
        client.ask(r#"2/other,1["sync"]"#).await,
        r#"3/other,1["synced"]"#,
        "other namespaces do not wait"
    );
    eventually("the ack", || entries.lock().expect("no panic").len() == 1).await;
    gate.notify_one();
    for n in 0..100 {
        assert_eq!(client.next().await, format!("3{n}[{n}]"));
    }
    let expected: Vec<String> = ["answered".to_owned(), "connected".to_owned()]
        .into_iter()
        .chain((0..100).map(|n| n.to_string()))
        .collect();
    assert_eq!(*entries.lock().expect("no panic"), expected);
    assert_eq!(
        client.ask(r#"21["n",7]"#).await,
        "31[7]",
        "the gate is open"
    );
}

#[tokio::test]
async fn too_much_that_waits_ends_the_session() {
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let (sender, mut reasons) = mpsc::unbounded_channel();
    let namespace = Namespace::new()
        .on_connect(async move || opened.notified().await)
        .fallback(async || {})
        .on_disconnect(async move |reason: DisconnectReason| {
            sender.send(reason.as_str()).expect("the test waits");
        });
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    let event = format!(r#"2["x","{}"]"#, "x".repeat(100_000));
    for _ in 0..10 {
        client.send(&event).await;
    }
    // Below the limit of 1 MiB the session lives: this namespace answers though the socket waits.
    client.send("0/unknown,").await;
    assert_eq!(
        client.next().await,
        r#"4/unknown,{"message":"Invalid namespace"}"#
    );
    client.send(&event).await;
    client.assert_closed().await;
    assert_eq!(io.stats().engine.closed.handler_too_slow, 1);
    gate.notify_one();
    assert_eq!(
        within("the end", reasons.recv()).await,
        Some("handler too slow")
    );
}

#[tokio::test]
async fn many_small_events_that_wait_are_bounded_too() {
    let namespace = Namespace::new().on_connect(async |socket: Socket| {
        socket.closed().await;
    });
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    // Each counts 64 bytes beyond its own, so this is more than 1 MiB.
    let flood = text_frame(r#"42["x"]"#).repeat(16 * 1024);
    client.socket.raw(&flood).await;
    client.assert_closed().await;
    assert_eq!(io.stats().engine.closed.handler_too_slow, 1);
}

// parity: 2.N7
#[tokio::test]
async fn an_event_before_the_decision_ends_the_session() {
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let namespace = Namespace::new()
        .auth(async move || {
            opened.notified().await;
            Ok::<_, Reject>(())
        })
        .on_connect(async || -> () { unreachable!("it never connects") })
        .on_disconnect(async || -> () { unreachable!("it was never connected") });
    let (io, address) = start(namespace).await;
    let mut client = Client::open(address).await;
    client.send("0").await;
    client.send(r#"2["early"]"#).await;
    client.assert_closed().await;
    gate.notify_one();
    eventually("no handler", || io.stats().handlers == 0).await;
    let stats = io.stats();
    assert_eq!(
        (
            stats.out_of_turn,
            stats.engine.closed.forced_close,
            stats.connected,
            stats.sockets
        ),
        (1, 1, 0, 0)
    );
    assert_eq!(stats.handler_panics, 0);
}

// parity: 2.N7
#[tokio::test]
async fn what_a_connect_handler_emits_follows_the_connect_packet() {
    let namespace = Namespace::new()
        .auth(async || {
            tokio::task::yield_now().await;
            Ok::<_, Reject>(())
        })
        .on_connect(async |io: Server, socket: Socket| {
            socket.emit("first", ());
            io.emit("second", ());
            tokio::task::yield_now().await;
            socket.emit("third", ());
        });
    let (_, address) = start(namespace).await;
    for _ in 0..20 {
        let mut client = Client::open(address).await;
        client.send("0").await;
        assert!(client.next().await.starts_with(r#"0{"sid""#));
        assert_eq!(client.next().await, r#"2["first"]"#);
        assert_eq!(client.next().await, r#"2["second"]"#);
        assert_eq!(client.next().await, r#"2["third"]"#);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_several_tasks_emit_keeps_each_ones_order() {
    const MESSAGES: usize = 1000;
    let (namespace, mut sockets) = Sockets::of(Namespace::new());
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    let socket = sockets.next().await;
    for task in 0..4 {
        let (socket, io) = (socket.clone(), io.clone());
        tokio::spawn(async move {
            for n in 0..MESSAGES {
                // A socket's own queue and a broadcast are one order.
                if n % 2 == 0 {
                    socket.emit("n", (task, n));
                } else {
                    io.emit("n", (task, n));
                }
                if n % 50 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        });
    }
    let mut next = [0; 4];
    for _ in 0..4 * MESSAGES {
        let Frame::Text(text) = client.socket.next().await else {
            panic!("no message")
        };
        let (_, (task, n)): (String, (usize, usize)) =
            serde_json::from_str(&text[2..]).expect("an event");
        assert_eq!(n, next[task]);
        next[task] += 1;
    }
}

#[tokio::test]
async fn a_handler_that_holds_its_worker_is_counted() {
    let namespace = Namespace::new().on("hold", async || {
        std::thread::sleep(std::time::Duration::from_millis(60));
        Reply(())
    });
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    client.assert_quiet().await;
    let before = io.stats().slow_handlers;
    assert_eq!(client.ask(r#"21["hold"]"#).await, "31[]");
    eventually("the count", || io.stats().slow_handlers > before).await;
}

#[tokio::test]
async fn a_handler_that_holds_its_worker_after_it_has_waited_is_counted() {
    let namespace = Namespace::new().on("hold", async || {
        tokio::task::yield_now().await;
        std::thread::sleep(std::time::Duration::from_millis(60));
        Reply(())
    });
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    client.assert_quiet().await;
    let before = io.stats().slow_handlers;
    assert_eq!(client.ask(r#"21["hold"]"#).await, "31[]");
    eventually("the count", || io.stats().slow_handlers > before).await;
}
