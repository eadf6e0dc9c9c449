//! The end of a server: transports close, nobody is told to stay away, and handlers are waited for.

mod support;

use std::sync::Arc;

use sockeye::{CloseReason, DisconnectReason, Namespace, Reply, Server, Socket};
use support::{
    Client, Sockets,
    client::{Polling, WebSocket, eventually, request, within},
    start,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc, oneshot},
};

// parity: 4.2
#[tokio::test]
async fn transports_close_and_no_client_is_told_to_stay_away() {
    let (sender, mut reasons) = mpsc::unbounded_channel();
    let namespace = Namespace::new().on_disconnect(async move |reason: DisconnectReason| {
        sender.send(reason).expect("the test waits");
    });
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    let polling = Polling::open(address).await;
    polling.send("40").await;
    polling.packets(1).await;
    let get = polling.start_get().await;
    let idle = Polling::open(address).await;

    within("the end", io.close()).await;
    client.assert_closed().await;
    assert_eq!(
        get.response().await.packets(),
        ["1"],
        "the transport's close, and no DISCONNECT"
    );
    assert_eq!(idle.get().await.packets(), ["1"]);
    for _ in 0..2 {
        let reason = within("a reason", reasons.recv()).await.expect("it lives");
        assert_eq!(
            reason,
            DisconnectReason::Connection(CloseReason::ServerShuttingDown)
        );
    }
    let stats = io.stats();
    assert_eq!(
        (stats.engine.closed.server_shutting_down, stats.sockets),
        (3, 0)
    );
}

// parity: 1.C2
#[tokio::test]
async fn what_was_emitted_before_arrives_before_the_end() {
    let (namespace, mut sockets) = Sockets::of(Namespace::new());
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    let socket = sockets.next().await;
    for n in 0..100 {
        socket.emit("n", n);
    }
    io.close().await;
    for n in 0..100 {
        assert_eq!(client.next().await, format!(r#"2["n",{n}]"#));
    }
    client.assert_closed().await;
    socket.emit("late", ());
    assert_eq!(io.stats().emits_to_gone, 1);
}

// parity: 4.2
#[tokio::test]
async fn new_handshakes_are_refused() {
    let (io, address) = start(Namespace::new()).await;
    io.close().await;
    let target = "/socket.io/?EIO=4&transport=polling";
    let answer = request(address, "GET", target, "", b"").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), Some("1"));
    let refused = WebSocket::connect(address, "EIO=4&transport=websocket").await;
    assert_eq!(refused.err().map(|answer| answer.status), Some(503));
    assert_eq!(io.stats().engine.refused.closing, 2);
    assert_eq!(io.stats().engine.opened, 0);
}

#[tokio::test]
async fn pending_handlers_are_waited_for() {
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let (sender, mut ended) = mpsc::unbounded_channel();
    let spawned = sender.clone();
    let namespace = Namespace::new().on("long", async move |socket: Socket| {
        let opened_too = Arc::clone(&opened);
        socket.spawn(async move {
            opened_too.notified().await;
            spawned.send("spawned").expect("the test waits");
        });
        opened.notified().await;
        sender.send("handler").expect("the test waits");
        Reply(())
    });
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    client.send(r#"21["long"]"#).await;
    client.assert_quiet().await;
    assert_eq!(io.stats().handlers, 2);
    let closing = tokio::spawn({
        let io = io.clone();
        async move { io.close().await }
    });
    client.assert_closed().await;
    eventually("the session's end", || io.stats().sockets == 0).await;
    assert!(!closing.is_finished());
    assert!(ended.try_recv().is_err(), "nothing was cut off");
    gate.notify_waiters();
    let mut both = [ended.recv().await, ended.recv().await];
    both.sort_unstable();
    assert_eq!(both, [Some("handler"), Some("spawned")]);
    within("the end", closing).await.expect("it ends");
    assert_eq!(io.stats().handlers, 0);
}

#[tokio::test]
async fn serving_ends_when_it_is_told_to() {
    let io = Server::builder()
        .namespace("/", support::with_sync(Namespace::new()))
        .build();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(
        io.serve(listener)
            .with_graceful_shutdown(async move { stopped.await.unwrap_or(()) })
            .into_future(),
    );
    let (mut client, _) = Client::join(address).await;
    client.assert_quiet().await;
    let idle = TcpStream::connect(address).await.expect("it listens");
    stop.send(()).expect("it waits for this");
    client.assert_closed().await;
    drop(client);
    within("the end", serving)
        .await
        .expect("no panic")
        .expect("no error");
    assert!(
        TcpStream::connect(address).await.is_err(),
        "nobody listens any more"
    );
    drop(idle);
}
