//! How handlers are set, replaced, taken away and called.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sockeye_websocket::web::{EventKind, WebSocket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::oneshot;

use super::log::Log;
use super::server::{self, close, frame, read_frame};
use super::{soon, until};

/// Events wait for handlers that are set late: those that happen once for any time.
#[tokio::test]
async fn late_handlers_hear_what_happened() {
    let address = server::closed_port().await;
    let socket = WebSocket::new(format!("ws://{address}/"), ()).expect("an object");
    until("CLOSED", || socket.ready_state() == WebSocket::CLOSED).await;
    let (sender, closed) = oneshot::channel();
    socket.on_close(move |event| {
        let _ = sender.send(event.code);
    });
    assert_eq!(soon(closed).await, Ok(1006));
    let (sender, failed) = oneshot::channel();
    socket.on_error(move |event| drop(sender.send(event.cause.to_string())));
    let text = soon(failed).await.expect("an error event");
    assert!(text.starts_with("cannot connect to"), "{text}");
}

/// Messages too, until there has been a handler once.
#[tokio::test]
async fn late_handlers_hear_messages() {
    let url = server::raw(|mut stream| async move {
        server::open(&mut stream).await;
        let bytes = [frame(1, b"1"), frame(1, b"2"), close(1000, "")].concat();
        let _ = stream.write_all(&bytes).await;
        read_frame(&mut stream).await;
    })
    .await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    until("CLOSED", || socket.ready_state() == WebSocket::CLOSED).await;
    let (sender, mut texts) = unbounded_channel();
    socket.on_message(move |event| drop(sender.send(event.data)));
    for expected in ["1", "2"] {
        assert_eq!(
            soon(texts.recv()).await.expect("text").as_text(),
            Some(expected)
        );
    }
    // The handler is dropped, for no message can come any more.
    assert_eq!(soon(texts.recv()).await, None);
}

/// The messages that wait are bounded: beyond 64 KiB nobody is taken to listen.
#[tokio::test]
async fn few_messages_wait() {
    let (sender, receiver) = oneshot::channel::<()>();
    let receiver = Arc::new(Mutex::new(Some(receiver)));
    let url = server::accepting(Default::default(), move |mut websocket| {
        let receiver = receiver.lock().expect("no panic").take();
        async move {
            for _ in 0..100 {
                websocket.send(vec![0; 1000]).await.expect("open");
            }
            let _ = receiver.expect("one connection").await;
            websocket.send("now").await.expect("open");
            let _ = websocket.recv().await;
        }
    })
    .await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    until("OPEN", || socket.ready_state() == WebSocket::OPEN).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let (first, messages) = oneshot::channel();
    let mut first = Some(first);
    socket.on_message(move |event| {
        if let Some(first) = first.take() {
            drop(first.send(event.data));
        }
    });
    let _ = sender.send(());
    assert_eq!(
        soon(messages).await.expect("a message").as_text(),
        Some("now")
    );
}

/// A handler can be replaced and taken away, by itself too. Without one, events are dropped.
#[tokio::test]
async fn replaced_and_cleared() {
    let url = server::echo().await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let (sender, mut calls) = unbounded_channel();
    let wrong = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&wrong);
    socket.on_open(move |_| flag.store(true, Ordering::Relaxed));
    let log = sender.clone();
    socket.on_open(move |_| drop(log.send("open".to_owned())));
    let log = sender.clone();
    socket.on_message(move |event| {
        drop(log.send(format!(
            "first {}",
            event.data.as_text().unwrap_or_default()
        )));
        let inner = log.clone();
        event.target.on_message(move |event| {
            drop(inner.send(format!(
                "second {}",
                event.data.as_text().unwrap_or_default()
            )));
            event.target.clear_handler(EventKind::Message);
            let _ = event.target.send("dropped");
            let _ = event.target.close(Some(3000), None);
        });
    });
    let flag = Arc::clone(&wrong);
    socket.on_error(move |_| flag.store(true, Ordering::Relaxed));
    socket.clear_handler(EventKind::Error);
    socket.on_close(move |event| drop(sender.send(format!("close {}", event.code))));
    assert_eq!(soon(calls.recv()).await.as_deref(), Some("open"));
    for text in ["1", "2", "3"] {
        socket.send(text).expect("open");
    }
    for expected in ["first 1", "second 2", "close 3000"] {
        assert_eq!(soon(calls.recv()).await.as_deref(), Some(expected));
    }
    assert!(!wrong.load(Ordering::Relaxed));
}

