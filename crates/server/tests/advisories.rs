//! The advisories of the protocol family, each by its name: what was sent, and that it costs this server nothing.
//!
//! Those of clients are not here, nor those that a language without the fault's cause cannot have: objects with
//! inherited properties, memory that is not initialised, a queue of serialised programs (CVE-2016-10518,
//! CVE-2016-10536, CVE-2026-45736, CVE-2025-61765). `crates/protocol/tests` and `crates/engine/tests/adversarial`
//! have more of each kind.

mod support;

use std::{collections::HashSet, time::Duration};

use sockeye::{ConfigError, Cookie, Deflate, Namespace, Server};
use sockeye_websocket::{Opcode, Role, deflate::Compressor};
use support::{
    Client, Sockets,
    client::{
        Frame, Pending, Polling, Response, WebSocket, client_frame, eventually, raw, request,
        text_frame, within,
    },
    scene::Scene,
    serve,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn cve_2023_32695_an_event_whose_name_is_an_object() {
    let mut scene = Scene::new().await;
    scene
        .assert_malformed(&[r#"2[{"toString":"foo"}]"#], &[])
        .await;
    scene
        .assert_malformed(&[r#"2[{"toString":"foo"},1]"#], &[])
        .await;
    scene
        .assert_malformed(&[r#"51-[{"_placeholder":true,"num":0}]"#], &[b"error"])
        .await;
}

#[tokio::test]
async fn cve_2024_38355_an_error_event_without_a_handler() {
    let mut scene = Scene::new().await;
    let mut client = scene.victim().await;
    for name in [
        "error",
        "connection",
        "message",
        "toString",
        "__proto__",
        "constructor",
    ] {
        client.send(&format!(r#"2["{name}",1]"#)).await;
    }
    client.assert_quiet().await;
    assert_eq!(scene.io.stats().unhandled, 6);
    drop(client);
    assert_eq!(scene.reason().await, "transport close");
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2022_2421_placeholders_that_point_nowhere() {
    let mut scene = Scene::new().await;
    for num in [
        "\"splice\"",
        "1",
        "-1",
        "0.5",
        "1e9",
        "null",
        "{}",
        "\"0\"",
        "99999999999999999999",
    ] {
        let packet = format!(r#"51-["bytes",{{"_placeholder":true,"num":{num}}}]"#);
        scene.assert_malformed(&[&packet], &[b"x"]).await;
    }
    scene
        .assert_malformed(&[r#"51-["bytes",{"_placeholder":true}]"#], &[b"x"])
        .await;
}

#[tokio::test]
async fn cve_2026_33151_more_attachments_than_ten() {
    let mut scene = Scene::new().await;
    for n in ["11", "1000000", "4294967297", "99999999999999999999999"] {
        // Refused at the header: no attachment is waited for.
        scene
            .assert_malformed(&[&format!(r#"5{n}-["bytes"]"#)], &[])
            .await;
        scene.assert_malformed(&[&format!("6{n}-1[]")], &[]).await;
    }
    let mut client = scene.victim().await;
    let ten: Vec<String> = (0..10)
        .map(|num| format!(r#"{{"_placeholder":true,"num":{num}}}"#))
        .collect();
    client
        .send(&format!(r#"510-1["echo2",{}]"#, ten.join(",")))
        .await;
    for _ in 0..10 {
        client.send_binary(b"x").await;
    }
    client.assert_quiet().await;
    assert_eq!(scene.io.stats().unhandled, 1, "ten are the limit");
}

#[tokio::test]
async fn cve_2026_69185_no_attachments_announced_and_endless_ones_sent() {
    let mut scene = Scene::new().await;
    scene.assert_malformed(&[r#"50-["bytes"]"#], &[]).await;
    scene.assert_malformed(&["5-[\"bytes\"]"], &[]).await;
    scene.assert_malformed(&["60-1[]"], &[]).await;
    scene
        .assert_malformed(&[], &[b"nobody announced this"])
        .await;
    scene
        .assert_malformed(
            &[
                r#"51-["bytes",{"_placeholder":true,"num":0}]"#,
                r#"2["echo"]"#,
            ],
            &[],
        )
        .await;
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

/// The rest of a handshake's head, after its first line.
const UPGRADE: &str = "Host: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Sends a handshake with these headers too.
async fn handshake(scene: &Scene, headers: &str) -> Response {
    let head =
        format!("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n{UPGRADE}{headers}\r\n");
    Pending(raw(scene.address, head.as_bytes()).await)
        .response()
        .await
}

/// A header of a client's frame that announces so many bytes.
fn announcing(length: u64) -> Vec<u8> {
    let mut frame = vec![0x82, 0xff];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&[1, 2, 3, 4, b'x']);
    frame
}

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
async fn cve_2020_36048_a_body_of_a_hundred_megabytes() {
    let mut scene = Scene::new().await;
    let session = Polling::open(scene.address).await;
    let announced = session.start_post(100_000_000, b"4").await;
    assert_eq!(announced.response().await.status, 413);
    assert_eq!(scene.io.stats().engine.refused.too_large, 1);
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2020_36049_fields_as_long_as_a_message() {
    let mut scene = Scene::new().await;
    for packet in [
        format!("5{}", "1".repeat(900_000)),
        format!("0/{}", "a".repeat(900_000)),
        format!("2{}", "1".repeat(900_000)),
    ] {
        scene.assert_malformed(&[&packet], &[]).await;
    }
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

#[test]
fn cve_2024_47764_a_cookie_that_would_write_more_than_itself() {
    for cookie in [
        Cookie::new("io=1; domain=evil.example"),
        Cookie::new("io\r\nset-cookie: a"),
        Cookie::new("io").path("/; secure"),
        Cookie::new("io").domain("a;b"),
    ] {
        let made = Server::builder().cookie(cookie).try_build();
        let error = made.expect_err("it cannot be written");
        assert!(matches!(error, ConfigError::NotACookie(_)), "{error}");
    }
}

#[tokio::test]
async fn cve_2026_48804_attachments_that_accumulate() {
    let mut scene = Scene::with(Server::builder().max_payload(4_000_000)).await;
    let mut client = scene.victim().await;
    client.send(r#"54-["bytes"]"#).await;
    for _ in 0..3 {
        client.send_binary(&vec![0; 3_900_000]).await;
    }
    client.assert_closed().await;
    assert_eq!(scene.io.stats().malformed, 1);
    assert_eq!(scene.reason().await, "forced close");
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2026_59725_a_binary_body_that_was_never_answered() {
    let mut scene = Scene::new().await;
    let session = Polling::open(scene.address).await;
    let headers = "Content-Type: application/octet-stream\r\n";
    let answer = request(scene.address, "POST", &session.target(), headers, b"4x").await;
    assert_eq!((answer.status, answer.body.as_str()), (400, ""));
    assert_eq!(scene.io.stats().engine.refused.content_type, 1);
    scene.assert_unharmed().await;
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
async fn cve_2021_32640_a_subprotocol_of_seven_thousand_blanks() {
    let mut scene = Scene::new().await;
    let headers = format!("Sec-WebSocket-Protocol: b{}x\r\n", " ".repeat(7000));
    let answer = handshake(&scene, &headers).await;
    assert_eq!(answer.status, 400, "no token has blanks in it");
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
async fn cve_2024_37890_more_headers_than_anybody_reads() {
    let mut scene = Scene::new().await;
    let headers: String = (0..2000).map(|n| format!("x{n}: x\r\n")).collect();
    let answer = handshake(&scene, &headers).await;
    assert_eq!(answer.status, 431);
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2026_48779_and_42786_fragments_without_an_end() {
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
async fn cve_2026_32689_a_body_of_nothing_but_separators() {
    let mut scene = Scene::new().await;
    let session = Polling::open(scene.address).await;
    session.send("40").await;
    session.packets(1).await;
    session.send(&"\x1e".repeat(900_000)).await;
    assert_eq!(scene.reason().await, "parse error");
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2026_27571_and_39804_a_bomb_and_one_that_was_not_agreed_on() {
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
async fn phoenix_95277e644_joining_without_end() {
    let mut scene = Scene::with(
        Server::builder()
            .dynamic("/n/{n}", Namespace::new())
            .max_namespaces(5),
    )
    .await;
    let mut client = scene.victim().await;
    for n in 1..5 {
        client.connect(&format!("/n/{n}"), "").await;
    }
    let refused = client.ask("0/n/5,").await;
    assert_eq!(refused, r#"4/n/5,{"message":"too many namespaces"}"#);
    drop(client);
    assert_eq!(scene.reason().await, "transport close");
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2026_39803_frames_without_a_mask_and_bodies_of_two_lengths() {
    let mut scene = Scene::new().await;
    let mut client = scene.victim().await;
    client.socket.raw(&[0x81, 0x01, b'2']).await;
    assert_eq!(client.socket.closed().await, Some(Some(1002)));
    assert_eq!(scene.reason().await, "transport error");
    let session = Polling::open(scene.address).await;
    for lengths in [
        "Content-Length: 1\r\nContent-Length: 2\r\n",
        "Content-Length: 1, 2\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 1x\r\n",
    ] {
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: test\r\n{lengths}\r\n4a",
            session.target()
        );
        let answer = Pending(raw(scene.address, head.as_bytes()).await)
            .response()
            .await;
        assert_eq!(answer.status, 400, "{lengths}");
    }
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2024_22019_a_chunk_whose_extension_never_ends() {
    let mut scene = Scene::new().await;
    let session = Polling::open(scene.address).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n2;",
        session.target()
    );
    let mut stream = raw(scene.address, head.as_bytes()).await;
    within("an end", async {
        let piece = [b'x'; 16 * 1024];
        // The server gives up long before this.
        for _ in 0..1000 {
            if stream.write_all(&piece).await.is_err() {
                return;
            }
        }
        let mut rest = Vec::new();
        // Cut, or answered with an error: both end it.
        let _ = stream.read_to_end(&mut rest).await;
    })
    .await;
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn rustsec_2023_0065_a_long_head_in_tiny_pieces() {
    let mut scene = Scene::new().await;
    let long = "x".repeat(20_000);
    let head = format!(
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n{UPGRADE}x-long: {long}\r\n\r\n"
    );
    let mut stream = raw(scene.address, b"").await;
    for piece in head.as_bytes().chunks(7) {
        stream.write_all(piece).await.expect("the server reads");
    }
    assert_eq!(Pending(stream).response().await.status, 101);
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
async fn engineioxide_0_17_4_payloads_of_protocol_3_without_an_end() {
    let scene = Scene::with(Server::builder().allow_eio3(true)).await;
    for body in [":", "1", "99999999999999999999:4", "-1:4", "2:4", "\u{ff}"] {
        let target = "/socket.io/?EIO=3&transport=polling";
        let open = request(scene.address, "GET", target, "", b"").await;
        let sid = open.body.split("\"sid\":\"").nth(1).expect("a session");
        let target = format!("{target}&sid={}", &sid[..20]);
        let headers = "Content-Type: text/plain\r\n";
        let answer = request(scene.address, "POST", &target, headers, body.as_bytes()).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "ok"),
            "{body:?}"
        );
        eventually(body, || scene.io.stats().engine.polling == 0).await;
    }
}

#[tokio::test]
async fn protocol_mismatch_a_session_asked_in_another_version() {
    let mut scene = Scene::with(Server::builder().allow_eio3(true)).await;
    let session = Polling::open(scene.address).await;
    let target = session.target().replace("EIO=4", "EIO=3");
    let answer = request(scene.address, "GET", &target, "", b"").await;
    answer.assert_refused(3, "Bad request");
    session.send("40").await;
    session.packets(1).await;
    let answer = request(scene.address, "POST", &session.target(), "", b"41").await;
    assert_eq!(answer.status, 200);
    assert_eq!(scene.reason().await, "client namespace disconnect");
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
