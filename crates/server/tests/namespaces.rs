//! Joining and leaving namespaces, several on one connection.

mod support;

use std::{
    panic::{UnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use sockeye::{
    CloseReason, DisconnectReason, HandlerError, Namespace, Reject, Reply, Server, Session, Socket,
};
use support::{
    Client, Sockets,
    client::{Polling, eventually, within},
    serve, start, with_sync,
};
use tokio::sync::mpsc;

#[tokio::test]
async fn the_public_id_is_not_the_sessions() {
    let (_, address) = start(Namespace::new()).await;
    let session = Polling::open(address).await;
    session.send("40").await;
    let packets = session.packets(1).await;
    let open: serde_json::Value =
        serde_json::from_str(packets[0].strip_prefix("40").expect("CONNECT")).expect("JSON");
    let id = open["sid"].as_str().expect("an id");
    assert_eq!(id.len(), 20);
    assert_ne!(id, session.sid);
    assert_eq!(open, json!({ "sid": id }), "and nothing else");
}

// parity: 2.N4
#[tokio::test]
async fn an_unknown_namespace_is_refused_and_the_connection_stays() {
    let (io, address) = start(Namespace::new()).await;
    let (mut client, _) = Client::join(address).await;
    for (packet, answer) in [
        ("0/nobody", r#"4/nobody,{"message":"Invalid namespace"}"#),
        ("0/nobody,", r#"4/nobody,{"message":"Invalid namespace"}"#),
        (
            "0/nobody?x=1,{}",
            r#"4/nobody?x=1,{"message":"Invalid namespace"}"#,
        ),
        (
            "0/__proto__,",
            r#"4/__proto__,{"message":"Invalid namespace"}"#,
        ),
    ] {
        assert_eq!(client.ask(packet).await, answer);
    }
    client.assert_quiet().await;
    assert_eq!(io.stats().unknown_namespace, 4);
}

fn two() -> (Server, Sockets) {
    let (one, sockets) = Sockets::of(Namespace::new().on("who", async || Reply("one")));
    let io = Server::builder()
        .namespace("/", with_sync(one))
        .namespace(
            "/two",
            with_sync(Namespace::new().on("who", async || Reply("two"))),
        )
        .build();
    (io, sockets)
}

#[tokio::test]
async fn namespaces_share_a_connection_and_nothing_else() {
    let (io, _) = two();
    let address = serve(&io).await;
    let (mut client, one) = Client::join(address).await;
    let two = client.connect("/two", "").await;
    assert_ne!(one, two);
    assert_eq!(client.ask(r#"21["who"]"#).await, r#"31["one"]"#);
    assert_eq!(client.ask(r#"2/two,1["who"]"#).await, r#"3/two,1["two"]"#);
    io.emit("news", 1);
    io.of("/two").emit("news", 2);
    assert_eq!(client.next().await, r#"2["news",1]"#);
    assert_eq!(client.next().await, r#"2/two,["news",2]"#);
    assert_eq!(io.stats().sockets, 2);
    assert!(io.namespace("/three").is_none());

    // A room of that name in the other namespace is another room.
    io.to(two).emit("lost", ());
    client.assert_quiet().await;
}

// parity: 5.6
#[tokio::test]
async fn leaving_one_namespace_leaves_the_others() {
    let (io, _) = two();
    let address = serve(&io).await;
    let (mut client, first) = Client::join(address).await;
    client.connect("/two", "").await;
    client.send("1").await;
    assert_eq!(client.ask(r#"2/two,1["who"]"#).await, r#"3/two,1["two"]"#);
    assert_eq!(io.stats().sockets, 1);
    client.send("1/two,").await;
    eventually("none", || io.stats().sockets == 0).await;
    let again = client.connect("/", "").await;
    assert_ne!(first, again);
    client.assert_quiet().await;
    assert_eq!(io.stats().engine.websocket, 1, "the connection stayed");
}

// parity: 5.6
#[tokio::test]
async fn the_server_puts_a_socket_out_and_it_may_come_back() {
    let (io, mut sockets) = two();
    let address = serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    let socket = sockets.next().await;
    client.connect("/two", "").await;
    socket.disconnect();
    assert!(!socket.is_connected());
    assert_eq!(
        socket.closed().await,
        DisconnectReason::ServerNamespaceDisconnect
    );
    assert_eq!(client.next().await, "1");
    // The client could not know: this is no offence.
    client.send(r#"21["who"]"#).await;
    client.send("1").await;
    assert_eq!(client.ask(r#"2/two,1["who"]"#).await, r#"3/two,1["two"]"#);
    assert_eq!(io.stats().late_events, 2);
    socket.emit("lost", ());
    assert_eq!(io.stats().emits_to_gone, 1);
    client.connect("/", "").await;
    client.assert_quiet().await;
}

// parity: 5.6
#[tokio::test]
async fn closing_puts_the_client_out_of_all_and_ends_the_connection() {
    let (io, mut sockets) = two();
    let address = serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    client.connect("/two", "").await;
    sockets.next().await.close();
    assert_eq!(client.next().await, "1");
    assert_eq!(client.next().await, "1/two,");
    client.assert_closed().await;
    assert_eq!(io.stats().engine.closed.forced_close, 1);
    assert_eq!(io.stats().sockets, 0);
}

#[tokio::test]
async fn a_connection_that_is_closed_puts_nobody_out() {
    let (io, mut sockets) = two();
    let address = serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    client.connect("/two", "").await;
    let socket = sockets.next().await;
    socket.emit("last", ());
    socket.close_connection();
    assert_eq!(
        socket.closed().await,
        DisconnectReason::Connection(CloseReason::ForcedClose)
    );
    assert_eq!(client.next().await, r#"2["last"]"#);
    client.assert_closed().await;
    assert_eq!(io.stats().engine.closed.forced_close, 1);
}

// parity: 2.N2
#[tokio::test]
async fn a_second_connect_ends_the_connection_with_all_its_sockets() {
    let (sender, mut reasons) = mpsc::unbounded_channel();
    let namespace = || {
        let sender = sender.clone();
        Namespace::new().on_disconnect(async move |socket: Socket, reason: DisconnectReason| {
            let told = (socket.namespace().to_owned(), reason);
            sender.send(told).expect("the test waits");
        })
    };
    let io = Server::builder()
        .namespace("/", namespace())
        .namespace("/two", namespace())
        .build();
    let address = serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    client.connect("/two", "").await;
    client.send("0/two,").await;
    client.assert_closed().await;
    for name in ["/", "/two"] {
        let told = within("a reason", reasons.recv()).await.expect("it lives");
        assert_eq!(told, (name.to_owned(), DisconnectReason::ForcedServerClose));
    }
    let stats = io.stats();
    assert_eq!(
        (stats.out_of_turn, stats.engine.closed.forced_close),
        (1, 1)
    );
}

// parity: 4.3
#[tokio::test]
async fn auth_decides_and_its_value_is_the_session() {
    let (namespace, mut sockets) = Sockets::of(Namespace::new());
    let namespace = namespace
        .auth(
            async |auth: serde_json::Value| match auth["token"].as_str() {
                Some("later") => {
                    tokio::task::yield_now().await;
                    Ok("later".to_owned())
                }
                Some("refuse later") => {
                    tokio::task::yield_now().await;
                    Err(Reject::new("later"))
                }
                Some(token) if token.len() == 3 => Ok(token.to_owned()),
                _ => Err(Reject::new("unauthorized").data(json!({ "code": 401 }))),
            },
        )
        .on("whoami", async |me: Session<String>| Reply(me.to_string()));
    let (io, address) = start(namespace).await;
    let mut client = Client::open(address).await;
    for (auth, answer) in [
        ("", r#"4{"message":"unauthorized","data":{"code":401}}"#),
        ("{}", r#"4{"message":"unauthorized","data":{"code":401}}"#),
        (r#"{"token":"refuse later"}"#, r#"4{"message":"later"}"#),
    ] {
        assert_eq!(client.ask(&format!("0{auth}")).await, answer, "{auth}");
    }
    let stats = io.stats();
    assert_eq!((stats.rejected, stats.connected, stats.sockets), (3, 0, 0));

    client.connect("/", r#"{"token":"abc"}"#).await;
    assert_eq!(client.ask(r#"21["whoami"]"#).await, r#"31["abc"]"#);
    assert_eq!(
        sockets.next().await.session::<String>().as_deref(),
        Some(&"abc".to_owned())
    );
    client.send("1").await;
    client.connect("/", r#"{"token":"later"}"#).await;
    assert_eq!(client.ask(r#"22["whoami"]"#).await, r#"32["later"]"#);
    assert_eq!(io.stats().connected, 2);
}

#[tokio::test]
async fn auth_of_the_wrong_shape_is_refused() {
    let (sender, mut told) = mpsc::unbounded_channel();
    let namespace = Namespace::new()
        .auth(async |_: Vec<u8>| Ok::<_, Reject>(()))
        .on_error(move |_, error| {
            let misfit = matches!(error, HandlerError::Arguments(_));
            sender.send(misfit).expect("the test waits");
        });
    let (io, address) = start(namespace).await;
    let mut client = Client::open(address).await;
    let answer = client.ask(r#"0{"token":1}"#).await;
    assert!(
        answer.starts_with(r#"4{"message":"invalid argument"#),
        "{answer}"
    );
    let stats = io.stats();
    assert_eq!((stats.invalid_arguments, stats.rejected), (1, 1));
    assert_eq!(told.try_recv(), Ok(true), "the error hook is told");
}

// parity: 2.N6 3.2
#[tokio::test]
async fn who_joins_nothing_in_time_is_closed() {
    let io = Server::builder()
        .namespace("/", with_sync(Namespace::new()))
        .connect_timeout(Duration::from_millis(50))
        .build();
    let address = serve(&io).await;
    let mut silent = Client::open(address).await;
    let mut refused = Client::open(address).await;
    let (mut joined, _) = Client::join(address).await;
    refused.ask("0/nobody,").await;
    silent.assert_closed().await;
    refused.assert_closed().await;
    let stats = io.stats();
    assert_eq!(
        (stats.connect_timeouts, stats.engine.closed.forced_close),
        (2, 2)
    );
    joined.assert_quiet().await;
}

// parity: 2.N6
#[tokio::test]
async fn who_is_not_decided_on_in_time_is_closed() {
    let namespace =
        Namespace::new().auth(async || std::future::pending::<Result<(), Reject>>().await);
    let io = Server::builder()
        .namespace("/", namespace)
        .namespace("/open", with_sync(Namespace::new()))
        .connect_timeout(Duration::from_millis(50))
        .build();
    let address = serve(&io).await;
    let mut hung = Client::open(address).await;
    hung.send("0").await;
    let mut elsewhere = Client::open(address).await;
    elsewhere.connect("/open", "").await;
    elsewhere.send("0").await;
    hung.assert_closed().await;
    assert_eq!(io.stats().connect_timeouts, 1);
    // One namespace is enough to stay, however long another one thinks.
    let answer = elsewhere.ask(r#"2/open,1["sync"]"#).await;
    assert_eq!(answer, r#"3/open,1["synced"]"#);
    let stats = io.stats();
    assert_eq!((stats.connect_timeouts, stats.connected), (1, 1));
}

/// Counts those that live.
struct Living(Arc<AtomicUsize>);

impl Living {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_client_that_is_put_out_again_and_again_leaves_nothing_behind() {
    let living = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&living);
    let room = Namespace::new()
        .auth(async move || Ok::<_, Reject>(Living::new(&count)))
        .on_connect(async |socket: Socket| socket.disconnect());
    let io = Server::builder()
        .namespace("/", with_sync(Namespace::new()))
        .dynamic("/rooms/{id}", room)
        .build();
    let address = serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    for room in 0..200 {
        client.connect(&format!("/rooms/{room}"), "").await;
        assert_eq!(client.next().await, format!("1/rooms/{room},"));
    }
    client.assert_quiet().await;
    assert_eq!(living.load(Ordering::SeqCst), 0, "sessions are kept");
    // What it sends before it knows is no offence, unless that is long ago.
    client.send(r#"2/rooms/199,["late"]"#).await;
    client.send("1/rooms/199,").await;
    client.assert_quiet().await;
    assert_eq!(io.stats().late_events, 2);
    client.send(r#"2/rooms/0,["late"]"#).await;
    client.assert_closed().await;
    let stats = io.stats();
    assert_eq!((stats.late_events, stats.out_of_turn), (2, 1));
}

#[tokio::test]
#[should_panic(expected = "there is no namespace `/nobody`")]
async fn asking_for_a_namespace_that_was_not_registered_panics() {
    let _ = two().0.of("/nobody");
}

#[test]
#[should_panic(expected = "the event name `disconnect` is reserved")]
fn reserved_names_cannot_be_handled() {
    let _: Namespace = Namespace::new().on("disconnect", async || {});
}

#[test]
#[should_panic(expected = "the event `x` has two handlers")]
fn two_handlers_for_an_event_are_a_mistake() {
    let namespace = Namespace::new().on("x", async || {}).on("x", async || {});
    let _ = Server::builder().namespace("/", namespace).build();
}

#[test]
fn what_a_namespace_has_one_of_is_not_replaced_in_silence() {
    type Register = fn() -> Namespace;
    fn refusal(register: impl FnOnce() -> Namespace + UnwindSafe) -> String {
        let built = catch_unwind(|| drop(Server::builder().namespace("/", register()).build()));
        let panic = built.expect_err("it is refused");
        *panic.downcast::<String>().expect("a sentence")
    }
    let twice: [(&str, Register); 11] = [
        ("auth", || {
            let lax = Namespace::new().auth(async || Ok::<_, Reject>(()));
            lax.auth(async || Err::<(), _>(Reject::new("nobody")))
        }),
        ("on_connect", || {
            let one = Namespace::new().on_connect(async || {});
            one.on_connect(async || {})
        }),
        ("on_disconnect", || {
            let one = Namespace::new().on_disconnect(async || {});
            one.on_disconnect(async || {})
        }),
        ("on_disconnecting", || {
            let one = Namespace::new().on_disconnecting(async || {});
            one.on_disconnecting(async || {})
        }),
        ("on_upgrade", || {
            let one = Namespace::new().on_upgrade(async || {});
            one.on_upgrade(async || {})
        }),
        ("fallback", || {
            Namespace::new().fallback(async || {}).fallback(async || {})
        }),
        ("on_error", || {
            Namespace::new().on_error(|_, _| {}).on_error(|_, _| {})
        }),
        ("on_room_created", || {
            let one = Namespace::new().on_room_created(|_, _| {});
            one.on_room_created(|_, _| {})
        }),
        ("on_room_removed", || {
            let one = Namespace::new().on_room_removed(|_, _| {});
            one.on_room_removed(|_, _| {})
        }),
        ("on_room_joined", || {
            let one = Namespace::new().on_room_joined(|_, _, _| {});
            one.on_room_joined(|_, _, _| {})
        }),
        ("on_room_left", || {
            let one = Namespace::new().on_room_left(|_, _, _| {});
            one.on_room_left(|_, _, _| {})
        }),
    ];
    for (name, register) in twice {
        let expected = format!("the namespace has two of `{name}`");
        assert_eq!(refusal(register), expected);
    }
    let server_event = || {
        let one = Namespace::new().on_server_event("load", async |_: Server, _: ()| {});
        one.on_server_event("load", async |_: Server, _: ()| {})
    };
    assert_eq!(
        refusal(server_event),
        "the server event `load` has two handlers"
    );
}
