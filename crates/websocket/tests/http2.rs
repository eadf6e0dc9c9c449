//! WebSockets in streams of HTTP/2 (RFC 8441), both roles.
#![cfg(feature = "http2")]

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use http_server::serve;
use hyper_util::rt::{TokioExecutor, TokioIo};
use sockeye_websocket::accept::{Origins, Policy, Refusal};
use sockeye_websocket::handshake::client::{RequestError, ResponseError};
use sockeye_websocket::handshake::extended_connect;
use sockeye_websocket::handshake::extended_connect::client::Request;
use sockeye_websocket::http2::{Connection, Http2Error, connect};
use sockeye_websocket::upgrade::{Upgrade, UpgradedStream};
use sockeye_websocket::{Config, Error, Failure, Message, WebSocket};
use tokio::io::duplex;
use tokio::time::timeout;

mod http_server {
    use hyper_util::server::conn::auto::Builder;
    use hyper_util::service::TowerToHyperService;
    use sockeye_websocket::accept::Policy;
    use sockeye_websocket::upgrade::service;
    use tokio::io::{AsyncRead, AsyncWrite};

    use super::*;

    /// Echoes; a message "end" ends the stream without a close frame, "close" with one.
    pub(crate) async fn serve<S>(io: S, policy: Policy)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let echo = service(async |mut socket, head: http::request::Parts| {
            assert_eq!(head.method, "CONNECT");
            assert!(socket.get_ref().is_http2());
            while let Some(Ok(message)) = socket.recv().await {
                match message.as_text() {
                    Some("end") => return,
                    Some("close") => drop(socket.close(1001, "bye").await),
                    _ => drop(socket.send(message).await),
                }
            }
        });
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http2()
            .enable_connect_protocol()
            .initial_stream_window_size(256 * 1024)
            .initial_connection_window_size(16 << 20);
        let service = TowerToHyperService::new(echo.policy(policy));
        let io = TokioIo::new(io);
        let _ = builder.serve_connection_with_upgrades(io, service).await;
    }
}

async fn connected(policy: Policy, config: &Config) -> Connection {
    let (near, far) = duplex(64 * 1024);
    tokio::spawn(serve(far, policy));
    connect(near, config).await.expect("connected")
}

async fn echoes(socket: &mut WebSocket<UpgradedStream>, message: impl Into<Message>) {
    let message = message.into();
    socket.send(message.clone()).await.expect("open");
    let back = socket.recv().await.expect("open").expect("a message");
    assert!(back == message, "another message");
}

#[tokio::test]
async fn several_websockets_share_a_connection() {
    let connection = connected(Policy::new(), &Config::new()).await;
    let mut sockets = Vec::new();
    for n in 0..20 {
        let url = format!("wss://example.com/{n}");
        sockets.push(connection.open(&url).await.expect("granted"));
    }
    for (n, socket) in sockets.iter_mut().enumerate() {
        assert!(socket.get_ref().is_http2());
        assert_eq!(socket.protocol(), None);
        echoes(socket, format!("hello {n}")).await;
    }
    for mut socket in sockets {
        let closed = socket.close(1000, "done").await.expect("a clean end");
        assert_eq!(closed.code, 1000);
    }
    let mut socket = connection
        .open("wss://example.com/")
        .await
        .expect("granted");
    socket.send("close").await.expect("open");
    assert!(socket.recv().await.is_none());
    let closed = socket.closed().expect("closed").clone();
    assert_eq!((closed.code, &closed.reason[..]), (1001, "bye"));
}

#[tokio::test]
async fn a_message_may_be_longer_than_all_windows() {
    let config = Config::new().limits(sockeye_websocket::Limits::default().max_message(8 << 20));
    let policy = Policy::new().config(config.clone());
    let connection = connected(policy, &config).await;
    let socket = connection
        .open("wss://example.com/")
        .await
        .expect("granted");
    let (mut writer, mut reader) = socket.split();
    let message: Vec<u8> = (0..6_000_000_u32).map(|n| n as u8).collect();
    let sent = message.clone();
    tokio::spawn(async move { writer.send(sent).await });
    let back = reader.recv().await.expect("open").expect("a message");
    assert!(back.as_bytes() == message, "another message");
}

