use sockeye_websocket::accept::{AcceptError, Refusal};
use sockeye_websocket::handshake::server::Refusal as Http1;
use sockeye_websocket::{Config, deflate};

use crate::library::server;
use crate::wire::frame_to;

const REQUEST: &str = "GET / HTTP/1.1\r\n\
    Host: example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\
    \r\n";

/// Whether a head has this line, in whichever case its name is.
fn has_line(head: &str, name: &str, value: &str) -> bool {
    head.lines().any(|line| {
        line.split_once(": ")
            .is_some_and(|(found, is)| found.eq_ignore_ascii_case(name) && is == value)
    })
}

#[test]
fn requests_that_are_refused() {
    let key = "dGhlIHNhbXBsZSBub25jZQ==";
    let version = "Sec-WebSocket-Version: 13\r\n";
    let rows = [
        (
            "key of 3 characters",
            REQUEST.replace(key, "abc"),
            Http1::InvalidKey,
            400,
            None,
        ),
        (
            "version 8",
            REQUEST.replace(version, "Sec-WebSocket-Version: 8\r\n"),
            Http1::Version,
            426,
            Some(("Sec-WebSocket-Version", "13")),
        ),
        (
            "no version",
            REQUEST.replace(version, ""),
            Http1::Version,
            426,
            Some(("Sec-WebSocket-Version", "13")),
        ),
        (
            "POST",
            REQUEST.replace("GET", "POST"),
            Http1::Method,
            405,
            Some(("Allow", "GET")),
        ),
        (
            "HTTP/1.0",
            REQUEST.replace("HTTP/1.1", "HTTP/1.0"),
            Http1::HttpVersion,
            400,
            None,
        ),
    ];
    for (name, request, refusal, status, header) in rows {
        let mut library = server(&Config::new());
        let head = library.peer.ask(&request);
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status} ")),
            "{name}: {head}"
        );
        if let Some((header, value)) = header {
            assert!(has_line(&head, header, value), "{name}: {head}");
        }
        assert!(
            !head.to_ascii_lowercase().contains("sec-websocket-accept"),
            "{name}: {head}"
        );
        library.peer.end();
        match library.ended().refused() {
            AcceptError::Refused(Refusal::Http1(found)) => assert_eq!(found, refusal, "{name}"),
            other => panic!("{name}: {other}"),
        }
    }
}

#[test]
fn offers_of_compression() {
    let rows: [(&str, &[&str], Option<&str>); 5] = [
        ("none", &[], None),
        (
            "window bits out of range, then a good offer",
            &[
                "permessage-deflate; server_max_window_bits=99, permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            ],
            Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
        ),
        (
            "the same in two lines",
            &[
                "permessage-deflate; client_max_window_bits=99",
                "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
            ],
            Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
        ),
        (
            "only an unknown parameter",
            &["permessage-deflate; mux=1"],
            None,
        ),
        ("another extension", &["x-webkit-deflate-frame"], None),
    ];
    for (name, offers, granted) in rows {
        let mut library = server(&Config::new().deflate(Some(deflate::Options::default())));
        let lines: String = offers
            .iter()
            .map(|offer| format!("Sec-WebSocket-Extensions: {offer}\r\n"))
            .collect();
        let head = library
            .peer
            .ask(&REQUEST.replace("\r\n\r\n", &format!("\r\n{lines}\r\n")));
        assert!(head.starts_with("HTTP/1.1 101 "), "{name}: {head}");
        match granted {
            Some(granted) => assert!(
                has_line(&head, "Sec-WebSocket-Extensions", granted),
                "{name}: {head}"
            ),
            None => assert!(
                !head.to_ascii_lowercase().contains("extensions"),
                "{name}: {head}"
            ),
        }
        // "Hello" as RFC 7692 7.2.3.1 compresses it
        let compressed = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        let (first, payload) = match granted {
            Some(_) => (0xC1, &compressed[..]),
            None => (0x81, &b"Hello"[..]),
        };
        library
            .peer
            .write(&frame_to(sockeye_websocket::Role::Server, first, payload));
        assert_eq!(
            library.peer.frame(),
            Some((0x81, b"Hello".to_vec())),
            "{name}"
        );
        library
            .peer
            .write(&frame_to(sockeye_websocket::Role::Server, 0x88, b""));
        assert_eq!(library.peer.close_code(), None, "{name}");
        assert_eq!(library.ended().closed().code, 1005, "{name}");
    }
}
