//! "Garbage collection", of which dropping the last handle is Rust's.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sockeye_websocket::web::{EventKind, WebSocket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::log::Log;
use super::server::{self, frame, read_frame};
use super::{soon, until};

/// A server that tells which frames come, `None` for the end, and answers close frames. It opens
/// connections after a while.
async fn telling(delay: Duration) -> (String, UnboundedReceiver<Option<(u8, Vec<u8>)>>) {
    let (sender, frames) = unbounded_channel();
    let url = server::raw(move |mut stream| {
        let sender = sender.clone();
        async move {
            let head = server::head(&mut stream).await;
            tokio::time::sleep(delay).await;
            let answer = server::opening(&head, "");
            let _ = stream.write_all(answer.as_bytes()).await;
            while let Some((opcode, payload)) = read_frame(&mut stream).await {
                let _ = sender.send(Some((opcode, payload.clone())));
                if opcode == 8 {
                    let _ = stream.write_all(&frame(8, &payload)).await;
                    break;
                }
                let _ = stream.write_all(&frame(opcode, &payload)).await;
            }
            let _ = sender.send(None);
        }
    })
    .await;
    (url, frames)
}

async fn opened(url: &str) -> WebSocket {
    let socket = WebSocket::new(url, ()).expect("an object");
    until("OPEN", || socket.ready_state() == WebSocket::OPEN).await;
    socket
}

/// The last paragraph but one: collected while open, the connection is closed with a close frame
/// without a status code.
#[tokio::test]
async fn collected_while_open() {
    let (url, mut frames) = telling(Duration::ZERO).await;
    let socket = opened(&url).await;
    let other = socket.clone();
    drop(socket);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(other.ready_state(), WebSocket::OPEN);
    drop(other);
    assert_eq!(soon(frames.recv()).await, Some(Some((8, Vec::new()))));
    assert_eq!(soon(frames.recv()).await, Some(None));
}

/// The same for one that only listens to `open`, which was fired.
#[tokio::test]
async fn an_open_handler_keeps_nothing_open() {
    let (url, mut frames) = telling(Duration::from_millis(50)).await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    socket.on_open(|event| event.target.send("hello").expect("open"));
    drop(socket);
    // First paragraph: while it is CONNECTING the handler keeps it.
    assert_eq!(
        soon(frames.recv()).await,
        Some(Some((1, b"hello".to_vec())))
    );
    assert_eq!(soon(frames.recv()).await, Some(Some((8, Vec::new()))));
}

/// First paragraph: without a handler it does not stay while it is CONNECTING; nothing is said to
/// the server.
#[tokio::test]
async fn collected_while_connecting() {
    let (sender, mut ended) = unbounded_channel();
    let url = server::raw(move |mut stream| {
        let sender = sender.clone();
        async move {
            server::head(&mut stream).await;
            let _ = sender.send(None);
            let _ = sender.send(stream.read_to_end(&mut Vec::new()).await.ok());
        }
    })
    .await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    assert_eq!(soon(ended.recv()).await, Some(None));
    drop(socket);
    assert_eq!(soon(ended.recv()).await, Some(Some(0)));
}

/// First and second paragraph: a handler for messages, errors or the close event keeps it.
#[tokio::test]
async fn listeners_keep_it() {
    for kind in [EventKind::Message, EventKind::Error, EventKind::Close] {
        let (url, mut frames) = telling(Duration::from_millis(20)).await;
        let socket = WebSocket::new(&url, ()).expect("an object");
        match kind {
            EventKind::Message => socket.on_message(|_| {}),
            EventKind::Error => socket.on_error(|_| {}),
            _ => socket.on_close(|_| {}),
        }
        drop(socket);
        let nothing = tokio::time::timeout(Duration::from_millis(150), frames.recv()).await;
        assert!(nothing.is_err(), "{kind:?}: {nothing:?}");
    }
}