#[tokio::test]
async fn what_is_offered_is_negotiated() {
    let policy = Policy::new().protocols(["b", "c"]).origins(Origins::same());
    let connection = connected(policy, &Config::new()).await;
    let request = Request::new("wss://example.com/chat")
        .and_then(|request| request.protocol("a")?.protocol("b"))
        .and_then(|request| request.header("Origin", "https://example.com"))
        .expect("a request");
    let (mut socket, response) = connection.open_request(request).await.expect("granted");
    assert_eq!(socket.protocol(), Some("b"));
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["sec-websocket-protocol"], "b");
    // RFC 8441 5
    assert!(!response.headers().contains_key("sec-websocket-accept"));
    echoes(&mut socket, "hello").await;
}

#[tokio::test]
#[cfg(feature = "deflate")]
async fn deflate_is_negotiated() {
    let config = Config::new().deflate(Some(sockeye_websocket::deflate::Options::default()));
    let policy = Policy::new().config(config.clone());
    let connection = connected(policy, &config).await;
    let request = Request::new("wss://example.com/").expect("a request");
    let (mut socket, response) = connection.open_request(request).await.expect("granted");
    assert_eq!(
        response.headers()["sec-websocket-extensions"],
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    );
    echoes(&mut socket, "hello".repeat(10_000)).await;
}

#[tokio::test]
async fn a_refusal_is_told_with_its_status() {
    let policy = Policy::new().origins(Origins::only(["https://a.example"]));
    let connection = connected(policy, &Config::new()).await;
    let request = Request::new("wss://example.com/")
        .and_then(|request| request.header("Origin", "https://b.example"))
        .expect("a request");
    let error = connection.open_request(request).await.expect_err("refused");
    assert!(
        matches!(error, Http2Error::Response(ResponseError::Status(403))),
        "{error:?}"
    );
    let error = connection
        .open("ftp://example.com/")
        .await
        .expect_err("no URL");
    assert!(
        matches!(error, Http2Error::Request(RequestError::InvalidScheme)),
        "{error:?}"
    );
    // The connection is none the worse.
    let mut socket = connection
        .open("wss://example.com/")
        .await
        .expect("granted");
    echoes(&mut socket, "hello").await;
}

/// What breaks a rule of RFC 8441 is refused by that one, and counted.
#[test]
fn a_request_over_http2_is_judged_as_such() {
    let config = Config::new();
    let policy = Policy::new().config(config.clone());
    for (method, refusal) in [
        (Method::GET, extended_connect::server::Refusal::Method),
        (
            Method::CONNECT,
            extended_connect::server::Refusal::MissingProtocol,
        ),
    ] {
        let mut request = http::Request::new(());
        *request.version_mut() = http::Version::HTTP_2;
        *request.method_mut() = method;
        let refused = Upgrade::by_policy(&mut request, &policy).expect_err("no WebSocket");
        assert_eq!(refused, Refusal::Http2(refusal));
        assert_eq!(refused.status(), refusal.status());
    }
    assert_eq!(config.stats().get("request_refused"), Some(2));
}

#[tokio::test]
async fn a_stream_that_ends_without_a_close_frame_is_lost() {
    let connection = connected(Policy::new(), &Config::new()).await;
    let mut socket = connection
        .open("wss://example.com/")
        .await
        .expect("granted");
    let mut other = connection
        .open("wss://example.com/")
        .await
        .expect("granted");
    socket.send("end").await.expect("open");
    let error = socket.recv().await.expect("an end").expect_err("lost");
    assert!(matches!(error, Error::Failed(Failure::Lost)), "{error:?}");
    assert_eq!(socket.closed().expect("closed").code, 1006);
    echoes(&mut other, "hello").await;
}

