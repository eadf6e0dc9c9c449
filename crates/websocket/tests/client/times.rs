//! Handshakes that take too long, and those that nobody waits for any more.

use std::time::Duration;

use sockeye_websocket::client::{ConnectError, Connector, connect};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use crate::server::{opening, read_head};

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing() {
    let (near, _far) = duplex(4096);
    let start = Instant::now();
    let error = Connector::new()
        .connect_to(near, "ws://example.com/")
        .await
        .expect_err("no answer");
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    assert!(error.is_timeout());
    assert_eq!(error.to_string(), "no handshake within 10s");
    assert!(
        matches!(error, ConnectError::HandshakeTimeout { after } if after.as_secs() == 10),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_reads_nothing() {
    // The request does not even fit.
    let (near, _far) = duplex(16);
    let limit = Duration::from_secs(2);
    let error = Connector::new()
        .handshake_timeout(limit)
        .connect_to(near, "ws://example.com/")
        .await
        .expect_err("no answer");
    assert!(
        matches!(error, ConnectError::HandshakeTimeout { after } if after == limit),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_dribbles() {
    let (near, mut far) = duplex(4096);
    tokio::spawn(async move {
        let head = read_head(&mut far).await;
        for byte in opening(&head, "") {
            sleep(Duration::from_millis(500)).await;
            far.write_all(&[byte]).await?;
        }
        Ok::<(), std::io::Error>(())
    });
    let start = Instant::now();
    let error = Connector::new()
        .connect_to(near, "ws://example.com/")
        .await
        .expect_err("too slow");
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    assert!(
        matches!(error, ConnectError::HandshakeTimeout { .. }),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_slow_but_in_time() {
    let (near, mut far) = duplex(4096);
    tokio::spawn(async move {
        let head = read_head(&mut far).await;
        sleep(Duration::from_millis(9_990)).await;
        far.write_all(&opening(&head, "")).await.expect("written");
        std::future::pending::<()>().await;
    });
    Connector::new()
        .connect_to(near, "wss://example.com/")
        .await
        .expect("open");
}

#[tokio::test]
async fn over_tcp() {
    // Connections wait in the backlog: accepted, and never read.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let error = Connector::new()
        .handshake_timeout(Duration::from_millis(50))
        .connect(format!("ws://{address}/"))
        .await
        .expect_err("no answer");
    assert!(
        matches!(error, ConnectError::HandshakeTimeout { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_dropped_future_closes_the_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let connecting = tokio::spawn(connect(format!("ws://{address}/")));
    let (mut stream, _) = listener.accept().await.expect("a connection");
    read_head(&mut stream).await;
    connecting.abort();
    assert!(connecting.await.expect_err("aborted").is_cancelled());
    let end = stream.read(&mut [0; 16]).await.expect("a clean end");
    assert_eq!(end, 0);
}
