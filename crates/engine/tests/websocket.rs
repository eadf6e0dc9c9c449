//! A session that begins on WebSocket.

mod support;

use serde_json::json;
use sockeye_engine::{CloseReason, Sent};
use sockeye_websocket::Opcode;
use support::{
    client::{Frame, WebSocket, client_frame, eventually, odd_frame, text_frame},
    echo::{Server, Told, send},
};

// parity: 4.10 1.E2
#[tokio::test]
async fn a_session_begins_with_the_open_packet() {
    let mut server = Server::start().await;
    let (_socket, open) = WebSocket::open(server.address).await;
    let sid = server.opened().await.sid().to_string();
    assert_eq!(
        open,
        json!({ "sid": sid, "upgrades": [], "pingInterval": 25000, "pingTimeout": 20000,
                "maxPayload": 1_000_000 })
    );
    let stats = server.engine.stats();
    assert_eq!((stats.opened, stats.polling, stats.websocket), (1, 0, 1));
}

#[tokio::test]
async fn messages_go_there_and_back() {
    let server = Server::start().await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    for text in ["4", "4hello", "4\u{1f41f}"] {
        socket.send(text).await;
        assert_eq!(socket.text().await, text);
    }
    for data in [&[][..], &[0, 255, 4]] {
        socket.send_binary(data).await;
        assert_eq!(socket.next().await, Frame::Binary(data.to_vec()));
    }
}

#[tokio::test]
async fn base64_in_a_text_frame_is_a_binary_message() {
    let mut server = Server::start().await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    server.opened().await;
    socket.send("bAQID").await;
    match server.told().await {
        Told::Binary(data) => assert_eq!(data, [1, 2, 3]),
        other => panic!("{other:?} instead of a binary message"),
    }
    assert_eq!(socket.next().await, Frame::Binary(vec![1, 2, 3]));
}

// parity: 1.E4
#[tokio::test]
async fn a_client_without_binary_gets_base64() {
    let server = Server::start().await;
    let mut socket = WebSocket::connect(server.address, "EIO=4&transport=websocket&b64=1")
        .await
        .expect("a session begins");
    assert!(socket.text().await.starts_with('0'));
    socket.send_binary(&[1, 2, 3]).await;
    assert_eq!(socket.text().await, "bAQID");
    socket.send("4text").await;
    assert_eq!(socket.text().await, "4text");
}

// parity: 1.W9
#[tokio::test]
async fn what_leaves_with_the_request_is_not_lost() {
    let server = Server::start().await;
    let frames = [text_frame("4one"), text_frame("4two")].concat();
    let mut socket = WebSocket::connect_with(server.address, "EIO=4&transport=websocket", &frames)
        .await
        .expect("a session begins");
    assert!(socket.text().await.starts_with('0'));
    assert_eq!(socket.text().await, "4one");
    assert_eq!(socket.text().await, "4two");
}

// parity: 1.W2 3.3
#[tokio::test]
async fn a_message_as_long_as_the_limit_is_taken() {
    let server = Server::with(|config| config.max_payload = 200_000).await;
    let (mut socket, open) = WebSocket::open(server.address).await;
    assert_eq!(open["maxPayload"], 200_000);
    let text = format!("4{}", "x".repeat(199_999));
    socket.send(&text).await;
    assert_eq!(socket.text().await, text);
}

// parity: 1.W2
#[tokio::test]
async fn control_frames_come_between_fragments() {
    let server = Server::start().await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    let beginning = [
        odd_frame(0x01, b"4one,"),
        client_frame(Opcode::Ping, b"now"),
        odd_frame(0x00, b"two,"),
    ];
    for byte in beginning.concat() {
        socket.raw(&[byte]).await;
    }
    assert_eq!(socket.next().await, Frame::Pong(b"now".to_vec()));
    for byte in odd_frame(0x80, b"three") {
        socket.raw(&[byte]).await;
    }
    assert_eq!(socket.text().await, "4one,two,three");
}

