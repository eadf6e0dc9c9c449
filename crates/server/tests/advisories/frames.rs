//! WebSocket frames.

use sockeye::{Deflate, Server};
use sockeye_websocket::{Opcode, Role, deflate::Compressor};
use tokio::io::AsyncWriteExt;

use crate::support::{
    client::{Frame, WebSocket, client_frame},
    scene::Scene,
};

/// A header of a client's frame that announces so many bytes.
fn announcing(length: u64) -> Vec<u8> {
    let mut frame = vec![0x82, 0xff];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&[1, 2, 3, 4, b'x']);
    frame
}

#[tokio::test]
async fn cve_2016_10542_and_rustsec_2022_0035_a_frame_announced_longer_than_memory() {
    let mut scene = Scene::new().await;
    for length in [1_000_001, 1 << 40, i64::MAX as u64] {
        let mut client = scene.victim().await;
        client.socket.raw(&announcing(length)).await;
        assert_eq!(client.socket.closed().await, Some(Some(1009)), "{length}");
        assert_eq!(scene.reason().await, "transport error");
    }
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2020_27813_and_2026_27889_a_length_with_its_highest_bit() {
    let mut scene = Scene::new().await;
    for length in [1 << 63, u64::MAX] {
        let mut client = scene.victim().await;
        client.socket.raw(&announcing(length)).await;
        assert_eq!(client.socket.closed().await, Some(Some(1002)), "{length}");
        assert_eq!(scene.reason().await, "transport error");
    }
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2026_27571_and_39804_and_centrifugo_46d40e4a_a_bomb_and_one_that_was_not_agreed_on() {
    let mut scene = Scene::with(Server::builder().per_message_deflate(Deflate::new())).await;
    let query = "EIO=4&transport=websocket";
    let mut socket = WebSocket::offering(scene.address, query, &Deflate::new()).await;
    let params = socket.deflate.expect("it was granted");
    socket.text().await;
    let mut bomb = Vec::new();
    let zeros = vec![0; 50_000_000];
    Compressor::new(Role::Client, params, &Deflate::new()).append(
        &mut bomb,
        Opcode::Binary,
        &zeros,
    );
    socket.raw(&bomb).await;
    assert_eq!(socket.closed().await, Some(Some(1009)));
    let mut client = scene.victim().await;
    client.socket.raw(&bomb).await;
    assert_eq!(client.socket.closed().await, Some(Some(1002)));
    assert_eq!(scene.reason().await, "transport error");
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2026_48779_and_42786_and_65623_fragments_without_an_end() {
    let mut scene = Scene::new().await;
    let mut client = scene.victim().await;
    let mut fragments = vec![0x02, 0x81, 0, 0, 0, 0, b'x'];
    for _ in 0..100_000 {
        fragments.extend_from_slice(&[0x00, 0x81, 0, 0, 0, 0, b'x']);
    }
    // A million bytes are the limit, however small the pieces.
    for _ in 0..10 {
        if client.socket.stream.write_all(&fragments).await.is_err() {
            break;
        }
        fragments[0] = 0x00;
    }
    assert_eq!(client.socket.closed().await, Some(Some(1009)));
    assert_eq!(scene.reason().await, "transport error");
    // Empty ones cost no bytes: they are counted.
    let mut client = scene.victim().await;
    let mut fragments = vec![0x02, 0x80, 0, 0, 0, 0];
    fragments.extend_from_slice(&[0x00, 0x80, 0, 0, 0, 0].repeat(20));
    client.socket.raw(&fragments).await;
    assert_eq!(client.socket.closed().await, Some(Some(1008)));
    assert_eq!(scene.reason().await, "transport error");
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn pings_faster_than_pongs_and_lists_in_lists() {
    let mut scene = Scene::new().await;
    let mut client = scene.victim().await;
    let ping = client_frame(Opcode::Ping, b"x");
    client.socket.raw(&ping.repeat(50_000)).await;
    client.send(r#"21["echo",1]"#).await;
    let mut pongs = 0;
    let answer = loop {
        match client.socket.next().await {
            Frame::Pong(_) => pongs += 1,
            Frame::Text(text) => break text,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(answer, "431[1]");
    assert!(pongs < 50_000, "each read's last one is answered: {pongs}");
    drop(client);
    assert_eq!(scene.reason().await, "transport close");
    let deep = format!(
        r#"2["echo",{}{}]"#,
        "[".repeat(400_000),
        "]".repeat(400_000)
    );
    scene.assert_malformed(&[&deep], &[]).await;
}

#[tokio::test]
async fn ghsa_rhh8_5xw9_c3gm_frames_without_a_mask() {
    let mut scene = Scene::new().await;
    // A message, a ping, a close.
    for frame in [&[0x81, 0x01, b'2'][..], &[0x89, 0x00], &[0x88, 0x00]] {
        let mut client = scene.victim().await;
        client.socket.raw(frame).await;
        assert_eq!(client.socket.closed().await, Some(Some(1002)));
        assert_eq!(scene.reason().await, "transport error");
    }
    scene.assert_unharmed().await;
}
