use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use sockeye_websocket::{
    Config, Error, Failure, Kind, Limits, Message, Negotiated, PreparedMessage, ProtocolError,
    Role, SendError, WebSocket, frame,
};

use crate::{pair, pair_of, pipe};

fn poll_once<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn both_kinds_of_every_size_both_ways() {
    let (mut client, mut server) = pair(1 << 20, &Config::new());
    for size in [0, 1, 125, 126, 16_383, 16_384, 65_535, 65_536, 300_000] {
        for message in [
            Message::from("x".repeat(size)),
            Message::from(vec![7_u8; size]),
        ] {
            client.send(message.clone()).await.unwrap();
            assert_eq!(server.recv().await.unwrap().unwrap(), message);
            server.send(message.clone()).await.unwrap();
            assert_eq!(client.recv().await.unwrap().unwrap(), message);
            let prepared = PreparedMessage::new(message.clone());
            client.send_prepared(&prepared).await.unwrap();
            assert_eq!(server.recv().await.unwrap().unwrap(), message);
            server.send_prepared(&prepared).await.unwrap();
            assert_eq!(client.recv().await.unwrap().unwrap(), message);
        }
    }
}

#[tokio::test]
async fn several_messages_of_one_read_come_one_by_one() {
    let (mut client, mut server) = pair(1 << 20, &Config::new());
    for number in 0..1000 {
        client.feed(format!("message {number}")).await.unwrap();
    }
    client.flush().await.unwrap();
    for number in 0..1000 {
        let message = server.recv().await.unwrap().unwrap();
        assert_eq!(message, Message::from(format!("message {number}")));
    }
    assert!(poll_once(server.recv()).is_pending());
}

#[tokio::test]
async fn bytes_behind_the_handshake_come_first() {
    let (near, far) = pipe::pipe(1024);
    let mut early = Vec::new();
    frame::append(&mut early, sockeye_websocket::Opcode::Text, b"early");
    let negotiated = Negotiated {
        protocol: Some("chat".to_owned()),
        early,
        ..Negotiated::default()
    };
    let mut client = WebSocket::new(near, Role::Client, negotiated, &Config::new());
    let mut server = WebSocket::new(far, Role::Server, Negotiated::default(), &Config::new());
    server.send("later").await.unwrap();
    assert_eq!(client.protocol(), Some("chat"));
    assert_eq!(
        client.recv().await.unwrap().unwrap(),
        Message::from("early")
    );
    assert_eq!(
        client.recv().await.unwrap().unwrap(),
        Message::from("later")
    );
}

/// Every future is dropped after each single poll, while the stream moves byte by byte.
#[tokio::test]
async fn dropped_futures_lose_nothing() {
    let (mut client, mut server) = pair(1, &Config::new());
    let messages: Vec<Message> = (0..40)
        .map(|number| Message::from("ab".repeat(number)))
        .collect();
    let mut heard = Vec::new();
    let mut sent = 0;
    while heard.len() < messages.len() {
        if sent < messages.len() && client.buffered_amount() < 100 {
            assert_eq!(
                poll_once(client.feed(messages[sent].clone())),
                Poll::Ready(Ok(()))
            );
            sent += 1;
        }
        let _ = poll_once(client.flush());
        if let Poll::Ready(message) = poll_once(server.recv()) {
            heard.push(message.unwrap().unwrap());
        }
    }
    assert_eq!(heard, messages);
}

/// A message that was not accepted when its future was dropped is not sent at all.
#[tokio::test]
async fn dropped_sends_are_whole_or_nothing() {
    let (mut client, server) = pair(0, &Config::new().marks(10, 50));
    assert!(poll_once(client.send("x".repeat(60))).is_pending());
    let accepted = client.buffered_amount();
    assert_eq!(accepted, 66, "accepted, and waiting for the stream");
    assert!(poll_once(client.send("not accepted")).is_pending());
    assert_eq!(client.buffered_amount(), accepted);
    server.get_ref().set_room(1 << 20);
    client.flush().await.unwrap();
    assert_eq!(server.get_ref().take().len(), accepted);
}

