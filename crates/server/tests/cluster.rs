//! Two servers whose adapters talk over a bus of bytes, as over Redis or NATS: what the trait has to carry.

mod support;

#[path = "support/bus.rs"]
mod bus;

use std::time::Duration;

use bus::{Bus, Linked};
use serde_json::json;
use sockeye::{AckError, AdapterError, Namespace, Reply, Server, Socket};
use support::{
    Client, Sockets,
    client::{eventually, within},
    serve, with_sync,
};

struct Node {
    io: Server,
    client: Client,
    socket: Socket,
}

/// A server on the bus, and one client of it.
async fn node(bus: &Bus, number: u64) -> Node {
    let namespace = Namespace::new().on_server_event("number", async move |_: Server, add: u64| {
        Reply(number + add)
    });
    let (namespace, mut sockets) = Sockets::of(namespace);
    let bus = bus.clone();
    let io = Server::builder()
        .namespace("/", with_sync(namespace))
        .adapter(move |rooms| Linked::new(&bus, rooms))
        .build();
    let address = serve(&io).await;
    let (client, _) = Client::join(address).await;
    let socket = sockets.next().await;
    Node { io, client, socket }
}

// parity: 4.8 8.1
#[tokio::test]
async fn a_broadcast_reaches_both_servers_unless_it_is_local() {
    let bus = Bus::default();
    let (mut one, mut two) = (node(&bus, 1).await, node(&bus, 2).await);
    one.io.emit("all", json!({ "n": 1 }));
    one.io.of("/").local().emit("here", ());
    two.socket
        .broadcast()
        .emit("others", bytes::Bytes::from_static(b"ab"));
    assert_eq!(two.client.next().await, r#"2["all",{"n":1}]"#);
    two.client.assert_quiet().await;
    assert_eq!(one.client.next().await, r#"2["all",{"n":1}]"#);
    assert_eq!(one.client.next().await, r#"2["here"]"#);
    assert_eq!(
        one.client.next().await,
        r#"51-["others",{"_placeholder":true,"num":0}]"#
    );
    assert_eq!(one.client.next_binary().await, b"ab");
    // Rooms are joined over there, and by the id of a socket over there.
    one.io.to(two.socket.id()).sockets_join("far");
    eventually("it has joined", || {
        two.io.of("/").rooms().members("far") == 1
    })
    .await;
    one.io.to("far").emit("far", 1);
    assert_eq!(two.client.next().await, r#"2["far",1]"#);
    one.io.to("far").sockets_leave("far");
    eventually("it has left", || two.io.of("/").rooms().members("far") == 0).await;
    one.io.to(two.socket.id()).disconnect_sockets(false);
    assert_eq!(two.client.next().await, "1");
    assert!(one.socket.is_connected());
}

// parity: 4.5 8.1
#[tokio::test]
async fn acknowledgements_come_from_both_servers_under_ids_of_each() {
    let bus = Bus::default();
    let (mut one, mut two) = (node(&bus, 1).await, node(&bus, 2).await);
    // The servers' counts of ids differ by now.
    let _forgotten = two.socket.emit_with_ack::<u8>("forgotten", ());
    two.client.next().await;
    let acks = one.io.of("/").emit_with_ack::<String>("name", 7);
    assert_eq!(one.client.next().await, r#"20["name",7]"#);
    assert_eq!(two.client.next().await, r#"21["name",7]"#);
    two.client.send(r#"31["two"]"#).await;
    one.client.send(r#"30["one"]"#).await;
    let mut names = within("the answers", acks).await.expect("both answered");
    names.sort();
    assert_eq!(names, ["one", "two"]);

    let acks = one.io.of("/").emit_with_ack::<u8>("name", 8);
    one.client.next().await;
    assert_eq!(two.client.next().await, r#"22["name",8]"#);
    one.client.send("31[1]").await;
    two.client.send("1").await;
    let error = within("the end", acks).await.expect_err("one left");
    assert!(matches!(error.error, AckError::Disconnected), "{error}");
    assert_eq!((&error.values[..], error.asked), (&[1][..], 2));
}

#[tokio::test]
async fn who_owes_too_many_over_there_is_told_apart_from_who_left() {
    let bus = Bus::default();
    let (mut one, two) = (node(&bus, 1).await, node(&bus, 2).await);
    let owed = [(); 1024].map(|()| two.socket.emit_with_ack::<u8>("owed", ()));
    let acks = one.io.of("/").emit_with_ack::<u8>("name", ());
    assert_eq!(one.client.next().await, r#"20["name"]"#);
    one.client.send("30[1]").await;
    let error = within("the end", acks)
        .await
        .expect_err("one was not asked");
    assert!(matches!(error.error, AckError::TooManyPending), "{error}");
    assert_eq!((&error.values[..], error.asked), (&[1][..], 2));
    assert_eq!(error.not_asked, 1);
    assert_eq!(two.io.stats().ack_limit, 1);
    drop(owed);
}

// parity: 4.6 4.7 4.9 8.1
#[tokio::test]
async fn sockets_and_servers_over_there_are_found_and_answer() {
    let bus = Bus::default();
    let (mut one, mut two) = (node(&bus, 1).await, node(&bus, 2).await);
    two.socket
        .set_data(&json!({ "name": "Two" }))
        .expect("JSON");
    two.socket.join("room");
    let found = one.io.to("room").fetch_sockets().await.expect("it answers");
    let [far] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(far.id(), two.socket.id().as_str());
    assert!(far.socket().is_none(), "it is not here");
    assert_eq!(
        far.data::<serde_json::Value>(),
        Some(json!({ "name": "Two" }))
    );
    assert!(far.rooms().iter().any(|room| &**room == "room"));
    assert_eq!(far.handshake().query["transport"], "websocket");
    let asked = far.emit_with_ack::<u8, _>("question", ());
    assert_eq!(two.client.next().await, r#"20["question"]"#);
    two.client.send("30[2]").await;
    assert_eq!(within("an answer", asked).await.expect("it came"), 2);
    one.client.assert_quiet().await;

    assert_eq!(one.io.of("/").server_count().await.expect("it knows"), 2);
    let numbers = one
        .io
        .of("/")
        .server_side_emit_with_ack::<u64>("number", 40);
    assert_eq!(within("the answer", numbers).await.expect("it came"), [42]);
}

#[tokio::test]
async fn what_another_server_says_wrongly_is_counted() {
    let bus = Bus::default();
    let (one, two) = (node(&bus, 1).await, node(&bus, 2).await);
    one.io.server_side_emit("number", "no number");
    eventually("it is counted", || two.io.stats().invalid_arguments == 1).await;
    assert_eq!(one.io.stats().invalid_arguments, 0);
}

// parity: 4.7
#[tokio::test]
async fn a_server_that_does_not_answer_is_named() {
    let bus = Bus::default();
    let (one, _two) = (node(&bus, 1).await, node(&bus, 2).await);
    bus.mute(true);
    let soon = one.io.of("/").timeout(Duration::from_millis(50));
    match soon.fetch_sockets().await {
        Err(AdapterError::Timeout {
            missing: 1,
            servers: 1,
        }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(
        soon.local().fetch_sockets().await.expect("not asked").len(),
        1
    );
    let soon = one.io.of("/").timeout(Duration::from_millis(50));
    let error = soon.server_side_emit_with_ack::<u64>("number", 1).await;
    let error = error.expect_err("it is silent");
    assert!(matches!(error.error, AckError::Timeout), "{error}");
}
