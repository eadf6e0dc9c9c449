//! Namespaces that come into being when a client asks for them, and what is said of namespaces and rooms.

mod support;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use sockeye::{
    Handshake, Namespace, NamespaceEvent, NamespaceMatch, Reject, Reply, Server, ServerBuilder,
    Session, Socket,
};
use support::{Client, client::eventually, serve, with_sync};

#[derive(serde::Deserialize)]
struct Token {
    token: String,
}

type Told = Arc<Mutex<Vec<String>>>;

fn told(builder: ServerBuilder) -> (ServerBuilder, Told) {
    let told = Told::default();
    let notes = Arc::clone(&told);
    let builder = builder.on_namespace(move |event| {
        notes.lock().expect("no panic").push(match event {
            NamespaceEvent::Created(name) => format!("+{name}"),
            NamespaceEvent::Removed(name) => format!("-{name}"),
            other => format!("{other:?}"),
        });
    });
    (builder, told)
}

fn names(io: &Server) -> Vec<String> {
    let mut names: Vec<_> = io
        .namespaces()
        .iter()
        .map(|namespace| namespace.namespace().to_owned())
        .collect();
    names.sort();
    names
}

// parity: 4.D1 4.D2
#[tokio::test]
async fn a_pattern_makes_namespaces_that_end_with_their_last_socket() {
    let room = Namespace::new().on("where", async |socket: Socket| {
        Reply(socket.namespace().to_owned())
    });
    let builder = Server::builder().dynamic("/rooms/{id}", room);
    let (builder, told) = told(builder);
    let io = builder.build();
    let address = serve(&io).await;
    let mut a = Client::open(address).await;
    let mut b = Client::open(address).await;
    a.connect("/rooms/1", "").await;
    b.connect("/rooms/1", "").await;
    b.connect("/rooms/2", "").await;
    assert_eq!(
        a.ask(r#"2/rooms/1,0["where"]"#).await,
        r#"3/rooms/1,0["/rooms/1"]"#
    );
    assert_eq!(names(&io), ["/", "/rooms/1", "/rooms/2"]);
    // What a parent would say to all of its children.
    for namespace in io.namespaces() {
        namespace.emit("all", ());
    }
    assert_eq!(a.next().await, r#"2/rooms/1,["all"]"#);
    let mut heard = [b.next().await, b.next().await];
    heard.sort();
    assert_eq!(heard, [r#"2/rooms/1,["all"]"#, r#"2/rooms/2,["all"]"#]);
    assert_eq!(
        a.ask("0/rooms/,").await,
        r#"4/rooms/,{"message":"Invalid namespace"}"#
    );
    a.send("1/rooms/1").await;
    drop(b);
    eventually("both are gone", || names(&io) == ["/"]).await;
    let mut told = told.lock().expect("no panic").clone();
    assert_eq!(told[..2], ["+/rooms/1", "+/rooms/2"]);
    told[2..].sort();
    assert_eq!(told[2..], ["-/rooms/1", "-/rooms/2"]);
    assert!(io.namespace("/rooms/1").is_none());
    a.connect("/rooms/1", "").await;
    assert_eq!(names(&io), ["/", "/rooms/1"], "and it comes back");
}

#[tokio::test]
async fn a_closure_is_asked_for_names_that_are_not_there_yet() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&asked);
    let matches = NamespaceMatch::when(move |name| {
        notes.lock().expect("no panic").push(name.to_owned());
        name.starts_with("/topic-")
    });
    let io = Server::builder().dynamic(matches, Namespace::new()).build();
    let address = serve(&io).await;
    let mut first = Client::open(address).await;
    let mut second = Client::open(address).await;
    first.connect("/topic-1", "").await;
    second.connect("/topic-1", "").await;
    second.connect("/topic-2", "").await;
    assert_eq!(*asked.lock().expect("no panic"), ["/topic-1", "/topic-2"]);
    // Both hold it: it is there until the second one leaves too.
    first.send("1/topic-1,").await;
    second.connect("/topic-3", "").await;
    eventually("one has left", || io.stats().sockets == 3).await;
    assert_eq!(names(&io), ["/", "/topic-1", "/topic-2", "/topic-3"]);
    second.send("1/topic-1,").await;
    eventually("it is gone", || names(&io) == ["/", "/topic-2", "/topic-3"]).await;
    first.connect("/topic-1", "").await;
    assert_eq!(asked.lock().expect("no panic").len(), 4);
}

// parity: 4.D2 3.9
#[tokio::test]
async fn empty_ones_stay_if_they_are_to() {
    let builder = Server::builder()
        .dynamic(
            NamespaceMatch::when(|name| name.ends_with('x')),
            Namespace::new(),
        )
        .keep_empty_namespaces(true);
    let (builder, told) = told(builder);
    let io = builder.build();
    let address = serve(&io).await;
    let mut client = Client::open(address).await;
    client.connect("/ax", "").await;
    client.send("1/ax").await;
    eventually("it is empty", || io.stats().sockets == 0).await;
    client.connect("/ax", "").await;
    assert_eq!(names(&io), ["/", "/ax"]);
    assert_eq!(*told.lock().expect("no panic"), ["+/ax"]);
}

// parity: 4.D1
#[tokio::test]
async fn an_async_function_may_refuse_and_leaves_nothing_behind() {
    async fn exists(name: String, handshake: Handshake) -> Result<(), Reject> {
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(handshake.query("EIO").as_deref(), Some("4"));
        match name.as_str() {
            "/topic/good" => Ok(()),
            "/topic/panic" => panic!("a mistake"),
            _ => Err(Reject::new("no such topic").data(serde_json::json!({ "name": name }))),
        }
    }
    let topic = NamespaceMatch::from("/topic/{name}").check(exists);
    let (builder, told) = told(Server::builder().dynamic(topic, with_sync(Namespace::new())));
    let io = builder.build();
    let address = serve(&io).await;
    let mut a = Client::open(address).await;
    assert_eq!(
        a.ask("0/topic/bad,").await,
        r#"4/topic/bad,{"message":"no such topic","data":{"name":"/topic/bad"}}"#
    );
    assert_eq!(
        a.ask("0/topic/panic,").await,
        r#"4/topic/panic,{"message":"internal"}"#
    );
    // Two at once: one namespace.
    let mut b = Client::open(address).await;
    b.send("0/topic/good,").await;
    a.connect("/topic/good", "").await;
    assert!(b.next().await.starts_with(r#"0/topic/good,{"sid":"#));
    io.of("/topic/good").emit("both", ());
    assert_eq!(a.next().await, r#"2/topic/good,["both"]"#);
    assert_eq!(b.next().await, r#"2/topic/good,["both"]"#);
    assert_eq!(names(&io), ["/", "/topic/good"]);
    assert_eq!(*told.lock().expect("no panic"), ["+/topic/good"]);
    // An event before the decision ends the connection, and the wish with it.
    let mut c = Client::open(address).await;
    c.send("0/topic/other,").await;
    c.send(r#"2/topic/other,["early"]"#).await;
    c.assert_closed().await;
    assert_eq!(io.stats().out_of_turn, 1);
    drop((a, b));
    eventually("all are gone", || names(&io) == ["/"]).await;
    assert_eq!(io.stats().rejected, 2);
}

// parity: 4.3
#[tokio::test]
async fn checks_run_in_order_before_auth_and_each_may_refuse_with_data() {
    let order = Told::default();
    let note = |name: &'static str, refuse: Option<&'static str>| {
        let order = Arc::clone(&order);
        async move |auth: Option<Token>| {
            order.lock().expect("no panic").push(name.to_owned());
            tokio::task::yield_now().await;
            match (refuse, auth) {
                (Some(refused), Some(Token { token })) if token == refused => {
                    Err(Reject::new(name).data([1, 2]))
                }
                _ => Ok(()),
            }
        }
    };
    let namespace = Namespace::new()
        .admit(note("first", None))
        .admit(note("second", Some("two")))
        .auth(async |Token { token }: Token| Ok(token))
        .on("who", async |session: Session<String>| {
            Reply((*session.0).clone())
        });
    let io = Server::builder().namespace("/", namespace).build();
    let address = serve(&io).await;
    let mut client = Client::open(address).await;
    assert_eq!(
        client.ask(r#"0{"token":"two"}"#).await,
        r#"4{"message":"second","data":[1,2]}"#
    );
    assert_eq!(client.connect("/", r#"{"token":"t"}"#).await.len(), 20);
    assert_eq!(
        *order.lock().expect("no panic"),
        ["first", "second", "first", "second"]
    );
    assert_eq!(client.ask(r#"20["who"]"#).await, r#"30["t"]"#);
    assert_eq!(io.stats().rejected, 1);
}

#[tokio::test]
async fn a_client_is_in_so_many_namespaces_and_no_more() {
    let io = Server::builder()
        .dynamic("/n/{n}", Namespace::new())
        .max_namespaces(3)
        .build();
    let address = serve(&io).await;
    let mut client = Client::open(address).await;
    for n in 0..3 {
        client.connect(&format!("/n/{n}"), "").await;
    }
    assert_eq!(
        client.ask("0/n/3,").await,
        r#"4/n/3,{"message":"too many namespaces"}"#
    );
    assert_eq!(io.stats().namespace_limit, 1);
    client.send("1/n/0").await;
    client.connect("/n/3", "").await;
    assert_eq!(names(&io), ["/", "/n/1", "/n/2", "/n/3"]);
}

// parity: 8.2-members
#[tokio::test]
async fn each_member_of_a_room_is_told_of() {
    let events = Told::default();
    let [created, removed, joined, left] = [(); 4].map(|()| Arc::clone(&events));
    let push = |told: &Told, event: String| told.lock().expect("no panic").push(event);
    let namespace = Namespace::new()
        .on("join", async |socket: Socket, room: String| {
            socket.join(room);
        })
        .on("leave", async |socket: Socket, room: String| {
            socket.leave(room);
        })
        .on_room_created(move |name, room| push(&created, format!("new {name}{room}")))
        .on_room_removed(move |name, room| push(&removed, format!("old {name}{room}")))
        .on_room_joined(move |name, room, id| push(&joined, format!("+ {name}{room} {id}")))
        .on_room_left(move |name, room, id| push(&left, format!("- {name}{room} {id}")));
    let io = Server::builder()
        .namespace("/", with_sync(namespace))
        .build();
    let address = serve(&io).await;
    let (mut one, first) = Client::join(address).await;
    let (mut two, second) = Client::join(address).await;
    for client in [&mut one, &mut two] {
        client.send(r#"2["join","a"]"#).await;
        client.send(r#"2["join","a"]"#).await;
        client.assert_quiet().await;
    }
    one.send(r#"2["leave","a"]"#).await;
    one.send(r#"2["leave","a"]"#).await;
    one.assert_quiet().await;
    drop(two);
    eventually("one has gone", || io.stats().sockets == 1).await;
    eventually("all is told", || {
        events.lock().expect("no panic").len() == 6
    })
    .await;
    let expected = [
        "new /a".to_owned(),
        format!("+ /a {first}"),
        format!("+ /a {second}"),
        format!("- /a {first}"),
        format!("- /a {second}"),
        "old /a".to_owned(),
    ];
    assert_eq!(*events.lock().expect("no panic"), expected);
}

// parity: 4.D3 8.2
#[tokio::test]
async fn rooms_are_told_of_by_their_first_member_and_their_last() {
    let events = Told::default();
    let (created, removed) = (Arc::clone(&events), Arc::clone(&events));
    let namespace = Namespace::new()
        .on_room_created(move |namespace, room| {
            created
                .lock()
                .expect("no panic")
                .push(format!("+{namespace} {room}"));
        })
        .on_room_removed(move |namespace, room| {
            removed
                .lock()
                .expect("no panic")
                .push(format!("-{namespace} {room}"));
        });
    let (namespace, mut sockets) = support::Sockets::of(namespace);
    let io = Server::builder()
        .namespace("/", namespace)
        .shards(4)
        .build();
    let address = serve(&io).await;
    let mut clients = Vec::new();
    for _ in 0..8 {
        let (client, _) = Client::join(address).await;
        clients.push((client, sockets.next().await));
    }
    for (_, socket) in &clients {
        socket.join(["all", "all"]);
    }
    clients[0].1.join("alone");
    clients[0].1.leave(["alone", "nowhere"]);
    assert_eq!(
        *events.lock().expect("no panic"),
        ["+/ all", "+/ alone", "-/ alone"]
    );
    assert_eq!(io.of("/").rooms().names(), ["all".into()]);
    for (_, socket) in &clients {
        socket.disconnect();
    }
    assert_eq!(events.lock().expect("no panic")[3..], ["-/ all"]);
    assert!(io.of("/").rooms().names().is_empty());
}
