use std::time::Duration;

use sockeye_websocket::{Closer, Config, Error, Failure, SendError};

use crate::{pair, pair_of};

#[tokio::test]
async fn each_side_hears_the_other_close() {
    let (mut client, mut server) = pair(1024, &Config::new());
    let serving = tokio::spawn(async move {
        assert!(server.recv().await.is_none());
        assert!(server.recv().await.is_none());
        server
    });
    let closed = client.close(1000, "bye").await.unwrap();
    assert_eq!((closed.code, closed.was_clean), (1000, true));
    let server = serving.await.unwrap();
    let closed = server.closed().unwrap();
    assert_eq!(
        (closed.code, &closed.reason[..], closed.was_clean),
        (1000, "bye", true)
    );
    // RFC 6455 7.1.1: the server ended the stream, and the client followed.
    assert!(client.get_ref().has_ended());
    assert!(server.get_ref().has_ended());
    assert_eq!(client.send("late").await, Err(SendError::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_answers() {
    let (mut client, server) = pair(1024, &Config::new());
    let start = tokio::time::Instant::now();
    let error = client.close(1000, "").await.unwrap_err();
    assert!(matches!(error, Error::Failed(Failure::CloseTimeout)));
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(client.closed().unwrap().code, 1006);
    drop(server);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_falls_silent() {
    let config = Config::new()
        .ping_interval(Some(Duration::from_secs(7)))
        .idle_timeout(Some(Duration::from_secs(20)));
    let (client, mut server) = pair(1024, &config);
    let start = tokio::time::Instant::now();
    let (pings, error) = tokio::join!(
        async {
            tokio::time::sleep(Duration::from_secs(19)).await;
            client.get_ref().take()
        },
        server.recv()
    );
    assert_eq!(pings, [0x89, 0]);
    assert!(matches!(error, Some(Err(Error::Failed(Failure::Idle)))));
    // The peer had its time to answer the close frame, too.
    assert_eq!(start.elapsed().as_secs(), 25);
}

#[tokio::test(start_paused = true)]
async fn two_peers_that_only_ping_stay_connected() {
    let (mut client, mut server) = pair(1024, &Config::new());
    let hour = Duration::from_secs(3600);
    let quiet = async { tokio::join!(client.recv(), server.recv()) };
    assert!(tokio::time::timeout(hour, quiet).await.is_err());
    assert!(client.closed().is_none());
    client.send("still here").await.unwrap();
    assert!(matches!(server.recv().await, Some(Ok(_))));
}

#[tokio::test]
async fn half_a_stream_is_no_close_frame() {
    let (mut client, mut server) = pair(1024, &Config::new());
    client.send("last").await.unwrap();
    client.get_ref().end();
    assert!(matches!(server.recv().await, Some(Ok(_))));
    let error = server.recv().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Failed(Failure::Lost)));
    assert_eq!(server.closed().unwrap().code, 1006);
}

#[tokio::test]
async fn a_reset_stream_says_so() {
    let (mut client, mut server) = pair(1024, &Config::new());
    client.get_ref().reset();
    let error = server.recv().await.unwrap().unwrap_err();
    assert!(
        matches!(&error, Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionReset)
    );
    assert!(server.recv().await.is_none());
    assert_eq!(client.send("into nothing").await, Err(SendError::Closed));
}

#[tokio::test]
async fn what_came_before_the_peer_left_is_heard() {
    let (mut client, mut server) = pair(1024, &Config::new());
    client.feed("one").await.unwrap();
    client.feed("two").await.unwrap();
    client.start_close(1000, "");
    client.flush().await.unwrap();
    // The peer has gone: it takes nothing more.
    server.get_ref().end();
    assert_eq!(server.send("lost").await, Err(SendError::Closed));
    assert!(matches!(server.recv().await, Some(Ok(_))));
    assert!(matches!(server.recv().await, Some(Ok(_))));
    client.get_ref().end();
    assert!(server.recv().await.is_none());
    let closed = server.closed().unwrap();
    assert_eq!((closed.code, closed.was_clean), (1000, false));
}

#[tokio::test]
async fn all_close_together() {
    let closer = Closer::new();
    let config = Config::new().closer(&closer);
    let mut clients = Vec::new();
    for _ in 0..10 {
        let (client, mut server) = pair_of(1024, &Config::new(), &config);
        tokio::spawn(async move { while server.recv().await.is_some() {} });
        clients.push(client);
    }
    tokio::task::yield_now().await;
    assert_eq!(closer.connections(), 10);
    let clients: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            tokio::spawn(async move {
                assert!(client.recv().await.is_none());
                client.closed().unwrap().code
            })
        })
        .collect();
    closer.close_all(1001, "restart").await;
    assert_eq!(closer.connections(), 0);
    for client in clients {
        assert_eq!(client.await.unwrap(), 1001);
    }
}
