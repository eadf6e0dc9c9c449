//! The gentle end of a server: sessions end a few at a time, and nothing acknowledged is lost.

mod support;

use std::{
    collections::HashSet,
    future::{Future, IntoFuture},
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Waker},
    time::{Duration, Instant},
};

use sockeye::{Namespace, Reply, Server};
use support::{
    Client, Sockets,
    client::{Frame, Polling, WebSocket, eventually, request, within},
    start,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
};

// parity: 4.2
#[tokio::test]
async fn sessions_end_some_by_some_and_no_new_ones_begin() {
    let (io, address) = start(Namespace::new()).await;
    let mut clients = Vec::new();
    for _ in 0..40 {
        clients.push(Client::join(address).await.0);
    }
    let began = Instant::now();
    let ending = tokio::spawn(io.shutdown().over(Duration::from_millis(800)).into_future());
    let target = "/socket.io/?EIO=4&transport=polling";
    eventually("the server refuses", || {
        ending.is_finished() || began.elapsed().as_millis() > 5
    })
    .await;
    assert_eq!(request(address, "GET", target, "", b"").await.status, 503);
    let mut seen = HashSet::new();
    eventually("all have ended", || {
        seen.insert(io.stats().sockets);
        io.stats().sockets == 0
    })
    .await;
    assert!(seen.len() > 5, "some by some: {seen:?}");
    for client in &mut clients {
        client.assert_closed().await;
    }
    drop(clients);
    within("the end", ending).await.expect("no panic");
    assert_eq!(io.stats().engine.closed.server_shutting_down, 40);
}