/// The same, and it still works: the handler closes it with the event's target.
#[tokio::test]
async fn a_listener_goes_on_alone() {
    let (url, mut frames) = telling(Duration::ZERO).await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let log = Log::acting(&socket, |seen, socket| match seen {
        super::log::Seen::Open(_) => socket.send("1").expect("open"),
        super::log::Seen::Message(..) => socket.close(Some(3000), None).expect("closes"),
        _ => {}
    });
    drop(socket);
    let mut log = log;
    log.opened().await;
    assert!(log.next().await.is_some());
    assert_eq!(log.closed().await, (3000, String::new(), true));
    assert_eq!(soon(frames.recv()).await, Some(Some((1, b"1".to_vec()))));
    assert_eq!(soon(frames.recv()).await, Some(Some((8, vec![0x0b, 0xb8]))));
}

/// A handler that is taken away keeps nothing.
#[tokio::test]
async fn a_cleared_handler_keeps_nothing() {
    let (url, mut frames) = telling(Duration::ZERO).await;
    let socket = opened(&url).await;
    socket.on_message(|_| {});
    socket.on_error(|_| {});
    socket.on_close(|_| {});
    for kind in [EventKind::Message, EventKind::Error, EventKind::Close] {
        socket.clear_handler(kind);
    }
    drop(socket);
    assert_eq!(soon(frames.recv()).await, Some(Some((8, Vec::new()))));
}

/// Fourth paragraph: what was sent leaves first.
#[tokio::test]
async fn data_leaves_before_it_is_collected() {
    let (sender, received) = tokio::sync::oneshot::channel();
    let sender = Arc::new(Mutex::new(Some(sender)));
    let url = server::accepting(Default::default(), move |mut websocket| {
        let sender = sender.lock().expect("no panic").take();
        async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let mut bytes = 0;
            while let Some(Ok(message)) = websocket.recv().await {
                bytes += message.as_bytes().len();
            }
            let closed = websocket.closed().cloned().expect("closed");
            let _ = sender.expect("one connection").send((bytes, closed.code));
        }
    })
    .await;
    let socket = opened(&url).await;
    for _ in 0..100 {
        socket.send(vec![0; 100_000]).expect("open");
    }
    drop(socket);
    assert_eq!(soon(received).await, Ok((10_000_000, 1005)));
}

/// Third paragraph: while CLOSING, a handler of the close event is still called.
#[tokio::test]
async fn the_close_event_comes_without_handles() {
    let (url, _frames) = telling(Duration::ZERO).await;
    let socket = opened(&url).await;
    let mut log = Log::of(&socket);
    log.opened().await;
    socket.close(Some(1000), None).expect("closes");
    drop(socket);
    assert_eq!(log.closed().await, (1000, String::new(), true));
}

/// Handlers are dropped at the end, so that a handler may own a handle of its own object.
#[tokio::test]
async fn handlers_that_own_a_handle() {
    let (url, _frames) = telling(Duration::ZERO).await;
    let owned = Arc::new(());
    let socket = opened(&url).await;
    for kind in [
        EventKind::Open,
        EventKind::Message,
        EventKind::Error,
        EventKind::Close,
    ] {
        let (handle, owned) = (socket.clone(), Arc::clone(&owned));
        let keep = move || drop((handle, owned));
        match kind {
            EventKind::Open => socket.on_open(move |_| keep()),
            EventKind::Message => socket.on_message(move |_| {
                let _ = &keep;
            }),
            EventKind::Error => socket.on_error(move |_| keep()),
            EventKind::Close => socket.on_close(move |_| keep()),
        }
    }
    socket.close(None, None).expect("closes");
    drop(socket);
    until("all are dropped", || Arc::strong_count(&owned) == 1).await;
}

/// The same when one is set after the end.
#[tokio::test]
async fn handlers_that_come_too_late() {
    let (url, _frames) = telling(Duration::ZERO).await;
    let socket = opened(&url).await;
    let mut log = Log::of(&socket);
    log.opened().await;
    socket.close(None, None).expect("closes");
    log.closed().await;
    let owned = Arc::new(());
    let (handle, kept) = (socket.clone(), Arc::clone(&owned));
    socket.on_message(move |_| {
        let _ = (&handle, &kept);
    });
    let (handle, kept) = (socket.clone(), Arc::clone(&owned));
    socket.on_error(move |_| drop((handle, kept)));
    assert_eq!(Arc::strong_count(&owned), 1);
}
