//! Upgrades of hyper's requests over HTTP/1.1: by hand, as a tower service, as axum's extractor.
#![cfg(feature = "hyper")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use sockeye_websocket::accept::{Origins, Policy, Refusal};
use sockeye_websocket::handshake::{client, server};
use sockeye_websocket::upgrade::{Upgrade, UpgradeError, UpgradedStream, service};
use sockeye_websocket::{Config, Message, Negotiated, Opcode, Role, WebSocket, frame};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::sleep;

async fn tcp() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    (listener, address)
}

fn ask() -> client::Request {
    client::Request::new("example.com", "/chat").expect("a request")
}

/// Opens a connection as a client; also what the response says.
async fn open<S>(mut io: S, request: client::Request) -> (WebSocket<S>, client::Response)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    io.write_all(&request.to_bytes()).await.expect("writable");
    let mut read = Vec::new();
    let response = loop {
        assert_ne!(
            io.read_buf(&mut read).await.expect("readable"),
            0,
            "refused"
        );
        if let Some(response) = request.check(&read).expect("granted") {
            break response;
        }
    };
    let negotiated = Negotiated {
        protocol: response.protocol.clone(),
        early: read[response.head_len..].to_vec(),
        ..Negotiated::default()
    };
    let socket = WebSocket::new(io, Role::Client, negotiated, &Config::new());
    (socket, response)
}

/// The whole response to a request that is no WebSocket's.
async fn refused(address: SocketAddr, request: &[u8]) -> String {
    let mut io = TcpStream::connect(address).await.expect("listening");
    io.write_all(request).await.expect("writable");
    io.shutdown().await.expect("open");
    let mut response = String::new();
    io.read_to_string(&mut response).await.expect("text");
    response
}

async fn echo(mut socket: WebSocket<UpgradedStream>) {
    let _ = socket
        .for_each(|message, answers| answers.send(message))
        .await;
}

async fn echoes<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocket<S>, text: &str) {
    socket.send(text).await.expect("open");
    let message = socket.recv().await.expect("open").expect("a message");
    assert_eq!(message, Message::from(text));
}

#[tokio::test]
async fn a_tcp_connection_is_taken_out_of_hyper() {
    let (listener, address) = tcp().await;
    let (upgraded, mut is_tcp) = mpsc::channel(2);
    tokio::spawn(async move {
        // hyper's own builder, then hyper-util's, which wraps the connection
        for auto in [false, true] {
            let (stream, _) = listener.accept().await.expect("a client");
            let upgraded = upgraded.clone();
            let answer = service_fn(move |mut request: Request<Incoming>| {
                let upgraded = upgraded.clone();
                async move {
                    let upgrade = Upgrade::from_request(&mut request).expect("granted");
                    Ok::<_, Infallible>(upgrade.on_upgrade(async move |socket| {
                        let tcp = socket.get_ref().as_tcp();
                        let nodelay = tcp.map(|tcp| tcp.nodelay().expect("a socket"));
                        upgraded.send((auto, nodelay)).await.expect("awaited");
                        assert!(!socket.get_ref().is_http2());
                        echo(socket).await;
                    }))
                }
            });
            let io = TokioIo::new(stream);
            if auto {
                let builder = auto::Builder::new(TokioExecutor::new());
                let served = builder.serve_connection_with_upgrades(io, answer).await;
                served.expect("served");
            } else {
                let builder = hyper::server::conn::http1::Builder::new();
                let served = builder.serve_connection(io, answer).with_upgrades().await;
                served.expect("served");
            }
        }
    });
    for auto in [false, true] {
        let stream = TcpStream::connect(address).await.expect("listening");
        let (mut socket, _) = open(stream, ask()).await;
        assert_eq!(is_tcp.recv().await, Some((auto, Some(true))));
        echoes(&mut socket, "hello").await;
    }
}

/// Serves one connection of any kind.
fn serve<S>(
    io: S,
    handler: impl Fn(WebSocket<UpgradedStream>) + Clone + Send + 'static,
    policy: Policy,
) where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service(move |socket, _head| {
        handler(socket);
        async {}
    });
    let service = TowerToHyperService::new(service.policy(policy));
    tokio::spawn(async move {
        let builder = auto::Builder::new(TokioExecutor::new());
        let _ = builder
            .serve_connection_with_upgrades(TokioIo::new(io), service)
            .await;
    });
}

