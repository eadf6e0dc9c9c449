use std::pin::pin;

use sockeye_websocket::{
    Config, Decoder, Error, Event, Failure, Kind, Limits, Message, MessageRef, Opcode, Overflow,
    Part, PreparedMessage, Role, SendError, frame,
};

use crate::pair;

#[tokio::test]
async fn every_byte_that_waits_is_counted() {
    let (client, server) = pair(100, &Config::new());
    let (mut writer, _reader) = server.split();
    writer.feed("x".repeat(50)).await.unwrap();
    assert_eq!(writer.buffered_amount(), 52, "the header counts");
    writer.feed("x".repeat(200)).await.unwrap();
    assert_eq!(writer.buffered_amount(), 52 + 204);
    writer.try_send(vec![0; 20_000]).unwrap();
    // The stream has taken what it holds.
    assert_eq!(writer.buffered_amount(), 52 + 204 + 20_004 - 100);
    client.get_ref().take();
    let flushing = tokio::spawn(async move {
        writer.flush().await.unwrap();
        writer.buffered_amount()
    });
    let mut taken = 100;
    while taken < 52 + 204 + 20_004 {
        taken += client.get_ref().take().len();
        tokio::task::yield_now().await;
    }
    assert_eq!(flushing.await.unwrap(), 0);
}

#[tokio::test]
async fn a_sender_that_met_the_high_mark_waits_for_the_low_one() {
    let (client, server) = pair(0, &Config::new().marks(1000, 10_000));
    let (mut writer, mut reader) = server.split();
    let reading = tokio::spawn(async move { reader.recv().await.is_some() });
    writer.feed(vec![0; 10_001]).await.unwrap();
    assert_eq!(writer.try_send("no"), Err(SendError::Full));
    let sending = tokio::spawn(async move {
        writer.feed("after").await.unwrap();
        writer
    });
    let mut taken = 0;
    while 10_005 - taken > 1000 {
        assert!(!sending.is_finished(), "at {taken} bytes");
        client.get_ref().set_room(500);
        tokio::task::yield_now().await;
        client.get_ref().set_room(0);
        taken += client.get_ref().take().len();
    }
    let mut writer = sending.await.unwrap();
    assert!(writer.buffered_amount() <= 1000 + 7);
    client.get_ref().set_room(1 << 20);
    writer.drained().await.unwrap();
    writer.flush().await.unwrap();
    taken += client.get_ref().take().len();
    assert_eq!(taken, 10_005 + 7);
    reading.abort();
}

#[tokio::test]
async fn a_slow_peer_is_disconnected_where_that_is_the_policy() {
    let config = Config::new().marks(10, 1000).overflow(Overflow::Close);
    let (client, server) = pair(0, &config);
    let (writer, mut reader) = server.split();
    let message = PreparedMessage::new(Message::from(vec![0; 2000]));
    writer.try_send_prepared(&message).unwrap();
    assert_eq!(writer.try_send_prepared(&message), Err(SendError::SlowPeer));
    assert_eq!(writer.try_send("more"), Err(SendError::Closed));
    client.get_ref().set_room(1 << 20);
    let reading = tokio::spawn(async move { reader.recv().await });
    let mut wire = Vec::new();
    while !client.get_ref().has_ended() {
        tokio::task::yield_now().await;
        wire.extend(client.get_ref().take());
    }
    assert_eq!(&wire[2004..], b"\x88\x0f\x03\xf0slow consumer");
    client.get_ref().end();
    let error = reading.await.unwrap().unwrap().unwrap_err();
    assert!(matches!(error, Error::Failed(Failure::SlowPeer)));
    assert_eq!(config.stats().get("slow_peer"), Some(1));
}

/// A peer that sends and does not read is not read either, once its answers wait.
#[tokio::test]
async fn answers_that_nobody_reads_stop_the_reading() {
    let (client, mut server) = pair(1000, &Config::new().marks(1000, 5000));
    let serving = tokio::spawn(async move {
        server
            .for_each(|message, answers| answers.send(message))
            .await
            .unwrap();
    });
    let mut input = Vec::new();
    frame::append_masked(&mut input, Opcode::Binary, &[0; 900], [1, 2, 3, 4]);
    for _ in 0..10 {
        client.get_ref().give(&input);
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
    }
    // What was read is at most what the mark allows, and one message more.
    client.get_ref().give(&input.repeat(1000));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let echoed = client.get_ref().take().len();
    assert!(echoed <= 1000);
    assert!(!serving.is_finished());
    serving.abort();
}

/// A slow reader pings while a long message leaves in fragments. The queue is never empty until
/// the message ends, and yet there is a pong between fragments, and only one to the latest ping.
#[tokio::test]
async fn pings_are_answered_between_the_fragments_of_a_slow_writer() {
    let (client, server) = pair(1000, &Config::new().marks(500, 2000));
    let (mut writer, mut reader) = server.split();
    let sending = tokio::spawn(async move {
        let mut message = writer.send_stream(Kind::Binary).await.unwrap();
        for number in 0..100 {
            message.write(&[number; 300][..]).await.unwrap();
        }
        message.finish().await.unwrap();
    });
    tokio::task::yield_now().await;
    assert!(!sending.is_finished(), "the stream is full");
    for payload in [&b"first"[..], b"second", b"latest"] {
        let mut ping = Vec::new();
        frame::append_masked(&mut ping, Opcode::Ping, payload, [1, 2, 3, 4]);
        client.get_ref().give(&ping);
        assert!(futures_util::poll!(pin!(reader.recv())).is_pending());
    }
    let reading = tokio::spawn(async move { reader.recv().await.is_some() });

    let mut decoder = Decoder::new(Role::Client, Limits::default());
    decoder.set_streaming(true);
    let (mut length, mut pongs) = (0, Vec::new());
    let mut ended = false;
    while !ended {
        let mut wire = client.get_ref().take();
        let mut feed = decoder.feed(&mut wire);
        while let Some(event) = feed.next() {
            match event.unwrap() {
                Event::Part(Part { data, last }) => {
                    length += MessageRef::from(data).as_bytes().len();
                    ended = last;
                }
                Event::Pong(payload) => pongs.push((payload.to_vec(), length)),
                other => panic!("{other:?}"),
            }
        }
        tokio::task::yield_now().await;
    }
    sending.await.unwrap();
    reading.abort();
    assert_eq!(length, 30_000);
    let [(payload, at)] = &pongs[..] else {
        panic!("{pongs:?}");
    };
    assert_eq!(payload, b"latest");
    assert_eq!(at % 300, 0, "between fragments");
    assert!(*at <= 4000, "with the next fragment, and not at {at}");
}
