//! "The WebSocket interface": bufferedAmount, and "flagged as full".

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sockeye_websocket::web::{ErrorCause, Options, WebSocket};
use sockeye_websocket::{Config, Message};
use tokio::io::AsyncReadExt;
use tokio::sync::Notify;

use super::log::{Log, Seen};
use super::{server, until};

/// A server that reads nothing until it is told to, and then everything.
async fn stuck() -> (String, Arc<Notify>) {
    let notify = Arc::new(Notify::new());
    let reads = Arc::clone(&notify);
    let url = server::raw(move |mut stream| {
        let reads = Arc::clone(&reads);
        async move {
            server::open(&mut stream).await;
            reads.notified().await;
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }
    })
    .await;
    (url, notify)
}

/// Send, step 2: each call counts the bytes of the message, text as UTF-8, without framing; what
/// is sent within one handler is all there until the handler returns.
#[tokio::test]
async fn bytes_of_messages_are_counted() {
    let socket = WebSocket::new(server::echo().await, ()).expect("an object");
    let (sender, mut amounts) = tokio::sync::mpsc::unbounded_channel();
    let mut log = Log::acting(&socket, move |seen, socket| {
        if let Seen::Open(_) = seen {
            for message in [
                Message::from(""),
                "h\u{e4}".into(),
                vec![0; 10].into(),
                "x".repeat(1000).into(),
            ] {
                socket.send(message).expect("open");
                let _ = sender.send(socket.buffered_amount());
            }
        }
    });
    log.opened().await;
    for expected in [0, 3, 13, 1013] {
        assert_eq!(amounts.recv().await, Some(expected));
    }
    for _ in 0..4 {
        log.message().await;
    }
    assert_eq!(socket.buffered_amount(), 0);
}

/// bufferedAmount: what the network does not take stays there, and goes down as it leaves, to 0.
#[tokio::test]
async fn a_slow_network() {
    let (url, reads) = stuck().await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    let (small, large) = (100, 12 << 20);
    // One message that the network takes in part only ..
    socket.send(vec![0; large]).expect("open");
    let all = large as u64;
    assert_eq!(socket.buffered_amount(), all);
    until("some leaves", || socket.buffered_amount() < all).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let stuck = socket.buffered_amount();
    assert!(stuck > 1 << 20, "{stuck}");
    // .. and many behind it.
    for _ in 0..1000 {
        socket.send(vec![0; small]).expect("open");
    }
    assert_eq!(socket.buffered_amount(), stuck + 100_000);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(socket.buffered_amount(), stuck + 100_000);
    reads.notify_one();
    until("all leaves", || socket.buffered_amount() == 0).await;
}

/// bufferedAmount: what was not sent when the connection ended is still there, and only grows.
#[tokio::test]
async fn it_does_not_reset() {
    let url = server::raw(|mut stream| async move {
        server::open(&mut stream).await;
        let mut some = [0; 100_000];
        stream.read_exact(&mut some).await.expect("bytes");
    })
    .await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    socket.send(vec![0; 14 << 20]).expect("open");
    assert_eq!(log.closed().await, (1006, String::new(), false));
    let left = socket.buffered_amount();
    assert!(left > 1 << 20, "{left}");
    socket.send("four").expect("not connecting");
    assert_eq!(socket.buffered_amount(), left + 4);
    socket.send(vec![0; 5]).expect("not connecting");
    assert_eq!(socket.buffered_amount(), left + 9);
}

/// Send, step 2, "flagged as full": a message that cannot be buffered ends the connection; it is
/// counted all the same. "Feedback from the protocol", closed, step 2: there is an error event.
#[tokio::test]
async fn flagged_as_full() {
    let (url, _reads) = stuck().await;
    let limit = 8 << 20;
    let config = Config::new().marks(0, limit);
    let socket = Options::new()
        .config(config)
        .open(&url, ())
        .expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    // A message is taken as long as no more than the limit waits, however long it is.
    socket.send(vec![0; 20 << 20]).expect("open");
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(socket.ready_state(), WebSocket::OPEN);
    let before = socket.buffered_amount();
    assert!(before > limit as u64, "{before}");
    assert_eq!(socket.send("one more"), Ok(()));
    assert_eq!(socket.ready_state(), WebSocket::CLOSING);
    assert_eq!(socket.buffered_amount(), before + 8);
    let cause = log.failed_and_closed().await;
    assert!(
        matches!(cause, ErrorCause::Full { limit: found } if found == limit),
        "{cause:?}"
    );
    assert_eq!(socket.buffered_amount(), before + 8);
}

/// The limit holds for messages without bytes too.
#[tokio::test]
async fn empty_messages_are_not_free() {
    let (url, _reads) = stuck().await;
    let config = Config::new().marks(0, 64 * 1000);
    let socket = Options::new()
        .config(config)
        .open(&url, ())
        .expect("an object");
    let mut log = Log::acting(&socket, |seen, socket| {
        if let Seen::Open(_) = seen {
            // Nothing leaves before the handler returns.
            for _ in 0..1001 {
                socket.send(Bytes::new()).expect("open");
            }
            assert_eq!(socket.ready_state(), WebSocket::OPEN);
            socket.send(Bytes::new()).expect("not connecting");
            assert_eq!(socket.ready_state(), WebSocket::CLOSING);
        }
    });
    assert!(matches!(log.next().await, Some(Seen::Open(_))));
    let cause = log.failed_and_closed().await;
    assert!(
        matches!(cause, ErrorCause::Full { limit: 64_000 }),
        "{cause:?}"
    );
    assert_eq!(socket.buffered_amount(), 0);
}
