//! Handshakes and upgrades: who gets a session, and how.

use std::{collections::HashSet, time::Duration};

use sockeye::{Deflate, Server};

use crate::{
    handshake,
    support::{
        client::{Pending, Polling, WebSocket, eventually, raw, request},
        scene::Scene,
    },
};

#[tokio::test]
async fn cve_2017_16031_identifiers_that_could_be_guessed() {
    let scene = Scene::new().await;
    let mut parts = HashSet::new();
    for _ in 0..500 {
        let sid = Polling::open(scene.address).await.sid;
        assert_eq!(sid.len(), 20);
        // Neither half of one says anything of another.
        assert!(parts.insert(sid[..10].to_owned()), "{sid}");
        assert!(parts.insert(sid[10..].to_owned()), "{sid}");
    }
}

#[tokio::test]
async fn cve_2019_13611_a_page_of_another_origin_opens_a_websocket() {
    let mut scene = Scene::new().await;
    let answer = handshake(&scene, "Origin: http://evil.example\r\n").await;
    assert_eq!(answer.status, 403);
    assert_eq!(scene.io.stats().engine.refused.origin, 1);
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2020_28481_another_origin_gets_no_session() {
    let scene = Scene::new().await;
    let target = "/socket.io/?EIO=4&transport=polling";
    let headers = "Origin: http://evil.example\r\n";
    let answer = request(scene.address, "GET", target, headers, b"").await;
    assert_eq!(answer.status, 403);
    assert_eq!(scene.io.stats().engine.refused.origin, 1);
    assert_eq!(scene.io.stats().engine.opened, 1, "the bystander alone");
    assert_eq!(answer.header("set-cookie"), None);
}

#[tokio::test]
async fn cve_2021_32640_a_subprotocol_of_seven_thousand_blanks() {
    let mut scene = Scene::new().await;
    let headers = format!("Sec-WebSocket-Protocol: b{}x\r\n", " ".repeat(7000));
    let answer = handshake(&scene, &headers).await;
    assert_eq!(answer.status, 400, "no token has blanks in it");
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2022_21676_reserved_bits_in_one_packet_with_the_upgrade() {
    let mut scene = Scene::new().await;
    let mut socket = WebSocket::connect_with(
        scene.address,
        "EIO=4&transport=websocket",
        &[0xf1, 0x80, 1, 2, 3, 4],
    )
    .await
    .expect("the session begins");
    socket.text().await;
    assert_eq!(socket.closed().await, Some(Some(1002)));
    scene.assert_unharmed().await;
}

// parity: 1.C3 1.W9
#[tokio::test]
async fn cve_2023_31125_and_2022_41940_upgrades_that_lead_nowhere() {
    let mut scene = Scene::new().await;
    for (query, message) in [
        ("EIO=4&transport=__proto__", "Transport unknown"),
        ("EIO=4&transport=constructor", "Transport unknown"),
        (
            "EIO=4&transport=websocket&sid=__proto__",
            "Session ID unknown",
        ),
        ("EIO=3&transport=websocket", "Unsupported protocol version"),
    ] {
        let refused = WebSocket::connect(scene.address, query).await;
        let answer = refused.err().expect("it is refused");
        assert_eq!((answer.status, answer.body.as_str()), (400, message));
    }
    let refused = scene.io.stats().engine.refused;
    assert_eq!(
        (
            refused.transport_unknown,
            refused.session_unknown,
            refused.unsupported_version
        ),
        (2, 1, 1)
    );
    for path in ["/", "/other", "/socket.io", "/socket.iox/", "//socket.io/"] {
        let head = format!(
            "GET {path}?EIO=4&transport=websocket HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        // Cut at once, and then in order.
        let stream = raw(scene.address, head.as_bytes()).await;
        socket2::SockRef::from(&stream)
            .set_linger(Some(Duration::ZERO))
            .expect("a stream can be told to linger");
        drop(stream);
        let stream = raw(scene.address, head.as_bytes()).await;
        assert_eq!(Pending(stream).response().await.status, 404, "{path}");
    }
    assert_eq!(scene.io.stats().engine.opened, 1);
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn ghsa_5v72_xg48_5rpm_an_extension_named_as_a_property() {
    let mut scene = Scene::with(Server::builder().per_message_deflate(Deflate::new())).await;
    for name in ["constructor", "__proto__", "toString; a=1"] {
        let headers = format!("Sec-WebSocket-Extensions: {name}\r\n");
        let answer = handshake(&scene, &headers).await;
        assert_eq!(answer.status, 101, "{name}");
        assert_eq!(answer.header("sec-websocket-extensions"), None, "{name}");
    }
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn granian_a_subprotocol_that_is_no_ascii() {
    let mut scene = Scene::new().await;
    let answer = handshake(&scene, "Sec-WebSocket-Protocol: ch\u{e4}t\r\n").await;
    assert_eq!(answer.status, 400);
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn socketioxide_731_an_upgrade_that_never_ends() {
    let builder = Server::builder()
        .upgrade_timeout(Duration::from_millis(100))
        .ping_interval(Duration::from_millis(200))
        .ping_timeout(Duration::from_millis(200));
    let mut scene = Scene::with(builder).await;
    let session = Polling::open(scene.address).await;
    let mut probe = session.websocket().await;
    probe.send("2probe").await;
    assert_eq!(probe.text().await, "3probe");
    assert_eq!(probe.closed().await, Some(None));
    eventually("the session has gone", || {
        scene.io.stats().engine.polling == 0
    })
    .await;
    assert_eq!(scene.io.stats().engine.probes_abandoned, 1);
    // Pings were answered by nobody: the bystander has gone too, by its own.
    scene.bystander = scene.victim().await;
}

#[tokio::test]
async fn netty_wrong_urls_are_refused_and_forgotten() {
    let mut scene = Scene::new().await;
    let long = format!("/socket.io/{}?EIO=4", "x".repeat(4000));
    for _ in 0..50 {
        for (target, status) in [
            ("/", 404),
            ("/favicon.ico", 404),
            ("/socket.io", 404),
            ("/%00", 404),
            ("/socket.io/?", 400),
            ("/socket.io/?EIO=4&transport=%ff", 400),
            ("/socket.io/?EIO=4&transport=polling&sid=nobody", 400),
            ("/socket.io/1/?t=1", 400),
            (&long, 400),
        ] {
            let answer = request(scene.address, "GET", target, "", b"").await;
            assert_eq!(answer.status, status, "{target}");
        }
    }
    let engine = scene.io.stats().engine;
    assert_eq!(
        (engine.opened, engine.polling),
        (1, 0),
        "the bystander alone"
    );
    assert_eq!(engine.refused.session_unknown, 50);
    scene.assert_unharmed().await;
}
