//! "Feedback from the protocol", "Ping and Pong frames" and "The CloseEvent interface".

use std::time::Duration;

use sockeye_websocket::web::{ErrorCause, Options, WebSocket};
use sockeye_websocket::{Config, Failure, Limits, Message, ProtocolError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::log::{Log, Seen};
use super::server::{self, close, frame, read_frame};

/// A server that opens the connection, says these bytes, answers close frames, and ends when the
/// client does.
async fn saying(bytes: Vec<u8>) -> String {
    server::raw(move |mut stream| {
        let bytes = bytes.clone();
        async move {
            server::open(&mut stream).await;
            let _ = stream.write_all(&bytes).await;
            while let Some((opcode, payload)) = read_frame(&mut stream).await {
                if opcode == 8 {
                    let said = bytes.windows(2).any(|two| two[0] == 0x88);
                    if !said {
                        let _ = stream.write_all(&frame(8, &payload)).await;
                    }
                    break;
                }
            }
        }
    })
    .await
}

/// Establishment, steps 1 to 4: when `open` is fired the state is OPEN, and `extensions` and
/// `protocol` are known. Messages that came with the handshake come behind it.
#[tokio::test]
async fn established() {
    let url = server::raw(|mut stream| async move {
        let head = server::head(&mut stream).await;
        let more = "Sec-WebSocket-Protocol: b\r\nSec-WebSocket-Extensions: permessage-deflate; \
                    server_no_context_takeover; client_max_window_bits=12\r\n";
        let mut answer = server::opening(&head, more).into_bytes();
        answer.extend(frame(1, b"at once"));
        let _ = stream.write_all(&answer).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let socket = WebSocket::new(&url, ["a", "b"]).expect("an object");
    let mut log = Log::acting(&socket, |seen, socket| {
        if let Seen::Open(state) = seen {
            assert_eq!(*state, WebSocket::OPEN);
            assert_eq!(socket.protocol(), "b");
            assert_eq!(
                socket.extensions(),
                "permessage-deflate; server_no_context_takeover; client_max_window_bits=12"
            );
        }
    });
    log.opened().await;
    assert_eq!(log.message().await.as_text(), Some("at once"));
}

/// Message, steps 2 and 3: the data is text or binary, and the origin is that of the URL.
#[tokio::test]
async fn messages() {
    let mut bytes = frame(1, "gr\u{fc}n".as_bytes());
    bytes.extend(frame(2, b"\x00\xff"));
    bytes.extend(frame(1, b""));
    let url = saying(bytes).await;
    let socket = WebSocket::new(format!("{url}path?query"), ()).expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    for expected in [Message::from("gr\u{fc}n"), vec![0, 255].into(), "".into()] {
        match log.next().await {
            Some(Seen::Message(message, origin, WebSocket::OPEN)) => {
                assert_eq!(message, expected);
                assert_eq!(origin, url.trim_end_matches('/'));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Message, step 1: once the state is not OPEN, messages are dropped: those that were received
/// already, and those that come before the server's close frame.
#[tokio::test]
async fn no_messages_after_close() {
    let url = server::raw(|mut stream| async move {
        server::open(&mut stream).await;
        let three = [frame(1, b"1"), frame(1, b"2"), frame(1, b"3")].concat();
        let _ = stream.write_all(&three).await;
        read_frame(&mut stream).await;
        let last = [frame(1, b"4"), close(3001, "")].concat();
        let _ = stream.write_all(&last).await;
    })
    .await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let mut log = Log::acting(&socket, |seen, socket| {
        if let Seen::Message(..) = seen {
            socket.close(Some(3001), None).expect("closes");
        }
    });
    log.opened().await;
    assert_eq!(log.message().await.as_text(), Some("1"));
    assert_eq!(log.closed().await, (3001, String::new(), true));
}

/// Closed, steps 1 and 3, "The CloseEvent interface": code, reason and wasClean of a closing
/// handshake. 1005 stands for a close frame without a code (RFC 6455 7.1.5).
#[tokio::test]
async fn closed_by_the_server() {
    for (bytes, code, reason) in [
        (close(1000, ""), 1000, ""),
        (close(1001, "restart"), 1001, "restart"),
        (close(4999, "gr\u{fc}n"), 4999, "gr\u{fc}n"),
        (frame(8, b""), 1005, ""),
        // "UTF-8 decode without BOM" leaves it where it is.
        (close(4000, "\u{feff}x"), 4000, "\u{feff}x"),
    ] {
        let url = saying(bytes).await;
        let socket = WebSocket::new(&url, ()).expect("an object");
        let mut log = Log::of(&socket);
        log.opened().await;
        assert_eq!(log.closed().await, (code, reason.to_owned(), true));
    }
}

/// Closed, steps 2 and 3: a connection that merely breaks off was not failed, so there is no error
/// event; the code is 1006, and it was not clean.
#[tokio::test]
async fn broken_off() {
    for reset in [false, true] {
        let url = server::raw(move |mut stream| async move {
            server::open(&mut stream).await;
            let _ = stream.write_all(&frame(1, b"last")).await;
            if reset {
                tokio::time::sleep(Duration::from_millis(50)).await;
                stream.set_zero_linger().expect("an option");
            }
        })
        .await;
        let socket = WebSocket::new(&url, ()).expect("an object");
        let mut log = Log::of(&socket);
        log.opened().await;
        assert_eq!(log.message().await.as_text(), Some("last"));
        assert_eq!(log.closed().await, (1006, String::new(), false));
    }
}

/// Closed, step 2: a server that breaks the protocol makes the connection fail: `error` comes
/// before `close`, both with the state CLOSED, and the code is 1006 whatever the server was told.
#[tokio::test]
async fn failed() {
    let cases = [
        (frame(3, b""), ProtocolError::UnknownOpcode(3)),
        (frame(1, b"\xff"), ProtocolError::InvalidUtf8),
        (vec![0x81, 0x81, 0, 0, 0, 0, 65], ProtocolError::MaskedFrame),
        (vec![0xc1, 0], ProtocolError::ReservedBits),
        (frame(0, b""), ProtocolError::UnexpectedContinuation),
        (vec![0x09, 0], ProtocolError::FragmentedControl),
        (close(1005, ""), ProtocolError::InvalidCloseCode(1005)),
        (close(1006, ""), ProtocolError::InvalidCloseCode(1006)),
        (close(1015, ""), ProtocolError::InvalidCloseCode(1015)),
        (frame(8, b"\x03"), ProtocolError::CloseLengthOne),
        (frame(8, b"\x03\xe8\xff"), ProtocolError::InvalidCloseReason),
    ];
    for (bytes, violation) in cases {
        let url = saying(bytes).await;
        let socket = WebSocket::new(&url, ()).expect("an object");
        let mut log = Log::of(&socket);
        log.opened().await;
        match log.failed_and_closed().await {
            ErrorCause::Failed(Failure::Protocol(found)) => assert_eq!(found, violation),
            other => panic!("{violation}: {other:?}"),
        }
    }
}

/// The same for what a configuration forbids.
#[tokio::test]
async fn failed_by_limits() {
    let url = saying(frame(1, &[b'x'; 100])).await;
    let config = Config::new().limits(Limits::default().max_message(99));
    let socket = Options::new()
        .config(config)
        .open(&url, ())
        .expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    match log.failed_and_closed().await {
        ErrorCause::Failed(Failure::Protocol(error)) => {
            assert_eq!(error, ProtocolError::MessageTooBig { limit: 99 });
        }
        other => panic!("{other:?}"),
    }

    let url = saying(Vec::new()).await;
    let config = Config::new()
        .ping_interval(None)
        .idle_timeout(Some(Duration::from_millis(100)));
    let socket = Options::new()
        .config(config)
        .open(&url, ())
        .expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    match log.failed_and_closed().await {
        ErrorCause::Failed(failure) => assert_eq!(failure, Failure::Idle),
        other => panic!("{other:?}"),
    }
}

/// "Ping and Pong frames": they are answered, and not shown.
#[tokio::test]
async fn pings() {
    let url = server::raw(|mut stream| async move {
        server::open(&mut stream).await;
        let _ = stream
            .write_all(&[frame(9, b"you?"), frame(10, b"unasked")].concat())
            .await;
        let answer = read_frame(&mut stream).await;
        assert_eq!(answer, Some((10, b"you?".to_vec())));
        let _ = stream.write_all(&frame(1, b"thanks")).await;
        let _ = stream.write_all(&close(1000, "")).await;
        read_frame(&mut stream).await;
    })
    .await;
    let socket = WebSocket::new(&url, ()).expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    assert_eq!(log.message().await.as_text(), Some("thanks"));
    assert_eq!(log.closed().await, (1000, String::new(), true));
}