#[tokio::test]
async fn frames_behind_the_request_are_not_lost() {
    for over_tcp in [true, false] {
        let (sent, mut received) = mpsc::unbounded_channel();
        let handler = move |mut socket: WebSocket<UpgradedStream>| {
            let sent = sent.clone();
            tokio::spawn(async move {
                assert_eq!(socket.get_ref().as_tcp().is_some(), over_tcp);
                while let Some(Ok(message)) = socket.recv().await {
                    sent.send(message).expect("awaited");
                }
            });
        };
        let mut bytes = ask().to_bytes();
        for text in ["one", "two"] {
            frame::append_masked(&mut bytes, Opcode::Text, text.as_bytes(), frame::mask_key());
        }
        // The last frame is cut in the middle.
        let (first, last) = bytes.split_at(bytes.len() - 2);
        if over_tcp {
            let (listener, address) = tcp().await;
            let mut client = TcpStream::connect(address).await.expect("listening");
            client.write_all(first).await.expect("writable");
            let (stream, _) = listener.accept().await.expect("a client");
            serve(stream, handler, Policy::new());
            assert_eq!(received.recv().await, Some(Message::from("one")));
            client.write_all(last).await.expect("writable");
            assert_eq!(received.recv().await, Some(Message::from("two")));
        } else {
            let (mut client, stream) = duplex(1024);
            client.write_all(first).await.expect("writable");
            serve(stream, handler, Policy::new());
            assert_eq!(received.recv().await, Some(Message::from("one")));
            client.write_all(last).await.expect("writable");
            assert_eq!(received.recv().await, Some(Message::from("two")));
        }
    }
}

#[tokio::test]
async fn a_service_grants_by_its_policy() {
    let (near, far) = duplex(1024);
    let policy = Policy::new()
        .protocols(["v2", "v1"])
        .origins(Origins::same());
    serve(far, |socket| drop(tokio::spawn(echo(socket))), policy);
    let request = ask()
        .protocol("v1")
        .and_then(|request| request.protocol("v2"))
        .and_then(|request| request.header("Origin", "https://example.com"));
    let (mut socket, response) = open(near, request.expect("a request")).await;
    assert_eq!(response.protocol.as_deref(), Some("v1"));
    echoes(&mut socket, "hello").await;
}

#[tokio::test]
async fn a_service_answers_refusals() {
    let fine = String::from_utf8(ask().to_bytes()).expect("text");
    let origin = fine.replace("\r\n\r\n", "\r\nOrigin: https://evil.example\r\n\r\n");
    let cases = [
        (
            fine.replace("GET", "POST"),
            "405 Method Not Allowed",
            "method is not GET",
        ),
        (
            fine.replace(": websocket", ": h2c"),
            "400 Bad Request",
            "Upgrade does not name websocket",
        ),
        (
            fine.replace("Version: 13", "Version: 8"),
            "426 Upgrade Required",
            "Sec-WebSocket-Version is not 13",
        ),
        (
            origin,
            "403 Forbidden",
            "origin https://evil.example is not allowed",
        ),
    ];
    for (request, status, reason) in cases {
        let (listener, address) = tcp().await;
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a client");
            let policy = Policy::new().origins(Origins::same());
            serve(stream, |_| panic!("not granted"), policy);
        });
        let response = refused(address, request.as_bytes()).await;
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{response}"
        );
        assert!(
            response.ends_with(&format!("\r\n\r\n{reason}\n")),
            "{response}"
        );
    }
}

fn counted(config: &Config) -> Vec<(&'static str, u64)> {
    let stats = config.stats();
    stats.iter().filter(|(_, count)| *count > 0).collect()
}

