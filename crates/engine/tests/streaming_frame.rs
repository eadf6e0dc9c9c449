//! Streaming as a page in a frame: what a request for one has to say, its policy, and what can be in its scripts.

mod support;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use sockeye_engine::{CloseReason, Config, Cors, Transport};
use support::{
    client::{Polling, Response, request},
    echo::{Server, send},
    streaming::{Packet, Stream, Streaming, post, text},
};

const APP: &str = "https://app.example";

/// A frame for the page that [`app`] allows.
const FRAME: &str = "&frame=f_1-A&origin=https%3A%2F%2Fapp.example";

fn app(config: &mut Config) {
    config.cors = Cors::allow([APP]);
}

async fn open(server: &Server) -> Streaming {
    let page = Stream::page(server.address, FRAME).await;
    Streaming::begin(server.address, page).await
}

/// Goes on in the next frame.
async fn again(client: &mut Streaming) {
    let query = format!("&sid={}{FRAME}", client.sid);
    client.stream = Stream::page(client.address, &query).await;
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// What is answered to a request that gets no frame.
async fn refused(server: &Server, query: &str, headers: &str) -> Response {
    let target = format!("/socket.io/?EIO=4&transport=streaming{query}");
    request(server.address, "GET", &target, headers, b"").await
}

#[tokio::test]
async fn a_session_begins_in_a_frame() {
    let server = Server::with(app).await;
    let mut client = open(&server).await;
    assert_eq!(client.open["upgrades"], serde_json::json!([]));
    client.send("4h\u{e9}llo\x1ebAQID\x1e4again").await;
    assert_eq!(client.stream.next().await, text("4h\u{e9}llo"));
    assert_eq!(client.stream.next().await, text("bAQID"), "binary");
    assert_eq!(client.stream.next().await, text("4again"));
    assert_eq!(server.engine.stats().streaming, 1);
}

#[tokio::test]
async fn its_head_holds_the_browser_to_the_page_and_to_the_nonce() {
    let server = Server::with(app).await;
    let client = open(&server).await;
    let [nonce, ..] = &client.stream.nonces[..] else {
        panic!("there is a script")
    };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; connect-src 'self'; \
         frame-ancestors https://app.example"
    );
    let head = &client.stream.head;
    for (name, value) in [
        ("content-type", Some("text/html; charset=utf-8")),
        ("cache-control", Some("no-cache, no-transform")),
        ("x-accel-buffering", Some("no")),
        ("content-security-policy", Some(&*policy)),
        ("x-content-type-options", Some("nosniff")),
        ("referrer-policy", Some("no-referrer")),
        ("x-frame-options", None),
        ("content-encoding", None),
    ] {
        assert_eq!(header(head, name), value, "{name} in {head}");
    }
}

#[tokio::test]
async fn its_script_comes_before_the_packets_and_knows_the_page() {
    let server = Server::with(app).await;
    let polling = Polling::open(server.address).await;
    let query = format!("&sid={}{FRAME}", polling.sid);
    let mut page = Stream::page(server.address, &query).await;
    // No packet has come: what it says, it says at once.
    let first = r#"const NAME = "f_1-A", ORIGIN = "https://app.example";"#;
    page.begun().await;
    assert_eq!(page.script.trim_start().lines().next(), Some(first));
    assert!(page.received >= 1024, "{} bytes", page.received);
}

#[tokio::test]
async fn a_nonce_is_for_one_answer_and_all_of_its_scripts() {
    let server = Server::with(app).await;
    let mut seen = HashSet::new();
    for _ in 0..5 {
        let mut client = open(&server).await;
        client.send("4a\x1e4b").await;
        assert_eq!(client.stream.next().await, text("4a"));
        assert_eq!(client.stream.next().await, text("4b"));
        let nonces: HashSet<_> = client.stream.nonces.drain(..).collect();
        assert_eq!(nonces.len(), 1, "{nonces:?}");
        seen.extend(nonces);
    }
    assert_eq!(seen.len(), 5, "{seen:?}");
}

#[tokio::test]
async fn what_packets_say_stays_in_their_strings() {
    let server = Server::with(app).await;
    let mut client = open(&server).await;
    for message in [
        "</script><script>parent.p(1)</script>",
        "<!-- <script> -->",
        "\u{2028}and\u{2029}",
        "\"); parent.p(\"",
        "\\\"\\",
        "\0\u{1}\t\r\n\u{1f}\u{7f}",
        "\u{feff}\u{fffe}\u{e9}\u{20ac}\u{1f600}",
        "$nonce$name$origin",
        "",
    ] {
        let packet = format!("4{message}");
        client.send(&packet).await;
        assert_eq!(client.stream.next().await, Packet::Text(packet));
    }
}

