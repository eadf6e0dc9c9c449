//! Clients of Engine.IO 3, as they are seen on the wire.

mod support;

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use sockeye_engine::{CloseReason, Config, Protocol, RemoteAddr};
use support::{
    client::{Frame, Polling, Response, WebSocket, request, start},
    echo::{Server, Told, send},
};

const TEXT: &str = "Content-Type: text/plain;charset=UTF-8\r\n";
const BINARY: &str = "Content-Type: application/octet-stream\r\n";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

async fn server() -> Server {
    Server::with(|config| config.allow_eio3 = true).await
}

/// A session of protocol 3 on long-polling.
struct Client {
    address: SocketAddr,
    target: String,
    sid: String,
}

impl Client {
    /// Begins a session with what is added to the query.
    async fn open(server: &Server, query: &str) -> Self {
        let target = format!("/socket.io/?EIO=3&transport=polling{query}");
        let answer = request(server.address, "GET", &target, "", b"").await;
        let sid = sid(&answer);
        Self {
            address: server.address,
            target: format!("{target}&sid={sid}"),
            sid,
        }
    }

    async fn get(&self) -> Response {
        let answer = request(self.address, "GET", &self.target, "", b"").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    async fn post(&self, headers: &str, body: &[u8]) -> Response {
        request(self.address, "POST", &self.target, headers, body).await
    }

    async fn send(&self, headers: &str, body: impl AsRef<[u8]>) {
        let answer = self.post(headers, body.as_ref()).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
    }
}

fn sid(answer: &Response) -> String {
    let (_, rest) = answer
        .body
        .replace('\\', "")
        .split_once(r#""sid":""#)
        .map(|(before, rest)| (before.to_owned(), rest.to_owned()))
        .unwrap_or_else(|| panic!("no session: {answer:?}"));
    rest[..20].to_owned()
}

#[tokio::test]
async fn without_the_option_the_version_is_refused() {
    let server = Server::start().await;
    for query in ["EIO=3&transport=polling", "transport=polling"] {
        let target = format!("/socket.io/?{query}");
        request(server.address, "GET", &target, "", b"")
            .await
            .assert_refused(5, "Unsupported protocol version");
    }
    assert_eq!(server.engine.stats().refused.unsupported_version, 2);
}

#[tokio::test]
async fn a_handshake_is_a_payload_of_one_packet() {
    let mut server = server().await;
    for query in ["EIO=3&transport=polling", "transport=polling"] {
        let target = format!("/socket.io/?{query}");
        let answer = request(server.address, "GET", &target, "", b"").await;
        let (length, packet) = answer.body.split_once(':').expect("a length");
        assert_eq!(length, packet.len().to_string());
        assert!(packet.starts_with(r#"0{"sid":""#), "{packet}");
        assert_eq!(server.opened().await.protocol(), Protocol::V3);
    }
    Polling::open(server.address).await;
    assert_eq!(server.opened().await.protocol(), Protocol::V4);
}

#[tokio::test]
async fn a_request_keeps_to_its_sessions_version() {
    let server = server().await;
    let old = Client::open(&server, "").await;
    let new = Polling::open(server.address).await;
    for target in [
        old.target.replace("EIO=3", "EIO=4"),
        new.target().replace("EIO=4", "EIO=3"),
        new.target().replace("EIO=4&", ""),
    ] {
        request(server.address, "GET", &target, "", b"")
            .await
            .assert_refused(3, "Bad request");
    }
    let refused = WebSocket::connect(
        server.address,
        &format!("EIO=4&transport=websocket&sid={}", old.sid),
    )
    .await;
    assert_eq!(refused.err().map(|answer| answer.status), Some(400));
}

#[tokio::test]
async fn text_counts_in_utf_16() {
    let mut server = server().await;
    let client = Client::open(&server, "").await;
    server.opened().await;
    client.send(TEXT, "3:4€a4:4😀b1:4").await;
    for expected in ["€a", "😀b", ""] {
        assert_eq!(server.told().await.text(), expected);
    }
    let answer = client.get().await;
    assert_eq!(answer.body, "3:4€a4:4😀b1:4");
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=UTF-8")
    );
}

#[tokio::test]
async fn an_answer_is_binary_if_a_packet_is() {
    let server = server().await;
    let client = Client::open(&server, "").await;
    client
        .send(BINARY, b"\0\x03\xff4\xc3\xa9\x01\x03\xff\x04\x01\xff")
        .await;
    let answer = client.get().await;
    assert_eq!(
        answer.header("content-type"),
        Some("application/octet-stream")
    );
    assert_eq!(answer.bytes, b"\0\x03\xff4\xc3\xa9\x01\x03\xff\x04\x01\xff");
    client.send(TEXT, "2:4a").await;
    assert_eq!(client.get().await.body, "2:4a", "text again");
}

#[tokio::test]
async fn a_client_without_binary_gets_base64() {
    let mut server = server().await;
    let client = Client::open(&server, "&b64=1").await;
    server.opened().await;
    client.send(TEXT, "6:b4AQID2:4a").await;
    match server.told().await {
        Told::Binary(data) => assert_eq!(data, [1, 2, 3]),
        other => panic!("{other:?} instead of a binary message"),
    }
    assert_eq!(client.get().await.body, "6:b4AQID2:4a");
}

// parity: 1.P10
#[tokio::test]
async fn jsonp_goes_both_ways() {
    let mut server = server().await;
    let target = "/socket.io/?EIO=3&transport=polling&j=7x";
    let answer = request(server.address, "GET", target, "", b"").await;
    assert!(
        answer.body.starts_with(r#"___eio[7]("118:0{\"sid\":\""#),
        "{answer:?}"
    );
    let client = Client::open(&server, "&j=12").await;
    server.opened().await;
    server.opened().await;
    // The field is the payload `5:4a\n"b`, with its line feed as a form carries it.
    client.send(FORM, r"d=5%3A4a%5Cn%22b").await;
    assert_eq!(server.told().await.text(), "a\n\"b");
    assert_eq!(client.get().await.body, r#"___eio[12]("5:4a\n\"b");"#);
    client.send(FORM, "d=6%3Ab4AQID").await;
    assert_eq!(client.get().await.body, r#"___eio[12]("6:b4AQID");"#);
    client.send(FORM, "e=nothing").await;
    client.send(FORM, "d=2:4z").await;
    assert_eq!(client.get().await.body, r#"___eio[12]("2:4z");"#);
}

#[tokio::test]
async fn a_malformed_payload_ends_the_session_after_what_came_before() {
    let mut server = server().await;
    for (headers, body) in [
        (TEXT, &b"2:4a9:4b"[..]),
        (TEXT, b"2:4a1:7"),
        (TEXT, b"2:4a2:b7"),
        (BINARY, b"\0\x02\xff4a\x01\x09\xff\x04"),
        (BINARY, b"\0\x02\xff4a\x03\x01\xff\x04"),
    ] {
        let client = Client::open(&server, "").await;
        server.opened().await;
        client.send(headers, body).await;
        assert_eq!(server.told().await.text(), "a", "{body:?}");
        assert_eq!(server.closed().await, CloseReason::ParseError, "{body:?}");
    }
    assert_eq!(server.engine.stats().closed.parse_error, 5);
}

// parity: 1.H3
#[tokio::test]
async fn the_server_answers_pings_and_sends_none() {
    let mut server = Server::with(|config| {
        config.allow_eio3 = true;
        config.ping_interval = Duration::from_millis(50);
        config.ping_timeout = Duration::from_millis(350);
    })
    .await;
    let client = Client::open(&server, "").await;
    server.opened().await;
    client.send(TEXT, "1:2").await;
    assert_eq!(client.get().await.body, "1:3");
    let (mut socket, _) = open_websocket(&server, "").await;
    server.opened().await;
    let begun = tokio::time::Instant::now();
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        socket.send("2").await;
        assert_eq!(socket.text().await, "3", "and no ping before it");
    }
    assert!(begun.elapsed() > Duration::from_millis(400), "it lived on");
    // The one that polls has said nothing meanwhile.
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    assert_eq!(socket.closed().await, Some(None));
}

// parity: 1.H3
#[tokio::test]
async fn a_client_does_not_answer_pings() {
    let mut server = server().await;
    let client = Client::open(&server, "").await;
    server.opened().await;
    client.send(TEXT, "1:3").await;
    assert_eq!(
        server.closed().await,
        CloseReason::TransportError("invalid heartbeat direction")
    );
}

async fn open_websocket(server: &Server, query: &str) -> (WebSocket, String) {
    let mut socket =
        WebSocket::connect(server.address, &format!("EIO=3&transport=websocket{query}"))
            .await
            .expect("a session begins");
    let open = socket.text().await;
    assert!(open.starts_with(r#"0{"sid":""#), "{open}");
    (socket, open)
}

#[tokio::test]
async fn frames_of_binary_begin_with_the_type() {
    let mut server = server().await;
    let (mut socket, _) = open_websocket(&server, "").await;
    server.opened().await;
    socket.send_binary(&[4, 1, 2]).await;
    match server.told().await {
        Told::Binary(data) => assert_eq!(data, [1, 2]),
        other => panic!("{other:?} instead of a binary message"),
    }
    assert_eq!(socket.next().await, Frame::Binary(vec![4, 1, 2]));
    socket.send("b4AQID").await;
    assert_eq!(socket.next().await, Frame::Binary(vec![4, 1, 2, 3]));
    socket.send("4text").await;
    assert_eq!(socket.text().await, "4text");
    let (mut base64, _) = open_websocket(&server, "&b64=1").await;
    base64.send_binary(&[4, 1, 2, 3]).await;
    assert_eq!(base64.text().await, "b4AQID");
}

#[tokio::test]
async fn a_binary_frame_without_a_type_ends_the_session() {
    for data in [&[][..], &[7], b"4"] {
        let mut server = server().await;
        let (mut socket, _) = open_websocket(&server, "").await;
        socket.send_binary(data).await;
        assert_eq!(server.closed().await, CloseReason::ParseError, "{data:?}");
    }
}

#[tokio::test]
async fn a_session_changes_to_websocket() {
    let mut server = server().await;
    let client = Client::open(&server, "").await;
    let connection = server.opened().await;
    let query = format!("EIO=3&transport=websocket&sid={}", client.sid);
    let mut socket = WebSocket::connect(server.address, &query)
        .await
        .expect("a session may try a websocket");
    let get = start(server.address, "GET", &client.target, "", b"").await;
    socket.send("2probe").await;
    assert_eq!(socket.text().await, "3probe");
    assert_eq!(
        get.response().await.body,
        "1:6",
        "so that the client is free"
    );
    send(&connection, "before");
    socket.send("5").await;
    assert_eq!(socket.text().await, "4before");
    socket.send_binary(&[4, 9]).await;
    assert_eq!(socket.next().await, Frame::Binary(vec![4, 9]));
}

#[tokio::test]
async fn a_client_that_leaves_gets_its_answer() {
    let mut server = server().await;
    let client = Client::open(&server, "").await;
    server.opened().await;
    let get = start(server.address, "GET", &client.target, "", b"").await;
    support::client::eventually("a pending GET", || server.engine.stats().polling == 1).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.send(TEXT, "1:1").await;
    assert_eq!(get.response().await.body, "1:6");
    assert_eq!(server.closed().await, CloseReason::TransportClose);
}

#[tokio::test]
async fn a_server_that_ends_a_session_says_so() {
    let mut server = server().await;
    let client = Client::open(&server, "").await;
    let connection = server.opened().await;
    send(&connection, "last");
    connection.close(CloseReason::ForcedClose);
    assert_eq!(client.get().await.body, "5:4last");
    assert_eq!(client.get().await.body, "1:1");
}

/// A request as if it came from this address.
async fn from(
    server: &Server,
    address: &str,
    method: Method,
    target: &str,
) -> (StatusCode, String) {
    let address: SocketAddr = address.parse().expect("an address");
    let request = Request::builder()
        .method(method)
        .uri(target)
        .header("host", "test")
        .extension(RemoteAddr(address))
        .body(Full::<Bytes>::from("2:4a"))
        .expect("a request");
    let response = server.engine.handle(request).await;
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body");
    let body = String::from_utf8(body.to_bytes().to_vec()).expect("text");
    (status, body)
}

#[tokio::test]
async fn a_session_belongs_to_the_address_that_began_it() {
    let open = async |change: fn(&mut Config), version: &str| {
        let server = Server::with(change).await;
        let target = format!("/socket.io/?EIO={version}&transport=polling");
        let (_, body) = from(&server, "192.0.2.1:4000", Method::GET, &target).await;
        let at = body.find(r#""sid":""#).expect("a session") + 7;
        let target = format!("{target}&sid={}", &body[at..at + 20]);
        (server, target)
    };
    let (server, target) = open(|config| config.allow_eio3 = true, "3").await;
    let (status, body) = from(&server, "192.0.2.2:4000", Method::POST, &target).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body, r#"{"code":3,"message":"Bad request"}"#);
    let (status, _) = from(&server, "192.0.2.1:5000", Method::POST, &target).await;
    assert_eq!(status, StatusCode::OK, "another port is no other client");
    let anywhere: fn(&mut Config) = |config| {
        config.allow_eio3 = true;
        config.eio3_from_any_address = true;
    };
    for (change, version) in [(anywhere, "3"), (|_: &mut Config| {}, "4")] {
        let (server, target) = open(change, version).await;
        let (status, _) = from(&server, "192.0.2.2:4000", Method::POST, &target).await;
        assert_eq!(status, StatusCode::OK, "version {version}");
    }
}