/// By each way in: the service, a policy given to it, one among the request's extensions, and one
/// that is applied later.
#[tokio::test]
async fn refusals_are_counted_where_the_policy_says() {
    let evil = |version: &str| {
        let mut request = granted_head();
        let headers = request.headers_mut();
        headers.insert("host", "example.com".parse().expect("a value"));
        headers.insert("origin", "https://evil.example".parse().expect("a value"));
        headers.insert("sec-websocket-version", version.parse().expect("a value"));
        request
    };
    type Way = fn(Request<()>, Policy) -> Refusal;
    let by_policy: Way =
        |mut request, policy| Upgrade::by_policy(&mut request, &policy).expect_err("refused");
    let from_request: Way = |mut request, policy| {
        request.extensions_mut().insert(policy);
        Upgrade::from_request(&mut request).expect_err("refused")
    };
    let from_parts: Way = |mut request, policy| {
        request.extensions_mut().insert(policy);
        let (mut parts, ()) = request.into_parts();
        Upgrade::from_parts(&mut parts).expect_err("refused")
    };
    for way in [by_policy, from_request, from_parts] {
        for (request, name) in [
            (evil("8"), "request_refused"),
            (evil("13"), "origin_refused"),
        ] {
            let config = Config::new();
            let policy = Policy::new()
                .origins(Origins::same())
                .config(config.clone());
            let refusal = way(request, policy);
            assert_eq!(
                refusal.status(),
                if name == "origin_refused" { 403 } else { 426 }
            );
            assert_eq!(counted(&config), [(name, 1)]);
        }
        let config = Config::new();
        let refusal = way(granted_head(), Policy::new().config(config.clone()));
        assert_eq!(refusal, Refusal::NotUpgradable);
        assert_eq!(counted(&config), [("request_refused", 1)]);
    }

    let config = Config::new();
    let policy = Policy::new()
        .origins(Origins::same())
        .config(config.clone());
    let mut service = service(async |_socket, _head| {}).policy(policy);
    let response = tower_service::Service::call(&mut service, evil("13")).await;
    let Ok(response) = response;
    assert_eq!(response.status(), 403);
    assert_eq!(counted(&config), [("origin_refused", 1)]);
}

fn granted_head() -> Request<()> {
    Request::get("/")
        .header("upgrade", "websocket")
        .header("connection", "upgrade")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-protocol", "a, b")
        .body(())
        .expect("a request")
}

#[tokio::test]
async fn a_request_that_is_not_hypers_cannot_be_upgraded() {
    let refusal = Upgrade::from_request(&mut granted_head()).expect_err("no connection");
    assert_eq!(refusal, Refusal::NotUpgradable);
    assert_eq!(refusal.response().status(), 500);
    let (mut parts, ()) = granted_head().into_parts();
    let refusal = Upgrade::from_parts(&mut parts).expect_err("no connection");
    assert_eq!(refusal, Refusal::NotUpgradable);
    // What is wrong with the request comes first.
    let mut request = Request::new(());
    let refusal = Upgrade::from_request(&mut request).expect_err("no WebSocket");
    assert_eq!(refusal, Refusal::Http1(server::Refusal::MissingUpgrade));
}

/// What becomes of an upgrade whose response takes so long, for a client that waits so long.
async fn upgraded(
    handshake_timeout: Duration,
    response_after: Duration,
    client_waits: Duration,
) -> Result<(), UpgradeError> {
    let (mut near, far) = duplex(1024);
    let config = Config::new().handshake_timeout(handshake_timeout);
    let judged = config.clone();
    let (sent, mut ended) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let service = service_fn(move |mut request: Request<Incoming>| {
            let upgrade = Upgrade::from_request(&mut request).expect("granted");
            let upgrade = upgrade.config(judged.clone());
            let response = upgrade.response();
            let sent = sent.clone();
            tokio::spawn(async move { sent.send(upgrade.websocket().await.map(drop)) });
            async move {
                sleep(response_after).await;
                Ok::<_, Infallible>(response)
            }
        });
        let builder = hyper::server::conn::http1::Builder::new();
        let served = builder.serve_connection(TokioIo::new(far), service);
        let _ = served.with_upgrades().await;
    });
    near.write_all(&ask().to_bytes()).await.expect("writable");
    tokio::spawn(async move {
        sleep(client_waits).await;
        drop(near);
    });
    let ended = ended.recv().await.expect("an end");
    let expected = ended.as_ref().err().map(|error| (error.name(), 1));
    assert_eq!(counted(&config), Vec::from_iter(expected));
    ended
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_waits_for_its_response() {
    let second = Duration::from_secs(1);
    upgraded(second * 3, second, second * 2)
        .await
        .expect("upgraded");
    let left = upgraded(second * 3, second * 2, second).await;
    let error = left.expect_err("nobody there");
    assert!(matches!(error, UpgradeError::Hyper(_)), "{error:?}");
    let late = upgraded(second, second * 2, second * 3).await;
    let error = late.expect_err("too late");
    assert!(matches!(error, UpgradeError::Timeout), "{error:?}");
    assert!(error.is_timeout());
}

