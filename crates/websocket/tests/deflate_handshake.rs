//! permessage-deflate in the opening handshake: what each end offers, grants, declines, refuses.

use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use sockeye_websocket::deflate::{Options, Params};
use sockeye_websocket::handshake::client::{Request, ResponseError};
use sockeye_websocket::handshake::server::{Accept, Refusal, accept};
use sockeye_websocket::handshake::{accept_key, extensions};

const HEADER: &str = "sec-websocket-extensions";

fn request(offers: &[&str]) -> HeaderMap {
    let fixed = [
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-version", "13"),
    ];
    let mut headers = HeaderMap::new();
    let offers = offers.iter().map(|offer| (HEADER, *offer));
    for (name, value) in fixed.into_iter().chain(offers) {
        headers.append(name, HeaderValue::from_str(value).expect("a value"));
    }
    headers
}

fn judged(offers: &[&str]) -> Result<Accept, Refusal> {
    accept(&Method::GET, Version::HTTP_11, &request(offers))
}

/// What the server answers to these header lines.
fn answer(offers: &[&str], options: Options) -> Option<String> {
    let mut accepted = judged(offers).expect("granted");
    assert_eq!(accepted.deflate, None, "nothing without being told");
    assert!(!accepted.response().headers().contains_key(HEADER));
    accepted.negotiate_deflate(&request(offers), &options);
    let response = accepted.response();
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    let value = response.headers().get(HEADER)?;
    Some(value.to_str().expect("text").to_owned())
}

const BOTH: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

#[test]
fn offers_that_are_granted() {
    let takeover = Options::new()
        .server_no_context_takeover(false)
        .client_no_context_takeover(false);
    let cases: &[(&[&str], Options, &str)] = &[
        (&["permessage-deflate"], Options::new(), BOTH),
        // what Chromium and Firefox offer
        (
            &["permessage-deflate; client_max_window_bits"],
            Options::new(),
            BOTH,
        ),
        (&["permessage-deflate"], takeover, "permessage-deflate"),
        // what a client insists on, or says of itself, is kept to
        (
            &["permessage-deflate; server_no_context_takeover"],
            takeover,
            "permessage-deflate; server_no_context_takeover",
        ),
        (
            &["permessage-deflate; client_no_context_takeover"],
            takeover,
            "permessage-deflate; client_no_context_takeover",
        ),
        (
            &["permessage-deflate; server_max_window_bits=10"],
            takeover,
            "permessage-deflate; server_max_window_bits=10",
        ),
        (
            &["permessage-deflate; server_max_window_bits=\"10\""],
            takeover.server_max_window_bits(12),
            "permessage-deflate; server_max_window_bits=10",
        ),
        (
            &["permessage-deflate; server_max_window_bits=14"],
            takeover.server_max_window_bits(12),
            "permessage-deflate; server_max_window_bits=12",
        ),
        (
            &["permessage-deflate; client_max_window_bits=8"],
            takeover,
            "permessage-deflate; client_max_window_bits=8",
        ),
        (
            &["permessage-deflate; client_max_window_bits=15"],
            takeover.client_max_window_bits(9),
            "permessage-deflate; client_max_window_bits=9",
        ),
        (
            &["permessage-deflate; client_max_window_bits"],
            takeover.client_max_window_bits(9),
            "permessage-deflate; client_max_window_bits=9",
        ),
        // A server may shorten its own window unasked, but never the client's.
        (
            &["permessage-deflate"],
            takeover.client_max_window_bits(9).server_max_window_bits(9),
            "permessage-deflate; server_max_window_bits=9",
        ),
        // several offers, in one line or in several
        (
            &[
                "x-webkit-deflate-frame, permessage-bzip2; a=b",
                "permessage-deflate",
            ],
            Options::new(),
            BOTH,
        ),
        (
            &["permessage-deflate; server_max_window_bits=10, permessage-deflate"],
            takeover,
            "permessage-deflate; server_max_window_bits=10",
        ),
    ];
    for (offers, options, expected) in cases {
        let answered = answer(offers, *options);
        assert_eq!(
            answered.as_deref(),
            Some(*expected),
            "{offers:?} {options:?}"
        );
    }
}

