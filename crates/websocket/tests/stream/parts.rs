//! Messages that come in parts, and what cancels and dropped readers leave behind.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use sockeye_websocket::{
    Config, Error, Failure, Kind, Limits, Message, Opcode, ProtocolError, WebSocket, frame,
};

use crate::pair;
use crate::pipe::Pipe;

const KEY: [u8; 4] = [1, 2, 3, 4];

/// Of a short masked frame. With it, it is settled whether a message comes in parts.
const HEADER: usize = 6;

fn poll_once<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// The wire of a client's text message in two frames, and how long the first one is.
fn in_two_frames(first: &str, second: &str) -> (Vec<u8>, usize) {
    let mut wire = Vec::new();
    frame::append_masked(&mut wire, Opcode::Text, first.as_bytes(), KEY);
    wire[0] &= 0x7f;
    let border = wire.len();
    frame::append_masked(&mut wire, Opcode::Continuation, second.as_bytes(), KEY);
    (wire, border)
}

/// All that is left of the next message.
async fn collect(socket: &mut WebSocket<Pipe>) -> Vec<u8> {
    let mut reader = socket.recv_stream().await.unwrap().unwrap();
    let mut whole = Vec::new();
    while let Some(piece) = reader.next().await {
        whole.extend_from_slice(piece.unwrap().as_bytes());
    }
    whole
}

/// The streaming begins with the message, a whole one is waited for in the middle of it, and then
/// its parts again: none is lost, and none gets into the next message.
#[tokio::test]
async fn parts_that_a_cancelled_recv_gathered_come_first() {
    let (client, mut server) = pair(1 << 20, &Config::new());
    let (wire, border) = in_two_frames("first half, ", "second half");
    client.get_ref().give(&wire[..HEADER]);
    assert!(poll_once(server.recv_stream()).is_pending());
    client.get_ref().give(&wire[HEADER..border]);
    assert!(poll_once(server.recv()).is_pending());
    client.get_ref().give(&wire[border..]);
    let mut reader = server.recv_stream().await.unwrap().unwrap();
    assert_eq!(reader.kind(), Kind::Text);
    let piece = reader.next().await.unwrap().unwrap();
    assert_eq!(piece, Message::from("first half, "));
    let piece = reader.next().await.unwrap().unwrap();
    assert_eq!(piece, Message::from("second half"));
    assert!(reader.next().await.is_none());
    drop(reader);
    client.get_ref().give(&wire);
    let message = server.recv().await.unwrap().unwrap();
    assert_eq!(message, Message::from("first half, second half"));
}

/// Each future is dropped after one poll while the bytes come one by one. Up to `turn` of them are
/// taken by `recv`, or by `recv_stream` and then by `recv`; the others by either.
#[tokio::test]
async fn a_cancel_at_each_poll_loses_nothing() {
    let (wire, _) = in_two_frames("grüße, ", "Jürgen");
    for turn in 0..wire.len() {
        for (begins_streaming, ends_streaming) in
            [(false, false), (false, true), (true, false), (true, true)]
        {
            let (client, mut server) = pair(1 << 20, &Config::new());
            let mut bytes = wire.iter().enumerate();
            for (at, byte) in bytes.by_ref().take(turn) {
                client.get_ref().give(&[*byte]);
                if begins_streaming && at < HEADER {
                    assert!(poll_once(server.recv_stream()).is_pending());
                } else {
                    assert!(poll_once(server.recv()).is_pending());
                }
            }
            let mut give = || client.get_ref().give(&[*bytes.next().unwrap().1]);
            let mut whole = Vec::new();
            if ends_streaming {
                let mut ended = false;
                while !ended {
                    match poll_once(server.recv_stream()) {
                        Poll::Pending => give(),
                        Poll::Ready(reader) => {
                            let mut reader = reader.unwrap().unwrap();
                            while !ended {
                                match poll_once(reader.next()) {
                                    Poll::Ready(Some(piece)) => {
                                        whole.extend_from_slice(piece.unwrap().as_bytes());
                                    }
                                    Poll::Ready(None) => ended = true,
                                    Poll::Pending => give(),
                                }
                            }
                        }
                    }
                }
            } else {
                let message = loop {
                    match poll_once(server.recv()) {
                        Poll::Ready(message) => break message.unwrap().unwrap(),
                        Poll::Pending => give(),
                    }
                };
                whole.extend_from_slice(message.as_bytes());
            }
            let text = String::from_utf8(whole).unwrap();
            assert_eq!(
                text, "grüße, Jürgen",
                "{turn} {begins_streaming} {ends_streaming}"
            );
        }
    }
}

