//! Threads without a runtime, several runtimes, and runtimes that end.

mod support;

use std::{
    net::SocketAddr,
    sync::mpsc,
    thread::{self, JoinHandle},
    time::Duration,
};

use sockeye::{Namespace, Reply, Server, Socket};
use support::{
    Client, Sockets,
    client::{LIMIT, Polling, eventually},
    serve, with_sync,
};
use tokio::{runtime, sync::oneshot};

fn server(namespace: Namespace) -> Server {
    Server::builder()
        .namespace("/", with_sync(namespace))
        .ping_interval(Duration::from_millis(100))
        .shards(3)
        .build()
}

fn current_thread() -> runtime::Runtime {
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// A server on a thread and a runtime of its own.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Running {
    fn start(io: &Server) -> Self {
        let io = io.clone();
        let (stop, stopped) = oneshot::channel();
        let (sender, address) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = current_thread();
            runtime.block_on(async {
                sender.send(serve(&io).await).expect("the test waits");
                // An error says that the test has ended.
                let _ = stopped.await;
            });
        });
        Self {
            address: address.recv_timeout(LIMIT).expect("it listens"),
            stop,
            thread,
        }
    }

    /// Ends the runtime, with whatever runs on it.
    fn end(self) {
        self.stop.send(()).expect("it waits for this");
        self.thread.join().expect("no panic");
    }
}

#[test]
fn a_server_is_built_without_a_runtime_and_emits_from_any_thread() {
    let (namespace, mut sockets) = Sockets::of(Namespace::new());
    let io = server(namespace);
    io.emit("nobody hears this", ());
    let running = Running::start(&io);
    current_thread().block_on(async {
        let (mut client, _) = Client::join(running.address).await;
        let socket = sockets.next().await;
        thread::spawn(move || {
            for n in 0..1000 {
                if n % 2 == 0 {
                    io.emit("n", n);
                } else {
                    socket.emit("n", n);
                }
            }
            socket.join("room");
            io.to("room").emit("end", ());
            socket.disconnect();
        })
        .join()
        .expect("no panic without a runtime");
        for n in 0..1000 {
            assert_eq!(client.next().await, format!(r#"2["n",{n}]"#));
        }
        assert_eq!(client.next().await, r#"2["end"]"#);
        assert_eq!(client.next().await, "1");
    });
    running.end();
}

#[test]
fn two_runtimes_serve_at_once() {
    let io = server(
        Namespace::new().on("say", async |socket: Socket, text: String| {
            tokio::task::yield_now().await;
            socket.broadcast().emit("said", text);
            Reply(())
        }),
    );
    let (first, second) = (Running::start(&io), Running::start(&io));
    current_thread().block_on(async {
        let mut clients = Vec::new();
        for n in 0..10 {
            let address = [first.address, second.address][n % 2];
            clients.push(Client::join(address).await.0);
        }
        for round in 0..50 {
            let speaker = round % clients.len();
            clients[speaker]
                .send(&format!(r#"21["say","{round}"]"#))
                .await;
            for (n, client) in clients.iter_mut().enumerate() {
                let expected = if n == speaker {
                    "31[]".to_owned()
                } else {
                    format!(r#"2["said","{round}"]"#)
                };
                assert_eq!(client.next().await, expected);
            }
        }
    });
    second.end();
    // The first one goes on, whichever of them ran the helper tasks.
    current_thread().block_on(async {
        let (mut client, _) = Client::join(first.address).await;
        io.emit("still", ());
        assert_eq!(client.drain().await, [r#"2["still"]"#]);
    });
    first.end();
}

#[test]
fn sessions_of_the_runtime_that_lives_go_on_when_the_other_ends() {
    // Whichever runtime saw the first connection runs the helper tasks, so both are ended first.
    for ended in 0..2 {
        let io = server(Namespace::new());
        let mut running = vec![Running::start(&io), Running::start(&io)];
        let addresses = [running[0].address, running[1].address];
        current_thread().block_on(async {
            let mut clients = Vec::new();
            for address in addresses.repeat(4) {
                clients.push(Client::join(address).await.0);
            }
            running.remove(ended).end();
            eventually("half of them", || io.stats().sockets == 4).await;
            io.emit("still", ());
            for (n, client) in clients.iter_mut().enumerate() {
                if n % 2 != ended {
                    assert_eq!(client.next().await, r#"2["still"]"#);
                    // Timers too: pings are answered on the way to what comes after them.
                    assert_eq!(client.socket.text().await, "2", "the heartbeat goes on");
                }
            }
            assert_eq!(io.stats().engine.closed.transport_close, 4);
        });
        running.remove(0).end();
    }
}

#[test]
fn a_runtime_that_ends_ends_its_sessions_and_another_takes_over() {
    let io = server(Namespace::new());
    let first = Running::start(&io);
    let client = current_thread();
    let (mut lost, _) = client.block_on(Client::join(first.address));
    first.end();
    client.block_on(async {
        lost.socket.closed().await;
        eventually("its end", || io.stats().sockets == 0).await;
    });
    assert_eq!(io.stats().engine.closed.transport_close, 1);
    io.emit("nobody hears this", ());

    let second = Running::start(&io);
    client.block_on(async {
        let (mut client, _) = Client::join(second.address).await;
        io.emit("again", ());
        assert_eq!(client.next().await, r#"2["again"]"#);
        assert_eq!(client.socket.text().await, "2", "the heartbeat runs");
    });
    second.end();
}

#[test]
fn a_polling_session_outlives_the_runtime_that_began_it() {
    let io = Server::builder()
        .namespace("/", with_sync(Namespace::new()))
        .shards(1)
        .build();
    let first = Running::start(&io);
    let client = current_thread();
    let mut session = client.block_on(async {
        let session = Polling::open(first.address).await;
        session.send("40").await;
        session.packets(1).await;
        session
    });
    first.end();

    let second = Running::start(&io);
    session.address = second.address;
    client.block_on(async {
        session.send(r#"421["sync"]"#).await;
        assert_eq!(session.packets(1).await, [r#"431["synced"]"#]);
        let get = session.start_get().await;
        // The GET is held by a runtime that has seen no handshake, and nothing but this wakes it: what is
        // volatile is taken only once the GET waits.
        let dropped = || io.stats().engine.volatile_dropped;
        eventually("a GET that waits", || {
            let before = dropped();
            io.of("/").volatile().emit("news", ());
            dropped() == before
        })
        .await;
        assert_eq!(get.response().await.packets(), [r#"42["news"]"#]);
    });
    second.end();
}