#[test]
fn offers_that_are_declined() {
    for wrong in [
        "permessage-deflate; client_max_window_bits=99",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=09",
        "permessage-deflate; client_max_window_bits=ten",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=99",
        "permessage-deflate; server_max_window_bits=+9",
        // allowed, and impossible
        "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=true",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
        "permessage-deflate; unknown",
        "permessage-deflate; unknown=1",
        "permessage-deflated",
        "x-webkit-deflate-frame",
        "",
    ] {
        assert_eq!(answer(&[wrong], Options::new()), None, "{wrong}");
        let then = format!("{wrong}, permessage-deflate; client_max_window_bits");
        assert_eq!(
            answer(&[&then], Options::new()).as_deref(),
            Some(BOTH),
            "{then}"
        );
        let lines = [wrong, "permessage-deflate"];
        assert_eq!(
            answer(&lines, Options::new()).as_deref(),
            Some(BOTH),
            "{wrong}"
        );
    }
}

#[test]
fn a_header_that_is_no_list_of_extensions() {
    for offer in [
        "permessage-deflate;",
        "a b",
        "a; b=\"c d\"",
        "a; b=\"",
        "permessage-deflate; =1",
    ] {
        let refusal = judged(&[offer]).expect_err("refused");
        assert_eq!(refusal, Refusal::InvalidExtensions, "{offer}");
        assert_eq!(refusal.status(), StatusCode::BAD_REQUEST, "{offer}");
        let alone = extensions::negotiate(&request(&[offer]), &Options::new());
        assert_eq!(alone, Err(Refusal::InvalidExtensions), "{offer}");
    }
}

/// What a client that offers `options` makes of a response with these extensions.
fn answered(options: Option<Options>, granted: &[&str]) -> Result<Option<Params>, ResponseError> {
    let mut request = Request::new("example.com", "/").expect("a request");
    if let Some(options) = options {
        request = request.deflate(&options);
    }
    let sent = String::from_utf8(request.to_bytes()).expect("text");
    let (_, key) = sent.split_once("Sec-WebSocket-Key: ").expect("a key");
    let key = accept_key(&key.as_bytes()[..24]);
    let mut bytes = b"HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\n".to_vec();
    bytes.extend([b"Sec-WebSocket-Accept: ", &key[..], b"\r\n"].concat());
    for granted in granted {
        bytes.extend(format!("Sec-WebSocket-Extensions: {granted}\r\n").bytes());
    }
    bytes.extend(b"\r\n");
    let response = request.check(&bytes)?.expect("complete");
    assert_eq!(response.head_len, bytes.len());
    Ok(response.deflate)
}

#[test]
fn answers_that_a_client_takes() {
    let takeover = Options::new()
        .server_no_context_takeover(false)
        .client_no_context_takeover(false);
    let params = |server, client, server_bits, client_bits| Params {
        server_no_context_takeover: server,
        client_no_context_takeover: client,
        server_max_window_bits: server_bits,
        client_max_window_bits: client_bits,
    };
    let cases: &[(Options, &str, Params)] = &[
        (Options::new(), BOTH, Params::default()),
        // A client that offered to forget does it though it is not told to.
        (
            Options::new(),
            "permessage-deflate; server_no_context_takeover",
            Params::default(),
        ),
        (takeover, "permessage-deflate", params(false, false, 15, 15)),
        // A server may say more than it was asked.
        (takeover, BOTH, params(true, true, 15, 15)),
        (
            takeover,
            "permessage-deflate; server_max_window_bits=8; client_max_window_bits=\"9\"",
            params(false, false, 8, 9),
        ),
        (
            takeover
                .server_max_window_bits(10)
                .client_max_window_bits(11),
            "permessage-deflate; server_max_window_bits=9",
            params(false, false, 9, 11),
        ),
    ];
    for (options, granted, expected) in cases {
        let found = answered(Some(*options), &[granted]);
        assert_eq!(found, Ok(Some(*expected)), "{granted}");
    }
    assert_eq!(answered(Some(takeover), &[]), Ok(None), "declined");
    assert_eq!(answered(None, &[]), Ok(None));
}

