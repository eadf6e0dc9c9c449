//! Rooms and broadcasts: who is reached, and that each is reached once.

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde::{Serialize, Serializer};
use sockeye::{Broadcast, JoinError, Namespace, Server, Socket};
use support::{
    Client, Sockets,
    client::{Polling, eventually},
    serve, start, with_sync,
};

/// Clients, and the server's side of each.
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
        let (client, id) = Client::join(self.address).await;
        let socket = self.sockets.next().await;
        assert_eq!(socket.id().as_str(), id);
        (client, socket)
    }
}

fn names(socket: &Socket) -> BTreeSet<String> {
    socket.rooms().iter().map(ToString::to_string).collect()
}

// parity: 4.4
#[tokio::test]
async fn several_rooms_are_one_audience() {
    let mut crowd = Crowd::new().await;
    let (mut a, first) = crowd.join().await;
    let (mut b, second) = crowd.join().await;
    let (mut c, third) = crowd.join().await;
    let (mut d, _) = crowd.join().await;
    first.join(["one", "two", "three"]);
    second.join("two");
    second.join("two");
    third.join(vec!["three".to_owned()]);

    crowd.io.to(["one", "two"]).to("three").emit("all", 1);
    crowd
        .io
        .to(["one", "two", "three"])
        .except("two")
        .emit("third alone", 2);
    first.to("two").emit("second alone", 3);
    first.except("three").emit("second and fourth", 4);
    first.broadcast().emit("others", 5);
    crowd
        .io
        .except(["one", "three"])
        .emit("not one nor three", 6);
    crowd.io.to("nobody").emit("lost", 7);
    crowd.io.emit("everybody", 8);

    assert_eq!(a.drain().await, [r#"2["all",1]"#, r#"2["everybody",8]"#]);
    assert_eq!(
        b.drain().await,
        [
            r#"2["all",1]"#,
            r#"2["second alone",3]"#,
            r#"2["second and fourth",4]"#,
            r#"2["others",5]"#,
            r#"2["not one nor three",6]"#,
            r#"2["everybody",8]"#
        ]
    );
    assert_eq!(
        c.drain().await,
        [
            r#"2["all",1]"#,
            r#"2["third alone",2]"#,
            r#"2["others",5]"#,
            r#"2["everybody",8]"#
        ]
    );
    assert_eq!(
        d.drain().await,
        [
            r#"2["second and fourth",4]"#,
            r#"2["others",5]"#,
            r#"2["not one nor three",6]"#,
            r#"2["everybody",8]"#
        ]
    );
    let rooms = crowd.io.of("/");
    assert_eq!(rooms.rooms().members("two"), 2);
    assert_eq!(rooms.rooms().len(), 4);
    assert_eq!(crowd.io.to(["one", "two"]).sockets().len(), 2);
}

// parity: 4.4
#[tokio::test]
async fn each_socket_has_a_room_of_its_own() {
    let mut crowd = Crowd::new().await;
    let (mut a, first) = crowd.join().await;
    let (mut b, second) = crowd.join().await;
    crowd.io.to(first.id()).emit("private", 1);
    second.to(first.id()).emit("from b", 2);
    first.to(first.id()).emit("to oneself: nobody", 3);
    crowd.io.to([first.id(), second.id()]).emit("both", 4);
    crowd.io.except(second.id()).emit("not b", 5);
    assert_eq!(
        a.drain().await,
        [
            r#"2["private",1]"#,
            r#"2["from b",2]"#,
            r#"2["both",4]"#,
            r#"2["not b",5]"#
        ]
    );
    assert_eq!(b.drain().await, [r#"2["both",4]"#]);

    assert_eq!(names(&first), [first.id().to_string()].into());
    first.leave(first.id());
    assert_eq!(names(&first), BTreeSet::new());
    crowd.io.to(first.id()).emit("lost", 6);
    a.assert_quiet().await;
    first.join(first.id());
    crowd.io.to(first.id()).emit("back", 7);
    assert_eq!(a.drain().await, [r#"2["back",7]"#]);
    // Who joins another's own room hears what is meant for it.
    second.join(first.id());
    crowd.io.to(first.id()).emit("overheard", 8);
    assert_eq!(a.drain().await, [r#"2["overheard",8]"#]);
    assert_eq!(b.drain().await, [r#"2["overheard",8]"#]);
}

// parity: 5.5
#[tokio::test]
async fn who_leaves_hears_nothing_more() {
    let mut crowd = Crowd::new().await;
    let (mut a, first) = crowd.join().await;
    first.join(["one", "two"]);
    first.leave(["one", "never joined"]);
    crowd.io.to("one").emit("lost", 1);
    crowd.io.to("two").emit("heard", 2);
    assert_eq!(a.drain().await, [r#"2["heard",2]"#]);
    assert_eq!(
        names(&first),
        [first.id().to_string(), "two".to_owned()].into()
    );
    assert_eq!(crowd.io.of("/").rooms().members("one"), 0);
}

// parity: 5.5
#[tokio::test]
async fn a_disconnect_leaves_all_rooms() {
    let mut crowd = Crowd::new().await;
    let (client, first) = crowd.join().await;
    let (mut b, second) = crowd.join().await;
    first.join(["one", "two"]);
    second.join("one");
    let before = names(&first);
    drop(client);
    first.closed().await;
    let io = crowd.io.clone();
    eventually("one socket", || io.of("/").rooms().len() == 1).await;
    assert_eq!(io.of("/").rooms().members("one"), 1);
    assert_eq!(io.of("/").rooms().members("two"), 0);
    assert_eq!(io.of("/").rooms().members(first.id().as_str()), 0);
    assert_eq!(
        names(&first),
        before,
        "what it was in at the end is still known"
    );
    first.join("three");
    assert_eq!(
        io.of("/").rooms().members("three"),
        0,
        "it is too late to join"
    );
    io.to(["one", "two"]).emit("heard", 1);
    assert_eq!(b.drain().await, [r#"2["heard",1]"#]);
}

// parity: 4.8 5.9
#[tokio::test]
async fn volatile_broadcasts_reach_who_takes_them_now() {
    let mut crowd = Crowd::new().await;
    let (mut a, _) = crowd.join().await;
    let polling = Polling::open(crowd.address).await;
    polling.send("40").await;
    polling.packets(1).await;
    crowd.sockets.next().await;
    crowd.io.of("/").volatile().emit("now", 1);
    crowd.io.emit("sure", 2);
    assert_eq!(a.drain().await, [r#"2["now",1]"#, r#"2["sure",2]"#]);
    assert_eq!(
        polling.packets(1).await,
        [r#"42["sure",2]"#],
        "no GET waited for the first"
    );
    assert_eq!(crowd.io.stats().engine.volatile_dropped, 1);
}

#[tokio::test]
async fn a_broadcast_with_attachments_reaches_polling_and_websocket_alike() {
    let mut crowd = Crowd::new().await;
    let (mut a, _) = crowd.join().await;
    let polling = Polling::open(crowd.address).await;
    polling.send("40").await;
    polling.packets(1).await;
    crowd
        .io
        .emit("file", bytes::Bytes::from_static(b"\x01\x02\x03"));
    let text = r#"51-["file",{"_placeholder":true,"num":0}]"#;
    assert_eq!(a.next().await, text);
    assert_eq!(a.next_binary().await, [1, 2, 3]);
    assert_eq!(
        polling.packets(2).await,
        [format!("4{text}"), "bAQID".to_owned()]
    );
}

/// What the rooms should be, kept as simply as possible.
#[derive(Default)]
struct Model {
    /// Each socket's rooms, and what it should have received.
    sockets: BTreeMap<usize, (BTreeSet<String>, Vec<String>)>,
}

impl Model {
    fn audience(
        &self,
        rooms: &[String],
        except: &[String],
        sender: Option<usize>,
    ) -> BTreeSet<usize> {
        self.sockets
            .iter()
            .filter(|(_, (joined, _))| {
                rooms.is_empty() || rooms.iter().any(|room| joined.contains(room))
            })
            .filter(|(_, (joined, _))| !except.iter().any(|room| joined.contains(room)))
            .map(|(key, _)| *key)
            .filter(|key| Some(*key) != sender)
            .collect()
    }
}

struct Run {
    crowd: Crowd,
    random: StdRng,
    model: Model,
    live: BTreeMap<usize, (Client, Socket)>,
    joined: usize,
}

impl Run {
    async fn join(&mut self) {
        let (client, socket) = self.crowd.join().await;
        let own = socket.id().to_string();
        self.model
            .sockets
            .insert(self.joined, ([own].into(), Vec::new()));
        self.live.insert(self.joined, (client, socket));
        self.joined += 1;
    }

    fn any_socket(&mut self) -> usize {
        let keys: Vec<usize> = self.live.keys().copied().collect();
        *keys.choose(&mut self.random).expect("there is always one")
    }

    /// Names of rooms, own rooms among them.
    fn any_rooms(&mut self, most: usize) -> Vec<String> {
        (0..self.random.random_range(0..=most))
            .map(|_| {
                if self.random.random_bool(0.25) {
                    let key = self.any_socket();
                    self.live[&key].1.id().to_string()
                } else {
                    format!("room {}", self.random.random_range(0..6))
                }
            })
            .collect()
    }

    fn broadcast(&mut self, n: usize) {
        let rooms = self.any_rooms(3);
        let except = if self.random.random_bool(0.5) {
            self.any_rooms(2)
        } else {
            Vec::new()
        };
        let sender = self.random.random_bool(0.5).then(|| self.any_socket());
        let start: Broadcast = match sender {
            Some(key) => self.live[&key].1.broadcast(),
            None => self.crowd.io.of("/"),
        };
        let broadcast = start.to(rooms.clone()).except(except.clone());
        let expected = self.model.audience(&rooms, &except, sender);
        let ids: BTreeSet<String> = broadcast
            .sockets()
            .iter()
            .map(|socket| socket.id().to_string())
            .collect();
        let wanted = expected.iter().map(|key| self.live[key].1.id().to_string());
        assert_eq!(
            ids,
            wanted.collect(),
            "to {rooms:?} except {except:?} from {sender:?}"
        );
        broadcast.emit("n", n);
        for key in expected {
            let received = &mut self.model.sockets.get_mut(&key).expect("it is live").1;
            received.push(format!(r#"2["n",{n}]"#));
        }
    }

    async fn leave(&mut self) {
        let key = self.any_socket();
        let (mut client, socket) = self.live.remove(&key).expect("it is live");
        let (_, expected) = self.model.sockets.remove(&key).expect("it is live");
        assert_eq!(client.drain().await, expected, "socket {key}");
        match self.random.random_range(0..3) {
            0 => client.send("1").await,
            1 => drop(client),
            _ => socket.disconnect(),
        }
        socket.closed().await;
    }

    async fn step(&mut self, n: usize) {
        match self.random.random_range(0..100) {
            0..40 => self.broadcast(n),
            40..65 => {
                let (key, rooms) = (self.any_socket(), self.any_rooms(3));
                self.live[&key].1.join(rooms.clone());
                self.model
                    .sockets
                    .get_mut(&key)
                    .expect("live")
                    .0
                    .extend(rooms);
            }
            65..85 => {
                let (key, rooms) = (self.any_socket(), self.any_rooms(3));
                self.live[&key].1.leave(rooms.clone());
                let joined = &mut self.model.sockets.get_mut(&key).expect("live").0;
                joined.retain(|room| !rooms.contains(room));
            }
            85..92 if self.live.len() < 12 => self.join().await,
            92..99 if self.live.len() > 1 => self.leave().await,
            _ => {
                let key = self.any_socket();
                let (client, socket) = self.live.get_mut(&key).expect("live");
                let (joined, expected) = self.model.sockets.get_mut(&key).expect("live");
                assert_eq!(names(socket), *joined, "rooms of {key}");
                assert_eq!(
                    client.drain().await,
                    std::mem::take(expected),
                    "socket {key}"
                );
            }
        }
    }
}

// parity: 4.4 8.1
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "a failure is reproduced by its seed")]
async fn random_operations_agree_with_a_simple_model() {
    for seed in 0..8 {
        for shards in [1, 2, 7] {
            // Shown if the test fails.
            println!("seed {seed}, {shards} shards");
            let (namespace, sockets) = Sockets::of(Namespace::new());
            let io = Server::builder()
                .namespace("/", with_sync(namespace))
                .shards(shards)
                .build();
            let address = serve(&io).await;
            let mut run = Run {
                crowd: Crowd {
                    io,
                    address,
                    sockets,
                },
                random: StdRng::seed_from_u64(seed),
                model: Model::default(),
                live: BTreeMap::new(),
                joined: 0,
            };
            for _ in 0..6 {
                run.join().await;
            }
            for n in 0..400 {
                run.step(n).await;
            }
            for (key, (mut client, socket)) in run.live {
                let (joined, expected) = run.model.sockets.remove(&key).expect("live");
                assert_eq!(names(&socket), joined);
                assert_eq!(client.drain().await, expected, "socket {key}");
            }
        }
    }
}

#[tokio::test]
async fn a_socket_is_in_so_many_rooms_and_no_more() {
    let (namespace, mut sockets) = Sockets::of(Namespace::new());
    let io = Server::builder()
        .max_rooms(3)
        .namespace("/", namespace)
        .build();
    let address = serve(&io).await;
    let (_client, _) = Client::join(address).await;
    let socket = sockets.next().await;
    let own = socket.id().to_string();
    assert_eq!(socket.try_join(["a", "b", &own, "a"]), Ok(()));
    assert_eq!(
        socket.try_join(["c", "d"]),
        Err(JoinError::TooMany { limit: 3 })
    );
    let long = "x".repeat(256);
    let refused = Err(JoinError::NameTooLong { length: 256 });
    assert_eq!(socket.try_join(long), refused);
    assert_eq!(socket.try_join(["a", "b", "c", "c"]), Ok(()));
    socket.join("d");
    assert_eq!(
        names(&socket),
        ["a", "b", "c", &own].map(str::to_owned).into()
    );
    socket.leave("a");
    assert_eq!(socket.try_join("x".repeat(255)), Ok(()));
    io.of("/").sockets_join("e");
    assert_eq!(socket.rooms().len(), 4);
    assert_eq!(io.stats().room_limit, 4);
}

/// Counts how often it is written.
#[derive(Clone, Default)]
struct Written(Arc<AtomicUsize>);

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.fetch_add(1, Ordering::Relaxed);
        serializer.serialize_str("once")
    }
}

// parity: 1.W8
#[tokio::test]
async fn a_broadcast_is_encoded_once() {
    let mut crowd = Crowd::new().await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(crowd.join().await.0);
    }
    let written = Written::default();
    crowd.io.emit("news", written.clone());
    for client in &mut clients {
        assert_eq!(client.next().await, r#"2["news","once"]"#);
    }
    assert_eq!(written.0.load(Ordering::Relaxed), 1);
}
