//! The handshake of RFC 8441 without I/O: what each end refuses, and with which status.

use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use sockeye_websocket::handshake::client::{RequestError, ResponseError};
use sockeye_websocket::handshake::extended_connect::client::Request;
use sockeye_websocket::handshake::extended_connect::server::{Refusal, accept};

#[test]
fn requests_that_are_refused() {
    let headers = |lines: &[(&'static str, &'static str)]| -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    };
    let fine = ("sec-websocket-version", "13");
    type Case<'c> = (
        Method,
        Version,
        Option<&'c str>,
        &'c [(&'static str, &'static str)],
        Refusal,
        u16,
    );
    let (connect, two, websocket) = (Method::CONNECT, Version::HTTP_2, Some("websocket"));
    let cases: &[Case<'_>] = &[
        (Method::GET, two, websocket, &[fine], Refusal::Method, 405),
        (
            connect.clone(),
            Version::HTTP_11,
            websocket,
            &[fine],
            Refusal::HttpVersion,
            400,
        ),
        (
            connect.clone(),
            two,
            None,
            &[fine],
            Refusal::MissingProtocol,
            405,
        ),
        (
            connect.clone(),
            two,
            Some("connect-udp"),
            &[fine],
            Refusal::UnknownProtocol,
            501,
        ),
        (connect.clone(), two, websocket, &[], Refusal::Version, 400),
        (
            connect.clone(),
            two,
            websocket,
            &[("sec-websocket-version", "8")],
            Refusal::Version,
            400,
        ),
        (
            connect.clone(),
            two,
            websocket,
            &[fine, fine],
            Refusal::Version,
            400,
        ),
        (
            connect.clone(),
            two,
            websocket,
            &[fine, ("sec-websocket-protocol", "a, a")],
            Refusal::InvalidProtocol,
            400,
        ),
        (
            connect.clone(),
            two,
            websocket,
            &[fine, ("sec-websocket-extensions", "a b")],
            Refusal::InvalidExtensions,
            400,
        ),
    ];
    for (method, version, protocol, lines, refusal, status) in cases {
        let found = accept(method, *version, *protocol, &headers(lines));
        assert_eq!(found, Err(*refusal));
        let response = refusal.response();
        assert_eq!(response.status(), *status, "{refusal:?}");
        // RFC 9113 8.2.2: no header of a connection
        assert!(
            !response.headers().contains_key("connection"),
            "{refusal:?}"
        );
        assert!(!response.headers().contains_key("upgrade"), "{refusal:?}");
    }
    assert_eq!(
        Refusal::Version.response().headers()["sec-websocket-version"],
        "13"
    );

    // RFC 8441 5: neither key nor accept
    let accepted = accept(&connect, two, Some("WebSocket"), &headers(&[fine])).expect("granted");
    assert_eq!(accepted.response().status(), 200);
    assert!(accepted.response().headers().is_empty());
}

#[test]
fn requests_that_cannot_be_made() {
    let cases = [
        ("example.com", RequestError::InvalidScheme),
        ("ftp://example.com", RequestError::InvalidScheme),
        ("wss://", RequestError::InvalidHost),
        ("wss://user@example.com", RequestError::InvalidHost),
        ("wss://exa mple.com", RequestError::InvalidHost),
        ("wss://example.com/#a", RequestError::InvalidPath),
        ("wss://example.com/a b", RequestError::InvalidPath),
        ("wss://example.com/\u{e4}", RequestError::InvalidPath),
    ];
    for (url, error) in cases {
        assert_eq!(Request::new(url).map(drop), Err(error), "{url}");
    }
    for (url, uri) in [
        ("ws://example.com", "http://example.com/"),
        ("WSS://example.com:8443/a?b", "https://example.com:8443/a?b"),
        ("https://[::1]?b", "https://[::1]/?b"),
    ] {
        assert_eq!(Request::new(url).expect(url).to_http().uri(), uri);
    }
    let request = || Request::new("ws://example.com").expect("a request");
    let refused = |request: Result<Request, _>| request.map(drop);
    assert_eq!(
        refused(request().header("a b", "")),
        Err(RequestError::InvalidHeaderName)
    );
    assert_eq!(
        refused(request().header("a", "b\nc")),
        Err(RequestError::InvalidHeaderValue)
    );
    for name in [
        "Host",
        "Connection",
        "TE",
        "Upgrade",
        "Sec-WebSocket-Key",
        "Keep-Alive",
    ] {
        assert_eq!(
            refused(request().header(name, "a")),
            Err(RequestError::ReservedHeader),
            "{name}"
        );
    }
    assert_eq!(
        refused(request().protocol("a b")),
        Err(RequestError::InvalidProtocol)
    );
    let twice = request()
        .protocol("a")
        .and_then(|request| request.protocol("a"));
    assert_eq!(refused(twice), Err(RequestError::DuplicateProtocol));
}

#[test]
fn responses_that_are_refused() {
    let request = Request::new("ws://example.com")
        .and_then(|request| request.protocol("a"))
        .expect("a request");
    let with = |name: &'static str, value| {
        HeaderMap::from_iter([(
            name.parse().expect("a name"),
            HeaderValue::from_static(value),
        )])
    };
    let cases = [
        (
            StatusCode::FORBIDDEN,
            HeaderMap::new(),
            ResponseError::Status(403),
        ),
        (
            StatusCode::SWITCHING_PROTOCOLS,
            HeaderMap::new(),
            ResponseError::Status(101),
        ),
        (
            StatusCode::NO_CONTENT,
            HeaderMap::new(),
            ResponseError::Status(204),
        ),
        (
            StatusCode::OK,
            with("sec-websocket-protocol", "b"),
            ResponseError::Protocol,
        ),
        (
            StatusCode::OK,
            with("sec-websocket-extensions", "permessage-deflate"),
            ResponseError::Extension,
        ),
    ];
    for (status, headers, error) in cases {
        assert_eq!(request.check(status, &headers), Err(error));
    }
    let granted = request.check(StatusCode::OK, &with("sec-websocket-protocol", "a"));
    assert_eq!(granted.expect("granted").protocol.as_deref(), Some("a"));
}
