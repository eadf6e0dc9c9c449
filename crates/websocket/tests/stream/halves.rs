use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use sockeye_websocket::{Config, Message, Opcode, SendError, WebSocket, frame};

use crate::pair;
use crate::pipe::Pipe;

/// The writer is stuck in a message that the stream does not take; the ping is still answered as
/// soon as the stream moves, though the writer's task never runs again.
#[tokio::test]
async fn pongs_leave_while_the_writer_is_blocked() {
    let (client, server) = pair(100, &Config::new());
    let (mut writer, mut reader) = server.split();
    let mut sending = Box::pin(writer.send("x".repeat(10_000)));
    assert!(futures_util::poll!(&mut sending).is_pending());

    let mut ping = Vec::new();
    frame::append_masked(&mut ping, Opcode::Ping, b"alive?", [1, 2, 3, 4]);
    client.get_ref().give(&ping);
    let reading = tokio::spawn(async move { reader.recv().await.is_some() });
    let mut wire = Vec::new();
    while wire.len() < 10_004 + 8 {
        wire.extend(client.get_ref().take());
        tokio::task::yield_now().await;
    }
    assert_eq!(&wire[10_004..], b"\x8a\x06alive?");
    // The writer hears of it when it is polled again.
    assert!(matches!(
        futures_util::poll!(&mut sending),
        std::task::Poll::Ready(Ok(()))
    ));
    reading.abort();
}

#[tokio::test]
async fn close_frames_are_answered_while_the_writer_is_idle() {
    let (mut client, server) = pair(1024, &Config::new());
    let (mut writer, mut reader) = server.split();
    let reading = tokio::spawn(async move {
        assert!(reader.recv().await.is_none());
        reader.closed().unwrap().code
    });
    let closed = client.close(3001, "").await.unwrap();
    assert_eq!((closed.code, closed.was_clean), (3001, true));
    assert_eq!(reading.await.unwrap(), 3001);
    assert_eq!(writer.send("late").await, Err(SendError::Closed));
}

#[tokio::test]
async fn a_writer_that_waits_hears_of_the_end() {
    let (client, server) = pair(10, &Config::new());
    let (mut writer, mut reader) = server.split();
    let sending = tokio::spawn(async move { writer.send("x".repeat(1000)).await });
    tokio::task::yield_now().await;
    client.get_ref().reset();
    assert!(matches!(reader.recv().await, Some(Err(_))));
    assert_eq!(sending.await.unwrap(), Err(SendError::Closed));
}

#[tokio::test]
async fn a_close_of_the_writer_ends_the_reader() {
    let (client, server) = pair(1024, &Config::new());
    let (mut writer, mut reader) = server.split();
    let mut client = client;
    let reading = tokio::spawn(async move {
        let message = reader.recv().await.unwrap().unwrap();
        assert_eq!(message, Message::from("on its way"));
        assert!(reader.recv().await.is_none());
        reader
    });
    client.feed("on its way").await.unwrap();
    writer.close(1000, "").await.unwrap();
    assert!(client.recv().await.is_none());
    let reader = reading.await.unwrap();
    let whole = reader.unite(writer).unwrap();
    assert!(whole.closed().unwrap().was_clean);
}

/// The writer's close frame is never answered, and only the reader runs the timer.
#[tokio::test(start_paused = true)]
async fn the_reader_keeps_the_close_timeout_of_the_writer() {
    let (client, server) = pair(1024, &Config::new().ping_interval(None).idle_timeout(None));
    let (mut writer, mut reader) = server.split();
    let reading = tokio::spawn(async move { reader.recv().await });
    tokio::time::sleep(Duration::from_secs(60)).await;
    let start = tokio::time::Instant::now();
    writer.close(1000, "").await.unwrap();
    let error = reading.await.unwrap().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "close frame was not answered in time");
    assert_eq!(start.elapsed().as_secs(), 5);
    drop(client);
}

#[tokio::test]
async fn streams_and_sinks() {
    let (client, server) = pair(1024, &Config::new());
    let (writer, reader) = server.split();
    let echoing = tokio::spawn(async move {
        let messages = reader.map(|message| message.map_err(|_| SendError::Closed));
        messages.forward(writer).await
    });
    let (mut sink, mut stream) = client.split();
    for number in 0..50 {
        sink.send(Message::from(vec![number])).await.unwrap();
        let echo = StreamExt::next(&mut stream).await.unwrap().unwrap();
        assert_eq!(echo, Message::from(vec![number]));
    }
    SinkExt::close(&mut sink).await.unwrap();
    assert!(StreamExt::next(&mut stream).await.is_none());
    assert_eq!(echoing.await.unwrap(), Ok(()));
}

/// With a paused clock, two peers that wait for each other end by the idle time-out at once.
#[tokio::test(start_paused = true)]
async fn two_peers_that_both_send_more_than_lies_on_the_way_do_not_wait_for_each_other() {
    const LONG: usize = 500_000;
    let (client, server) = pair(1000, &Config::new().marks(1000, 10_000));
    let talk = |socket: WebSocket<Pipe>| async move {
        let (mut writer, mut reader) = socket.split();
        let send = async { writer.send(vec![7; LONG]).await };
        let (sent, received) = tokio::join!(send, reader.recv());
        sent.unwrap();
        received.unwrap().unwrap().as_bytes().len()
    };
    assert_eq!(tokio::join!(talk(client), talk(server)), (LONG, LONG));
}