#[tokio::test]
async fn a_session_changes_from_polling_to_a_frame() {
    let mut server = Server::with(app).await;
    let polling = Polling::open(server.address).await;
    let connection = server.opened().await;
    let query = format!("&sid={}{FRAME}", polling.sid);
    let mut page = Stream::page(server.address, &query).await;
    send(&connection, "by polling");
    assert_eq!(polling.get().await.packets(), ["4by polling"]);
    let probe = async |packet: &[u8]| {
        let kind = "text/plain;charset=UTF-8";
        post(server.address, &polling.sid, kind, packet)
            .await
            .status
    };
    assert_eq!(probe(b"2probe").await, 200);
    assert_eq!(page.next().await, text("3probe"));
    assert_eq!(probe(b"5").await, 200);
    send(&connection, "by the frame");
    assert_eq!(page.next().await, text("4by the frame"));
    assert_eq!(connection.transport(), Transport::Streaming);
    assert_eq!(server.engine.stats().upgraded, 1);
}

#[tokio::test]
async fn a_frame_ends_after_some_bytes_and_the_next_goes_on() {
    let mut server = Server::with(|config| {
        app(config);
        config.stream_bytes = 1000;
    })
    .await;
    let mut client = open(&server).await;
    let connection = server.opened().await;
    let mut answers = 1;
    for n in 0..60 {
        let message = format!("{n} {}", "<".repeat(20));
        send(&connection, &message);
        let mut packet = client.stream.next().await;
        if packet == text("6") {
            assert_eq!(client.stream.next().await, Packet::End);
            again(&mut client).await;
            answers += 1;
            packet = client.stream.next().await;
        }
        assert_eq!(packet, Packet::Text(format!("4{message}")));
    }
    // Each packet is a script of about 180 bytes.
    assert!((8..=16).contains(&answers), "{answers} answers");
    assert!(connection.is_open());
}

#[tokio::test]
async fn what_comes_before_the_packets_ends_no_frame() {
    let mut server = Server::with(|config| {
        app(config);
        config.stream_bytes = 1;
    })
    .await;
    let mut client = open(&server).await;
    let connection = server.opened().await;
    for n in 0..3 {
        assert_eq!(client.stream.next().await, text("6"));
        assert_eq!(client.stream.next().await, Packet::End);
        send(&connection, &format!("{n}"));
        again(&mut client).await;
        assert_eq!(client.stream.next().await, text(&format!("4{n}")));
    }
}

#[tokio::test]
async fn a_frame_ends_after_some_time_and_the_next_goes_on() {
    let mut server = Server::with(|config| {
        app(config);
        config.stream_lifetime = Duration::from_millis(20);
    })
    .await;
    let mut client = open(&server).await;
    let connection = server.opened().await;
    for n in 0..3 {
        assert_eq!(client.stream.next().await, text("6"));
        assert_eq!(client.stream.next().await, Packet::End);
        send(&connection, &format!("meanwhile {n}"));
        again(&mut client).await;
        assert_eq!(client.stream.next().await, text(&format!("4meanwhile {n}")));
    }
    assert!(connection.is_open());
}

#[tokio::test]
async fn a_frame_that_is_taken_away_ends_the_session() {
    let mut server = Server::with(app).await;
    let client = open(&server).await;
    drop(client.stream);
    let reason = CloseReason::TransportError("stream closed prematurely");
    assert_eq!(server.closed().await, reason);
}

#[tokio::test]
async fn the_last_packets_come_by_the_frame() {
    let mut server = Server::with(app).await;
    let mut client = open(&server).await;
    let connection = server.opened().await;
    send(&connection, "last");
    connection.close(CloseReason::ForcedClose);
    assert_eq!(client.stream.next().await, text("4last"));
    assert_eq!(client.stream.next().await, text("1"));
    assert_eq!(client.stream.next().await, Packet::End);
}