#[test]
fn answers_that_break_a_rule() {
    let takeover = Options::new()
        .server_no_context_takeover(false)
        .client_no_context_takeover(false);
    let short = takeover
        .server_max_window_bits(10)
        .client_max_window_bits(10);
    let cases: &[(Option<Options>, &[&str], ResponseError)] = &[
        (None, &["permessage-deflate"], ResponseError::Extension),
        (
            Some(takeover),
            &["x-webkit-deflate-frame"],
            ResponseError::Extension,
        ),
        (
            Some(takeover),
            &["permessage-deflate, permessage-bzip2"],
            ResponseError::Extension,
        ),
        (
            Some(takeover),
            &["permessage-deflate, permessage-deflate"],
            ResponseError::DuplicateExtension,
        ),
        (
            Some(takeover),
            &["permessage-deflate", "permessage-deflate"],
            ResponseError::DuplicateExtension,
        ),
        (
            Some(takeover),
            &["permessage-deflate; server_no_context_takeover; server_no_context_takeover"],
            ResponseError::DuplicateExtensionParameter,
        ),
        (
            Some(takeover),
            &["permessage-deflate; mode=fast"],
            ResponseError::UnknownExtensionParameter,
        ),
        (
            Some(takeover),
            &["permessage-deflate; server_max_window_bits"],
            ResponseError::ExtensionParameterValue,
        ),
        (
            Some(takeover),
            &["permessage-deflate; client_max_window_bits"],
            ResponseError::ExtensionParameterValue,
        ),
        (
            Some(takeover),
            &["permessage-deflate; client_max_window_bits=16"],
            ResponseError::ExtensionParameterValue,
        ),
        (
            Some(takeover),
            &["permessage-deflate; client_no_context_takeover=0"],
            ResponseError::ExtensionParameterValue,
        ),
        (
            Some(short),
            &["permessage-deflate; server_max_window_bits=11"],
            ResponseError::WindowBits,
        ),
        (
            Some(short),
            &["permessage-deflate; server_max_window_bits=10; client_max_window_bits=11"],
            ResponseError::WindowBits,
        ),
        (
            Some(short),
            &["permessage-deflate"],
            ResponseError::MissingExtensionParameter,
        ),
        (
            Some(Options::new()),
            &["permessage-deflate; client_no_context_takeover"],
            ResponseError::MissingExtensionParameter,
        ),
        (
            Some(takeover),
            &["permessage-deflate;"],
            ResponseError::MalformedExtension,
        ),
        (None, &["a b"], ResponseError::MalformedExtension),
    ];
    for (options, granted, expected) in cases {
        assert_eq!(answered(*options, granted), Err(*expected), "{granted:?}");
    }
}

#[test]
fn both_ends_agree_whatever_they_want() {
    let wanted = || {
        [false, true].into_iter().flat_map(|server| {
            [false, true].into_iter().flat_map(move |client| {
                [9, 12, 15].into_iter().flat_map(move |server_bits| {
                    [9, 12, 15].into_iter().map(move |client_bits| {
                        Options::new()
                            .server_no_context_takeover(server)
                            .client_no_context_takeover(client)
                            .server_max_window_bits(server_bits)
                            .client_max_window_bits(client_bits)
                    })
                })
            })
        })
    };
    for client in wanted() {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, extensions::offer(&client));
        for server in wanted() {
            let granted = extensions::negotiate(&headers, &server)
                .expect("a list")
                .expect("an offer that can be granted");
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, extensions::answer(&granted));
            let agreed = extensions::agreed(&headers, Some(&client));
            assert_eq!(agreed, Ok(Some(granted)), "{client:?} {server:?}");
            assert_eq!(
                granted.server_max_window_bits,
                client
                    .server_max_window_bits
                    .min(server.server_max_window_bits)
            );
        }
    }
}

#[test]
fn options_out_of_range() {
    let mut options = Options::new()
        .server_max_window_bits(8)
        .client_max_window_bits(200)
        .level(0);
    assert_eq!(
        (
            options.server_max_window_bits,
            options.client_max_window_bits
        ),
        (9, 15)
    );
    assert_eq!((options.level, options.level(77).level), (1, 9));
    options.server_max_window_bits = 0;
    options.client_max_window_bits = 77;
    assert_eq!(
        extensions::offer(&options),
        format!("{BOTH}; server_max_window_bits=9; client_max_window_bits").as_str()
    );
}
