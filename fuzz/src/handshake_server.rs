//! A client's request, judged by the server. Input: settings, how to cut, then the request.

use http::header::{
    ALLOW, HeaderMap, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
};
use http::{Method, Request, Version};
use sockeye_websocket::deflate::Options;
use sockeye_websocket::handshake::accept_key;
use sockeye_websocket::handshake::request_head::{MAX_REQUEST_HEAD, MAX_REQUEST_HEADERS, parse};
use sockeye_websocket::handshake::server::{Accept, Refusal, accept};

use super::reads;

pub(crate) fn run(input: &[u8]) {
    let Some((&seed, request)) = input.split_first() else {
        return;
    };
    let whole = parse(request);
    if let Ok(Some(head)) = &whole {
        assert!(head.len <= MAX_REQUEST_HEAD && head.len <= request.len());
        assert!(request[..head.len].ends_with(b"\r\n\r\n"));
        judge(&head.request);
    }
    // As the bytes come in: nothing is told that more bytes would take back.
    let mut came = 0;
    for read in reads::cut(request, seed) {
        came += read.len();
        match (parse(&request[..came]), &whole) {
            (Ok(None), _) => assert!(came < MAX_REQUEST_HEAD, "waits for ever"),
            (Ok(Some(found)), Ok(Some(head))) => {
                assert_eq!(found.len, head.len);
                return;
            }
            (Err(found), Err(error)) => return assert_eq!(found, *error),
            (found, whole) => panic!("{found:?} after {came} bytes, then {whole:?}"),
        }
    }
    assert!(matches!(whole, Ok(None)));
}

fn judge(request: &Request<()>) {
    let headers = request.headers();
    assert!(headers.len() <= MAX_REQUEST_HEADERS);
    match accept(request.method(), request.version(), headers) {
        Ok(mut accepted) => {
            assert_eq!(
                (request.method(), request.version()),
                (&Method::GET, Version::HTTP_11)
            );
            granted(&accepted, headers);
            accepted.negotiate_deflate(headers, &Options::default());
            let offered = headers.contains_key(SEC_WEBSOCKET_EXTENSIONS);
            let answered = accepted
                .response()
                .headers()
                .contains_key(SEC_WEBSOCKET_EXTENSIONS);
            assert_eq!(answered, accepted.deflate.is_some());
            assert!(offered || !answered, "nothing was offered");
        }
        Err(refusal) => refused(refusal),
    }
}

fn granted(accepted: &Accept, headers: &HeaderMap) {
    let response = accepted.response();
    assert_eq!(response.status().as_u16(), 101);
    assert_eq!(headers[SEC_WEBSOCKET_VERSION], "13");
    let key = headers[SEC_WEBSOCKET_KEY].as_bytes();
    assert!(key.len() == 24 && key.ends_with(b"=="));
    assert_eq!(
        response.headers()[SEC_WEBSOCKET_ACCEPT],
        accept_key(key)[..]
    );
    if let Some(chosen) = response.headers().get(SEC_WEBSOCKET_PROTOCOL) {
        let mut offered = headers
            .get_all(SEC_WEBSOCKET_PROTOCOL)
            .into_iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        assert!(offered.any(|offered| offered.trim_ascii() == chosen));
    }
}

fn refused(refusal: Refusal) {
    let response = refusal.response();
    let (status, headers) = (response.status().as_u16(), response.headers());
    match refusal {
        Refusal::Method => assert!(status == 405 && headers[ALLOW] == "GET"),
        Refusal::Version => assert!(status == 426 && headers[SEC_WEBSOCKET_VERSION] == "13"),
        _ => assert_eq!(status, 400),
    }
    assert!(!headers.contains_key(SEC_WEBSOCKET_ACCEPT));
}
