//! "The WebSocket interface": close(code, reason).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sockeye_websocket::Config;
use sockeye_websocket::web::{CloseError, ErrorCause, InvalidState, Options, WebSocket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::log::{Log, Seen};
use super::server::{self, read_frame};
use super::{soon, until};

type Frames = Arc<Mutex<Vec<(u8, Vec<u8>)>>>;

/// A server that notes all frames and answers a close frame with itself.
async fn noting() -> (String, Frames) {
    let frames = Frames::default();
    let noted = Arc::clone(&frames);
    let url = server::raw(move |mut stream| {
        let noted = Arc::clone(&noted);
        async move {
            server::open(&mut stream).await;
            while let Some((opcode, payload)) = read_frame(&mut stream).await {
                noted
                    .lock()
                    .expect("no panic")
                    .push((opcode, payload.clone()));
                if opcode == 8 {
                    let _ = stream.write_all(&server::frame(8, &payload)).await;
                    break;
                }
            }
        }
    })
    .await;
    (url, frames)
}

/// Opens, closes with these, and gives the close frame's payload and the close event.
async fn closed_with(code: Option<u16>, reason: Option<&str>) -> (Vec<u8>, (u16, String, bool)) {
    let (url, frames) = noting().await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    assert_eq!(socket.close(code, reason), Ok(()));
    assert_eq!(socket.ready_state(), WebSocket::CLOSING);
    let closed = log.closed().await;
    let frames = frames.lock().expect("no panic").clone();
    let [(8, payload)] = &frames[..] else {
        panic!("{frames:?}");
    };
    (payload.clone(), closed)
}

/// Close, step 1: a code that is neither 1000 nor from 3000 to 4999 is an InvalidAccessError, in
/// every state, and nothing happens.
#[tokio::test]
async fn codes() {
    let (url, frames) = noting().await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let wrong = || {
        for code in [
            0, 1, 999, 1001, 1004, 1005, 1006, 1011, 1015, 2999, 5000, 65535,
        ] {
            let error = socket.close(Some(code), None).expect_err("a wrong code");
            assert_eq!(error, CloseError::InvalidAccess(code));
            assert_eq!(error.name(), "InvalidAccessError");
        }
    };
    wrong();
    assert_eq!(socket.ready_state(), WebSocket::CONNECTING);
    let mut log = Log::of(&socket);
    log.opened().await;
    wrong();
    assert_eq!(socket.ready_state(), WebSocket::OPEN);
    socket.close(Some(4999), None).expect("a right one");
    wrong();
    assert_eq!(log.closed().await, (4999, String::new(), true));
    wrong();
    assert_eq!(frames.lock().expect("no panic").len(), 1);
}

/// Close, step 1: the codes that may be used.
#[tokio::test]
async fn codes_that_may_be_used() {
    for code in [1000, 3000, 3999, 4000, 4999] {
        let (payload, closed) = closed_with(Some(code), None).await;
        assert_eq!(payload, code.to_be_bytes());
        assert_eq!(closed, (code, String::new(), true));
    }
}

/// Close, step 2: a reason has at most 123 bytes of UTF-8; more are a SyntaxError.
#[tokio::test]
async fn reasons() {
    let (url, _) = noting().await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    for (reason, bytes) in [("x".repeat(124), 124), ("\u{e4}".repeat(62), 124)] {
        for code in [None, Some(1000)] {
            let error = socket.close(code, Some(&reason)).expect_err("too long");
            assert_eq!(error, CloseError::Syntax(bytes));
            assert_eq!(error.name(), "SyntaxError");
        }
    }
    assert_eq!(socket.ready_state(), WebSocket::OPEN);
    // Step 1 comes before step 2.
    let error = socket.close(Some(999), Some(&"x".repeat(124)));
    assert_eq!(error, Err(CloseError::InvalidAccess(999)));

    let longest = "\u{e4}".repeat(61) + "x";
    let (payload, closed) = closed_with(Some(3000), Some(&longest)).await;
    assert_eq!(payload[2..], *longest.as_bytes());
    assert_eq!(closed, (3000, longest, true));
}

/// Close, step 3, first case: when it is CLOSING or CLOSED nothing happens.
#[tokio::test]
async fn a_second_close() {
    let (url, frames) = noting().await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    socket.close(Some(3001), Some("first")).expect("closes");
    socket.close(Some(3002), Some("second")).expect("nothing");
    assert_eq!(socket.ready_state(), WebSocket::CLOSING);
    assert_eq!(log.closed().await, (3001, "first".to_owned(), true));
    socket.close(Some(3003), None).expect("nothing");
    assert_eq!(socket.ready_state(), WebSocket::CLOSED);
    let frames = frames.lock().expect("no panic").clone();
    assert_eq!(frames, [(8, b"\x0b\xb9first".to_vec())]);
}

/// Close, step 3, second case: before the connection is established it fails. The state is CLOSING
/// at once, and the events come afterwards.
#[tokio::test]
async fn before_it_is_open() {
    let (sender, mut ended) = tokio::sync::mpsc::unbounded_channel();
    // It takes connections and never answers.
    let url = server::raw(move |mut stream| {
        let sender = sender.clone();
        async move {
            server::head(&mut stream).await;
            let rest = stream.read_to_end(&mut Vec::new()).await;
            let _ = sender.send(rest.unwrap_or(0));
        }
    })
    .await;
    for wait in [false, true] {
        let socket = WebSocket::new(&url, ()).expect("an object");
        let mut log = Log::of(&socket);
        if wait {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        socket
            .close(Some(1000), Some("never mind"))
            .expect("closes");
        assert_eq!(socket.ready_state(), WebSocket::CLOSING);
        // Send, step 1: it is not CONNECTING any more.
        assert_eq!(socket.send("four"), Ok(()));
        assert_eq!(socket.buffered_amount(), 4);
        let cause = log.failed_and_closed().await;
        assert!(matches!(cause, ErrorCause::Aborted), "{cause:?}");
        assert_eq!(socket.buffered_amount(), 4);
    }
    // The second attempt had reached the server, and was cut without a word.
    assert_eq!(soon(ended.recv()).await, Some(0));
}

/// Close, step 3, third case: without code and reason the close frame has no body.
#[tokio::test]
async fn without_code_and_reason() {
    for reason in [None, Some("")] {
        let (payload, closed) = closed_with(None, reason).await;
        assert_eq!(payload, b"");
        assert_eq!(closed, (1005, String::new(), true));
    }
}

/// Close, step 3, third case: the code, and the reason behind it.
#[tokio::test]
async fn with_code_and_reason() {
    let (payload, closed) = closed_with(Some(3000), Some("gr\u{fc}n")).await;
    assert_eq!(payload, b"\x0b\xb8gr\xc3\xbcn");
    assert_eq!(closed, (3000, "gr\u{fc}n".to_owned(), true));
    let (payload, _) = closed_with(Some(3000), Some("")).await;
    assert_eq!(payload, b"\x0b\xb8");
}

/// Close, step 3, third case, as the living standard has it since the draft: a reason without a
/// code goes with 1000.
#[tokio::test]
async fn with_a_reason_alone() {
    let (payload, closed) = closed_with(None, Some("why")).await;
    assert_eq!(payload, b"\x03\xe8why");
    assert_eq!(closed, (1000, "why".to_owned(), true));
}

/// Close, the note below: what was sent before leaves first, however slowly the server reads.
#[tokio::test]
async fn what_was_sent_leaves_first() {
    let (sender, counted) = tokio::sync::oneshot::channel();
    let sender = Arc::new(Mutex::new(Some(sender)));
    let url = server::accepting(Default::default(), move |mut websocket| {
        let sender = sender.lock().expect("no panic").take();
        async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let mut count = 0;
            while let Some(Ok(message)) = websocket.recv().await {
                assert_eq!(message.as_bytes(), vec![count; 100_000]);
                count += 1;
            }
            let _ = sender.expect("one connection").send(count);
        }
    })
    .await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    for number in 0..100 {
        socket.send(vec![number; 100_000]).expect("open");
    }
    socket.close(Some(1000), None).expect("closes");
    assert_eq!(socket.ready_state(), WebSocket::CLOSING);
    assert_eq!(socket.buffered_amount(), 10_000_000);
    assert_eq!(log.closed().await, (1000, String::new(), true));
    assert_eq!(soon(counted).await, Ok(100));
    assert_eq!(socket.buffered_amount(), 0);
}

/// Close, step 3, last case: the server has begun to close; its code counts, not ours.
#[tokio::test]
async fn once_the_server_has_begun() {
    let (url, goes_on) = closing_first().await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    // "Feedback from the protocol": when the closing handshake is started the state is CLOSING.
    until("CLOSING", || socket.ready_state() == WebSocket::CLOSING).await;
    socket.close(Some(3000), Some("too late")).expect("nothing");
    assert_eq!(socket.ready_state(), WebSocket::CLOSING);
    goes_on.notify_one();
    assert_eq!(log.closed().await, (4001, "mine".to_owned(), true));
}

/// A server that sends a close frame, and ends the stream when it is told to, having read the one
/// close frame that answers.
async fn closing_first() -> (String, Arc<tokio::sync::Notify>) {
    let notify = Arc::new(tokio::sync::Notify::new());
    let goes_on = Arc::clone(&notify);
    let script = move |mut stream: TcpStream| {
        let goes_on = Arc::clone(&goes_on);
        async move {
            server::open(&mut stream).await;
            let _ = stream.write_all(&server::close(4001, "mine")).await;
            let answer = read_frame(&mut stream).await;
            assert_eq!(answer, Some((8, vec![0x0f, 0xa1])));
            goes_on.notified().await;
        }
    };
    (server::raw(script).await, notify)
}

/// RFC 6455 7.1.5: the code is what the server's close frame says, also if both sides closed.
#[tokio::test]
async fn both_sides_close() {
    let url = server::raw(|mut stream| async move {
        server::open(&mut stream).await;
        read_frame(&mut stream).await;
        let _ = stream.write_all(&server::close(4999, "mine")).await;
    })
    .await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let mut log = Log::acting(&socket, |seen, socket| {
        if let Seen::Open(_) = seen {
            socket.close(Some(3000), Some("ours")).expect("closes");
        }
    });
    assert!(matches!(log.next().await, Some(Seen::Open(_))));
    assert_eq!(log.closed().await, (4999, "mine".to_owned(), true));
}

/// A close frame that nobody answers: the connection is cut, which is not clean, and no failure.
#[tokio::test]
async fn nobody_answers() {
    let url = server::raw(|mut stream| async move {
        server::open(&mut stream).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let config = Config::new().close_timeout(Duration::from_millis(100));
    let socket = Options::new()
        .config(config)
        .open(&url, ())
        .expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    socket.close(Some(1000), None).expect("closes");
    assert_eq!(log.closed().await, (1006, String::new(), false));
}

/// A server that takes nothing more: the close frame never leaves, and the connection is cut.
#[tokio::test]
async fn nobody_reads() {
    let url = server::raw(|mut stream| async move {
        server::open(&mut stream).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    })
    .await;
    let config = Config::new()
        .close_timeout(Duration::from_millis(200))
        .marks(1 << 20, 64 << 20);
    let socket = Options::new()
        .config(config)
        .open(&url, ())
        .expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    for _ in 0..32 {
        socket.send(vec![0; 1 << 20]).expect("open");
    }
    socket.close(None, None).expect("closes");
    assert_eq!(log.closed().await, (1006, String::new(), false));
    // "The number does not reset to zero once the connection closes."
    let left = socket.buffered_amount();
    assert!(left > 16 << 20, "{left}");
    assert_eq!(socket.send("more"), Ok(()));
    assert_eq!(socket.buffered_amount(), left + 4);
}

/// Send, step 1, is about CONNECTING only.
#[tokio::test]
async fn send_before_open_and_after_close() {
    let (url, _) = noting().await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    assert_eq!(socket.send("early"), Err(InvalidState));
    assert_eq!(InvalidState.name(), "InvalidStateError");
    assert_eq!(socket.buffered_amount(), 0);
    let mut log = Log::of(&socket);
    log.opened().await;
    socket.close(None, None).expect("closes");
    assert_eq!(socket.send("late"), Ok(()));
    assert_eq!(log.closed().await, (1005, String::new(), true));
    assert_eq!(socket.buffered_amount(), 4);
}
