//! From names to connections.

use std::net::SocketAddr;

use sockeye_websocket::client::{ConnectError, Connector};
use tokio::net::TcpListener;

use crate::server::{Server, opening, value};

/// An address where nobody listens.
async fn closed() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address")
}

#[tokio::test]
async fn the_next_address_is_tried() {
    let server = Server::start(|head| opening(head, "")).await;
    let port = server.address.port();
    let connected = Connector::new()
        .resolve("Many.Example", [closed().await, server.address])
        .connect(format!("ws://many.example:{port}/"))
        .await
        .expect("open");
    assert_eq!(
        connected
            .websocket
            .get_ref()
            .tcp()
            .peer_addr()
            .expect("open"),
        server.address
    );
    assert!(connected.websocket.get_ref().tcp().nodelay().expect("open"));
    assert!(!connected.websocket.get_ref().is_encrypted());
    let head = server.heads().remove(0);
    let host = format!("many.example:{port}");
    assert_eq!(value(&head, "Host"), Some(host.as_str()));
}

#[tokio::test]
async fn a_port_of_zero_is_the_urls() {
    let server = Server::start(|head| opening(head, "")).await;
    let mut address = server.address;
    address.set_port(0);
    Connector::new()
        .resolve("example.test", [address])
        .connect(format!("ws://example.test:{}/", server.address.port()))
        .await
        .expect("open");
}

#[tokio::test]
async fn all_errors_are_kept() {
    let (first, second) = (closed().await, closed().await);
    let error = Connector::new()
        .resolve("example.test", [first, second])
        .connect("ws://example.test/")
        .await
        .expect_err("nobody listens");
    let text = error.to_string();
    assert!(
        text.starts_with("cannot connect to example.test:80: "),
        "{text}"
    );
    let ConnectError::Connect { authority, errors } = error else {
        panic!("{error:?}");
    };
    assert_eq!(authority, "example.test:80");
    let tried: Vec<_> = errors.iter().map(|(address, _)| *address).collect();
    assert_eq!(tried, [first, second]);
    for (_, error) in errors {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
    }
}

#[tokio::test]
async fn names_that_lead_nowhere() {
    let error = Connector::new()
        .resolve("example.test", [])
        .connect("ws://example.test/")
        .await
        .expect_err("no address");
    assert!(
        matches!(&error, ConnectError::NoAddress { host } if host == "example.test"),
        "{error:?}"
    );

    // A label of 64 bytes is none, so no resolver has to be asked for this.
    let name = format!("{}.invalid", "x".repeat(64));
    let error = Connector::new()
        .connect(format!("ws://{name}/"))
        .await
        .expect_err("no such name");
    assert!(
        matches!(&error, ConnectError::Resolve { host, .. } if *host == name),
        "{error:?}"
    );
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn an_ipv6_literal() {
    let Ok(listener) = TcpListener::bind("[::1]:0").await else {
        // A machine without IPv6 has nothing to connect to.
        return;
    };
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let head = crate::server::read_head(&mut stream).await;
        let answer = opening(&head, "");
        tokio::io::AsyncWriteExt::write_all(&mut stream, &answer)
            .await
            .expect("written");
        head
    });
    Connector::new()
        .connect(format!("ws://{address}/"))
        .await
        .expect("open");
    let head = server.await.expect("no panic");
    assert_eq!(value(&head, "Host"), Some(address.to_string().as_str()));
}