/// The reader's own future, dropped after each poll.
#[tokio::test]
async fn a_cancelled_next_loses_nothing() {
    let (client, mut server) = pair(1 << 20, &Config::new());
    let (wire, border) = in_two_frames("abcdef", "ghi");
    client.get_ref().give(&wire[..border - 5]);
    let mut reader = server.recv_stream().await.unwrap().unwrap();
    let mut rest = wire[border - 5..].iter();
    let mut heard = Vec::new();
    loop {
        match poll_once(reader.next()) {
            Poll::Ready(Some(piece)) => heard.extend_from_slice(piece.unwrap().as_bytes()),
            Poll::Ready(None) => break,
            Poll::Pending => client.get_ref().give(&[*rest.next().unwrap()]),
        }
    }
    assert_eq!(heard, b"abcdefghi");
}

/// Streaming was asked for when the message began; the handler gets it whole all the same.
#[tokio::test]
async fn a_handler_gets_what_began_in_parts() {
    let (mut client, mut server) = pair(1 << 20, &Config::new());
    let (wire, border) = in_two_frames("one, ", "two");
    client.get_ref().give(&wire[..HEADER]);
    assert!(poll_once(server.recv_stream()).is_pending());
    client.get_ref().give(&wire[HEADER..border]);
    let serving = server.for_each(|message, answers| answers.send(message));
    assert!(poll_once(serving).is_pending());
    client.get_ref().give(&wire[border..]);
    let serving = server.for_each(|message, answers| answers.send(message));
    assert!(poll_once(serving).is_pending());
    let echo = client.recv().await.unwrap().unwrap();
    assert_eq!(echo, Message::from("one, two"));
}

#[tokio::test]
async fn a_reader_dropped_midway_drops_its_message_alone() {
    let (client, mut server) = pair(1 << 20, &Config::new());
    let (wire, border) = in_two_frames("not wanted", ", all of it");
    let (next, _) = in_two_frames("wan", "ted");
    for receive in ["recv", "recv_stream", "for_each"] {
        client.get_ref().give(&wire[..border]);
        let mut reader = server.recv_stream().await.unwrap().unwrap();
        reader.next().await.unwrap().unwrap();
        drop(reader);
        client
            .get_ref()
            .give(&[&wire[border..], &next, &next].concat());
        match receive {
            "recv" => {
                let message = server.recv().await.unwrap().unwrap();
                assert_eq!(message, Message::from("wanted"));
            }
            "recv_stream" => assert_eq!(collect(&mut server).await, b"wanted"),
            _ => {
                let mut heard = Vec::new();
                let serving = server.for_each(|message, _| {
                    heard.push(message.to_owned());
                    Ok(())
                });
                assert!(poll_once(serving).is_pending());
                assert_eq!(heard, [Message::from("wanted"), Message::from("wanted")]);
                continue;
            }
        }
        assert_eq!(collect(&mut server).await, b"wanted", "after {receive}");
    }
}

#[tokio::test]
async fn a_stream_that_ends_within_a_message_is_an_error_once() {
    let (client, mut server) = pair(1 << 20, &Config::new());
    let (wire, border) = in_two_frames("half", "never");
    client.get_ref().give(&wire[..border]);
    let mut reader = server.recv_stream().await.unwrap().unwrap();
    assert_eq!(reader.next().await.unwrap().unwrap(), Message::from("half"));
    client.get_ref().end();
    let error = reader.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Failed(Failure::Lost)));
    assert!(reader.next().await.is_none());
    drop(reader);
    assert!(server.recv_stream().await.is_none());
    assert_eq!(server.closed().unwrap().code, 1006);
}

/// What was gathered of it is not handed out after its end was told.
#[tokio::test]
async fn half_a_message_is_gone_with_its_connection() {
    let (client, mut server) = pair(1 << 20, &Config::new());
    let (wire, border) = in_two_frames("half", "never");
    client.get_ref().give(&wire[..HEADER]);
    assert!(poll_once(server.recv_stream()).is_pending());
    client.get_ref().give(&wire[HEADER..border]);
    client.get_ref().end();
    assert!(matches!(
        server.recv().await,
        Some(Err(Error::Failed(Failure::Lost)))
    ));
    assert!(server.recv_stream().await.is_none());
}