#[cfg(feature = "axum")]
mod axum_extractor {
    use axum::Router;
    use axum::response::IntoResponse;
    use axum::routing::{any, get};

    use super::*;

    async fn chat(upgrade: Upgrade) -> Result<impl IntoResponse, Refusal> {
        let offered: Vec<String> = upgrade.offered_protocols().map(str::to_owned).collect();
        let upgrade = upgrade.origins(&Origins::same())?.protocols(&["b"]);
        let chosen = upgrade.protocol().map(str::to_owned);
        Ok(upgrade.on_upgrade(async move |mut socket| {
            let _ = socket.send(format!("{offered:?} {chosen:?}")).await;
            echo(socket).await;
        }))
    }

    async fn app() -> SocketAddr {
        let (listener, address) = tcp().await;
        let service = service(async |socket, _head| echo(socket).await);
        let app = Router::new()
            .route("/chat", any(chat))
            .route("/page", get(async || "a page"))
            .route_service("/service", service);
        tokio::spawn(async move { axum::serve(listener, app).await });
        address
    }

    #[tokio::test]
    async fn a_handler_talks() {
        let stream = TcpStream::connect(app().await).await.expect("listening");
        let request = ask()
            .protocol("a")
            .and_then(|request| request.protocol("b"))
            .expect("a request");
        let (mut socket, response) = open(stream, request).await;
        assert_eq!(response.protocol.as_deref(), Some("b"));
        let message = socket.recv().await.expect("open").expect("a message");
        assert_eq!(message.as_text(), Some(r#"["a", "b"] Some("b")"#));
        echoes(&mut socket, "hello").await;
    }

    /// The policy and the origins that the handler judges by itself.
    #[tokio::test]
    async fn the_extractor_counts_refusals() {
        async fn page(upgrade: Upgrade) -> Result<impl IntoResponse, Refusal> {
            Ok(upgrade.origins(&Origins::same())?.on_upgrade(echo))
        }
        let config = Config::new();
        let policy = Policy::new().config(config.clone());
        let (listener, address) = tcp().await;
        let app = Router::new()
            .route("/chat", any(page))
            .layer(axum::Extension(policy));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let plain = b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let response = refused(address, plain).await;
        assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
        assert_eq!(counted(&config), [("request_refused", 1)]);
        let evil = ask().header("Origin", "https://evil.example");
        let response = refused(address, &evil.expect("a request").to_bytes()).await;
        assert!(response.starts_with("HTTP/1.1 403 "), "{response}");
        assert_eq!(config.stats().get("origin_refused"), Some(1));
    }

    #[tokio::test]
    async fn a_service_is_a_route() {
        let stream = TcpStream::connect(app().await).await.expect("listening");
        let request = client::Request::new("example.com", "/service").expect("a request");
        let (mut socket, _) = open(stream, request).await;
        echoes(&mut socket, "hello").await;
    }

    #[tokio::test]
    async fn a_refusal_is_the_response() {
        let address = app().await;
        let plain = b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let response = refused(address, plain).await;
        assert!(
            response.starts_with("HTTP/1.1 400 Bad Request\r\n"),
            "{response}"
        );
        assert!(
            response.ends_with("\r\n\r\nUpgrade does not name websocket\n"),
            "{response}"
        );
        let evil = ask()
            .header("Origin", "https://evil.example")
            .expect("a request");
        let response = refused(address, &evil.to_bytes()).await;
        assert!(
            response.starts_with("HTTP/1.1 403 Forbidden\r\n"),
            "{response}"
        );
        assert!(
            response.ends_with("\r\n\r\norigin https://evil.example is not allowed\n"),
            "{response}"
        );
    }
}