#[tokio::test]
async fn the_peers_close_is_answered_with_its_code() {
    for code in [None, Some(1000), Some(1001), Some(4321)] {
        let mut server = Server::start().await;
        let (mut socket, _) = WebSocket::open(server.address).await;
        socket.send("4before").await;
        socket.close(code).await;
        socket.send("4after").await;
        assert_eq!(socket.text().await, "4before");
        assert_eq!(socket.closed().await, Some(code));
        assert_eq!(server.closed().await, CloseReason::TransportClose);
        assert!(server.told_now().is_empty(), "nothing after the end");
        eventually("a forgotten session", || {
            server.engine.connections().is_empty()
        })
        .await;
        assert_eq!(server.engine.stats().closed.transport_close, 1);
    }
}

// parity: 1.C1
#[tokio::test]
async fn a_peer_that_goes_without_a_word_has_closed_the_transport() {
    let mut server = Server::start().await;
    let (socket, _) = WebSocket::open(server.address).await;
    drop(socket);
    assert_eq!(server.closed().await, CloseReason::TransportClose);
    let (socket, _) = WebSocket::open(server.address).await;
    socket.reset();
    assert_eq!(server.closed().await, CloseReason::TransportClose);
    eventually("forgotten sessions", || {
        server.engine.connections().is_empty()
    })
    .await;
    assert_eq!(server.engine.stats().closed.transport_close, 2);
}

// parity: 1.W3
#[tokio::test]
async fn the_close_packet_means_nothing_here() {
    let server = Server::start().await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    socket.send("1").await;
    socket.send("4still here").await;
    assert_eq!(socket.text().await, "4still here");
}

// parity: 1.W4 1.C2
#[tokio::test]
async fn this_side_closes_without_a_code_after_what_was_queued() {
    let mut server = Server::start().await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    let connection = server.opened().await;
    for n in 0..100 {
        assert_eq!(send(&connection, &n.to_string()), Sent::Queued);
    }
    connection.close(CloseReason::ForcedClose);
    assert_eq!(send(&connection, "too late"), Sent::Closed);
    for n in 0..100 {
        assert_eq!(socket.text().await, format!("4{n}"));
    }
    assert_eq!(socket.closed().await, Some(None));
    assert_eq!(server.closed().await, CloseReason::ForcedClose);
    let stats = server.engine.stats();
    assert_eq!((stats.closed.forced_close, stats.late_dropped), (1, 1));
}

#[tokio::test]
async fn shutting_down_closes_and_takes_no_new_sessions() {
    let mut server = Server::start().await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    server.engine.close();
    assert_eq!(socket.closed().await, Some(None));
    assert_eq!(server.closed().await, CloseReason::ServerShuttingDown);
    let refused = WebSocket::connect(server.address, "EIO=4&transport=websocket").await;
    assert_eq!(refused.err().map(|answer| answer.status), Some(503));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thousands_of_messages_keep_their_order_both_ways() {
    const MESSAGES: usize = 20_000;
    let server = Server::start().await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    // Below what may wait for a client that does not read yet.
    for batch in 0..20 {
        let numbers = batch * MESSAGES / 20..(batch + 1) * MESSAGES / 20;
        let frames: Vec<u8> = numbers
            .clone()
            .flat_map(|n| text_frame(&format!("4{n}")))
            .collect();
        socket.raw(&frames).await;
        for n in numbers {
            assert_eq!(socket.text().await, format!("4{n}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn messages_of_one_sender_keep_their_order_beside_others() {
    const SENDERS: usize = 4;
    const MESSAGES: usize = 2_000;
    let mut server = Server::start().await;
    let (mut socket, _) = WebSocket::open(server.address).await;
    let connection = server.opened().await;
    for sender in 0..SENDERS {
        let connection = connection.clone();
        std::thread::spawn(move || {
            for n in 0..MESSAGES {
                assert_eq!(send(&connection, &format!("{sender} {n}")), Sent::Queued);
            }
        });
    }
    let mut next = [0; SENDERS];
    for _ in 0..SENDERS * MESSAGES {
        let text = socket.text().await;
        let (sender, n) = text[1..].split_once(' ').expect("two numbers");
        let next = &mut next[sender.parse::<usize>().expect("a number")];
        assert_eq!(n.parse(), Ok(*next));
        *next += 1;
    }
}
