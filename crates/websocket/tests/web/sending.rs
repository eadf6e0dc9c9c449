//! "The WebSocket interface": send(data).

use bytes::Bytes;
use sockeye_websocket::web::WebSocket;
use sockeye_websocket::{Message, Text};

use super::log::Log;
use super::server;

/// Send, step 2: strings go as text, all else as binary, whatever type it has in Rust.
#[tokio::test]
async fn text_and_binary() {
    let socket = WebSocket::new(server::echo().await, ()).expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    let texts = [
        socket.send("gr\u{fc}n"),
        socket.send("gr\u{fc}n".to_owned()),
        socket.send(Text::from("gr\u{fc}n")),
        socket.send(Message::from("gr\u{fc}n")),
    ];
    assert_eq!(texts, [Ok(()); 4]);
    for _ in texts {
        assert_eq!(log.message().await.as_text(), Some("gr\u{fc}n"));
    }
    let binaries = [
        socket.send(&b"\x00\xff"[..]),
        socket.send(vec![0, 255]),
        socket.send(Bytes::from_static(b"\x00\xff")),
    ];
    assert_eq!(binaries, [Ok(()); 3]);
    for _ in binaries {
        assert_eq!(log.message().await, Message::from(vec![0, 255]));
    }
}

/// Send, step 2: messages leave in order, however many at once and however large.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bursts_keep_their_order() {
    let socket = WebSocket::new(server::echo().await, ()).expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    let size = |number: usize| match number % 100 {
        0 => 100_000,
        1 => 0,
        other => other,
    };
    for number in 0..5000 {
        let mut text = number.to_string();
        text.extend(std::iter::repeat_n('x', size(number)));
        socket.send(text).expect("open");
    }
    for number in 0..5000 {
        let message = log.message().await;
        let text = message.as_text().expect("text");
        assert_eq!(text.trim_end_matches('x'), number.to_string());
        assert_eq!(text.len(), number.to_string().len() + size(number));
    }
    assert_eq!(socket.buffered_amount(), 0);
}

/// Send, step 2: handles may be used by many threads; each one's messages keep their order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_many_threads() {
    let socket = WebSocket::new(server::echo().await, ()).expect("an object");
    let mut log = Log::of(&socket);
    log.opened().await;
    let threads: Vec<_> = (0..4_u8)
        .map(|thread| {
            let socket = socket.clone();
            std::thread::spawn(move || {
                for number in 0..500_u16 {
                    let [high, low] = number.to_be_bytes();
                    socket.send(vec![thread, high, low]).expect("open");
                }
            })
        })
        .collect();
    let mut next = [0_u16; 4];
    for _ in 0..2000 {
        let message = log.message().await;
        let [thread, high, low] = message.as_bytes() else {
            panic!("{message:?}");
        };
        let expected = &mut next[usize::from(*thread)];
        assert_eq!(u16::from_be_bytes([*high, *low]), *expected);
        *expected += 1;
    }
    for thread in threads {
        thread.join().expect("no panic");
    }
}
