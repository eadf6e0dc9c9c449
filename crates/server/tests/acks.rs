//! Acknowledgements that the server waits for.

mod support;

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Deserialize;
use sockeye::{AckError, Args, Namespace, Socket};
use support::{Client, Sockets, client::eventually, start};

const PENDING: usize = 1024;
const LONG: Duration = Duration::from_secs(3600);

async fn pair() -> (sockeye::Server, Client, Socket) {
    let (namespace, mut sockets) = Sockets::of(Namespace::new());
    let (io, address) = start(namespace).await;
    let (client, _) = Client::join(address).await;
    let socket = sockets.next().await;
    (io, client, socket)
}

// parity: 5.2
#[tokio::test]
async fn the_first_value_is_the_answer() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Answer {
        ok: bool,
    }
    let (io, mut client, socket) = pair().await;
    let waiting = socket.emit_with_ack::<Answer>("question", Args((1, "two")));
    assert_eq!(
        client.next().await,
        r#"20["question",1,"two"]"#,
        "it leaves before it is awaited"
    );
    client.send(r#"30[{"ok":true},"ignored"]"#).await;
    assert_eq!(waiting.await.expect("an answer"), Answer { ok: true });

    let waiting = socket.emit_with_ack::<()>("question", ());
    assert_eq!(
        client.next().await,
        r#"21["question"]"#,
        "each has an id of its own"
    );
    client.send("31[]").await;
    waiting.await.expect("an empty answer");

    let waiting = socket.emit_with_ack::<Option<u8>>("question", ());
    client.next().await;
    client.send("32[]").await;
    assert_eq!(waiting.await.expect("an empty answer"), None);
    assert_eq!(io.stats().unexpected_acks, 0);
}

// parity: 5.2
#[tokio::test]
async fn answers_find_their_question_in_any_order() {
    let (_, mut client, socket) = pair().await;
    let waiting: Vec<_> = (0..10)
        .map(|n| socket.emit_with_ack::<u32>("n", n))
        .collect();
    for n in 0..10 {
        assert_eq!(client.next().await, format!(r#"2{n}["n",{n}]"#));
    }
    for n in (0..10).rev() {
        client.send(&format!("3{n}[{n}]")).await;
    }
    for (n, waiting) in waiting.into_iter().enumerate() {
        assert_eq!(waiting.await.expect("an answer"), n as u32);
    }
}

// parity: 5.2
#[tokio::test]
async fn binary_goes_both_ways() {
    let (_, mut client, socket) = pair().await;
    let waiting = socket.emit_with_ack::<Bytes>("question", Bytes::from_static(b"out"));
    assert_eq!(
        client.next().await,
        r#"51-0["question",{"_placeholder":true,"num":0}]"#
    );
    assert_eq!(client.next_binary().await, b"out");
    client.send(r#"61-0[{"_placeholder":true,"num":0}]"#).await;
    client.send_binary(b"in").await;
    assert_eq!(waiting.await.expect("an answer"), "in");
}

#[tokio::test]
async fn an_answer_of_another_type_is_an_error() {
    let (_, mut client, socket) = pair().await;
    let waiting = socket.emit_with_ack::<u8>("question", ());
    client.next().await;
    client.send(r#"30["text"]"#).await;
    match waiting.await {
        Err(AckError::Decode(error)) => assert!(!error.is_missing(), "{error}"),
        other => panic!("{other:?}"),
    }
    let waiting = socket.emit_with_ack::<u8>("question", ());
    client.next().await;
    client.send("31[]").await;
    match waiting.await {
        Err(AckError::Decode(error)) => assert!(error.is_missing(), "{error}"),
        other => panic!("{other:?}"),
    }
}

// parity: 5.2
#[tokio::test]
async fn without_an_answer_the_time_ends_and_a_late_one_is_counted() {
    let (io, mut client, socket) = pair().await;
    let start = Instant::now();
    let waiting = socket.emit_with_ack::<u8>("question", ());
    let error = waiting
        .timeout(Duration::from_millis(40))
        .await
        .expect_err("nobody answers");
    assert!(error.is_timeout(), "{error}");
    assert!(start.elapsed() >= Duration::from_millis(40));
    client.next().await;
    client.send("30[1]").await;
    client.assert_quiet().await;
    assert_eq!(io.stats().unexpected_acks, 1);
}

#[tokio::test]
async fn answers_that_nobody_asked_for_are_counted() {
    let (io, mut client, socket) = pair().await;
    client.send("30[1]").await;
    client.send("3[1]").await;
    client.assert_quiet().await;
    let waiting = socket.emit_with_ack::<u8>("question", ());
    assert_eq!(client.next().await, r#"20["question"]"#);
    client.send("31[1]").await;
    client.send("30[5]").await;
    client.send("30[6]").await;
    assert_eq!(waiting.await.expect("the first answer"), 5);
    client.assert_quiet().await;
    assert_eq!(io.stats().unexpected_acks, 4);
}

// parity: 5.2
#[tokio::test]
async fn the_end_of_the_socket_ends_the_waiting() {
    let (_, mut client, socket) = pair().await;
    let waiting = socket.emit_with_ack::<u8>("question", ()).timeout(LONG);
    client.next().await;
    client.send("1").await;
    let error = waiting.await.expect_err("it has left");
    assert!(error.is_disconnected(), "{error}");
    let error = socket
        .emit_with_ack::<u8>("question", ())
        .await
        .expect_err("it has left");
    assert!(error.is_disconnected(), "{error}");

    let (io, mut client, socket) = pair().await;
    let waiting = socket.emit_with_ack::<u8>("question", ()).timeout(LONG);
    client.next().await;
    drop(client);
    let error = waiting.await.expect_err("its connection has ended");
    assert!(error.is_disconnected(), "{error}");
    eventually("no sockets", || io.stats().sockets == 0).await;
}

#[tokio::test]
async fn what_is_given_up_makes_room() {
    let (io, mut client, socket) = pair().await;
    for round in 0..2 {
        let waiting: Vec<_> = (0..PENDING)
            .map(|_| socket.emit_with_ack::<u8>("question", ()))
            .collect();
        match socket.emit_with_ack::<u8>("one more", ()).await {
            Err(AckError::TooManyPending) => {}
            other => panic!("{other:?}"),
        }
        drop(waiting);
        for n in 0..PENDING {
            let id = round * PENDING + n;
            assert_eq!(client.next().await, format!(r#"2{id}["question"]"#));
        }
    }
    client.assert_quiet().await;
    let waiting = socket.emit_with_ack::<u8>("question", ());
    let id = 2 * PENDING;
    assert_eq!(client.next().await, format!(r#"2{id}["question"]"#));
    client.send(&format!("3{id}[7]")).await;
    assert_eq!(waiting.await.expect("there is room again"), 7);
    client.send("30[1]").await;
    client.assert_quiet().await;
    assert_eq!(
        io.stats().unexpected_acks,
        1,
        "the answer to one that was given up"
    );
}

#[tokio::test]
async fn what_cannot_be_written_is_an_error_and_leaves_room() {
    let (_, mut client, socket) = pair().await;
    for _ in 0..PENDING + 1 {
        match socket.emit_with_ack::<u8>("disconnect", ()).await {
            Err(AckError::Encode(sockeye::EncodeError::ReservedName)) => {}
            other => panic!("{other:?}"),
        }
    }
    client.assert_quiet().await;
}
