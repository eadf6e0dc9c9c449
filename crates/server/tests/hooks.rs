//! Functions of the application that see requests: they let them in, mark their answers, hear of refusals.

mod support;

use std::{
    io::Read as _,
    net::SocketAddr,
    num::NonZeroUsize,
    sync::{Arc, Mutex},
    time::Duration,
};

use flate2::read::{GzDecoder, ZlibDecoder};
use sockeye::{Cookie, Namespace, Server, ServerBuilder, SocketId, TrustedProxies};
use support::{
    client::{Response, request},
    serve,
};

const HANDSHAKE: &str = "/socket.io/?EIO=4&transport=polling";
const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

async fn start(builder: ServerBuilder) -> (Server, SocketAddr) {
    let io = builder.namespace("/", Namespace::new()).build();
    let address = serve(&io).await;
    (io, address)
}

async fn poll(address: SocketAddr, query: &str, headers: &str) -> Response {
    request(address, "GET", &format!("{HANDSHAKE}{query}"), headers, b"").await
}

async fn upgrade(address: SocketAddr, query: &str, headers: &str) -> Response {
    let target = format!("/socket.io/?EIO=4&transport=websocket{query}");
    request(address, "GET", &target, &format!("{UPGRADE}{headers}"), b"").await
}

fn sid(open: &Response) -> String {
    let open: serde_json::Value = serde_json::from_str(&open.body[1..]).expect("an open packet");
    open["sid"].as_str().expect("a text").to_owned()
}

/// What was heard of, and a function that hears it.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn push(&self, what: String) {
        self.0.lock().expect("no panic").push(what);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }
}

// parity: 1.E18 1.X4
#[tokio::test]
async fn allow_request_is_asked_about_handshakes_alone() {
    let asked = Heard::default();
    let hear = asked.clone();
    let builder = Server::builder().allow_request(move |request| {
        hear.push(request.uri.to_string());
        let token = request.headers.get("x-token").cloned();
        async move {
            // Others are served meanwhile.
            tokio::time::sleep(Duration::from_millis(1)).await;
            match token {
                Some(token) if token == "secret" => Ok(()),
                _ => Err("no \"token\""),
            }
        }
    });
    let (io, address) = start(builder).await;

    let answer = poll(address, "", "").await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.body, r#"{"code":4,"message":"no \"token\""}"#);
    let answer = upgrade(address, "", "").await;
    assert_eq!((answer.status, answer.body.as_str()), (400, "no \"token\""));
    assert_eq!(io.stats().engine.refused.forbidden, 2);
    assert_eq!(io.stats().engine.opened, 0);
    assert_eq!(asked.take().len(), 2);

    let open = poll(address, "", "X-Token: secret\r\n").await;
    assert_eq!(open.status, 200);
    assert_eq!(
        upgrade(address, "", "X-Token: secret\r\n").await.status,
        101
    );
    assert_eq!(asked.take().len(), 2);

    // The session's own requests, and those that are wrong anyway, are not asked about.
    let session = format!("&sid={}", sid(&open));
    let posted = request(address, "POST", &format!("{HANDSHAKE}{session}"), "", b"40").await;
    assert_eq!(posted.body, "ok");
    assert_eq!(poll(address, &session, "").await.status, 200);
    assert_eq!(
        poll(address, "&sid=AAAAAAAAAAAAAAAAAAAA", "").await.status,
        400
    );
    assert_eq!(asked.take(), [""; 0]);
}

// parity: 1.E17 3.5
#[tokio::test]
async fn the_cookie_comes_with_the_answer_that_begins_a_session_over_polling() {
    let cookie = Cookie::new("io").path("/socket.io");
    let (_, address) = start(Server::builder().cookie(cookie)).await;
    let open = poll(address, "", "").await;
    let sid = sid(&open);
    let expected = format!("io={sid}; Path=/socket.io; HttpOnly; SameSite=Lax");
    assert_eq!(open.header("set-cookie"), Some(expected.as_str()));
    let target = format!("{HANDSHAKE}&sid={sid}");
    let posted = request(address, "POST", &target, "", b"40").await;
    assert_eq!(posted.header("set-cookie"), None);
    assert_eq!(upgrade(address, "", "").await.header("set-cookie"), None);
}