#[tokio::test]
async fn names_and_origins_that_could_be_more_than_that_are_refused() {
    let contexts = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&contexts);
    let server = Server::with(|config| {
        config.cors = Cors::unchecked();
        config.hooks.connection_error(move |refusal| {
            let mut contexts = heard.lock().expect("nobody panics with it");
            contexts.push(refusal.context.to_owned());
        });
        config
            .hooks
            .allow_request(|_| async { Err("the application is not asked") });
    })
    .await;
    let origin = "origin=https://app.example";
    let long = "n".repeat(33);
    let mut expected = Vec::new();
    for name in [
        "",
        "a.b",
        "a%20b",
        "%22",
        "%3C/script%3E",
        "%C3%A9",
        "%0A",
        &long,
    ] {
        let query = format!("&frame={name}&{origin}");
        refused(&server, &query, "")
            .await
            .assert_refused(3, "Bad request");
        expected.push("FRAME_NAME");
    }
    for origin in [
        "",
        "&origin=",
        "&origin=null",
        "&origin=*",
        "&origin=app.example",
        "&origin=https://app.example/",
        "&origin=https://*.example",
        "&origin=https://app.example%20*",
        "&origin=https://app.example;script-src%20*",
        "&origin=https://app.example,https://evil.example",
        "&origin=https://app.example%0D%0Ax:y",
        "&origin=https://app.example%22",
        "&origin=https://app.example%3C/script%3E",
        "&origin=https://user@app.example",
        "&origin=https://App.example",
        "&origin=https://app.example:99999",
    ] {
        let query = format!("&frame=f{origin}");
        refused(&server, &query, "")
            .await
            .assert_refused(3, "Bad request");
        expected.push("FRAME_ORIGIN");
    }
    let stats = server.engine.stats();
    assert_eq!(stats.refused.bad_request, expected.len() as u64);
    assert_eq!(stats.opened, 0);
    assert_eq!(*contexts.lock().expect("nobody panicked"), expected);
}

#[tokio::test]
async fn a_refused_frame_leaves_the_session_on_polling() {
    let server = Server::with(app).await;
    let polling = Polling::open(server.address).await;
    let sid = &polling.sid;
    let bad = format!("&sid={sid}&frame=f");
    refused(&server, &bad, "")
        .await
        .assert_refused(3, "Bad request");
    let foreign = format!("&sid={sid}&frame=f&origin=https://evil.example");
    assert_eq!(refused(&server, &foreign, "").await.status, 403);
    let query = format!("&sid={sid}{FRAME}");
    Stream::page(server.address, &query).await;
}

#[tokio::test]
async fn pages_of_other_origins_get_no_frame() {
    let server = Server::with(app).await;
    let evil = "&frame=f&origin=https://evil.example";
    for (query, headers) in [
        (evil, ""),
        // What the query says is judged beside what the browser says.
        (evil, "Origin: https://app.example\r\n"),
        (evil, "Sec-Fetch-Site: same-origin\r\n"),
        (FRAME, "Origin: https://evil.example\r\n"),
        (
            FRAME,
            "Sec-Fetch-Site: cross-site\r\nReferer: https://evil.example/\r\n",
        ),
    ] {
        let refused = refused(&server, query, headers).await;
        assert_eq!(refused.status, 403, "{query} {headers}");
        let body: serde_json::Value = serde_json::from_str(&refused.body).expect("JSON");
        assert_eq!(body["code"], 4, "{body}");
        assert_eq!(body["origin"], "https://evil.example", "{body}");
    }
    let stats = server.engine.stats();
    assert_eq!((stats.refused.origin, stats.opened), (5, 0));
}

#[tokio::test]
async fn pages_of_the_servers_own_host_and_of_those_allowed_get_one() {
    let own = Server::start().await;
    // The tests' requests are sent to the host `test`.
    Stream::page(own.address, "&frame=f&origin=http://test").await;
    let silent = "&frame=f&origin=https%3A%2F%2Fapp.example";
    assert_eq!(refused(&own, silent, "").await.status, 403);
    for cors in [
        Cors::any(),
        Cors::unchecked(),
        Cors::allow_if(|origin| origin == APP),
    ] {
        let server = Server::with(|config| config.cors = cors).await;
        let page = Stream::page(server.address, FRAME).await;
        let policy = header(&page.head, "content-security-policy");
        let ancestors = "; frame-ancestors https://app.example";
        assert!(policy.is_some_and(|policy| policy.ends_with(ancestors)));
    }
}

#[tokio::test]
async fn the_query_asks_for_a_frame_and_the_accept_header_does_not() {
    let server = Server::with(app).await;
    let headers = "Accept: text/event-stream\r\n";
    let both = Stream::page_with(server.address, FRAME, headers).await;
    let kind = header(&both.head, "content-type");
    assert_eq!(kind, Some("text/html; charset=utf-8"));
    let neither = Stream::get(server.address, "&origin=nonsense").await;
    let kind = header(&neither.head, "content-type");
    assert_eq!(kind, Some("application/octet-stream"));
    assert_eq!(header(&neither.head, "content-security-policy"), None);
}
