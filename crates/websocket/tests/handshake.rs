//! Both ends of the opening handshake: what each refuses, and that they understand each other.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use sockeye_websocket::handshake::client::{
    MAX_RESPONSE_HEAD, MAX_RESPONSE_HEADERS, Request, RequestError, ResponseError,
};
use sockeye_websocket::handshake::server::{Accept, Refusal, accept};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    lines
        .iter()
        .map(|(name, value)| {
            let name: HeaderName = name.parse().expect("a name");
            (name, HeaderValue::from_str(value).expect("a value"))
        })
        .collect()
}

/// A request that is fine, with these headers instead of its own of the same names; an empty
/// value takes one out.
fn request_with(changes: &[(&str, &str)]) -> HeaderMap {
    let mut lines = vec![
        ("host", "example.com"),
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-key", KEY),
        ("sec-websocket-version", "13"),
    ];
    lines.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    lines.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    let mut map = HeaderMap::new();
    for (name, value) in lines {
        let name: HeaderName = name.parse().expect("a name");
        map.append(name, HeaderValue::from_str(value).expect("a value"));
    }
    map
}

fn get(headers: &HeaderMap) -> Result<Accept, Refusal> {
    accept(&Method::GET, Version::HTTP_11, headers)
}

#[test]
fn requests_that_are_granted() {
    let cases: &[&[(&str, &str)]] = &[
        &[],
        &[
            ("upgrade", "WebSocket"),
            ("connection", "keep-alive, upgrade"),
        ],
        &[("upgrade", "h2c, websocket")],
        &[("connection", "keep-alive"), ("connection", "Upgrade")],
        // An offer of extensions may be ignored (RFC 6455 9.1).
        &[(
            "sec-websocket-extensions",
            "permessage-deflate; client_max_window_bits",
        )],
    ];
    for changes in cases {
        let accepted = get(&request_with(changes)).expect("granted");
        assert_eq!(accepted.key, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "{changes:?}");
        assert_eq!(accepted.protocol, None);
        let response = accepted.response();
        assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
        let expected = headers(&[
            ("upgrade", "websocket"),
            ("connection", "Upgrade"),
            ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ]);
        assert_eq!(*response.headers(), expected);
    }
}

/// What is changed in a request, why it is refused then, and with which status.
type Refused<'a> = (&'a [(&'a str, &'a str)], Refusal, u16);