/// A close frame in the middle of a message (RFC 6455 5.4: control frames may be there) is a
/// goodbye, and yet the message has no end.
#[tokio::test]
async fn a_goodbye_within_a_message() {
    let (client, mut server) = pair(1 << 20, &Config::new());
    let (wire, border) = in_two_frames("half", "never");
    client.get_ref().give(&wire[..border]);
    let mut reader = server.recv_stream().await.unwrap().unwrap();
    reader.next().await.unwrap().unwrap();
    let mut close = Vec::new();
    frame::append_masked(&mut close, Opcode::Close, b"\x03\xe8", KEY);
    client.get_ref().give(&close);
    client.get_ref().end();
    let error = reader.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Failed(Failure::Lost)));
    drop(reader);
    assert_eq!(server.closed().unwrap().code, 1000);
}

/// What is gathered counts as a whole message does; what is streamed does not.
#[tokio::test]
async fn the_limit_counts_for_what_is_gathered() {
    let config = Config::new().limits(Limits::default().max_message(10));
    let (wire, border) = in_two_frames("1234567", "1234567");
    let (client, mut server) = pair(1 << 20, &config);
    client.get_ref().give(&wire);
    assert_eq!(collect(&mut server).await, b"12345671234567");

    client.get_ref().give(&wire[..HEADER]);
    assert!(poll_once(server.recv_stream()).is_pending());
    client.get_ref().give(&wire[HEADER..border]);
    assert!(poll_once(server.recv()).is_pending());
    client.get_ref().give(&wire[border..]);
    client.get_ref().end();
    let error = server.recv().await.unwrap().unwrap_err();
    let expected = Failure::Protocol(ProtocolError::MessageTooBig { limit: 10 });
    assert!(matches!(error, Error::Failed(failure) if failure == expected));
}

/// The reader half streams in while the writer half streams out.
#[tokio::test]
async fn halves_stream_both_ways() {
    const PIECES: u32 = 2000;
    let config = Config::new().limits(Limits::default().max_message(1000));
    let (client, server) = pair(4096, &config);
    let talk = |socket: WebSocket<Pipe>| async move {
        let (mut writer, mut reader) = socket.split();
        let send = async {
            let mut message = writer.send_stream(Kind::Binary).await.unwrap();
            for number in 0..PIECES {
                message.write(&number.to_be_bytes()[..]).await.unwrap();
            }
            message.finish().await.unwrap();
        };
        let receive = async {
            let mut message = reader.recv_stream().await.unwrap().unwrap();
            let mut whole = Vec::new();
            while let Some(piece) = message.next().await {
                whole.extend_from_slice(piece.unwrap().as_bytes());
            }
            whole
        };
        tokio::join!(send, receive).1
    };
    let expected: Vec<u8> = (0..PIECES).flat_map(u32::to_be_bytes).collect();
    let (one, other) = tokio::join!(talk(client), talk(server));
    assert_eq!(one, expected);
    assert_eq!(other, expected);
}

/// A reader half dropped midway, and a writer that hears of the end through it.
#[tokio::test]
async fn a_reader_half_skips_and_tells_the_writer() {
    let (client, server) = pair(10, &Config::new());
    let (mut writer, mut reader) = server.split();
    let (wire, border) = in_two_frames("not wanted", "either");
    client.get_ref().give(&wire[..border]);
    drop(reader.recv_stream().await.unwrap().unwrap());
    let (next, next_border) = in_two_frames("wan", "ted");
    client
        .get_ref()
        .give(&[&wire[border..], &next, &next[..next_border]].concat());
    let message = reader.recv().await.unwrap().unwrap();
    assert_eq!(message, Message::from("wanted"));

    let mut message = reader.recv_stream().await.unwrap().unwrap();
    assert_eq!(message.next().await.unwrap().unwrap(), Message::from("wan"));
    let sending = tokio::spawn(async move { writer.send("x".repeat(1000)).await });
    tokio::task::yield_now().await;
    client.get_ref().reset();
    assert!(matches!(message.next().await, Some(Err(Error::Io(_)))));
    let sent = sending.await.unwrap();
    assert_eq!(sent, Err(sockeye_websocket::SendError::Closed));
}