/// A handler may call every method, and drop handles: no lock is held.
#[tokio::test]
async fn handlers_may_call_everything() {
    let url = server::echo().await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let (sender, done) = oneshot::channel();
    let mut sender = Some(sender);
    let clone = socket.clone();
    socket.on_message(move |event| {
        let target = event.target;
        for socket in [target.clone(), clone.clone()] {
            let _ = (
                socket.ready_state(),
                socket.buffered_amount(),
                socket.protocol(),
            );
            let _ = (
                socket.extensions(),
                socket.binary_type(),
                socket.url().len(),
            );
            let _ = format!("{socket:?}");
            socket.on_open(|_| {});
            socket.on_close(|_| {});
            socket.clear_handler(EventKind::Close);
            socket.send("more").expect("open");
        }
        target.on_message(|_| {});
        drop(target);
        if let Some(sender) = sender.take() {
            let _ = sender.send(());
        }
    });
    socket.on_open(|event| event.target.send("go").expect("open"));
    assert_eq!(soon(done).await, Ok(()));
}

/// What a handler owns may use the object while it is dropped.
#[tokio::test]
async fn destructors_may_call_everything() {
    struct Closing(WebSocket);
    impl Drop for Closing {
        fn drop(&mut self) {
            let _ = self.0.send("gone");
            self.0.on_message(|_| {});
            let _ = self.0.close(None, None);
        }
    }
    let url = server::echo().await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    until("OPEN", || socket.ready_state() == WebSocket::OPEN).await;
    let owned = Closing(socket.clone());
    socket.on_close(move |_| drop(owned));
    socket.on_close(|_| {});
    until("CLOSED", || socket.ready_state() == WebSocket::CLOSED).await;
}

/// A panic in a handler is not the end: as in a browser, the next event comes.
#[tokio::test]
async fn panics() {
    let url = server::echo().await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    socket.on_open(|_| panic!("on purpose"));
    socket.on_message(move |_| {
        if counted.fetch_add(1, Ordering::Relaxed) == 0 {
            panic!("on purpose");
        }
    });
    until("OPEN", || socket.ready_state() == WebSocket::OPEN).await;
    socket.send("1").expect("open");
    socket.send("2").expect("open");
    until("both came", || calls.load(Ordering::Relaxed) == 2).await;
    assert_eq!(socket.ready_state(), WebSocket::OPEN);
}

/// Handlers are called one at a time, on whichever thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_at_a_time() {
    let url = server::echo().await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let (sender, mut calls) = unbounded_channel();
    let busy = Arc::new(AtomicBool::new(false));
    let log = sender.clone();
    socket.on_open(|event| {
        for number in 0..100_u8 {
            event.target.send(vec![number]).expect("open");
        }
    });
    socket.on_message(move |event| {
        assert!(!busy.swap(true, Ordering::SeqCst), "two at once");
        std::thread::sleep(Duration::from_micros(200));
        busy.store(false, Ordering::SeqCst);
        let _ = log.send(event.data.as_bytes()[0]);
    });
    drop(sender);
    for number in 0..100 {
        assert_eq!(soon(calls.recv()).await, Some(number));
    }
}

/// No event is lost to handlers that are set one after the other behind the constructor, on
/// however many threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_race_with_the_constructor() {
    let url = server::raw(|mut stream| async move {
        let head = server::head(&mut stream).await;
        let mut answer = server::opening(&head, "").into_bytes();
        answer.extend(frame(1, b"hello"));
        answer.extend(close(1000, ""));
        let _ = stream.write_all(&answer).await;
        // The answer to the close frame. Then the server ends the stream, as RFC 6455 7.1.1 has it.
        let _ = stream.read_exact(&mut [0; 8]).await;
    })
    .await;
    for round in 0..200_u64 {
        let socket = WebSocket::new(&url, ()).expect("an object");
        tokio::time::sleep(Duration::from_micros(round * 5)).await;
        let (sender, mut events) = unbounded_channel();
        let log = sender.clone();
        socket.on_open(move |_| {
            let _ = log.send("open");
        });
        let log = sender.clone();
        socket.on_message(move |_| {
            let _ = log.send("message");
        });
        socket.on_close(move |_| {
            let _ = sender.send("close");
        });
        let mut seen = Vec::new();
        while let Some(event) = soon(events.recv()).await {
            seen.push(event);
        }
        assert_eq!(seen.len(), 3, "{round}: {seen:?}");
    }
}

/// An idle object that is closed without anybody listening leaves nothing behind.
#[tokio::test]
async fn nobody_listens() {
    let url = server::echo().await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    until("OPEN", || socket.ready_state() == WebSocket::OPEN).await;
    socket.close(None, None).expect("closes");
    until("CLOSED", || socket.ready_state() == WebSocket::CLOSED).await;
    let mut log = Log::of(&socket);
    // `open` too: it waited.
    assert!(log.next().await.is_some());
    assert_eq!(log.closed().await, (1005, String::new(), true));
}