#[test]
fn requests_that_are_refused() {
    let cases: &[Refused<'_>] = &[
        (&[("upgrade", "")], Refusal::MissingUpgrade, 400),
        (&[("upgrade", "h2c")], Refusal::MissingUpgrade, 400),
        (&[("upgrade", "websocketx")], Refusal::MissingUpgrade, 400),
        (&[("connection", "")], Refusal::MissingConnection, 400),
        (
            &[("connection", "keep-alive")],
            Refusal::MissingConnection,
            400,
        ),
        (&[("sec-websocket-version", "")], Refusal::Version, 426),
        (&[("sec-websocket-version", "8")], Refusal::Version, 426),
        (&[("sec-websocket-version", "13, 8")], Refusal::Version, 426),
        (
            &[
                ("sec-websocket-version", "13"),
                ("sec-websocket-version", "8"),
            ],
            Refusal::Version,
            426,
        ),
        (&[("sec-websocket-key", "")], Refusal::MissingKey, 400),
        (&[("sec-websocket-key", "abc")], Refusal::InvalidKey, 400),
        // 15 and 17 bytes
        (
            &[("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAA")],
            Refusal::InvalidKey,
            400,
        ),
        (
            &[("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAAA=")],
            Refusal::InvalidKey,
            400,
        ),
        // not the alphabet, no padding, bits beyond the last byte
        (
            &[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZ-==")],
            Refusal::InvalidKey,
            400,
        ),
        (
            &[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ")],
            Refusal::InvalidKey,
            400,
        ),
        (
            &[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZR==")],
            Refusal::InvalidKey,
            400,
        ),
        (
            &[("sec-websocket-key", KEY), ("sec-websocket-key", KEY)],
            Refusal::DuplicateKey,
            400,
        ),
        (
            &[("sec-websocket-protocol", "a b")],
            Refusal::InvalidProtocol,
            400,
        ),
        (
            &[("sec-websocket-protocol", "a, b, a")],
            Refusal::InvalidProtocol,
            400,
        ),
    ];
    for (changes, expected, status) in cases {
        let refusal = get(&request_with(changes)).expect_err("refused");
        assert_eq!(refusal, *expected, "{changes:?}");
        assert_eq!(refusal.status(), *status, "{changes:?}");
        assert_eq!(refusal.response().status(), *status, "{changes:?}");
    }
    let response = Refusal::Version.response();
    assert_eq!(response.headers()["sec-websocket-version"], "13");
}

#[test]
fn methods_and_versions_of_http() {
    let fine = request_with(&[]);
    let post = accept(&Method::POST, Version::HTTP_11, &fine);
    assert_eq!(post, Err(Refusal::Method));
    assert_eq!(Refusal::Method.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(Refusal::Method.response().headers()["allow"], "GET");
    let old = accept(&Method::GET, Version::HTTP_10, &fine);
    assert_eq!(old, Err(Refusal::HttpVersion));
    assert_eq!(Refusal::HttpVersion.status(), StatusCode::BAD_REQUEST);
}

#[test]
fn the_first_subprotocol_is_chosen() {
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("sec-websocket-protocol", "chat")], "chat"),
        (&[("sec-websocket-protocol", " second ,first")], "second"),
        (
            &[
                ("sec-websocket-protocol", "one"),
                ("sec-websocket-protocol", "two"),
            ],
            "one",
        ),
    ];
    for (changes, expected) in cases {
        let accepted = get(&request_with(changes)).expect("granted");
        assert_eq!(accepted.protocol.as_ref().expect("chosen"), expected);
        assert_eq!(
            accepted.response().headers()["sec-websocket-protocol"],
            *expected
        );
    }
}

/// The request's head as a server would have parsed it.
fn parsed(bytes: &[u8]) -> HeaderMap {
    let text = std::str::from_utf8(bytes).expect("text");
    let (head, nothing) = text.split_once("\r\n\r\n").expect("an end");
    assert_eq!(nothing, "");
    let lines = head.split("\r\n").skip(1);
    headers(
        &lines
            .map(|line| line.split_once(": ").expect("a field"))
            .collect::<Vec<_>>(),
    )
}

/// The answer that a server gives to this request.
fn answer(request: &Request) -> Vec<u8> {
    let response = get(&parsed(&request.to_bytes()))
        .expect("granted")
        .response();
    let mut bytes = b"HTTP/1.1 101 Switching Protocols\r\n".to_vec();
    for (name, value) in response.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    bytes
}

#[test]
fn client_and_server_agree() {
    let request = Request::new("localhost:3000", "/socket.io/?EIO=4&transport=websocket")
        .and_then(|request| request.header("Cookie", "a=b; c=d"))
        .and_then(|request| request.protocol("v2"))
        .and_then(|request| request.protocol("v1"))
        .expect("a request");
    let sent = parsed(&request.to_bytes());
    assert_eq!(sent["host"], "localhost:3000");
    assert_eq!(sent["cookie"], "a=b; c=d");
    assert_eq!(sent["sec-websocket-protocol"], "v2, v1");

    let mut read = answer(&request);
    for cut in 0..read.len() {
        assert_eq!(request.check(&read[..cut]), Ok(None), "cut at {cut}");
    }
    let head = read.len();
    read.extend(b"\x81\x02hi");
    let response = request.check(&read).expect("judged").expect("complete");
    assert_eq!(response.head_len, head);
    assert_eq!(response.protocol.as_deref(), Some("v2"));
    assert_eq!(response.headers["upgrade"], "websocket");

    let other = Request::new("localhost:3000", "/").expect("a request");
    assert_eq!(
        other.check(&read),
        Err(ResponseError::Accept),
        "each request has its own key"
    );
}

#[test]
fn requests_that_cannot_be_made() {
    for host in [
        "",
        "a b",
        "a\r\nX: y",
        "user@example.com",
        "example.com/path",
        ":80",
    ] {
        assert_eq!(
            Request::new(host, "/").err(),
            Some(RequestError::InvalidHost),
            "{host:?}"
        );
    }
    for path in [
        "",
        "x",
        "/a b",
        "/a\r\nX: y",
        "/a\0",
        "/#here",
        "/\u{e4}",
        "http://a/",
    ] {
        let error = Request::new("example.com", path).err();
        assert_eq!(error, Some(RequestError::InvalidPath), "{path:?}");
    }
    assert!(Request::new("[::1]:8080", "/?a=%20&b[]=\"").is_ok());

    let header = |name, value| {
        Request::new("example.com", "/")
            .expect("a request")
            .header(name, value)
            .err()
    };
    for name in ["", "a b", "a:", "a\r\nb", "\u{e4}"] {
        assert_eq!(
            header(name, "x"),
            Some(RequestError::InvalidHeaderName),
            "{name:?}"
        );
    }
    for value in ["a\r\nX: y", "a\nb", "a\rb", "a\0b"] {
        assert_eq!(
            header("x", value),
            Some(RequestError::InvalidHeaderValue),
            "{value:?}"
        );
    }
    for name in ["Host", "UPGRADE", "sec-websocket-key", "Content-Length"] {
        assert_eq!(
            header(name, "x"),
            Some(RequestError::ReservedHeader),
            "{name}"
        );
    }

    let request = Request::new("example.com", "/").expect("a request");
    let request = request.protocol("chat").expect("a token");
    let again = request.clone().protocol("chat").err();
    assert_eq!(again, Some(RequestError::DuplicateProtocol));
    assert_eq!(
        request.protocol("a,b").err(),
        Some(RequestError::InvalidProtocol)
    );
}

#[test]
fn responses_that_break_a_rule() {
    let request = Request::new("example.com", "/")
        .and_then(|request| request.protocol("chat"))
        .expect("a request");
    let fine = String::from_utf8(answer(&request)).expect("text");
    assert!(fine.contains("sec-websocket-protocol: chat"), "{fine}");
    let cases = [
        ("HTTP/1.1 101", "HTTP/1.1 200", ResponseError::Status(200)),
        (
            "HTTP/1.1 101 Switching Protocols",
            "HTTP/1.1 503",
            ResponseError::Status(503),
        ),
        ("HTTP/1.1", "HTTP/1.0", ResponseError::HttpVersion),
        ("HTTP/1.1", "HTTP/1.2", ResponseError::Malformed),
        ("HTTP/1.1", "HTTP/2", ResponseError::Malformed),
        ("HTTP/1.1 101", "HTTP/1.1  101", ResponseError::Malformed),
        ("HTTP/1.1 101", "HTTP/1.1 1015", ResponseError::Malformed),
        ("HTTP/1.1 101", "HTTP/1.1 xx", ResponseError::Malformed),
        (
            "upgrade: websocket",
            "upgrade: h2c",
            ResponseError::MissingUpgrade,
        ),
        ("upgrade: websocket\r\n", "", ResponseError::MissingUpgrade),
        (
            "connection: Upgrade",
            "connection: close",
            ResponseError::MissingConnection,
        ),
        (
            "sec-websocket-accept: ",
            "sec-websocket-accept: A",
            ResponseError::Accept,
        ),
        ("sec-websocket-accept", "accept", ResponseError::Accept),
        (
            "upgrade:",
            "sec-websocket-accept: x\r\nupgrade:",
            ResponseError::Accept,
        ),
        ("protocol: chat", "protocol: other", ResponseError::Protocol),
        (
            "protocol: chat",
            "protocol: chat, chat",
            ResponseError::Protocol,
        ),
        (
            "upgrade:",
            "sec-websocket-extensions: permessage-deflate\r\nupgrade:",
            ResponseError::Extension,
        ),
        ("upgrade:", "upgrade :", ResponseError::Malformed),
        ("upgrade:", "no colon\r\nupgrade:", ResponseError::Malformed),
        (
            "upgrade:",
            " folded: line\r\nupgrade:",
            ResponseError::Malformed,
        ),
        (
            "upgrade:",
            "a: b\nc: d\r\nupgrade:",
            ResponseError::Malformed,
        ),
        ("HTTP/1.1 101", "+OK ready", ResponseError::Malformed),
    ];
    for (from, to, expected) in cases {
        let changed = fine.replacen(from, to, 1);
        assert_ne!(changed, fine, "{from}");
        assert_eq!(
            request.check(changed.as_bytes()),
            Err(expected),
            "{from} -> {to}"
        );
    }
    let without = fine.replace("sec-websocket-protocol: chat\r\n", "");
    let response = request
        .check(without.as_bytes())
        .expect("judged")
        .expect("complete");
    assert_eq!(response.protocol, None);
}

#[test]
fn responses_without_end() {
    let request = Request::new("example.com", "/").expect("a request");
    let long = format!("HTTP/1.1 101 \r\nx: {}", "y".repeat(MAX_RESPONSE_HEAD));
    let fits = &long.as_bytes()[..MAX_RESPONSE_HEAD - 1];
    assert_eq!(request.check(fits), Ok(None));
    assert_eq!(
        request.check(long.as_bytes()),
        Err(ResponseError::HeadTooLong)
    );
    let many = format!(
        "HTTP/1.1 101 \r\n{}\r\n",
        "x: y\r\n".repeat(MAX_RESPONSE_HEADERS + 1)
    );
    assert_eq!(
        request.check(many.as_bytes()),
        Err(ResponseError::TooManyHeaders)
    );
    assert_eq!(
        request.check(b"\x15\x03\x03"),
        Err(ResponseError::Malformed),
        "tells TLS at once"
    );
}