#[tokio::test]
async fn websockets_outlive_the_handle_of_their_connection() {
    let connection = connected(Policy::new(), &Config::new()).await;
    let mut socket = connection
        .open("wss://example.com/")
        .await
        .expect("granted");
    drop(connection);
    tokio::time::sleep(Duration::from_millis(50)).await;
    echoes(&mut socket, "hello").await;
}

#[tokio::test]
async fn one_that_nobody_reads_holds_no_other() {
    let connection = connected(Policy::new(), &Config::new()).await;
    let mut unread = Vec::new();
    for _ in 0..8 {
        let socket = connection
            .open("wss://example.com/")
            .await
            .expect("granted");
        let (mut writer, reader) = socket.split();
        unread.push(reader);
        tokio::spawn(async move { while writer.send(vec![0; 60_000]).await.is_ok() {} });
    }
    let mut socket = connection
        .open("wss://example.com/")
        .await
        .expect("granted");
    tokio::time::sleep(Duration::from_millis(100)).await;
    for n in 0..50 {
        let echoed = echoes(&mut socket, format!("hello {n}"));
        timeout(Duration::from_secs(5), echoed).await.expect("held");
    }
}

#[tokio::test]
async fn a_server_that_ends_takes_no_more() {
    let (near, far) = duplex(64 * 1024);
    let serving = tokio::spawn(serve(far, Policy::new()));
    let connection = connect(near, &Config::new()).await.expect("connected");
    let mut socket = connection
        .open("wss://example.com/")
        .await
        .expect("granted");
    serving.abort();
    let _ = serving.await;
    assert!(socket.recv().await.expect("an end").is_err());
    assert_eq!(socket.closed().expect("closed").code, 1006);
    let error = connection
        .open("wss://example.com/")
        .await
        .expect_err("ended");
    assert!(error.is_closed(), "{error:?}");
    assert!(connection.is_closed());
}

/// Over TLS, with `h2` agreed on by ALPN.
#[tokio::test]
async fn over_tls() {
    use rustls::pki_types::{PrivateKeyDer, ServerName};

    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut server = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a certificate");
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).expect("a certificate");
    let mut client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.alpn_protocols = vec![b"h2".to_vec()];

    let (near, far) = duplex(64 * 1024);
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server));
    tokio::spawn(async move {
        let tls = acceptor.accept(far).await.expect("a handshake");
        serve(tls, Policy::new()).await;
    });
    let name = ServerName::try_from("localhost").expect("a name");
    let connector = tokio_rustls::TlsConnector::from(Arc::new(client));
    let tls = connector.connect(name, near).await.expect("a handshake");
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let connection = connect(tls, &Config::new()).await.expect("connected");
    let mut socket = connection.open("wss://localhost/").await.expect("granted");
    echoes(&mut socket, "hello").await;
    socket.close(1000, "").await.expect("a clean end");
}

/// axum's own server, which allows extended CONNECT.
#[cfg(feature = "axum")]
#[tokio::test]
async fn an_axum_handler_talks() {
    use axum::routing::any;
    use sockeye_websocket::upgrade::Upgrade;

    let app = axum::Router::new().route(
        "/echo/{name}",
        any(
            async |axum::extract::Path(name): axum::extract::Path<String>, upgrade: Upgrade| {
                upgrade.on_upgrade(async move |mut socket| {
                    let _ = socket.send(name).await;
                    let _ = socket
                        .for_each(|message, answers| answers.send(message))
                        .await;
                })
            },
        ),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, app).await });
    let stream = tokio::net::TcpStream::connect(address)
        .await
        .expect("listening");
    let connection = connect(stream, &Config::new()).await.expect("connected");
    let url = format!("ws://{address}/echo/room");
    let mut socket = connection.open(&url).await.expect("granted");
    let message = socket.recv().await.expect("open").expect("a message");
    assert_eq!(message.as_text(), Some("room"));
    echoes(&mut socket, "hello").await;
}
