//! The profiles of limits, and the page that is written from them.

mod support;

use std::{
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

use bytes::Bytes;
use sockeye::{AckError, Args, Namespace, Profile, RateLimit, Reply, Server};
use support::{
    Client, Sockets,
    client::{Polling, WebSocket, eventually, raw, request, within},
    serve, with_sync,
};
use tokio::{io::AsyncReadExt as _, net::TcpListener};

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

#[tokio::test]
async fn attachments_are_bounded_by_the_payload_and_not_before() {
    let io = Server::builder()
        .namespace(
            "/",
            Namespace::new().on(
                "upload",
                async |Args((one, other)): Args<(Bytes, Bytes)>| Reply(one.len() + other.len()),
            ),
        )
        .max_payload(6_000_000)
        .build();
    let address = serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    let packet = r#"52-7["upload",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
    client.send(packet).await;
    let half = vec![7; 5_900_000];
    client.send_binary(&half).await;
    client.send_binary(&half).await;
    assert_eq!(client.next().await, "37[11800000]");

    let io = Server::builder()
        .namespace("/", with_sync(Namespace::new()))
        .max_attachment_bytes(1000)
        .build();
    let address = serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    client.send(packet).await;
    client.send_binary(&[7; 600]).await;
    client.send_binary(&[7; 600]).await;
    client.assert_closed().await;
    assert_eq!(io.stats().malformed, 1);
}

#[tokio::test]
async fn a_socket_owes_so_many_acknowledgements_and_others_are_counted() {
    let (namespace, mut sockets) = Sockets::of(Namespace::new());
    let io = Server::builder()
        .namespace("/", namespace)
        .max_pending_acks(2)
        .build();
    let address = serve(&io).await;
    let (_client, _) = Client::join(address).await;
    let socket = sockets.next().await;
    let owed = [(); 2].map(|()| socket.emit_with_ack::<()>("question", ()));
    let third = socket.emit_with_ack::<()>("question", ()).await;
    assert!(matches!(third, Err(AckError::TooManyPending)), "{third:?}");
    assert_eq!(io.stats().ack_limit, 1);
    let answers = io.of("/").emit_with_ack::<()>("question", ());
    let error = answers.await.expect_err("it is not asked");
    assert!(matches!(error.error, AckError::TooManyPending), "{error:?}");
    assert_eq!((error.asked, error.not_asked), (1, 1));
    assert_eq!(io.stats().ack_limit, 2);
    drop(owed);
    let again = socket.emit_with_ack::<()>("question", ());
    assert_eq!(io.stats().ack_limit, 2, "there is room again");
    drop(again);
}

#[tokio::test]
async fn who_goes_on_beyond_its_rate_is_counted_by_that_name() {
    let limit = RateLimit::per_second(NonZeroU32::MIN).burst(1).tolerance(3);
    let io = Server::builder()
        .namespace("/", Namespace::new())
        .rate_limit(limit)
        .build();
    let address = serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    for _ in 0..10 {
        client.send(r#"2["unheard"]"#).await;
    }
    client.assert_closed().await;
    assert_eq!(io.stats().rate_limit_disconnects, 1);
}

#[tokio::test]
async fn a_head_has_its_time_and_its_length() {
    let io = Server::builder().build();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let serving = io.clone();
    tokio::spawn(async move {
        let serving = serving.serve(listener).max_head(16 * 1024);
        serving.head_timeout(Duration::from_millis(500)).await
    });
    let target = "/socket.io/?EIO=4&transport=polling";
    let long = |n| format!("Cookie: {}\r\n", "x".repeat(n));
    let answer = request(address, "GET", target, &long(15_000), b"").await;
    assert_eq!(answer.status, 200);
    let answer = request(address, "GET", target, &long(40_000), b"").await;
    assert_eq!(answer.status, 431);
    assert_eq!(io.stats().heads_too_large, 1);
    let before = io.stats().head_timeouts;
    let mut slow = raw(address, b"GET / HTTP/1.1\r\nHost: ").await;
    let mut rest = Vec::new();
    within("the end", slow.read_to_end(&mut rest))
        .await
        .expect("it closes");
    eventually("counted", || io.stats().head_timeouts > before).await;
}

#[tokio::test]
async fn bodies_and_answers_may_be_longer_than_heads() {
    let (namespace, mut sockets) = Sockets::of(Namespace::new());
    let io = Server::builder().namespace("/", namespace).build();
    let address = serve(&io).await;
    let polling = Polling::open(address).await;
    polling.send("40").await;
    let socket = sockets.next().await;
    let text = "x".repeat(900_000);
    let body = format!(r#"42["unheard","{text}"]"#);
    assert_eq!(polling.post(body).await.body, "ok");
    socket.emit("long", text.as_str());
    let packets = polling.packets(2).await;
    assert_eq!(packets[1], format!(r#"42["long","{text}"]"#));
}

#[tokio::test]
async fn a_body_has_its_time() {
    let io = Server::builder()
        .body_timeout(Duration::from_millis(50))
        .build();
    let address = serve(&io).await;
    let polling = Polling::open(address).await;
    let answer = polling.start_post(10, b"4").await.response().await;
    answer.assert_refused(3, "Bad request");
    let stats = io.stats().engine;
    assert_eq!(stats.refused.bad_request, 1);
    assert_eq!(stats.closed.transport_error, 1);
}

#[tokio::test]
async fn so_much_of_a_sockets_events_waits_and_then_it_ends() {
    let namespace = Namespace::new()
        .on("wait", async || std::future::pending::<()>().await)
        .sequential();
    let io = Server::builder()
        .namespace("/", namespace)
        .max_waiting_bytes(1000)
        .build();
    let address = serve(&io).await;
    let (mut client, _) = Client::join(address).await;
    client.send(r#"2["wait"]"#).await;
    for _ in 0..20 {
        client.send(r#"2["wait","some text"]"#).await;
    }
    client.assert_closed().await;
    assert_eq!(io.stats().engine.closed.handler_too_slow, 1);
}