#[tokio::test]
async fn for_each_answers_in_place_and_ends_with_the_peers_words() {
    let (mut client, mut server) = pair(1 << 20, &Config::new());
    let serving = tokio::spawn(async move {
        server
            .for_each(|message, answers| answers.send(message))
            .await
    });
    for number in 0..100 {
        client.feed(vec![number; 1000]).await.unwrap();
    }
    for number in 0..100 {
        let echo = client.recv().await.unwrap().unwrap();
        assert_eq!(echo, Message::from(vec![number; 1000]));
    }
    let closed = client.close(4000, "done").await.unwrap();
    assert_eq!((closed.code, closed.was_clean), (4000, true));
    let closed = serving.await.unwrap().unwrap();
    assert_eq!((closed.code, &closed.reason[..]), (4000, "done"));
}

#[tokio::test]
async fn for_each_stops_where_its_handler_does() {
    let (mut client, mut server) = pair(1 << 20, &Config::new());
    for text in ["a", "stop", "b"] {
        client.feed(text).await.unwrap();
    }
    client.flush().await.unwrap();
    let stopped = server
        .for_each(|message, _| match message.as_bytes() {
            b"stop" => Err(SendError::Full),
            _ => Ok(()),
        })
        .await;
    assert!(matches!(stopped, Err(Error::Send(SendError::Full))));
    assert_eq!(server.recv().await.unwrap().unwrap(), Message::from("b"));
}

#[tokio::test(start_paused = true)]
async fn a_message_too_long_is_an_error_once() {
    let config = Config::new().limits(Limits::default().max_message(100));
    let (mut client, mut server) = pair(1 << 20, &config);
    client.send("x".repeat(101)).await.unwrap();
    let error = server.recv().await.unwrap().unwrap_err();
    let expected = Failure::Protocol(ProtocolError::MessageTooBig { limit: 100 });
    assert!(matches!(error, Error::Failed(failure) if failure == expected));
    assert!(server.recv().await.is_none());
    assert!(client.recv().await.is_none());
    assert_eq!(client.closed().unwrap().code, 1009);
}

#[tokio::test]
async fn a_message_sent_in_pieces() {
    let (client, mut server) = pair(4096, &Config::new());
    let (mut writer, mut reader) = client.split();
    let sending = tokio::spawn(async move {
        let mut message = writer.send_stream(Kind::Text).await.unwrap();
        let other = message.write(&b"binary"[..]).await;
        assert_eq!(other, Err(SendError::MessageOpen));
        for number in 0..1000 {
            message.write(&format!("{number},")[..]).await.unwrap();
        }
        message.finish().await.unwrap();
        writer.send("next").await.unwrap();
        writer
    });
    let whole: String = (0..1000).map(|number| format!("{number},")).collect();
    assert_eq!(server.recv().await.unwrap().unwrap(), Message::from(whole));
    assert_eq!(server.recv().await.unwrap().unwrap(), Message::from("next"));
    drop((sending.await.unwrap(), poll_once(reader.recv())));
}

#[tokio::test]
async fn a_message_given_up_is_no_message() {
    let config = Config::new();
    let (mut client, mut server) = pair_of(4096, &config, &Config::new());
    let mut message = client.send_stream(Kind::Binary).await.unwrap();
    message.write(&b"half a"[..]).await.unwrap();
    drop(message);
    assert_eq!(client.send("more").await, Err(SendError::Closed));
    let serving = tokio::spawn(async move {
        assert!(server.recv().await.is_none());
        server.closed().unwrap().code
    });
    let error = client.recv().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Failed(Failure::MessageGivenUp)));
    assert_eq!(config.stats().get("message_given_up"), Some(1));
    assert_eq!(serving.await.unwrap(), 1011);

    // One of which nothing was sent is nothing.
    let (mut client, mut server) = pair(4096, &Config::new());
    drop(client.send_stream(Kind::Text).await.unwrap());
    client.send("whole").await.unwrap();
    assert_eq!(
        server.recv().await.unwrap().unwrap(),
        Message::from("whole")
    );
}
