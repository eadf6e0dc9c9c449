//! Pages of which origins are served, over long-polling and WebSocket alike (SAFETY of browsers: a page may send
//! requests anywhere, with its visitor's cookies).

mod support;

use std::net::SocketAddr;

use serde_json::{Value, json};
use sockeye::{Cors, Handshake, Namespace, Profile, Reply, Server, ServerBuilder, TrustedProxies};
use support::{
    client::{Response, request},
    serve,
};

const HANDSHAKE: &str = "/socket.io/?EIO=4&transport=polling";

async fn start(builder: ServerBuilder) -> (Server, SocketAddr) {
    let io = builder.build();
    let address = serve(&io).await;
    (io, address)
}

async fn poll(address: SocketAddr, headers: &[&str]) -> Response {
    request(address, "GET", HANDSHAKE, &lines(headers), b"").await
}

async fn upgrade(address: SocketAddr, headers: &[&str]) -> Response {
    let mut all = vec![
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    all.extend(headers);
    let target = "/socket.io/?EIO=4&transport=websocket";
    request(address, "GET", target, &lines(&all), b"").await
}

async fn preflight(address: SocketAddr, headers: &[&str]) -> Response {
    request(address, "OPTIONS", HANDSHAKE, &lines(headers), b"").await
}

fn lines(headers: &[&str]) -> String {
    headers.iter().map(|line| format!("{line}\r\n")).collect()
}

// parity: 3.CORS
#[tokio::test]
async fn a_page_of_another_origin_is_refused_on_both_transports_and_told_how_to_be_allowed() {
    let (io, address) = start(Server::builder()).await;
    let refused = [
        poll(address, &["Origin: https://b.example"]).await,
        upgrade(address, &["Origin: https://b.example"]).await,
        preflight(
            address,
            &[
                "Origin: https://b.example",
                "Access-Control-Request-Method: POST",
            ],
        )
        .await,
    ];
    for answer in &refused {
        assert_eq!(answer.status, 403, "{}", answer.head);
        // The page may read it, or nobody would know.
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("https://b.example")
        );
        assert_eq!(answer.header("vary"), Some("origin"));
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(body["code"], 4);
        assert_eq!(body["origin"], "https://b.example");
        assert_eq!(body["header"], "Host: test");
        assert_eq!(
            body["allow"],
            r#"Server::builder().cors(Cors::allow(["https://b.example"]))"#
        );
    }
    assert_eq!(io.stats().engine.refused.origin, 3);
    assert_eq!(io.stats().engine.opened, 0);
}

#[tokio::test]
async fn the_servers_own_pages_and_programs_are_served() {
    let (io, address) = start(Server::builder()).await;
    for headers in [&[][..], &["Origin: http://test"], &["Origin: https://test"]] {
        assert_eq!(poll(address, headers).await.status, 200, "{headers:?}");
        assert_eq!(upgrade(address, headers).await.status, 101, "{headers:?}");
    }
    assert_eq!(io.stats().engine.refused.origin, 0);
}