#[tokio::test]
async fn a_client_that_is_being_served_is_served_first() {
    let namespace = Namespace::new().on("slow", async || {
        tokio::time::sleep(Duration::from_millis(300)).await;
        Reply("done")
    });
    let (namespace, mut sockets) = Sockets::of(namespace);
    let (io, address) = start(namespace).await;
    let (mut asking, _) = Client::join(address).await;
    sockets.next().await;
    let (mut owing, _) = Client::join(address).await;
    let socket = sockets.next().await;
    asking.send(r#"20["slow"]"#).await;
    let asked = socket.emit_with_ack::<u8>("question", ());
    owing.next().await;
    eventually("it is handled", || io.stats().handlers == 1).await;
    let ending = tokio::spawn(io.shutdown().over(Duration::from_millis(400)).into_future());
    assert_eq!(asking.next().await, r#"30["done"]"#);
    asking.assert_closed().await;
    assert!(socket.is_connected(), "it owes an acknowledgement");
    owing.send("30[5]").await;
    assert_eq!(within("an answer", asked).await.expect("it came"), 5);
    owing.assert_closed().await;
    drop((asking, owing));
    within("the end", ending).await.expect("no panic");
}

#[tokio::test]
async fn nothing_is_waited_for_beyond_the_hard_stop() {
    let namespace = Namespace::new().on("forever", async || std::future::pending::<()>().await);
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    client.send(r#"2["forever"]"#).await;
    eventually("it is handled", || io.stats().handlers == 1).await;
    let began = Instant::now();
    let ending = io
        .shutdown()
        .over(Duration::from_millis(100))
        .hard_stop(Duration::from_millis(200));
    let ending = tokio::spawn(ending.into_future());
    client.assert_closed().await;
    drop(client);
    within("the end", ending).await.expect("no panic");
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(io.stats().handlers, 1, "it is left behind");
}

// parity: 4.2
#[tokio::test]
async fn a_listener_serves_those_there_are_until_they_have_ended() {
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let namespace = Namespace::new().on("slow", async move || {
        opened.notified().await;
        Reply("done")
    });
    let io = Server::builder().namespace("/", namespace).build();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let (end, ended) = oneshot::channel::<()>();
    let serving = io
        .serve(listener)
        .with_graceful_shutdown(async move { ended.await.unwrap_or(()) });
    let serving = tokio::spawn(serving.into_future());
    let polling = Polling::open(address).await;
    polling.send("40").await;
    polling.packets(1).await;
    polling.send(r#"420["slow"]"#).await;
    eventually("it is handled", || io.stats().handlers == 1).await;
    end.send(()).expect("it serves");
    let target = "/socket.io/?EIO=4&transport=polling";
    let refused = within("a refusal", async {
        loop {
            let answer = request(address, "GET", target, "", b"").await;
            if answer.status != 200 {
                return answer;
            }
        }
    })
    .await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    // Each of its requests is a connection of its own.
    polling.send(r#"421["unheard"]"#).await;
    assert!(!serving.is_finished(), "somebody is being served");
    gate.notify_one();
    assert_eq!(polling.packets(1).await, [r#"430["done"]"#]);
    assert_eq!(polling.get().await.packets(), ["1"]);
    within("the end", serving)
        .await
        .expect("no panic")
        .expect("no error");
    assert!(
        TcpStream::connect(address).await.is_err(),
        "nobody listens any more"
    );
}

#[tokio::test]
async fn without_sessions_the_end_comes_at_once() {
    let io = Server::builder().namespace("/", Namespace::new()).build();
    let mut ending = pin!(io.shutdown().into_future());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(
        ending.as_mut().poll(&mut cx).is_ready(),
        "nothing is waited for"
    );
}

#[tokio::test]
async fn a_listener_waits_no_longer_than_it_is_told() {
    let namespace = Namespace::new().on("forever", async || std::future::pending::<()>().await);
    let io = Server::builder().namespace("/", namespace).build();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let (end, ended) = oneshot::channel::<()>();
    let serving = io
        .serve(listener)
        .drain(Duration::from_millis(100))
        .hard_stop(Duration::from_millis(200))
        .with_graceful_shutdown(async move { ended.await.unwrap_or(()) });
    let serving = tokio::spawn(serving.into_future());
    let (mut client, _) = Client::join(address).await;
    client.send(r#"2["forever"]"#).await;
    eventually("it is handled", || io.stats().handlers == 1).await;
    end.send(()).expect("it serves");
    client.assert_closed().await;
    drop(client);
    within("the end", serving)
        .await
        .expect("no panic")
        .expect("no error");
    assert_eq!(io.stats().handlers, 1, "it is left behind");
}

type Handled = Arc<Mutex<HashSet<(u32, u32)>>>;

fn server(handled: &Handled) -> Server {
    let handled = Arc::clone(handled);
    let namespace = Namespace::new().on("save", async move |n: (u32, u32)| {
        // Some of them wait for something, as a database would make them.
        if n.1.is_multiple_of(3) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        handled.lock().expect("no panic").insert(n);
        Reply(n)
    });
    Server::builder().namespace("/", namespace).build()
}

/// Saves number after number, coming back whenever its connection ends; returns those acknowledged.
async fn save(address: SocketAddr, client: u32, stop: Arc<Mutex<bool>>) -> (Vec<u32>, u32) {
    let (mut acknowledged, mut n, mut returns) = (Vec::new(), 0, 0);
    while !*stop.lock().expect("no panic") {
        let Some(mut socket) = open(address).await else {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        returns += 1;
        let mut say = "40".to_owned();
        loop {
            socket = match send(socket, say).await {
                Some(socket) => socket,
                None => break,
            };
            match socket.next().await {
                Frame::Text(text) if text == "2" => say = "3".to_owned(),
                Frame::Text(text) => {
                    assert!(!text.starts_with("41"), "no client is told to stay away");
                    if text.starts_with("43") {
                        assert_eq!(text, format!("430[[{client},{n}]]"));
                        acknowledged.push(n);
                        n += 1;
                        if *stop.lock().expect("no panic") {
                            break;
                        }
                    }
                    say = format!(r#"420["save",[{client},{n}]]"#);
                }
                _ => break,
            }
        }
    }
    (acknowledged, returns)
}

/// Nothing, while the one server has ended and the next one does not listen yet.
async fn open(address: SocketAddr) -> Option<WebSocket> {
    // The client of the tests takes it for a fault if a server leaves in the middle of this: here it is none.
    let opening = tokio::spawn(async move {
        let mut socket = WebSocket::connect(address, "EIO=4&transport=websocket")
            .await
            .ok()?;
        match socket.next().await {
            Frame::Text(_) => Some(socket),
            _ => None,
        }
    });
    opening.await.ok()?
}

/// Nothing, if the server has left.
async fn send(mut socket: WebSocket, text: String) -> Option<WebSocket> {
    let sending = tokio::spawn(async move {
        socket.send(&text).await;
        socket
    });
    sending.await.ok()
}

// parity: 4.2
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_under_load_loses_nothing_that_was_acknowledged() {
    let handled = Handled::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let stop = Arc::new(Mutex::new(false));
    let mut listener = Some(listener);
    let mut clients = Vec::new();
    for round in 0..3 {
        let io = server(&handled);
        let listening = match listener.take() {
            Some(listening) => listening,
            None => {
                within("the port is free", async {
                    loop {
                        match TcpListener::bind(address).await {
                            Ok(listening) => return listening,
                            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                        }
                    }
                })
                .await
            }
        };
        let (end, ended) = oneshot::channel::<()>();
        let signal = async move { ended.await.unwrap_or(()) };
        let serving = io
            .serve(listening)
            .with_graceful_shutdown(signal)
            .drain(Duration::from_secs(5));
        let serving = tokio::spawn(serving.into_future());
        if round == 0 {
            for client in 0..16 {
                clients.push(tokio::spawn(save(address, client, Arc::clone(&stop))));
            }
        }
        eventually("all clients are back", || io.stats().sockets == 16).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        if round == 2 {
            *stop.lock().expect("no panic") = true;
        }
        end.send(()).expect("it serves");
        within("the end", serving)
            .await
            .expect("no panic")
            .expect("no error");
    }
    let mut all = 0;
    for (client, running) in clients.into_iter().enumerate() {
        let (acknowledged, returns) = within("a client", running).await.expect("no panic");
        assert!(returns >= 3, "client {client} came back {returns} times");
        let handled = handled.lock().expect("no panic");
        for n in &acknowledged {
            assert!(
                handled.contains(&(client as u32, *n)),
                "{client} {n} is lost"
            );
        }
        all += acknowledged.len();
    }
    assert!(all > 100, "{all} were acknowledged");
}
