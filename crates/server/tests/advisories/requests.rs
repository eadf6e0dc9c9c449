//! HTTP: heads, bodies, and what they say of themselves.

use sockeye::{ConfigError, Cookie, Handshake, Namespace, Reply, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    UPGRADE, handshake,
    support::{
        client::{Pending, Polling, eventually, raw, request, within},
        scene::Scene,
        start,
    },
};

/// Begins a POST whose body comes in chunks.
fn chunked(session: &Polling) -> String {
    format!(
        "POST {} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n",
        session.target()
    )
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
async fn cve_2024_37890_more_headers_than_anybody_reads() {
    let mut scene = Scene::new().await;
    let headers: String = (0..2000).map(|n| format!("x{n}: x\r\n")).collect();
    let answer = handshake(&scene, &headers).await;
    assert_eq!(answer.status, 431);
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2026_39803_a_chunked_body_over_the_limit() {
    let mut scene = Scene::new().await;
    let session = Polling::open(scene.address).await;
    let mut stream = raw(scene.address, chunked(&session).as_bytes()).await;
    let chunk = format!("3e8\r\n{}\r\n", "4".repeat(1000));
    // It may be cut before all has been sent: nobody reads it.
    for _ in 0..1001 {
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    assert_eq!(Pending(stream).response().await.status, 413);
    assert_eq!(scene.io.stats().engine.refused.too_large, 1);
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2026_39805_a_body_of_two_lengths() {
    let mut scene = Scene::new().await;
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
async fn cve_2026_39806_trailers_behind_a_chunked_body() {
    let mut scene = Scene::new().await;
    let session = Polling::open(scene.address).await;
    let post = format!(
        "{}5\r\n40\x1e41\r\n0\r\nx-one: 1\r\nx-two: 2\r\n\r\n",
        chunked(&session)
    );
    let get = format!("GET {} HTTP/1.1\r\nHost: test\r\n\r\n", session.target());
    // What comes behind them on the connection is the next request.
    let mut stream = raw(scene.address, format!("{post}{get}").as_bytes()).await;
    let mut answers = Vec::new();
    within("both answers", async {
        while !String::from_utf8_lossy(&answers).contains("40{\"sid\"") {
            let n = stream.read_buf(&mut answers).await.expect("an answer");
            assert_ne!(n, 0, "{}", String::from_utf8_lossy(&answers));
        }
    })
    .await;
    let answers = String::from_utf8_lossy(&answers);
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
    assert_eq!(scene.reason().await, "client namespace disconnect");
    scene.assert_unharmed().await;
}

#[tokio::test]
async fn cve_2026_39807_a_plain_request_that_calls_itself_secure() {
    let namespace = Namespace::new().on("secure", async |handshake: Handshake| {
        Reply(handshake.secure())
    });
    let (_io, address) = start(namespace).await;
    let target = "https://test/socket.io/?EIO=4&transport=polling";
    let answer = request(address, "GET", target, "", b"").await;
    let open: serde_json::Value =
        serde_json::from_str(&answer.packets()[0][1..]).expect("an open packet");
    let session = Polling {
        address,
        sid: open["sid"].as_str().expect("an id").to_owned(),
        open,
    };
    session.send("40\x1e421[\"secure\"]").await;
    assert_eq!(session.packets(2).await[1], "431[false]");
}
