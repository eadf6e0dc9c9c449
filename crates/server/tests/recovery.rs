//! Clients that are cut off and come back.

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use sockeye::{
    CloseReason, DisconnectReason, Namespace, NamespaceMatch, Recovery, Reject, Server, Socket,
};
use support::{
    Client, Sockets,
    client::{eventually, within},
    serve, with_sync,
};

async fn start(
    recovery: Recovery,
    namespace: Namespace,
) -> (Server, std::net::SocketAddr, Sockets) {
    let (namespace, sockets) = Sockets::of(namespace);
    let io = Server::builder()
        .connection_state_recovery(recovery)
        .namespace("/", with_sync(namespace))
        .build();
    let address = serve(&io).await;
    (io, address, sockets)
}

/// What a client knows of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ids {
    sid: String,
    pid: String,
}

/// Joins; returns the ids, and the packets that came before the answer.
async fn join(client: &mut Client, auth: &Value) -> (Ids, Vec<String>) {
    let auth = if auth.is_null() {
        String::new()
    } else {
        auth.to_string()
    };
    client.send(&format!("0{auth}")).await;
    let mut before = Vec::new();
    loop {
        let packet = client.next().await;
        let Some(json) = packet.strip_prefix('0') else {
            before.push(packet);
            continue;
        };
        let open: Value = serde_json::from_str(json).expect("JSON");
        let text = |name: &str| open[name].as_str().expect(name).to_owned();
        let ids = Ids {
            sid: text("sid"),
            pid: text("pid"),
        };
        return (ids, before);
    }
}

async fn connect(address: std::net::SocketAddr, auth: Value) -> (Client, Ids) {
    let mut client = Client::open(address).await;
    let (ids, before) = join(&mut client, &auth).await;
    assert!(before.is_empty(), "{before:?}");
    (client, ids)
}

/// The arguments of an event, the offset apart.
fn event(packet: &str) -> (Value, String) {
    let mut list: Vec<Value> =
        serde_json::from_str(packet.strip_prefix('2').expect("an event")).expect("JSON");
    let offset = list.pop().expect("an offset");
    (
        Value::Array(list),
        offset.as_str().expect("a text").to_owned(),
    )
}

async fn away(socket: &Socket) {
    within("its end", socket.closed()).await;
}

// parity: 3.9
#[tokio::test]
async fn without_it_nothing_changes() {
    let (namespace, mut sockets) = Sockets::of(Namespace::new());
    let (_, address) = support::start(namespace).await;
    let mut client = Client::open(address).await;
    client.send("0").await;
    assert!(!client.next().await.contains("pid"));
    let socket = sockets.next().await;
    socket.emit("one", 1);
    assert_eq!(client.next().await, r#"2["one",1]"#);
}

// parity: 7.4 7.5 5.10
#[tokio::test]
async fn a_client_comes_back_as_the_same_socket_with_what_it_missed() {
    let (io, address, mut sockets) = start(Recovery::new(), Namespace::new()).await;
    let (mut client, ids) = connect(address, Value::Null).await;
    let socket = sockets.next().await;
    socket.join(["news", "left"]);
    socket.set_data(&json!({ "name": "Ada" })).expect("JSON");
    io.emit("one", 1);
    let (one, offset) = event(&client.next().await);
    assert_eq!(one, json!(["one", 1]));
    drop(client);
    away(&socket).await;
    io.to("news").emit("two", 2);
    io.to("elsewhere").emit("never", 0);
    io.except("news").emit("never", 0);
    io.to("news").volatile().emit("never", 0);
    socket.emit("three", "to a socket that is away");
    io.to(socket.id()).emit("four", ());

    let auth = json!({ "pid": ids.pid, "offset": offset, "token": 7 });
    let (mut client, again) = connect(address, auth).await;
    assert_eq!(again, ids);
    let back = sockets.next().await;
    assert!(back.recovered() && !socket.recovered());
    assert_eq!(back.data::<Value>(), Some(json!({ "name": "Ada" })));
    let mut rooms = back.rooms();
    rooms.sort();
    let mut expected = vec![ids.sid.as_str().into(), "news".into(), "left".into()];
    expected.sort();
    assert_eq!(rooms, expected);
    io.to("news").emit("five", 5);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(event(&client.next().await).0);
    }
    assert_eq!(
        seen,
        [
            json!(["two", 2]),
            json!(["three", "to a socket that is away"]),
            json!(["four"]),
            json!(["five", 5])
        ]
    );
    client.assert_quiet().await;
    assert_eq!((io.stats().recovered, io.stats().connected), (1, 2));
}

