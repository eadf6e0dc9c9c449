//! WebSockets in one HTTP/2 connection, which is opened as any other.

use std::net::SocketAddr;
use std::sync::Arc;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use sockeye_websocket::client::{ConnectError, Connector};
use sockeye_websocket::http2::Http2Error;
use sockeye_websocket::upgrade::{UpgradedStream, service};
use sockeye_websocket::{Config, Message, WebSocket, deflate};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::proxies::leading_to;
use crate::tls::Authority;

/// Speaks HTTP/2 on a stream, in which it allows WebSockets or not.
async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(io: S, websockets: bool) {
    let echo = service(async |mut socket, _head| {
        let _ = socket
            .for_each(|message, answers| answers.send(message))
            .await;
    });
    let mut server = Builder::new(TokioExecutor::new()).http2_only();
    if websockets {
        server.http2().enable_connect_protocol();
    }
    let served = server.serve_connection(TokioIo::new(io), TowerToHyperService::new(echo));
    let _ = served.await;
}

/// A server of HTTP/2 behind TLS; counts the connections.
async fn secure(
    mut config: ServerConfig,
    protocols: &[&str],
    websockets: bool,
) -> (SocketAddr, Arc<()>) {
    config.alpn_protocols = protocols
        .iter()
        .map(|name| name.as_bytes().to_vec())
        .collect();
    let tls = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let connections = Arc::new(());
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a client");
            let (tls, counted) = (tls.clone(), Arc::clone(&counted));
            tokio::spawn(async move {
                if let Ok(stream) = tls.accept(stream).await {
                    serve(stream, websockets).await;
                }
                drop(counted);
            });
        }
    });
    (address, connections)
}

async fn echoes(socket: &mut WebSocket<UpgradedStream>, text: &str) {
    socket.send(text).await.expect("open");
    let message = socket.recv().await.expect("open").expect("an echo");
    assert_eq!(message, Message::from(text));
}

/// One connection for two WebSockets; the first address of the name refuses.
#[tokio::test]
async fn over_tls_as_any_other_connection() {
    let authority = Authority::new();
    let config = authority.server("echo.test");
    let (address, connections) = secure(config, &["h2", "http/1.1"], true).await;
    let dead = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let refuses = dead.local_addr().expect("bound");
    drop(dead);
    let connector = authority
        .trusted()
        .config(Config::new().deflate(Some(deflate::Options::default())))
        .resolve("echo.test", [refuses, address]);
    let url = format!("wss://echo.test:{}/", address.port());
    let connection = connector.connect_http2(&url).await.expect("connected");
    let mut one = connection.open(&url).await.expect("open");
    let mut other = connection.open(&url).await.expect("open");
    assert!(one.get_ref().is_http2());
    echoes(&mut one, "one").await;
    echoes(&mut other, "other").await;
    // Of the test, of the loop that accepts, and of one connection.
    assert_eq!(Arc::strong_count(&connections), 3);
    let closed = one.close(1000, "").await.expect("a clean end");
    assert_eq!(closed.code, 1000);
    echoes(&mut other, "still open").await;
}

#[tokio::test]
async fn through_a_proxy() {
    let authority = Authority::new();
    let (address, _) = secure(authority.server("echo.test"), &["h2"], true).await;
    let proxy = leading_to(address, "HTTP/1.1 200 OK\r\n\r\n").await;
    let proxy = format!("http://{}", proxy.address);
    let connector = authority.trusted().proxy(proxy);
    // The name is the proxy's to look up.
    let url = "wss://echo.test/";
    let connection = connector.connect_http2(url).await.expect("connected");
    echoes(&mut connection.open(url).await.expect("open"), "hello").await;
}

#[tokio::test]
async fn in_the_clear_the_server_is_known_to_speak_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        serve(stream, true).await;
    });
    let connection = Connector::new().connect_http2(&url).await.expect("open");
    echoes(&mut connection.open(&url).await.expect("open"), "hello").await;
}

/// One that knows another protocol refuses, one that knows none goes on without.
#[tokio::test]
async fn a_server_without_http2() {
    let authority = Authority::new();
    for protocols in [&["http/1.1"][..], &[]] {
        let (address, _) = secure(authority.server("localhost"), protocols, true).await;
        let connector = authority.trusted().resolve("localhost", [address]);
        let error = connector.connect_http2("wss://localhost/").await;
        let error = error.expect_err("HTTP/1.1 only");
        assert!(matches!(error, ConnectError::Http2Missing), "{error:?}");
        assert!(!error.is_timeout());
    }
}

/// Its SETTINGS are all that is heard of it (RFC 8441 3).
#[tokio::test]
async fn a_server_that_allows_no_websockets() {
    let authority = Authority::new();
    let (address, _) = secure(authority.server("localhost"), &["h2"], false).await;
    let connector = authority.trusted().resolve("localhost", [address]);
    let error = connector.connect_http2("wss://localhost/").await;
    let error = error.expect_err("not allowed");
    assert!(
        matches!(
            error,
            ConnectError::Http2(Http2Error::ExtendedConnectDisabled)
        ),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("bound"));
    let error = Connector::new().connect_http2(&url).await;
    let error = error.expect_err("no SETTINGS");
    assert!(
        matches!(error, ConnectError::Http2(Http2Error::Timeout)),
        "{error:?}"
    );
    assert!(error.is_timeout());
}
