//! What can be done to many sockets at once besides sending: asking them, finding them, moving them.

mod support;

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use serde_json::{Value, json};
use sockeye::{AckError, Namespace, Server, Socket};
use support::{
    Client, Sockets,
    client::{eventually, within},
    start,
};

const SOON: Duration = Duration::from_millis(100);

struct Crowd {
    io: Server,
    address: SocketAddr,
    sockets: Sockets,
}

impl Crowd {
    async fn new() -> Self {
        let (namespace, sockets) = Sockets::of(Namespace::new());
        let (io, address) = start(namespace).await;
        Self {
            io,
            address,
            sockets,
        }
    }

    async fn join(&mut self) -> (Client, Socket) {
        let (client, _) = Client::join(self.address).await;
        (client, self.sockets.next().await)
    }
}

/// The id in an event that wants an acknowledgement, whose rest is this.
fn id_of(packet: &str, rest: &str) -> String {
    let id = packet
        .strip_prefix('2')
        .and_then(|id| id.strip_suffix(rest));
    id.unwrap_or_else(|| panic!("{packet} is not 2…{rest}"))
        .to_owned()
}

// parity: 4.5 8.1
#[tokio::test]
async fn everybody_asked_gets_the_same_packet_and_all_answers_are_collected() {
    let mut crowd = Crowd::new().await;
    let (mut a, _) = crowd.join().await;
    let (mut b, second) = crowd.join().await;
    let (mut c, _) = crowd.join().await;
    second.join("out");
    let acks = crowd.io.except("out").emit_with_ack::<u8>("vote", "now");
    assert_eq!(acks.asked(), 2);
    let id = id_of(&a.next().await, r#"["vote","now"]"#);
    assert_eq!(id_of(&c.next().await, r#"["vote","now"]"#), id);
    b.assert_quiet().await;
    c.send(&format!("3{id}[3]")).await;
    a.send(&format!(r#"3{id}[1,"ignored"]"#)).await;
    let mut values = within("the answers", acks).await.expect("all answered");
    values.sort_unstable();
    assert_eq!(values, [1, 3]);

    // The ids of one socket's questions do not meet those of broadcasts.
    let asked = second.emit_with_ack::<u8>("alone", ());
    let alone = id_of(&b.next().await, r#"["alone"]"#);
    assert_ne!(alone, id);
    b.send(&format!("3{alone}[9]")).await;
    assert_eq!(within("an answer", asked).await.expect("it came"), 9);
    assert_eq!(crowd.io.stats().unexpected_acks, 0);
}

#[tokio::test]
async fn the_server_itself_means_all_of_the_main_namespace() {
    let mut crowd = Crowd::new().await;
    let (mut client, socket) = crowd.join().await;
    let io = crowd.io.clone();
    io.local().emit("local", 1);
    io.volatile().emit("volatile", 2);
    io.compress(false).emit("plain", 3);
    for packet in [r#"2["local",1]"#, r#"2["volatile",2]"#, r#"2["plain",3]"#] {
        assert_eq!(client.next().await, packet);
    }
    let acks = io.timeout(SOON).emit_with_ack::<u8>("vote", ());
    client.next().await;
    let error = within("the time-out", acks).await.expect_err("no answer");
    assert!(matches!(error.error, AckError::Timeout), "{error}");
    let acks = io.emit_with_ack::<u8>("vote", ());
    let id = id_of(&client.next().await, r#"["vote"]"#);
    client.send(&format!("3{id}[7]")).await;
    assert_eq!(within("the answer", acks).await.expect("it came"), [7]);
    io.sockets_join("room");
    assert_eq!(io.of("/").rooms().members("room"), 1);
    io.sockets_leave("room");
    assert_eq!(io.of("/").rooms().members("room"), 0);
    let found = io.fetch_sockets().await.expect("there is one server");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id(), socket.id().as_str());
    let nobody = io.server_side_emit_with_ack::<u8>("load", ());
    assert_eq!(within("no answers", nobody).await.expect("none"), [0; 0]);
    io.disconnect_sockets(false);
    assert_eq!(client.next().await, "1");
    assert!(!socket.is_connected());
}

// parity: 4.5
#[tokio::test]
async fn nobody_to_ask_is_no_error() {
    let crowd = Crowd::new().await;
    let values = within(
        "nothing",
        crowd.io.to("nobody").emit_with_ack::<u8>("vote", ()),
    )
    .await;
    assert_eq!(values.expect("there was nobody"), [0; 0]);
}

// parity: 4.5 4.8
#[tokio::test]
async fn the_values_that_came_are_in_the_error() {
    let mut crowd = Crowd::new().await;
    let (mut a, _) = crowd.join().await;
    let (mut b, _) = crowd.join().await;
    let acks = crowd
        .io
        .of("/")
        .timeout(SOON)
        .emit_with_ack::<String>("vote", ());
    let id = id_of(&a.next().await, r#"["vote"]"#);
    b.next().await;
    a.send(&format!(r#"3{id}["yes"]"#)).await;
    let error = within("the time-out", acks)
        .await
        .expect_err("one is silent");
    assert!(matches!(error.error, AckError::Timeout), "{error}");
    assert_eq!(
        (&error.values[..], error.asked),
        (&["yes".to_owned()][..], 2)
    );
    assert_eq!(
        error.to_string(),
        "operation has timed out (1 of 2 answered)"
    );
    // What comes later belongs to nobody, and is counted.
    b.send(&format!(r#"3{id}["late"]"#)).await;
    b.assert_quiet().await;
    assert_eq!(crowd.io.stats().unexpected_acks, 1);

    // One that leaves is not waited for.
    let acks = crowd.io.of("/").emit_with_ack::<u8>("vote", ());
    let id = id_of(&a.next().await, r#"["vote"]"#);
    a.send(&format!("3{id}[5]")).await;
    a.assert_quiet().await;
    b.send("1").await;
    let error = within("the end", acks).await.expect_err("one has left");
    assert!(matches!(error.error, AckError::Disconnected), "{error}");
    assert_eq!((&error.values[..], error.asked), (&[5][..], 2));
    assert_eq!(error.not_asked, 0, "both were");
}

#[tokio::test]
async fn a_stream_gives_each_answer_as_it_comes_also_one_that_does_not_fit() {
    let mut crowd = Crowd::new().await;
    let (mut a, _) = crowd.join().await;
    let (mut b, _) = crowd.join().await;
    let mut acks = crowd.io.of("/").emit_with_ack::<Bytes>("blob", ());
    let id = id_of(&a.next().await, r#"["blob"]"#);
    b.next().await;
    a.send(&format!(r#"61-{id}[{{"_placeholder":true,"num":0}}]"#))
        .await;
    a.send_binary(&[1, 2]).await;
    match within("the first", acks.next()).await {
        Some(Ok(blob)) => assert_eq!(blob, &[1, 2][..]),
        other => panic!("{other:?}"),
    }
    b.send(&format!("3{id}[{{}}]")).await;
    match within("the second", acks.next()).await {
        Some(Err(AckError::Decode(_))) => {}
        other => panic!("{other:?}"),
    }
    assert!(within("the end", acks.next()).await.is_none());
    assert!(within("the end", acks.next()).await.is_none(), "again");
}

#[tokio::test]
async fn broadcasts_that_nobody_waits_for_leave_room_for_others() {
    let mut crowd = Crowd::new().await;
    let (mut client, socket) = crowd.join().await;
    for _ in 0..3000 {
        drop(crowd.io.of("/").emit_with_ack::<u8>("forgotten", ()));
    }
    let asked = socket.emit_with_ack::<u8>("remembered", ());
    for _ in 0..3000 {
        client.next().await;
    }
    let id = id_of(&client.next().await, r#"["remembered"]"#);
    client.send(&format!("3{id}[1]")).await;
    assert_eq!(within("an answer", asked).await.expect("it came"), 1);

    // One that owes too many is not asked, and the others are.
    let owed: Vec<_> = (0..1024)
        .map(|_| socket.emit_with_ack::<u8>("owed", ()))
        .collect();
    let error = within("the end", crowd.io.of("/").emit_with_ack::<u8>("vote", ()))
        .await
        .expect_err("the only one owes too many");
    assert!(matches!(error.error, AckError::TooManyPending), "{error}");
    assert_eq!((error.asked, error.not_asked), (1, 1));
    drop(owed);
}

// parity: 4.6 4.9
#[tokio::test]
async fn sockets_are_found_with_what_is_known_of_them() {
    let mut crowd = Crowd::new().await;
    let (mut a, first) = crowd.join().await;
    let mut b = Client::open(crowd.address).await;
    b.connect("/", r#"{"token":"t"}"#).await;
    let second = crowd.sockets.next().await;
    second.join(["blue", "green"]);
    second.set_data(&json!({ "name": "Bea" })).expect("JSON");

    let found = crowd
        .io
        .to("blue")
        .fetch_sockets()
        .await
        .expect("no cluster");
    let [bea] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(bea.id(), second.id().as_str());
    let mut rooms: Vec<_> = bea.rooms().iter().map(ToString::to_string).collect();
    rooms.sort();
    let mut expected = ["blue", "green", second.id().as_str()].map(str::to_owned);
    expected.sort();
    assert_eq!(rooms, expected);
    assert_eq!(bea.data::<Value>(), Some(json!({ "name": "Bea" })));
    assert_eq!(bea.data::<u8>(), None, "of another shape");
    let handshake = bea.handshake();
    assert_eq!(handshake.auth, json!({ "token": "t" }));
    assert_eq!(handshake.query["EIO"], "4");
    assert!(
        handshake.url.starts_with("/socket.io/?EIO=4"),
        "{handshake:?}"
    );
    assert_eq!(
        crowd
            .io
            .of("/")
            .fetch_sockets()
            .await
            .expect("no cluster")
            .len(),
        2
    );
    assert_eq!(
        crowd.io.of("/").server_count().await.expect("no cluster"),
        1
    );

    bea.emit("hello", 1);
    let asked = bea.emit_with_ack::<u8, _>("question", ());
    assert_eq!(b.next().await, r#"2["hello",1]"#);
    let id = id_of(&b.next().await, r#"["question"]"#);
    b.send(&format!("3{id}[8]")).await;
    assert_eq!(within("an answer", asked).await.expect("it came"), 8);
    // Neither is answered, and the one that was asked later gives up first.
    let patient = bea.emit_with_ack::<u8, _>("question", ());
    let soon = bea.clone().timeout(Duration::from_millis(20));
    tokio::select! {
        biased;
        answer = patient => panic!("{answer:?}"),
        answer = soon.emit_with_ack::<u8, _>("question", ()) => {
            assert!(matches!(answer, Err(AckError::Timeout)), "{answer:?}");
        }
    }
    for _ in 0..2 {
        id_of(&b.next().await, r#"["question"]"#);
    }
    bea.leave("blue");
    bea.join("red");
    assert!(second.rooms().iter().any(|room| &**room == "red"));
    assert!(!second.rooms().iter().any(|room| &**room == "blue"));
    bea.disconnect(false);
    assert_eq!(b.next().await, "1");
    assert_eq!(
        second.closed().await.as_str(),
        "server namespace disconnect"
    );
    a.assert_quiet().await;
    assert!(first.is_connected());
}

// parity: 4.6
#[tokio::test]
async fn many_sockets_join_leave_and_end_at_once() {
    let mut crowd = Crowd::new().await;
    let (mut a, first) = crowd.join().await;
    let (mut b, second) = crowd.join().await;
    let (mut c, third) = crowd.join().await;
    crowd.io.except(third.id()).sockets_join(["x", "y"]);
    crowd.io.to("x").emit("x", ());
    assert_eq!((a.drain().await.len(), b.drain().await.len()), (1, 1));
    assert_eq!(c.drain().await, [""; 0]);
    crowd.io.to(first.id()).sockets_leave("x");
    crowd.io.to("x").emit("x", ());
    assert_eq!((a.drain().await.len(), b.drain().await.len()), (0, 1));
    assert_eq!(crowd.io.of("/").rooms().members("y"), 2);

    crowd.io.to("x").disconnect_sockets(true);
    assert_eq!(b.next().await, "1");
    b.assert_closed().await;
    assert_eq!(
        second.closed().await.as_str(),
        "server namespace disconnect"
    );
    crowd.io.of("/").disconnect_sockets(false);
    assert_eq!((a.next().await, c.next().await), ("1".into(), "1".into()));
    eventually("all have left", || crowd.io.stats().sockets == 0).await;
    drop(b);
    eventually("the connections of the others stay", || {
        crowd.io.stats().engine.websocket == 2
    })
    .await;
}

// parity: 4.7
#[tokio::test]
async fn on_one_server_there_is_no_other_to_tell() {
    let (namespace, _sockets) = Sockets::of(Namespace::new());
    let namespace = namespace.on_server_event("load", async |io: Server, _: ()| {
        io.emit("the server that says it hears it", ());
    });
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    io.of("/").server_side_emit("load", ());
    let answers = io.of("/").server_side_emit_with_ack::<u64>("load", ());
    let answers = within("nothing", answers).await;
    assert_eq!(answers.expect("nobody was asked"), [0; 0]);
    client.assert_quiet().await;
    let error = io
        .of("/")
        .server_side_emit_with_ack::<u64>("connection", ())
        .await;
    match error.expect_err("a reserved name").error {
        AckError::Encode(sockeye::EncodeError::ReservedName) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(io.stats().encode_errors, 1);
}
