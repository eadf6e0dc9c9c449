//! Connections: those that say too much, nothing, or more than they may.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sockeye::{Namespace, Server, Socket};
use tokio::io::AsyncReadExt;

use crate::support::{
    Client, Sockets,
    client::{eventually, raw, text_frame, within},
    scene::Scene,
    serve, start,
};

#[tokio::test]
async fn cve_2026_48802_a_flood_of_pongs_before_anything_is_joined() {
    let mut scene = Scene::new().await;
    let mut client = Client::open(scene.address).await;
    let pong = text_frame("3");
    for _ in 0..10 {
        client.socket.raw(&pong.repeat(10_000)).await;
    }
    client.connect("/", "").await;
    assert_eq!(scene.io.stats().handlers, 0);
    drop(client);
    assert_eq!(scene.reason().await, "transport close");
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn netty_silent_channel_a_connection_that_says_nothing() {
    let mut scene = Scene::new().await;
    let mut silent = raw(scene.address, b"").await;
    let mut slow = raw(scene.address, b"GET /socket.io/?EIO=4").await;
    for stream in [&mut silent, &mut slow] {
        let mut rest = Vec::new();
        // Answered with 408, or cut.
        let _ = within("an end", stream.read_to_end(&mut rest)).await;
    }
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn rustsec_2020_0043_a_peer_that_never_reads() {
    let (namespace, mut sockets) = Sockets::of(Namespace::new());
    let io = Server::builder()
        .namespace("/", namespace)
        .send_limit(256 * 1024)
        .build();
    let address = serve(&io).await;
    let (_stuck, _) = Client::join(address).await;
    let socket = sockets.next().await;
    let text = "x".repeat(64 * 1024);
    within("it is put out", async {
        while socket.is_connected() {
            socket.emit("news", &text);
            assert!(socket.buffered() < 600 * 1024, "{}", socket.buffered());
            tokio::task::yield_now().await;
        }
    })
    .await;
    eventually("the reason", || io.stats().engine.closed.slow_consumer == 1).await;
}

#[tokio::test]
async fn cve_2026_33219_memory_taken_before_anything_is_joined() {
    let scene = Scene::with(Server::builder().connect_timeout(Duration::from_millis(300))).await;
    // Most of a message, and then nothing: it is held until a namespace should have been joined.
    let mut waiting = Client::open(scene.address).await;
    let mut part = vec![0x82, 0xff];
    part.extend_from_slice(&1_000_000_u64.to_be_bytes());
    part.resize(900_000, 0);
    waiting.socket.raw(&part).await;
    waiting.assert_closed().await;
    assert_eq!(scene.io.stats().connect_timeouts, 1);
    // A packet that waits for its attachments waits for none: who sends it has joined nothing.
    let mut eager = Client::open(scene.address).await;
    eager
        .send(r#"51-["bytes",{"_placeholder":true,"num":0}]"#)
        .await;
    eager.send_binary(&[0; 900_000]).await;
    eager.assert_closed().await;
    assert_eq!(scene.io.stats().connected, 1, "the bystander alone");
}

#[tokio::test]
async fn cve_2026_44553_a_role_that_is_taken_away() {
    let deleted = Arc::new(AtomicU64::new(0));
    let namespace = Namespace::new()
        .on_connect(async |socket: Socket| {
            socket.join("admins");
        })
        .on("delete", {
            let deleted = Arc::clone(&deleted);
            async move || {
                deleted.fetch_add(1, Ordering::Relaxed);
            }
        });
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    client.send(r#"2["delete"]"#).await;
    client.assert_quiet().await;
    io.to("admins").disconnect_sockets(false);
    assert_eq!(client.next().await, "1");
    // The namespace has been left, whatever the client makes of it, until `auth` has been asked again.
    client.send(r#"2["delete"]"#).await;
    client.connect("/", "").await;
    assert_eq!(deleted.load(Ordering::Relaxed), 1);
}