#[tokio::test]
async fn over_tls_the_cookie_is_secure_unless_told_otherwise() {
    let told = "X-Forwarded-Proto: https\r\n";
    for (secure, headers, expected) in [
        (None, told, true),
        (None, "", false),
        (Some(true), "", true),
        (Some(false), told, false),
    ] {
        let cookie = Cookie::new("io");
        let cookie = match secure {
            Some(secure) => cookie.secure(secure),
            None => cookie,
        };
        let builder = Server::builder()
            .cookie(cookie)
            .trusted_proxies(TrustedProxies::only(["127.0.0.1"]));
        let (_, address) = start(builder).await;
        let open = poll(address, "", headers).await;
        let cookie = open.header("set-cookie").expect("a cookie");
        assert_eq!(
            cookie.contains("; Secure"),
            expected,
            "{secure:?} {headers}"
        );
    }
}

// parity: 1.E16
#[tokio::test]
async fn headers_are_marked_on_every_answer_and_initial_ones_once() {
    let builder = Server::builder()
        .initial_headers(|headers, _| {
            headers.insert("x-first", "1".parse().expect("a value"));
        })
        .headers(|headers, request| {
            let method = request.method.as_str().parse().expect("a value");
            headers.insert("x-method", method);
        });
    let (_, address) = start(builder).await;
    let open = poll(address, "", "").await;
    assert_eq!(open.header("x-first"), Some("1"));
    assert_eq!(open.header("x-method"), Some("GET"));
    let target = format!("{HANDSHAKE}&sid={}", sid(&open));
    let posted = request(address, "POST", &target, "", b"40").await;
    assert_eq!(posted.header("x-first"), None);
    assert_eq!(posted.header("x-method"), Some("POST"));
    let upgraded = upgrade(address, "", "").await;
    assert_eq!(upgraded.status, 101);
    assert_eq!(upgraded.header("x-first"), Some("1"));
    assert_eq!(upgraded.header("x-method"), Some("GET"));
    let refused = poll(address, "&sid=AAAAAAAAAAAAAAAAAAAA", "").await;
    assert_eq!(refused.header("x-method"), None);
}

// parity: 1.X8
#[tokio::test]
async fn every_refusal_is_heard_with_code_text_and_context() {
    let heard = Heard::default();
    let hear = heard.clone();
    let builder = Server::builder()
        .allow_request(|request| {
            let query = request.uri.query().unwrap_or_default();
            let no = query.contains("no=1");
            async move { if no { Err("not today") } else { Ok(()) } }
        })
        .on_connection_error(move |refusal| {
            let known = refusal.request.extensions.get::<sockeye::RemoteAddr>();
            assert!(known.is_some(), "the address is told");
            let code = refusal
                .code
                .map_or_else(|| "-".into(), |code| code.to_string());
            let told = match refusal.context {
                "TRANSPORT_UNKNOWN" | "TRANSPORT_MISMATCH" => refusal.transport(),
                "SESSION_UNKNOWN" => refusal.sid(),
                "UNSUPPORTED_PROTOCOL_VERSION" => refusal.protocol(),
                "BAD_HANDSHAKE_METHOD" | "METHOD" => Some(refusal.method().as_str().into()),
                "ORIGIN" => refusal.origin().map(Into::into),
                _ => None,
            };
            let told = told.map_or_else(String::new, |told| format!(" {told}"));
            hear.push(format!(
                "{code} {} {}{told}",
                refusal.message, refusal.context
            ));
        });
    let (_, address) = start(builder).await;
    let open = poll(address, "", "").await;
    let session = format!("&sid={}", sid(&open));
    assert_eq!(heard.take(), [""; 0]);

    let get = |target: &'static str| request(address, "GET", target, "", b"");
    get("/socket.io/?EIO=4").await;
    get("/socket.io/?EIO=4&transport=tobi").await;
    get("/socket.io/?EIO=3&transport=polling").await;
    poll(address, "&sid=AAAAAAAAAAAAAAAAAAAA", "").await;
    request(address, "POST", HANDSHAKE, "", b"40").await;
    poll(address, "&no=1", "").await;
    upgrade(address, "&no=1", "").await;
    request(address, "DELETE", &format!("{HANDSHAKE}{session}"), "", b"").await;
    let target = "/socket.io/?EIO=4&transport=websocket";
    let no_key = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    request(address, "GET", target, no_key, b"").await;
    assert_eq!(
        heard.take(),
        [
            "0 Transport unknown TRANSPORT_UNKNOWN",
            "0 Transport unknown TRANSPORT_UNKNOWN tobi",
            "5 Unsupported protocol version UNSUPPORTED_PROTOCOL_VERSION 3",
            "1 Session ID unknown SESSION_UNKNOWN AAAAAAAAAAAAAAAAAAAA",
            "2 Bad handshake method BAD_HANDSHAKE_METHOD POST",
            "4 not today FORBIDDEN",
            "4 not today FORBIDDEN",
            "- method not known to polling METHOD DELETE",
            "3 Bad request WEBSOCKET_HANDSHAKE",
        ]
    );
    poll(address, "", "Origin: https://b.example\r\n").await;
    let heard = heard.take();
    assert!(
        heard[0].starts_with("4 Origin \"https://b.example\" is not allowed"),
        "{heard:?}"
    );
    assert!(heard[0].ends_with(" ORIGIN https://b.example"), "{heard:?}");
    assert_eq!(heard.len(), 1);
}

