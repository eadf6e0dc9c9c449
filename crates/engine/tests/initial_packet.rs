//! A message that goes with the open packet. The bytes are the reference's, but for JSONP with bytes, where it
//! writes an object of Node's.

mod support;

use sockeye_engine::InitialPacket;
use support::{
    client::{Frame, Polling, Response, WebSocket, request},
    echo::Server,
    streaming::{Streaming, text},
};

const BYTES: &[u8] = &[1, 2, 255];

async fn server(packet: impl Into<InitialPacket>) -> Server {
    let packet = packet.into();
    Server::with(|config| {
        config.allow_eio3 = true;
        config.initial_packet = Some(packet);
    })
    .await
}

async fn handshake(server: &Server, query: &str) -> Response {
    let target = format!("/socket.io/?transport=polling&{query}");
    let answer = request(server.address, "GET", &target, "", b"").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// What stands behind the open packet's JSON.
fn behind(answer: &Response) -> &[u8] {
    let end = answer.bytes.iter().position(|byte| *byte == b'}');
    &answer.bytes[end.expect("an open packet") + 1..]
}

// parity: 1.E13
#[tokio::test]
async fn over_polling_it_is_in_the_answer_that_begins_the_session() {
    let told = server("hi€").await;
    for (query, rest) in [
        ("EIO=4", "\u{1e}4hi€"),
        ("EIO=4&b64=1", "\u{1e}4hi€"),
        ("EIO=3", "4:4hi€"),
        ("EIO=3&b64=1", "4:4hi€"),
        ("EIO=3&j=0", "4:4hi€\");"),
    ] {
        let answer = handshake(&told, query).await;
        assert_eq!(behind(&answer), rest.as_bytes(), "{query}");
    }
    let told = server(BYTES).await;
    for (query, rest) in [
        ("EIO=4", &b"\x1ebAQL/"[..]),
        ("EIO=4&b64=1", b"\x1ebAQL/"),
        ("EIO=3", b"\x01\x04\xff\x04\x01\x02\xff"),
        ("EIO=3&b64=1", b"6:b4AQL/"),
    ] {
        let answer = handshake(&told, query).await;
        assert_eq!(behind(&answer), rest, "{query}");
    }
}

#[tokio::test]
async fn a_websocket_begins_with_both_in_frames_of_their_own() {
    let told = server("hi").await;
    let (mut socket, _) = WebSocket::open(told.address).await;
    assert_eq!(socket.text().await, "4hi");
    let told = server(BYTES).await;
    for (query, frame) in [
        ("EIO=4", Frame::Binary(BYTES.to_vec())),
        ("EIO=4&b64=1", Frame::Text("bAQL/".to_owned())),
        ("EIO=3", Frame::Binary([&[4], BYTES].concat())),
        ("EIO=3&b64=1", Frame::Text("b4AQL/".to_owned())),
    ] {
        let query = format!("{query}&transport=websocket");
        let opened = WebSocket::connect(told.address, &query).await;
        let mut socket = opened.expect("a session begins");
        assert!(socket.text().await.starts_with('0'), "{query}");
        assert_eq!(socket.next().await, frame, "{query}");
    }
}

#[tokio::test]
async fn it_comes_before_what_the_application_sends_and_once() {
    let mut told = server("first").await;
    let mut client = Streaming::open(told.address).await;
    assert_eq!(client.stream.next().await, text("4first"));
    told.opened().await;

    let answer = handshake(&told, "EIO=4").await;
    let (open, _) = answer.body.split_once('\u{1e}').expect("two packets");
    let open: serde_json::Value = serde_json::from_str(&open[1..]).expect("JSON");
    let client = Polling {
        address: told.address,
        sid: open["sid"].as_str().expect("an id").to_owned(),
        open,
    };
    told.opened().await;
    let mut socket = client.upgrade().await;
    socket.send("4second").await;
    assert_eq!(socket.text().await, "4second", "an upgrade begins nothing");
}
