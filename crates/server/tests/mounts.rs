//! Each way to mount the server, with a round trip over polling and one over WebSocket through it. The
//! examples build the same services; `tests/interop/mounts` starts them.

mod support;

use std::net::SocketAddr;

use axum::{Router, http::Uri, routing::get};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use sockeye::{Handshake, Namespace, Reply, Server, Socket};
use support::{
    Client,
    client::{Polling, request},
};
use tokio::net::TcpListener;

fn server() -> Server {
    let chat = Namespace::new()
        .on("chat message", async |socket: Socket, text: String| {
            socket.broadcast().emit("chat message", text);
            Reply(true)
        })
        .on("where", async |handshake: Handshake| {
            Reply(
                handshake
                    .address()
                    .map(|address| address.ip().is_loopback()),
            )
        });
    Server::builder().namespace("/", chat).build()
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

/// Two clients talk, one on each transport; then the polling one upgrades and they talk again.
async fn assert_talks(address: SocketAddr) {
    let (mut socket, _) = Client::join(address).await;
    let polling = Polling::open(address).await;
    polling.send("40").await;
    assert!(polling.packets(1).await[0].starts_with(r#"40{"sid""#));

    polling.send(r#"421["chat message","from polling"]"#).await;
    assert_eq!(polling.packets(1).await, ["431[true]"]);
    assert_eq!(socket.next().await, r#"2["chat message","from polling"]"#);
    assert_eq!(
        socket.ask(r#"22["chat message","from websocket"]"#).await,
        "32[true]"
    );
    assert_eq!(
        polling.packets(1).await,
        [r#"42["chat message","from websocket"]"#]
    );

    let mut upgraded = polling.upgrade().await;
    upgraded.send(r#"423["chat message","upgraded"]"#).await;
    assert_eq!(upgraded.text().await, "433[true]");
    assert_eq!(socket.next().await, r#"2["chat message","upgraded"]"#);
}

/// The browser client is served beside the engine.
async fn assert_serves_client(address: SocketAddr) {
    let target = "/socket.io/socket.io.min.js";
    let answer = request(address, "GET", target, "Accept-Encoding: identity\r\n", b"").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("application/javascript; charset=utf-8")
    );
    let tag = answer.header("etag").expect("an entity tag");
    let headers = format!("If-None-Match: {tag}\r\n");
    let cached = request(address, "GET", target, &headers, b"").await;
    assert_eq!((cached.status, cached.body.as_str()), (304, ""));
}

async fn assert_answers(address: SocketAddr, target: &str, status: u16, body: &str) {
    let answer = request(address, "GET", target, "", b"").await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (status, body),
        "{target}"
    );
}

/// What the handshake says about the client's address.
async fn address_known(address: SocketAddr) -> String {
    let (mut socket, _) = Client::join(address).await;
    socket.ask(r#"21["where"]"#).await
}

// parity: 4.1
#[tokio::test]
async fn as_an_axum_router() {
    let (listener, address) = listen().await;
    let app = Router::new()
        .route("/", get(async || "hello from axum"))
        .merge(server().router())
        .into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    assert_talks(address).await;
    assert_serves_client(address).await;
    assert_answers(address, "/", 200, "hello from axum").await;
    assert_answers(address, "/other", 404, "").await;
    assert_eq!(address_known(address).await, "31[true]");
}

// parity: 4.1
#[tokio::test]
async fn as_a_tower_layer() {
    async fn other(uri: Uri) -> String {
        format!("{} is for the service beneath", uri.path())
    }
    let (listener, address) = listen().await;
    let app = Router::new().fallback(other).layer(server().layer());
    tokio::spawn(async move { axum::serve(listener, app).await });
    assert_talks(address).await;
    assert_serves_client(address).await;
    for path in ["/", "/other", "/socket.io"] {
        let body = format!("{path} is for the service beneath");
        assert_answers(address, path, 200, &body).await;
    }
    assert_eq!(
        address_known(address).await,
        "31[null]",
        "nobody told the server"
    );
}

#[tokio::test]
async fn as_a_service_on_plain_hyper() {
    let (listener, address) = listen().await;
    let service = TowerToHyperService::new(server().service());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let connection = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service.clone())
                .with_upgrades();
            tokio::spawn(connection);
        }
    });
    assert_talks(address).await;
    assert_serves_client(address).await;
}

// parity: 4.1
#[tokio::test]
async fn on_a_listener_of_its_own() {
    let (listener, address) = listen().await;
    let io = server();
    tokio::spawn(async move { io.serve(listener).await });
    assert_talks(address).await;
    assert_serves_client(address).await;
    assert_answers(address, "/", 404, "").await;
    assert_eq!(address_known(address).await, "31[true]");
}

#[tokio::test]
async fn on_a_listener_with_an_axum_fallback() {
    let (listener, address) = listen().await;
    let io = server();
    let app = Router::new().route("/", get(async || "hello from axum"));
    tokio::spawn(async move { io.serve(listener).fallback(app).await });
    assert_talks(address).await;
    assert_answers(address, "/", 200, "hello from axum").await;
    assert_answers(address, "/other", 404, "").await;
    assert_eq!(address_known(address).await, "31[true]");
}

// parity: 3.1 3.6
#[tokio::test]
async fn on_another_path_and_without_the_client() {
    let io = Server::builder()
        .path("/socket.io/chat/")
        .serve_client(false)
        .build();
    let (listener, address) = listen().await;
    let app: Router = io.router();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let target = "/socket.io/chat/?EIO=4&transport=polling";
    let answer = request(address, "GET", target, "", b"").await;
    assert!(answer.packets()[0].starts_with('0'), "{answer:?}");
    assert_answers(address, "/socket.io/?EIO=4&transport=polling", 404, "").await;
    let file = "/socket.io/chat/socket.io.js";
    request(address, "GET", file, "", b"")
        .await
        .assert_refused(0, "Transport unknown");
}

// parity: 1.E14 3.1-slash
#[tokio::test]
async fn without_its_slash_the_path_is_found_where_that_is_allowed() {
    const QUERY: &str = "?EIO=4&transport=polling";
    for (slash, status) in [(true, 404), (false, 200)] {
        let io = Server::builder()
            .namespace("/", Namespace::new())
            .add_trailing_slash(slash)
            .path("/ws")
            .build();
        let (listener, served) = listen().await;
        let serving = io.clone();
        tokio::spawn(async move { serving.serve(listener).await });
        let (listener, routed) = listen().await;
        let router = io.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        for address in [served, routed] {
            let answer = request(address, "GET", &format!("/ws{QUERY}"), "", b"").await;
            assert_eq!(answer.status, status, "{slash}");
            let answer = request(address, "GET", &format!("/ws/{QUERY}"), "", b"").await;
            assert_eq!(answer.status, 200, "{slash}");
        }
    }
}