#[tokio::test]
async fn refusals_without_a_code_are_heard_by_their_names() {
    let heard = Heard::default();
    let hear = heard.clone();
    let builder = Server::builder()
        .max_payload(100)
        .max_sessions_per_address(NonZeroUsize::new(2).expect("not 0"))
        .on_connection_error(move |refusal| {
            hear.push(format!("{:?} {}", refusal.code, refusal.context));
        });
    let (io, address) = start(builder).await;
    let [one, other] =
        [poll(address, "", "").await, poll(address, "", "").await].map(|open| sid(&open));
    poll(address, "", "").await;
    let target = format!("{HANDSHAKE}&sid={one}");
    request(address, "POST", &target, "", &[b'x'; 101]).await;
    let binary = "Content-Type: application/octet-stream\r\n";
    request(address, "POST", &target, binary, b"x").await;
    let mismatch = format!("/socket.io/?EIO=4&transport=websocket&sid={other}");
    request(address, "GET", &mismatch, "", b"").await;
    // Both wait, for nothing is sent: the second one is too many.
    let target = format!("{HANDSHAKE}&sid={other}");
    let (first, second) = tokio::join!(
        request(address, "GET", &target, "", b""),
        request(address, "GET", &target, "", b"")
    );
    assert_ne!(first.status, second.status);
    io.close().await;
    poll(address, "", "").await;
    assert_eq!(
        heard.take(),
        [
            "None TOO_MANY_SESSIONS",
            "None PAYLOAD_TOO_LARGE",
            "None CONTENT_TYPE",
            "Some(3) TRANSPORT_MISMATCH",
            "None OVERLAP",
            "None SERVER_CLOSING",
        ]
    );
}

// parity: 1.P9
#[tokio::test]
async fn long_answers_are_compressed_for_those_who_accept_it() {
    let namespace = || {
        Namespace::new().on("text", async |socket: sockeye::Socket, length: usize| {
            socket.emit("text", "x".repeat(length));
        })
    };
    for (threshold, length, accepted, encoding) in [
        (Some(1024), 2000, "gzip, deflate", Some("gzip")),
        (Some(1024), 2000, "deflate", Some("deflate")),
        (Some(1024), 200_000, "gzip", Some("gzip")),
        (Some(1024), 500, "gzip", None),
        (Some(100), 500, "gzip", Some("gzip")),
        (Some(1024), 2000, "br", None),
        (None, 2000, "gzip", None),
    ] {
        let builder = Server::builder().http_compression(threshold);
        let io = builder.namespace("/", namespace()).build();
        let address = serve(&io).await;
        let session = format!("&sid={}", sid(&poll(address, "", "").await));
        let target = format!("{HANDSHAKE}{session}");
        let event = format!("40\x1e42[\"text\",{length}]");
        request(address, "POST", &target, "", event.as_bytes()).await;
        let accept = format!("Accept-Encoding: {accepted}\r\n");
        let answer = poll(address, &session, &accept).await;
        assert_eq!(
            answer.header("content-encoding"),
            encoding,
            "{length} {accepted}"
        );
        let mut text = String::new();
        match encoding {
            Some("gzip") => GzDecoder::new(&answer.bytes[..]).read_to_string(&mut text),
            Some(_) => ZlibDecoder::new(&answer.bytes[..]).read_to_string(&mut text),
            None => (&answer.bytes[..]).read_to_string(&mut text),
        }
        .expect("whole");
        let event = format!("42[\"text\",\"{}\"]", "x".repeat(length));
        assert!(text.ends_with(&event), "{length} {accepted}");
        assert!(encoding.is_none() || answer.bytes.len() < length / 2);
    }
}

