//! The profiles of limits, and the page that is written from them.

mod support;

use std::num::{NonZeroU32, NonZeroUsize};

use sockeye::{ConfigError, Cookie, Deflate, Namespace, Profile, Server, Transport};
use support::{
    Client,
    client::{Polling, WebSocket, eventually, raw, request, within},
    serve, with_sync,
};
use tokio::net::TcpListener;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/limits.md");

const INTRODUCTION: &str = "\
# Limits

`Server::with_profile(Profile::Strict)` begins with one of these columns, `Server::builder()` with the first; options of the
same names change one of them. What a limit does is counted in `io.stats()`, under the name in the table.

This page is written by the test `limits` of `crates/server` from `sockeye::Profile`; `SOCKEYE_BLESS=1 cargo test -p sockeye
--test limits` writes it again.

";

#[test]
fn the_page_says_what_the_code_does() {
    let page = format!("{INTRODUCTION}{}", Profile::table());
    if std::env::var_os("SOCKEYE_BLESS").is_some() {
        std::fs::write(PAGE, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(PAGE).expect("docs/limits.md is there");
    assert_eq!(written, page, "write it again with SOCKEYE_BLESS=1");
}

#[test]
fn each_profile_differs_from_the_standard_in_what_it_is_for() {
    let [standard, strict, compat] = Profile::ALL.map(Profile::limits);
    assert_eq!(Profile::default().limits(), standard);
    assert!(strict.max_payload < standard.max_payload);
    assert!(strict.send_limit < standard.send_limit);
    assert!(strict.max_namespaces < standard.max_namespaces);
    assert!(strict.connect_timeout < standard.connect_timeout);
    assert!(strict.rate_limit.is_some() && compat.rate_limit.is_none());
    assert_eq!(
        compat.max_payload, standard.max_payload,
        "the reference has it"
    );
    assert_eq!(compat.max_attachments, 10, "the reference has it");
    assert_eq!(compat.send_limit, usize::MAX, "the reference has none");
}

// parity: 3.2 3.3 3.7
#[tokio::test]
async fn the_profile_is_in_force_and_options_change_it() {
    let io = Server::with_profile(Profile::Strict)
        .namespace("/", with_sync(Namespace::new()))
        .dynamic("/n/{n}", Namespace::new())
        .max_payload(1000)
        .build();
    let address = serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    for n in 1..32 {
        client.connect(&format!("/n/{n}"), "").await;
    }
    assert_eq!(
        client.ask("0/n/32,").await,
        r#"4/n/32,{"message":"too many namespaces"}"#
    );
    client.send(&format!(r#"2["{}"]"#, "x".repeat(200))).await;
    client.assert_quiet().await;
    client
        .send(&format!(r#"2["e","{}"]"#, "x".repeat(1000)))
        .await;
    assert_eq!(client.socket.closed().await, Some(Some(1009)));
    assert_eq!(io.stats().namespace_limit, 1);
    // All of an event's worth of tokens at once, and then no more.
    let (mut hasty, _) = Client::join(address).await;
    for _ in 0..200 {
        hasty.send(r#"2["unheard"]"#).await;
    }
    assert_eq!(
        hasty.ask(r#"27["unheard"]"#).await,
        r#"37[{"error":"rate limited"}]"#
    );
}

#[tokio::test]
async fn a_listener_holds_so_many_connections_and_no_more() {
    let io = Server::builder()
        .namespace("/", with_sync(Namespace::new()))
        .build();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let serving = io.clone();
    tokio::spawn(async move { serving.serve(listener).max_connections(2).await });
    let (mut first, _) = Client::join(address).await;
    let silent = raw(address, b"").await;
    let target = "/socket.io/?EIO=4&transport=polling";
    // The kernel has accepted it; the server does so in its turn.
    let answer = request(address, "GET", target, "", b"").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(io.stats().refused_connections, 1);
    drop(silent);
    within("a place", async {
        while request(address, "GET", target, "", b"").await.status != 200 {}
    })
    .await;
    // One that has become a WebSocket counts until it ends, and others live beside it.
    first.assert_quiet().await;
    let second = loop {
        if let Ok(socket) = WebSocket::connect(address, "EIO=4&transport=websocket").await {
            break socket;
        }
    };
    let refused = request(address, "GET", target, "", b"").await;
    assert_eq!(refused.status, 503);
    drop(second);
    within("a place", async {
        while request(address, "GET", target, "", b"").await.status != 200 {}
    })
    .await;
}

#[tokio::test]
async fn an_address_has_so_many_sessions_and_so_many_begin() {
    let io = Server::builder()
        .namespace("/", with_sync(Namespace::new()))
        .max_sessions_per_address(NonZeroUsize::new(2).expect("not 0"))
        .build();
    let address = serve(&io).await;
    let (first, _) = Client::join(address).await;
    let polling = Polling::open(address).await;
    let target = "/socket.io/?EIO=4&transport=polling";
    let refused = request(address, "GET", target, "", b"").await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    let refused = WebSocket::connect(address, "EIO=4&transport=websocket").await;
    assert_eq!(refused.err().map(|answer| answer.status), Some(503));
    assert_eq!(io.stats().engine.refused.too_many_sessions, 2);
    drop(first);
    eventually("it has ended", || io.stats().engine.websocket == 0).await;
    within("a place", async {
        while request(address, "GET", target, "", b"").await.status != 200 {}
    })
    .await;
    polling.send("1").await;

    let io = Server::builder()
        .namespace("/", Namespace::new())
        .new_sessions_per_second(NonZeroU32::new(1).expect("not 0"))
        .build();
    let address = serve(&io).await;
    Polling::open(address).await;
    let mut refused = 0;
    within("the next second", async {
        while request(address, "GET", target, "", b"").await.status == 503 {
            refused += 1;
        }
    })
    .await;
    assert_eq!(io.stats().engine.refused.too_many_sessions, refused);
}

#[test]
fn options_that_contradict_one_another_are_refused() {
    let deflate = Server::builder()
        .transports([Transport::Polling])
        .per_message_deflate(Deflate::new());
    assert_eq!(
        deflate.try_build().err(),
        Some(ConfigError::DeflateWithoutWebSocket)
    );
    let cookie = Server::builder()
        .transports([Transport::WebSocket])
        .cookie(Cookie::new("io"));
    assert_eq!(
        cookie.try_build().err(),
        Some(ConfigError::CookieWithoutPolling)
    );
}