/// nginx passes `Host: 127.0.0.1:PORT` unless it is told otherwise.
#[tokio::test]
async fn behind_a_proxy_that_replaces_the_host_the_browsers_word_or_the_proxys_counts() {
    let (io, address) = start(Server::builder()).await;
    let page = "Origin: https://app.example";
    let answer = poll(address, &[page]).await;
    assert_eq!(answer.status, 403);
    assert!(
        answer.body.contains("proxy_set_header Host $http_host"),
        "{}",
        answer.body
    );
    for headers in [
        [page, "Sec-Fetch-Site: cross-site"],
        [page, "X-Forwarded-Host: app.example"],
    ] {
        assert_eq!(poll(address, &headers).await.status, 403, "{headers:?}");
    }
    let answer = poll(address, &[page, "Sec-Fetch-Site: same-origin"]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(io.stats().engine.refused.origin, 3);

    let trusting = Server::builder().trusted_proxies(TrustedProxies::only(["127.0.0.0/8"]));
    let (_, address) = start(trusting).await;
    let answer = poll(address, &[page, "X-Forwarded-Host: app.example"]).await;
    assert_eq!(answer.status, 200);
    let answer = poll(address, &[page, "X-Forwarded-Host: other.example"]).await;
    assert_eq!(answer.status, 403);
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(body["header"], "X-Forwarded-Host: other.example");
}

// parity: 3.CORS
#[tokio::test]
async fn pages_that_are_listed_may_send_cookies_if_that_is_said() {
    let cors = Cors::allow(["https://app.example"])
        .credentials(true)
        .expose(["x-build"])
        .max_age(std::time::Duration::from_secs(600));
    let (_, address) = start(Server::builder().cors(cors)).await;
    let page = "Origin: https://app.example";
    let answer = poll(address, &[page]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("https://app.example")
    );
    assert_eq!(
        answer.header("access-control-allow-credentials"),
        Some("true")
    );
    assert_eq!(
        answer.header("access-control-expose-headers"),
        Some("x-build")
    );
    assert_eq!(answer.header("vary"), Some("origin"));
    assert_eq!(upgrade(address, &[page]).await.status, 101);

    let asked = [
        page,
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: x-token",
    ];
    let answer = preflight(address, &asked).await;
    assert_eq!(answer.status, 204);
    assert_eq!(
        answer.header("access-control-allow-methods"),
        Some("GET,POST")
    );
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some("x-token")
    );
    assert_eq!(answer.header("access-control-max-age"), Some("600"));

    assert_eq!(
        poll(address, &["Origin: https://b.example"]).await.status,
        403
    );
    assert_eq!(
        poll(address, &["Origin: http://app.example"]).await.status,
        403
    );
}

// parity: 3.CORS
#[tokio::test]
async fn any_page_is_answered_with_a_star_and_without_credentials() {
    let (_, address) = start(Server::builder().cors(Cors::any())).await;
    for origin in [
        "Origin: https://b.example",
        "Origin: null",
        "Origin: file://",
    ] {
        let answer = poll(address, &[origin]).await;
        assert_eq!(answer.status, 200, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert_eq!(upgrade(address, &[origin]).await.status, 101);
    }
}

// parity: 3.CORS
/// As the reference does without its option `cors`: pages of other origins cannot read the answer, and may
/// open a WebSocket.
#[tokio::test]
async fn the_profile_compat_judges_nobody() {
    let (io, address) = start(Server::with_profile(Profile::Compat)).await;
    let answer = poll(address, &["Origin: https://b.example"]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(
        upgrade(address, &["Origin: https://b.example"])
            .await
            .status,
        101
    );
    assert_eq!(io.stats().engine.refused.origin, 0);
}

#[tokio::test]
async fn the_client_files_are_for_all_pages() {
    let (_, address) = start(Server::builder()).await;
    let target = "/socket.io/socket.io.esm.min.js";
    let answer = request(address, "GET", target, "Origin: https://b.example\r\n", b"").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

// parity: 1.W10 5.1
#[tokio::test]
async fn a_trusted_proxy_tells_who_the_client_is_and_whether_it_came_encrypted() {
    let namespace = || {
        Namespace::new().on("who", async |handshake: Handshake| {
            let address = handshake.address().map(|address| address.ip().to_string());
            Reply(json!({ "address": address, "secure": handshake.secure() }))
        })
    };
    let trusting = TrustedProxies::only(["127.0.0.1"]);
    for (builder, expected) in [
        (
            Server::builder(),
            json!({ "address": "127.0.0.1", "secure": false }),
        ),
        (
            Server::builder().trusted_proxies(trusting),
            json!({ "address": "203.0.113.9", "secure": true }),
        ),
    ] {
        let (_, address) = start(builder.namespace("/", namespace())).await;
        let forwarded = "X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\nX-Forwarded-Proto: https\r\n";
        let open = request(address, "GET", HANDSHAKE, forwarded, b"").await;
        let sid: Value = serde_json::from_str(&open.body[1..]).expect("an open packet");
        let target = format!("{HANDSHAKE}&sid={}", sid["sid"].as_str().expect("a text"));
        let posted = request(address, "POST", &target, "", b"40\x1e4217[\"who\"]").await;
        assert_eq!(posted.body, "ok");
        let mut read = String::new();
        while !read.contains("4317") {
            read = request(address, "GET", &target, "", b"").await.body;
        }
        let answer = read
            .split('\u{1e}')
            .find_map(|packet| packet.strip_prefix("4317"));
        let answer: Value = serde_json::from_str(answer.expect("the answer")).expect("JSON");
        assert_eq!(answer, json!([expected]));
    }
}
