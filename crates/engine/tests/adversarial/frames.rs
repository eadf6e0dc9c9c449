//! What WebSocket clients send.

use sockeye_engine::CloseReason;
use sockeye_websocket::Opcode;

use crate::support::{
    client::{WebSocket, client_frame, eventually, odd_frame, text_frame},
    echo::Server,
};

/// A client's header: these bytes, and a key.
fn header(bytes: &[u8]) -> Vec<u8> {
    [bytes, &[1, 2, 3, 4]].concat()
}

// parity: 1.W2
#[tokio::test]
async fn frames_that_break_the_protocol_end_the_session_with_their_code() {
    let empty_fragments = [odd_frame(0x01, b""), odd_frame(0x00, b"").repeat(20)].concat();
    let big = "x".repeat(600);
    let cases: [(&str, Vec<u8>, u16, &str); 22] = [
        (
            "reserved bit 1",
            odd_frame(0xc1, b"4x"),
            1002,
            "invalid frame",
        ),
        (
            "reserved bit 2",
            odd_frame(0xa1, b"4x"),
            1002,
            "invalid frame",
        ),
        (
            "reserved bit 3",
            odd_frame(0x92, b"4x"),
            1002,
            "invalid frame",
        ),
        ("opcode 3", odd_frame(0x83, b"4x"), 1002, "invalid frame"),
        ("opcode 15", odd_frame(0x8f, b""), 1002, "invalid frame"),
        ("unmasked", b"\x81\x024x".to_vec(), 1002, "invalid frame"),
        (
            "ping in fragments",
            odd_frame(0x09, b"x"),
            1002,
            "invalid frame",
        ),
        (
            "long ping",
            client_frame(Opcode::Ping, &[0; 126]),
            1002,
            "invalid frame",
        ),
        (
            "continuation alone",
            odd_frame(0x80, b"x"),
            1002,
            "invalid frame",
        ),
        (
            "message within a message",
            [odd_frame(0x01, b"4"), text_frame("4x")].concat(),
            1002,
            "invalid frame",
        ),
        (
            "close of one byte",
            client_frame(Opcode::Close, b"\x03"),
            1002,
            "invalid frame",
        ),
        (
            "close with a local code",
            client_frame(Opcode::Close, b"\x03\xed"),
            1002,
            "invalid frame",
        ),
        (
            "close reason",
            client_frame(Opcode::Close, b"\x03\xe8\xff"),
            1007,
            "invalid UTF-8",
        ),
        (
            "text",
            client_frame(Opcode::Text, b"4\xff"),
            1007,
            "invalid UTF-8",
        ),
        (
            "text, cut",
            [odd_frame(0x01, b"4\xe2\x82"), odd_frame(0x80, b"x")].concat(),
            1007,
            "invalid UTF-8",
        ),
        (
            "length not shortest",
            header(b"\x82\xfe\x00\x05"),
            1002,
            "invalid frame",
        ),
        // CVE-2026-27889
        (
            "length with its top bit",
            header(b"\x82\xff\x80\0\0\0\0\0\0\x01"),
            1002,
            "invalid frame",
        ),
        // RUSTSEC-2022-0035, CVE-2016-10542: announced, and never sent
        (
            "length of a terabyte",
            header(b"\x82\xff\0\0\x01\0\0\0\0\0"),
            1009,
            "message too big",
        ),
        (
            "one byte too many",
            header(b"\x82\xfe\x03\xe9"),
            1009,
            "message too big",
        ),
        (
            "fragments",
            [
                odd_frame(0x01, big.as_bytes()),
                odd_frame(0x00, big.as_bytes()),
            ]
            .concat(),
            1009,
            "message too big",
        ),
        (
            "empty fragments",
            empty_fragments,
            1008,
            "too many empty fragments",
        ),
        ("no frame at all", vec![0xff; 100], 1002, "invalid frame"),
    ];
    for (name, bytes, code, description) in cases {
        let mut server = Server::with(|config| config.max_payload = 1000).await;
        let (mut bystander, _) = WebSocket::open(server.address).await;
        let (mut socket, _) = WebSocket::open(server.address).await;
        server.opened().await;
        server.opened().await;
        socket
            .raw(&[&bytes[..], &text_frame("4after")].concat())
            .await;
        assert_eq!(socket.closed().await, Some(Some(code)), "{name}");
        assert_eq!(
            server.closed().await,
            CloseReason::TransportError(description),
            "{name}"
        );
        assert!(server.told_now().is_empty(), "{name}: nothing after it");
        assert_eq!(server.engine.stats().closed.transport_error, 1, "{name}");
        bystander.send("4alive").await;
        assert_eq!(bystander.text().await, "4alive");
    }
}

// parity: 1.E5
#[tokio::test]
async fn packets_that_cannot_be_read_end_the_session() {
    for packet in ["", "7", "x", "\u{e9}", " 4", "B"] {
        let mut server = Server::start().await;
        let (mut socket, _) = WebSocket::open(server.address).await;
        server.opened().await;
        socket
            .raw(
                &[
                    text_frame("4before"),
                    text_frame(packet),
                    text_frame("4after"),
                ]
                .concat(),
            )
            .await;
        assert_eq!(socket.text().await, "4before");
        assert_eq!(socket.closed().await, Some(None), "{packet:?}");
        assert_eq!(server.told().await.text(), "before");
        assert_eq!(server.closed().await, CloseReason::ParseError, "{packet:?}");
        assert!(server.told_now().is_empty());
        assert_eq!(server.engine.stats().closed.parse_error, 1);
    }
}

// parity: 1.P11
#[tokio::test]
async fn a_ping_packet_of_a_client_goes_the_wrong_way() {
    for packet in ["2", "2probe"] {
        let mut server = Server::start().await;
        let (mut socket, _) = WebSocket::open(server.address).await;
        socket.send(packet).await;
        assert_eq!(socket.closed().await, Some(None));
        assert_eq!(
            server.closed().await,
            CloseReason::TransportError("invalid heartbeat direction")
        );
        assert_eq!(server.engine.stats().closed.transport_error, 1);
    }
}

#[tokio::test]
async fn packets_without_meaning_are_ignored() {
    let server = Server::start().await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    for packet in ["0", "0{}", "1", "3", "3probe", "5", "6", "6x"] {
        socket.send(packet).await;
    }
    socket.raw(&client_frame(Opcode::Pong, b"unasked")).await;
    socket.send("4alive").await;
    assert_eq!(socket.text().await, "4alive");
}

#[tokio::test]
async fn frames_cut_in_half_leave_nothing_behind() {
    let server = Server::start().await;
    let frame = text_frame(&format!("4{}", "x".repeat(70_000)));
    let cuts = [1, 2, 5, 9, 13, 14, 15, 1000, 65_000, frame.len() - 1];
    for cut in cuts.into_iter().cycle().take(100) {
        let (mut socket, _) = WebSocket::open(server.address).await;
        socket.raw(&frame[..cut]).await;
        socket.reset();
    }
    eventually("the end of all", || server.engine.connections().is_empty()).await;
    let stats = server.engine.stats();
    assert_eq!((stats.opened, stats.closed.transport_close), (100, 100));
    assert_eq!((stats.websocket, stats.queued), (0, 0));
}