// parity: 7.5
#[tokio::test]
async fn over_polling_what_was_missed_comes_before_the_answer() {
    use support::client::Polling;
    let (io, address, mut sockets) = start(Recovery::new(), Namespace::new()).await;
    let (client, ids) = connect(address, Value::Null).await;
    let socket = sockets.next().await;
    drop(client);
    away(&socket).await;
    io.emit("one", 1);
    io.emit("two", 2);
    let polling = Polling::open(address).await;
    polling.post(&format!(r#"40{{"pid":"{}"}}"#, ids.pid)).await;
    let packets = polling.packets(3).await;
    assert_eq!(packets.len(), 3, "{packets:?}");
    assert!(packets[0].starts_with(r#"42["one",1,""#), "{packets:?}");
    assert!(packets[1].starts_with(r#"42["two",2,""#), "{packets:?}");
    assert!(packets[2].starts_with("40{"), "{packets:?}");
}

// parity: 7.6
#[tokio::test]
async fn a_session_is_used_once() {
    let (io, address, mut sockets) = start(Recovery::new(), Namespace::new()).await;
    let (client, ids) = connect(address, Value::Null).await;
    let socket = sockets.next().await;
    drop(client);
    away(&socket).await;
    let (client, again) = connect(address, json!({ "pid": ids.pid })).await;
    assert_eq!(again, ids);
    // A second client with the same pid takes over: the first one ends.
    let second = sockets.next().await;
    let (mut other, third) = connect(address, json!({ "pid": ids.pid })).await;
    assert_eq!(third, ids);
    assert_eq!(
        within("its end", second.closed()).await.as_str(),
        "transport close"
    );
    drop(client);
    let back = sockets.next().await;
    other.send("1").await;
    assert_eq!(
        within("its end", back.closed()).await,
        DisconnectReason::ClientNamespaceDisconnect
    );
    // It left on purpose: nobody comes back by that pid.
    let (_, fresh) = connect(address, json!({ "pid": ids.pid })).await;
    assert_ne!(fresh.sid, ids.sid);
    assert_ne!(fresh.pid, ids.pid);
    assert!(!sockets.next().await.recovered());
    assert_eq!(io.stats().recovery_unknown, 1);
}

// parity: 7.3
#[tokio::test]
async fn who_was_put_out_does_not_come_back_in() {
    let (io, address, mut sockets) = start(Recovery::new(), Namespace::new()).await;
    let (_client, ids) = connect(address, Value::Null).await;
    let socket = sockets.next().await;
    socket.disconnect();
    assert!(socket.try_emit("late", ()).is_err());
    let (_other, fresh) = connect(address, json!({ "pid": ids.pid })).await;
    assert_ne!(fresh.sid, ids.sid);
    assert_eq!(io.stats().recovery_unknown, 1);
}

// parity: 7.3
#[tokio::test]
async fn who_broke_the_rules_begins_anew() {
    let (io, address, mut sockets) = start(Recovery::new(), Namespace::new()).await;
    let (mut client, ids) = connect(address, Value::Null).await;
    let socket = sockets.next().await;
    client.socket.send("?").await;
    assert_eq!(
        within("its end", socket.closed()).await,
        DisconnectReason::Connection(CloseReason::ParseError)
    );
    let (_other, fresh) = connect(address, json!({ "pid": ids.pid })).await;
    assert_ne!(fresh.sid, ids.sid);
    assert_eq!(io.stats().recovery_unknown, 1);
}

// parity: 7.6
#[tokio::test]
async fn a_socket_that_looks_alive_is_taken_over_from_the_clients_offset() {
    let (io, address, mut sockets) = start(Recovery::new(), Namespace::new()).await;
    let (mut client, ids) = connect(address, Value::Null).await;
    let old = sockets.next().await;
    io.emit("n", 0);
    let (_, offset) = event(&client.next().await);
    // The client has these in its receive buffer, as far as the server knows.
    io.emit("n", 1);
    io.emit("n", 2);
    let (mut back, again) = connect(address, json!({ "pid": ids.pid, "offset": offset })).await;
    assert_eq!(again.sid, ids.sid);
    for n in 1..3 {
        assert_eq!(event(&back.next().await).0, json!(["n", n]));
    }
    within("its end", old.closed()).await;
    io.emit("n", 3);
    assert_eq!(event(&back.next().await).0, json!(["n", 3]));
    let new = sockets.next().await;
    assert!(new.recovered());
    // The old socket's end takes nothing along.
    eventually("one session", || io.stats().engine.websocket == 1).await;
    assert_eq!(io.stats().sockets, 1);
    assert!(new.is_connected());
}

// parity: 7.7
#[tokio::test]
async fn volatile_events_do_not_break_the_offset() {
    let (io, address, mut sockets) = start(Recovery::new(), Namespace::new()).await;
    let (mut client, ids) = connect(address, Value::Null).await;
    let socket = sockets.next().await;
    io.emit("one", 1);
    client.next().await;
    socket.volatile().emit("number", 7);
    assert_eq!(client.next().await, r#"2["number",7]"#);
    // A client takes the last text for the offset, be it the event's name.
    socket.volatile().emit("tick", ());
    let (tick, offset) = event(&client.next().await);
    assert_eq!(tick, json!(["tick"]));
    io.of("/").volatile().emit("text", "last");
    let (text, _) = event(&client.next().await);
    assert_eq!(text, json!(["text", "last"]));
    drop(client);
    away(&socket).await;
    io.emit("two", 2);
    let auth = json!({ "pid": ids.pid, "offset": offset });
    let (mut client, again) = connect(address, auth).await;
    assert_eq!(again, ids);
    assert_eq!(event(&client.next().await).0, json!(["two", 2]));
    client.assert_quiet().await;
}

#[tokio::test]
async fn an_offset_of_the_session_before_does_not_count() {
    let (io, address, mut sockets) = start(Recovery::new(), Namespace::new()).await;
    let (mut client, _) = connect(address, Value::Null).await;
    io.emit("one", 1);
    let (_, offset) = event(&client.next().await);
    io.emit("two", 2);
    drop(client);
    away(&sockets.next().await).await;
    let (client, ids) = connect(address, Value::Null).await;
    drop(client);
    away(&sockets.next().await).await;
    io.emit("three", 3);
    let auth = json!({ "pid": ids.pid, "offset": offset });
    let (mut client, again) = connect(address, auth).await;
    assert_eq!(again, ids);
    assert_eq!(event(&client.next().await).0, json!(["three", 3]));
    client.assert_quiet().await;
}

// parity: 7.4
#[tokio::test]
async fn each_refusal_has_a_reason_that_is_counted() {
    let recovery = Recovery::new()
        .max_log_bytes(4 * 1024)
        .max_disconnection(Duration::from_millis(300));
    let (io, address, mut sockets) = start(recovery, Namespace::new()).await;
    let cut = async |sockets: &mut Sockets| {
        let (client, ids) = connect(address, Value::Null).await;
        drop(client);
        away(&sockets.next().await).await;
        ids
    };
    let ids = cut(&mut sockets).await;
    connect(address, json!({ "pid": ids.pid, "offset": "hello" })).await;
    assert_eq!(io.stats().recovery_offset, 1);
    sockets.next().await;
    let ids = cut(&mut sockets).await;
    (0..100).for_each(|n| io.emit("filler", n));
    connect(address, json!({ "pid": ids.pid })).await;
    assert_eq!(io.stats().recovery_log, 1);
    sockets.next().await;
    let ids = cut(&mut sockets).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    let (_, fresh) = connect(address, json!({ "pid": ids.pid })).await;
    assert_ne!(fresh.sid, ids.sid);
    assert_eq!(io.stats().recovery_unknown, 1);
    sockets.next().await;
    // Nonsense is no claim.
    for auth in [json!({ "pid": 7 }), json!({ "pid": "short" })] {
        connect(address, auth).await;
    }
    assert_eq!(io.stats().recovery_unknown, 1);
    assert_eq!(io.stats().recovered, 0);
}

#[tokio::test]
async fn who_missed_more_than_may_wait_begins_anew() {
    let (namespace, mut sockets) = Sockets::of(Namespace::new());
    let io = Server::builder()
        .connection_state_recovery(Recovery::new())
        .send_limit(64 * 1024)
        .namespace("/", namespace)
        .build();
    let address = serve(&io).await;
    let (client, ids) = connect(address, Value::Null).await;
    drop(client);
    away(&sockets.next().await).await;
    let text = "x".repeat(1000);
    (0..100).for_each(|_| io.emit("much", &*text));
    let (_, fresh) = connect(address, json!({ "pid": ids.pid })).await;
    assert_ne!(fresh.sid, ids.sid);
    assert_eq!(io.stats().recovery_too_much, 1);
}

// parity: 7.5
#[tokio::test]
async fn checks_are_skipped_unless_asked_for() {
    for skip in [true, false] {
        let asked = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let namespace = Namespace::new().auth({
            let asked = std::sync::Arc::clone(&asked);
            async move || {
                let n = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                if n == 0 {
                    Ok(n)
                } else {
                    Err(Reject::new("only once"))
                }
            }
        });
        let recovery = Recovery::new().skip_middlewares(skip);
        let (_, address, mut sockets) = start(recovery, namespace).await;
        let (client, ids) = connect(address, Value::Null).await;
        let socket = sockets.next().await;
        assert_eq!(socket.session::<u32>().as_deref(), Some(&0));
        drop(client);
        away(&socket).await;
        let mut client = Client::open(address).await;
        client.send(&format!(r#"0{{"pid":"{}"}}"#, ids.pid)).await;
        let answer = client.next().await;
        if skip {
            assert!(answer.contains(&ids.sid), "{answer}");
            let back = sockets.next().await;
            assert_eq!(back.session::<u32>().as_deref(), Some(&0));
        } else {
            assert_eq!(answer, r#"4{"message":"only once"}"#);
        }
    }
}

#[tokio::test]
async fn a_namespace_that_a_client_asked_for_waits_for_it() {
    let (namespace, mut sockets) = Sockets::of(Namespace::new());
    let io = Server::builder()
        .connection_state_recovery(Recovery::new().max_disconnection(Duration::from_secs(2)))
        .dynamic(
            NamespaceMatch::when(|name| name.starts_with("/rooms/")),
            namespace,
        )
        .build();
    let address = serve(&io).await;
    let mut client = Client::open(address).await;
    client.send("0/rooms/a,").await;
    let answer = client.next().await;
    let open: Value =
        serde_json::from_str(answer.strip_prefix("0/rooms/a,").expect("let in")).expect("JSON");
    drop(client);
    away(&sockets.next().await).await;
    io.of("/rooms/a").emit("one", 1);
    let mut client = Client::open(address).await;
    client
        .send(&format!("0/rooms/a,{}", json!({ "pid": open["pid"] })))
        .await;
    assert!(
        client
            .next()
            .await
            .contains(open["sid"].as_str().expect("a text"))
    );
    assert!(client.next().await.starts_with(r#"2/rooms/a,["one",1,""#));
    drop(client);
    away(&sockets.next().await).await;
    eventually("nothing waits for it any more", || {
        io.namespace("/rooms/a").is_none()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_senders_and_cuts_lose_double_and_reorder_nothing() {
    const EVENTS: u64 = 4000;
    const CLIENTS: u64 = 8;
    let (io, address, _sockets) = start(Recovery::new(), Namespace::new()).await;
    let senders: Vec<_> = (0..2u64)
        .map(|sender| {
            let io = io.clone();
            tokio::spawn(async move {
                for n in 0..EVENTS {
                    io.emit("n", (sender, n));
                    if n.is_multiple_of(16) {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                }
            })
        })
        .collect();
    let mut clients = Vec::new();
    for client in 0..CLIENTS {
        clients.push(tokio::spawn(async move {
            let (mut socket, ids) = connect(address, Value::Null).await;
            let mut next: [Option<u64>; 2] = [None; 2];
            let mut offset: Option<String> = None;
            let mut received = 0u64;
            while next != [Some(EVENTS); 2] {
                received += 1;
                if received.is_multiple_of(50 + client * 13) {
                    // Cut between any two reads, sometimes with the old socket still there.
                    let mut again = Client::open(address).await;
                    let mut auth = json!({ "pid": ids.pid });
                    if let Some(offset) = &offset {
                        auth["offset"] = json!(offset);
                    }
                    let (same, before) = join(&mut again, &auth).await;
                    assert_eq!((same, before), (ids.clone(), vec![]));
                    socket = again;
                }
                let (list, at) = event(&socket.next().await);
                let (sender, n) = (
                    list[1][0].as_u64().expect("n") as usize,
                    list[1][1].as_u64().expect("n"),
                );
                if let Some(expected) = next[sender] {
                    assert_eq!(n, expected, "client {client} of sender {sender}");
                }
                next[sender] = Some(n + 1);
                offset = Some(at);
            }
        }));
    }
    for task in senders.into_iter().chain(clients) {
        within("a task", task).await.expect("in order");
    }
    assert!(io.stats().recovered > 100, "{:?}", io.stats());
}
