//! What a server answers to our request, judged by the client.
//!
//! Input: how to cut, then the response. `$` stands for the right `Sec-WebSocket-Accept`, which
//! no fuzzer could guess.

use http::HeaderName;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use sockeye_websocket::handshake::accept_key;
use sockeye_websocket::handshake::client::{
    MAX_RESPONSE_HEAD, MAX_RESPONSE_HEADERS, Request, Response,
};

use super::reads;

pub(crate) fn run(input: &[u8]) {
    let Some((&seed, template)) = input.split_first() else {
        return;
    };
    let request = Request::new("example.com", "/")
        .and_then(|request| request.protocol("a"))
        .and_then(|request| request.protocol("b.c"))
        .expect("a request");
    let accept = accept_of(&request);
    let mut response = Vec::new();
    for byte in template {
        match byte {
            b'$' => response.extend(accept),
            byte => response.push(*byte),
        }
    }

    let whole = request.check(&response);
    if let Ok(Some(opened)) = &whole {
        judge(opened, &response, &accept);
    }
    // As the bytes come in: nothing is told that more bytes would take back.
    let mut came = 0;
    for read in reads::cut(&response, seed) {
        came += read.len();
        match request.check(&response[..came]) {
            Ok(None) => assert!(came < MAX_RESPONSE_HEAD, "waits for ever"),
            found => return assert_eq!(found, whole, "after {came} of {} bytes", response.len()),
        }
    }
    assert!(response.is_empty() || whole == Ok(None));
}

/// The right answer to the request's key.
fn accept_of(request: &Request) -> [u8; 28] {
    let head = String::from_utf8(request.to_bytes()).expect("a request is ASCII");
    let key = head
        .lines()
        .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "))
        .expect("a key");
    accept_key(key.as_bytes())
}

fn judge(opened: &Response, response: &[u8], accept: &[u8]) {
    assert!(opened.head_len <= MAX_RESPONSE_HEAD && opened.head_len <= response.len());
    assert!(opened.headers.len() <= MAX_RESPONSE_HEADERS);
    let head = &response[..opened.head_len];
    assert!(head.starts_with(b"HTTP/1.1 101") && head.ends_with(b"\r\n\r\n"));
    let all = |name: HeaderName| {
        let values = opened.headers.get_all(name).into_iter();
        values.map(|value| value.as_bytes()).collect::<Vec<_>>()
    };
    assert_eq!(all(SEC_WEBSOCKET_ACCEPT), [accept]);
    for (name, element) in [(UPGRADE, &b"websocket"[..]), (CONNECTION, b"upgrade")] {
        let values = all(name).join(&b',').to_ascii_lowercase();
        assert!(values.windows(element.len()).any(|found| found == element));
    }
    match &opened.protocol {
        None => assert!(all(SEC_WEBSOCKET_PROTOCOL).is_empty()),
        Some(chosen) => {
            assert!(["a", "b.c"].contains(&chosen.as_str()));
            assert_eq!(all(SEC_WEBSOCKET_PROTOCOL), [chosen.as_bytes()]);
        }
    }
}