// parity: 3.MW
/// Any tower layer may stand in front, for long-polling and for WebSocket.
#[cfg(feature = "axum")]
#[tokio::test]
async fn layers_see_requests_and_answers_of_both_transports() {
    use axum::{
        extract::Request,
        middleware::{Next, from_fn, map_response},
        response::IntoResponse,
    };

    let io = Server::builder().build();
    let app: axum::Router = io
        .router()
        .layer(from_fn(|request: Request, next: Next| async move {
            if request.headers().contains_key("x-banned") {
                return http::StatusCode::IM_A_TEAPOT.into_response();
            }
            next.run(request).await
        }))
        .layer(map_response(
            |mut response: axum::response::Response| async move {
                let value = http::HeaderValue::from_static("seen");
                response.headers_mut().insert("x-layer", value);
                response
            },
        ));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move { axum::serve(listener, app).await });
    for (answer, status) in [
        (poll(address, "", "").await, 200),
        (upgrade(address, "", "").await, 101),
        (poll(address, "", "X-Banned: 1\r\n").await, 418),
        (upgrade(address, "", "X-Banned: 1\r\n").await, 418),
    ] {
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("x-layer"), Some("seen"));
    }
    assert_eq!(io.stats().engine.opened, 2);
}

// parity: 1.E12
#[tokio::test]
async fn generate_id_chooses_the_sessions_identifier_once_it_is_allowed() {
    let heard = Heard::default();
    let hear = heard.clone();
    let (io, address) = start(
        Server::builder()
            .allow_request(|request| {
                let allowed = !request.uri.to_string().contains("stranger");
                async move { if allowed { Ok(()) } else { Err("stranger") } }
            })
            .generate_id(|request| {
                let query = request.uri.query().unwrap_or_default().to_owned();
                async move {
                    if query.contains("none") {
                        return Err("nothing left");
                    }
                    let sid = if query.contains("same") {
                        SocketId::parse("aaaaaaaaaaaaaaaaaaaa")
                    } else {
                        SocketId::with_prefix("eu1-")
                    };
                    sid.ok_or("no identifier")
                }
            })
            .on_connection_error(move |refusal| hear.push(refusal.context.to_owned())),
    )
    .await;
    let first = sid(&poll(address, "", "").await);
    assert!(first.starts_with("eu1-") && first.len() == 20, "{first}");
    let target = format!("{HANDSHAKE}&sid={first}");
    let posted = request(address, "POST", &target, "", b"40").await;
    assert_eq!(posted.body, "ok");
    let answer = upgrade(address, "", "").await;
    assert_eq!(answer.status, 101);
    assert_eq!(poll(address, "&stranger", "").await.status, 403);
    heard.take();
    assert_eq!(sid(&poll(address, "&same", "").await), "a".repeat(20));
    for query in ["&same", "&none"] {
        let answer = poll(address, query, "").await;
        answer.assert_refused(3, "Bad request");
        let answer = upgrade(address, query, "").await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (400, "Bad request"),
            "{query}"
        );
    }
    assert_eq!(heard.take(), ["ID_GENERATION_ERROR"; 4]);
    assert_eq!(io.stats().engine.refused.bad_request, 4);
}
