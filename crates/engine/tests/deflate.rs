//! Compression of what a session sends: permessage-deflate over WebSocket, and what is left out of it.

mod support;

use sockeye_engine::{Config, Deflate, Flags, HEADROOM, text_frame};
use sockeye_websocket::{
    Opcode, Role,
    deflate::{Compressor, Params},
};
use support::{
    client::{Frame, Polling, WebSocket, request},
    echo::{EchoConnection, Server, send},
};

const QUERY: &str = "EIO=4&transport=websocket";

fn compressing(config: &mut Config) {
    config.per_message_deflate = Some(Deflate::new());
}

fn long() -> String {
    "all work and no play ".repeat(3_000)
}

fn send_plain(connection: &EchoConnection, text: &str) {
    let mut buffer = vec![0; HEADROOM];
    buffer.extend_from_slice(text.as_bytes());
    let frame = text_frame(&mut buffer, HEADROOM);
    connection.send(frame, 1, Flags::NONE.compress(false));
}

// parity: 1.W1
#[tokio::test]
async fn nothing_is_granted_unless_it_is_switched_on() {
    let server = Server::start().await;
    let socket = WebSocket::offering(server.address, QUERY, &Deflate::new()).await;
    assert_eq!(socket.deflate, None);
    let server = Server::with(compressing).await;
    let (socket, _) = WebSocket::open(server.address).await;
    assert_eq!(socket.deflate, None, "it was not offered");
}

// parity: 1.W1
#[tokio::test]
async fn long_messages_are_compressed_both_ways() {
    let mut server = Server::with(compressing).await;
    let offer = Deflate::new();
    let mut socket = WebSocket::offering(server.address, QUERY, &offer).await;
    let params = socket.deflate.expect("it was granted");
    socket.text().await;
    server.opened().await;
    let long = long();
    let message = format!("4{long}");
    let mut frame = Vec::new();
    Compressor::new(Role::Client, params, &offer).append(
        &mut frame,
        Opcode::Text,
        message.as_bytes(),
    );
    assert!(frame.len() < 1_000, "{}", frame.len());
    let before = socket.received;
    socket.raw(&frame).await;
    assert_eq!(server.told().await.text(), long);
    assert_eq!(socket.text().await, message);
    assert!(socket.received - before < 1_000, "{}", socket.received);
    socket.send_binary(long.as_bytes()).await;
    assert_eq!(
        socket.next().await,
        Frame::Binary(long.clone().into_bytes())
    );
    assert!(socket.received - before < 2_000, "{}", socket.received);
}

// parity: 1.W1 4.8
#[tokio::test]
async fn what_is_marked_or_short_leaves_as_it_is() {
    let mut server = Server::with(compressing).await;
    let mut socket = WebSocket::offering(server.address, QUERY, &Deflate::new()).await;
    socket.text().await;
    let connection = server.opened().await;
    let before = socket.received;
    let long = long();
    send_plain(&connection, &long);
    assert_eq!(socket.text().await, format!("4{long}"));
    assert!(socket.received - before > long.len());
    let before = socket.received;
    send(&connection, &"x".repeat(1_000));
    socket.text().await;
    assert!(socket.received - before > 1_000);
}

#[tokio::test]
async fn the_server_keeps_no_context_whatever_the_client_offers() {
    let server = Server::with(compressing).await;
    let offer = Deflate::new().server_no_context_takeover(false);
    let socket = WebSocket::offering(server.address, QUERY, &offer).await;
    let params = socket.deflate.expect("it was granted");
    assert!(params.server_no_context_takeover);
}

#[tokio::test]
async fn each_client_gets_the_window_it_asked_for() {
    let server = Server::with(compressing).await;
    let long = long();
    for bits in [9, 12, 15] {
        let offer = Deflate::new().server_max_window_bits(bits);
        let mut socket = WebSocket::offering(server.address, QUERY, &offer).await;
        let granted = socket.deflate.map(|params| params.server_max_window_bits);
        assert_eq!(granted, Some(bits));
        socket.text().await;
        socket.send(&format!("4{long}")).await;
        assert_eq!(socket.text().await, format!("4{long}"), "{bits}");
    }
}

#[tokio::test]
async fn a_bomb_ends_at_the_limit_of_a_message() {
    let server = Server::with(|config| {
        compressing(config);
        config.max_payload = 100_000;
    })
    .await;
    let mut socket = WebSocket::offering(server.address, QUERY, &Deflate::new()).await;
    socket.text().await;
    let params: Params = socket.deflate.expect("it was granted");
    let mut frame = Vec::new();
    Compressor::new(Role::Client, params, &Deflate::new()).append(
        &mut frame,
        Opcode::Binary,
        &vec![0; 50_000_000],
    );
    assert!(frame.len() < 1_000_000, "{}", frame.len());
    socket.raw(&frame).await;
    assert_eq!(socket.closed().await, Some(Some(1009)));
}

#[tokio::test]
async fn a_session_that_polls_is_not_written_to_in_frames_that_it_cannot_read() {
    let mut server = Server::with(compressing).await;
    let polling = Polling::open(server.address).await;
    let connection = server.opened().await;
    let long = long();
    send(&connection, &long);
    assert_eq!(polling.packets(1).await, [format!("4{long}")]);
    // Queued before the upgrade, and after it.
    let query = format!("{QUERY}&sid={}", polling.sid);
    let mut socket = WebSocket::offering(server.address, &query, &Deflate::new()).await;
    socket.send("2probe").await;
    assert_eq!(socket.text().await, "3probe");
    send(&connection, &long);
    socket.send("5").await;
    assert_eq!(socket.text().await, format!("4{long}"));
    let before = socket.received;
    send(&connection, &long);
    assert_eq!(socket.text().await, format!("4{long}"));
    assert!(socket.received - before < 1_000, "{}", socket.received);
}

// parity: 1.P9 4.8
#[tokio::test]
async fn an_answer_is_compressed_if_any_of_it_may_be() {
    let mut server = Server::start().await;
    let polling = Polling::open(server.address).await;
    let connection = server.opened().await;
    let long = long();
    let target = polling.target();
    let accept = "Accept-Encoding: gzip\r\n";
    let get = || request(server.address, "GET", &target, accept, b"");
    send_plain(&connection, &long);
    let answer = get().await;
    assert_eq!(answer.header("content-encoding"), None);
    assert_eq!(answer.body, format!("4{long}"));
    send_plain(&connection, &long);
    send(&connection, "short");
    assert_eq!(get().await.header("content-encoding"), Some("gzip"));
}
