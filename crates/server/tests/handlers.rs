//! What handlers are given, and what becomes of what they return.

mod support;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sockeye::{
    AckSender, Args, DisconnectReason, EventName, FromRef, Handshake, Namespace, RawJson, Reject,
    Reply, Server, Session, Socket, State,
};
use support::{Client, Sockets, client::eventually, serve, start};
use tokio::sync::mpsc;

#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Point {
    x: i64,
    #[serde(default)]
    label: Option<String>,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

#[derive(Clone)]
struct Shared {
    name: &'static str,
    number: u32,
}

impl FromRef<Shared> for u32 {
    fn from_ref(state: &Shared) -> Self {
        state.number
    }
}

// parity: 5.1
#[tokio::test]
async fn every_extractor_finds_what_it_is_for() {
    let namespace = Namespace::new()
        .auth(async |Token { token }: Token| Ok::<_, Reject>(token))
        .on(
            "all",
            async |socket: Socket,
                   io: Server,
                   session: Session<String>,
                   State(number): State<u32>,
                   shared: State<Shared>,
                   handshake: Handshake,
                   name: EventName,
                   point: Point| {
                assert_eq!(io.stats().sockets, 1);
                assert_eq!(
                    handshake
                        .auth::<HashMap<String, String>>()
                        .map(|auth| auth.len()),
                    Some(1)
                );
                Reply(Args((
                    socket.id().to_string(),
                    session.to_string(),
                    number,
                    shared.name,
                    handshake.query("EIO").map(|version| version.into_owned()),
                    handshake.header("Host").map(str::to_owned),
                    handshake
                        .address()
                        .is_some_and(|address| address.ip().is_loopback()),
                    name.0,
                    point,
                )))
            },
        )
        .with_state::<()>(Shared {
            name: "shared",
            number: 42,
        });
    let io = Server::builder().namespace("/", namespace).build();
    let address = serve(&io).await;
    let mut client = Client::open(address).await;
    let id = client.connect("/", r#"{"token":"secret"}"#).await;
    let answer = client.ask(r#"27["all",{"x":1,"label":"here"}]"#).await;
    assert_eq!(
        answer,
        format!(
            r#"37["{id}","secret",42,"shared","4","test",true,"all",{{"x":1,"label":"here"}}]"#
        )
    );
}

#[tokio::test]
async fn payloads_are_the_first_argument_and_args_are_all() {
    let namespace = Namespace::new()
        .on("first", async |point: Point| Reply(point.x))
        .on("option", async |x: Option<u8>| Reply(x))
        .on("none", async || Reply("none"))
        .on("raw", async |raw: RawJson| Reply(raw))
        .on("args", async |Args((a, b)): Args<(u8, String)>| {
            Reply(Args((b, a)))
        })
        .on("trailing", async |Args((a, b)): Args<(u8, Option<u8>)>| {
            Reply((a, b))
        })
        .on("list", async |Args(all): Args<Vec<u8>>| Reply(all));
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    for (event, ack) in [
        (r#"["first",{"x":5},"ignored"]"#, "[5]"),
        (r#"["option",5]"#, "[5]"),
        (r#"["option",null]"#, "[null]"),
        (r#"["option"]"#, "[null]"),
        (r#"["none","ignored",1]"#, r#"["none"]"#),
        (r#"["raw",{"b": 1.0, "a":[ ]}]"#, r#"[{"b": 1.0, "a":[ ]}]"#),
        (r#"["raw"]"#, "[null]"),
        (r#"["args",1,"a",true]"#, r#"["a",1]"#),
        (r#"["trailing",1,2]"#, "[[1,2]]"),
        (r#"["trailing",1]"#, "[[1,null]]"),
        (r#"["list",1,2,3]"#, "[[1,2,3]]"),
        (r#"["list"]"#, "[[]]"),
    ] {
        let answer = client.ask(&format!("21{event}")).await;
        assert_eq!(answer, format!("31{ack}"), "{event}");
    }
    assert_eq!(io.stats().invalid_arguments, 0);
}

// parity: 2.S10
#[tokio::test]
async fn attachments_come_and_go_at_any_depth() {
    #[derive(Serialize, Deserialize)]
    struct Upload {
        name: String,
        parts: Vec<Bytes>,
    }
    let namespace = Namespace::new()
        .on("echo", async |data: Bytes| Reply(data))
        .on("upload", async |mut upload: Upload| {
            upload.parts.reverse();
            Reply(Args((upload.parts.len(), upload)))
        });
    let (_, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;

    client
        .send(r#"51-3["echo",{"_placeholder":true,"num":0}]"#)
        .await;
    client.send_binary(b"\x00\xff").await;
    assert_eq!(
        client.next().await,
        r#"61-3[{"_placeholder":true,"num":0}]"#
    );
    assert_eq!(client.next_binary().await, b"\x00\xff");

    client
        .send(r#"52-4["upload",{"name":"n","parts":[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]}]"#)
        .await;
    client.send_binary(b"one").await;
    client.send_binary(b"").await;
    assert_eq!(
        client.next().await,
        r#"62-4[2,{"name":"n","parts":[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]}]"#
    );
    assert_eq!(client.next_binary().await, b"");
    assert_eq!(client.next_binary().await, b"one");
}

#[tokio::test]
async fn what_a_handler_returns_is_the_ack() {
    let errors = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&errors);
    let namespace = Namespace::new()
        .on("unit", async || {})
        .on("reply", async || Reply(1))
        .on("several", async || Reply(Args((1, "b"))))
        .on("ok", async || Ok::<_, String>(Reply(1)))
        .on("ok unit", async || Ok::<_, String>(()))
        .on("error", async || Err::<Reply<u8>, _>("no way"))
        .on_error(move |_, error| seen.lock().expect("no panic").push(error.to_string()));
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    for (event, ack) in [
        ("unit", "[]"),
        ("reply", "[1]"),
        ("several", r#"[1,"b"]"#),
        ("ok", "[1]"),
        ("ok unit", "[]"),
        ("error", r#"[{"error":"no way"}]"#),
    ] {
        assert_eq!(
            client.ask(&format!(r#"20["{event}"]"#)).await,
            format!("30{ack}")
        );
        // Without an id nobody waits for an ack.
        client.send(&format!(r#"2["{event}"]"#)).await;
    }
    client.assert_quiet().await;
    assert_eq!(io.stats().handler_errors, 2);
    assert_eq!(*errors.lock().expect("no panic"), ["no way", "no way"]);
}

// parity: 5.2 2.N8
#[tokio::test]
async fn an_ack_sender_acknowledges_when_it_wants() {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let namespace = Namespace::new()
        .on("later", async move |ack: AckSender| {
            sender.send(ack).expect("the test waits");
            Reply("not sent")
        })
        .on("dropped", async |_: AckSender| Reply("not sent"));
    let (_, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    client.send(r#"25["later"]"#).await;
    client.send(r#"26["dropped"]"#).await;
    client.send(r#"2["later"]"#).await;
    client.assert_quiet().await;
    let ack = receiver.recv().await.expect("one");
    assert!(ack.is_wanted());
    ack.send(Args((1, 2)));
    assert_eq!(client.next().await, "35[1,2]");
    let unwanted = receiver.recv().await.expect("another");
    assert!(!unwanted.is_wanted());
    unwanted.send(1);
    client.assert_quiet().await;
}

// parity: 5.2
#[tokio::test]
async fn a_late_ack_of_a_socket_that_has_left_goes_nowhere_and_is_counted() {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let namespace = Namespace::new().on("later", async move |ack: AckSender| {
        sender.send(ack).expect("the test waits");
    });
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    client.send(r#"25["later"]"#).await;
    let ack = receiver.recv().await.expect("one");
    client.send("1").await;
    eventually("the end", || io.stats().sockets == 0).await;
    ack.send(1);
    assert_eq!(io.stats().emits_to_gone, 1);
}

// parity: 5.12
#[tokio::test]
async fn a_panic_is_an_error_ack_and_the_socket_lives() {
    let errors = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&errors);
    let namespace = Namespace::new()
        .on("at once", async || {
            if true {
                panic!("at once");
            }
        })
        .on("later", async || {
            tokio::task::yield_now().await;
            if true {
                panic!("later");
            }
        })
        .on_error(move |_, error| seen.lock().expect("no panic").push(error.to_string()));
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    assert_eq!(
        client.ask(r#"21["at once"]"#).await,
        r#"31[{"error":"internal"}]"#
    );
    assert_eq!(
        client.ask(r#"22["later"]"#).await,
        r#"32[{"error":"internal"}]"#
    );
    client.assert_quiet().await;
    assert_eq!(io.stats().handler_panics, 2);
    assert_eq!(
        *errors.lock().expect("no panic"),
        ["handler panicked", "handler panicked"]
    );
}

#[tokio::test]
async fn a_panic_in_auth_refuses_and_one_in_connect_does_not() {
    let namespace = Namespace::new().auth(async || -> Result<(), Reject> { panic!("in auth") });
    let connect = Namespace::new().on_connect(async || {
        if true {
            panic!("in connect");
        }
    });
    let io = Server::builder()
        .namespace("/", support::with_sync(connect))
        .namespace("/auth", namespace)
        .build();
    let address = serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    client.assert_quiet().await;
    assert_eq!(
        client.ask("0/auth,").await,
        r#"4/auth,{"message":"internal"}"#
    );
    let stats = io.stats();
    assert_eq!(
        (stats.handler_panics, stats.rejected, stats.sockets),
        (2, 1, 1)
    );
}

#[tokio::test]
async fn the_fallback_takes_events_without_a_handler() {
    let namespace = Namespace::new()
        .on("known", async || Reply("known"))
        .fallback(async |EventName(name): EventName, raw: RawJson| Reply(Args((name, raw))));
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    assert_eq!(client.ask(r#"21["known"]"#).await, r#"31["known"]"#);
    assert_eq!(client.ask(r#"22["other",[1]]"#).await, r#"32["other",[1]]"#);
    assert_eq!(
        client.ask("23[7]").await,
        r#"33["7",null]"#,
        "a number is a name"
    );
    assert_eq!(io.stats().unhandled, 0);
}

#[tokio::test]
async fn events_that_nobody_handles_are_counted_and_not_acked() {
    let (io, address) = start(Namespace::new()).await;
    let (mut client, _) = Client::join(address).await;
    client.send(r#"21["nobody"]"#).await;
    client.send(r#"2["nobody",1]"#).await;
    client.assert_quiet().await;
    assert_eq!(io.stats().unhandled, 2);
}

// parity: 5.12
#[tokio::test]
async fn a_payload_of_the_wrong_type_runs_no_handler() {
    let errors = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&errors);
    let namespace = Namespace::new()
        .on("point", async |_: Point| -> Reply<()> {
            unreachable!("not called")
        })
        .on("two", async |_: Args<(u8, u8)>| -> Reply<()> {
            unreachable!("not called")
        })
        .on("session", async |_: Session<u64>| -> Reply<()> {
            unreachable!("not called")
        })
        .on("reason", async |_: DisconnectReason| -> Reply<()> {
            unreachable!("not called")
        })
        .on_error(move |_, error| seen.lock().expect("no panic").push(error.to_string()));
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    let cases = [
        (
            r#"["point",{"x":"one"}]"#,
            "invalid argument: invalid type: string \"one\", expected i64",
        ),
        (r#"["point",{}]"#, "invalid argument: missing field `x`"),
        (r#"["point"]"#, "missing argument"),
        (r#"["two",1]"#, "missing argument"),
        (
            r#"["two",1,256]"#,
            "invalid argument: invalid value: integer `256`, expected u8",
        ),
        (r#"["session"]"#, "the session is no u64"),
        (r#"["reason"]"#, "no disconnect reason here"),
    ];
    for (n, (event, message)) in cases.into_iter().enumerate() {
        let answer = client.ask(&["28", event].concat()).await;
        let ack: [HashMap<String, String>; 1] =
            serde_json::from_str(answer.strip_prefix("38").expect("the ack")).expect("JSON");
        assert!(ack[0]["error"].starts_with(message), "{event}: {answer}");
        client.send(&["2", event].concat()).await;
        client.assert_quiet().await;
        assert_eq!(io.stats().invalid_arguments, 2 * n as u64 + 2);
    }
    let errors = errors.lock().expect("no panic");
    assert_eq!(errors.len(), 14);
    assert!(errors[0].starts_with("invalid argument"), "{}", errors[0]);
    assert_eq!(io.stats().handler_panics, 0);
}

// parity: 5.7
#[tokio::test]
async fn disconnect_handlers_learn_the_reason() {
    let (sender, mut reasons) = mpsc::unbounded_channel();
    let (namespace, mut sockets) = Sockets::of(Namespace::new());
    let namespace =
        namespace.on_disconnect(async move |socket: Socket, reason: DisconnectReason| {
            assert!(!socket.is_connected());
            assert!(
                socket
                    .rooms()
                    .iter()
                    .any(|room| **room == *socket.id().as_str())
            );
            sender.send(reason.as_str()).expect("the test waits");
        });
    let (_, address) = start(namespace).await;

    let (mut client, _) = Client::join(address).await;
    client.send("1").await;
    assert_eq!(reasons.recv().await, Some("client namespace disconnect"));
    let (mut client, _) = Client::join(address).await;
    sockets.next().await;
    let socket = sockets.next().await;
    socket.disconnect();
    assert_eq!(reasons.recv().await, Some("server namespace disconnect"));
    assert_eq!(client.next().await, "1");
    let (mut client, _) = Client::join(address).await;
    client.socket.close(None).await;
    assert_eq!(reasons.recv().await, Some("transport close"));
    let (mut client, _) = Client::join(address).await;
    client.send("nonsense").await;
    assert_eq!(reasons.recv().await, Some("forced close"));
    let (mut client, _) = Client::join(address).await;
    client.send("0").await;
    assert_eq!(reasons.recv().await, Some("forced server close"));
}

#[tokio::test]
async fn values_that_cannot_be_written_are_counted_and_not_sent() {
    let (namespace, mut sockets) = Sockets::of(Namespace::new());
    let namespace = namespace.on("ack", async || Reply(HashMap::from([((1, 2), 3)])));
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    let socket = sockets.next().await;
    let bad = HashMap::from([((1, 2), 3)]);
    socket.emit("bad", &bad);
    io.emit("bad", &bad);
    socket.emit("connect", 1);
    client.send(r#"21["ack"]"#).await;
    client.assert_quiet().await;
    assert_eq!(io.stats().encode_errors, 4);
    assert!(matches!(
        socket.try_emit("bad", &bad),
        Err(sockeye::EmitError::Encode(sockeye::EncodeError::Json(_)))
    ));
}
