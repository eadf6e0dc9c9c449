//! Negotiation of permessage-deflate: any header is judged without harm, and two ends of this
//! library always agree.
//!
//! Input: six bytes of settings, then lines of `Sec-WebSocket-Extensions`.

use http::header::{HeaderMap, HeaderValue, SEC_WEBSOCKET_EXTENSIONS};
use sockeye_websocket::deflate::{Options, Params};
use sockeye_websocket::handshake::extensions::{agreed, answer, negotiate, offer};

pub(crate) fn run(input: &[u8]) {
    let Some((settings, lines)) = input.split_first_chunk::<6>() else {
        return;
    };
    let [server, client] = [options(&settings[..3]), options(&settings[3..])];
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n').take(8) {
        let Ok(value) = HeaderValue::from_bytes(line) else {
            return;
        };
        headers.append(SEC_WEBSOCKET_EXTENSIONS, value);
    }

    // The lines as a client's offer
    if let Ok(Some(granted)) = negotiate(&headers, &server) {
        within(&granted, &server);
        // and ours as an answer to it: what is said is what is meant.
        let asked = Options::new()
            .server_no_context_takeover(false)
            .client_no_context_takeover(false);
        let read = agreed(&only(answer(&granted)), Some(&asked)).expect("an answer to any offer");
        assert_eq!(read, Some(granted));
    }
    // The lines as a server's answer
    assert!(!matches!(agreed(&headers, None), Ok(Some(_))));
    if let Ok(Some(granted)) = agreed(&headers, Some(&client)) {
        within_window(
            granted.server_max_window_bits,
            client.server_max_window_bits,
            8,
        );
        within_window(
            granted.client_max_window_bits,
            client.client_max_window_bits,
            8,
        );
        assert!(granted.server_no_context_takeover || !client.server_no_context_takeover);
        assert!(granted.client_no_context_takeover || !client.client_no_context_takeover);
    }
    // Both ends are ours
    let granted = negotiate(&only(offer(&client)), &server)
        .expect("an offer of ours is well-formed")
        .expect("an offer of ours is granted");
    within(&granted, &server);
    let read =
        agreed(&only(answer(&granted)), Some(&client)).expect("an answer of ours is judged well");
    assert_eq!(read, Some(granted), "{server:?} {client:?}");
}

fn options(settings: &[u8]) -> Options {
    Options::new()
        .server_no_context_takeover(settings[0] & 1 != 0)
        .client_no_context_takeover(settings[0] & 2 != 0)
        .server_max_window_bits(settings[1])
        .client_max_window_bits(settings[2])
}

fn only(value: HeaderValue) -> HeaderMap {
    HeaderMap::from_iter([(SEC_WEBSOCKET_EXTENSIONS, value)])
}

/// What a server grants is no more than it wants to give.
fn within(granted: &Params, server: &Options) {
    within_window(
        granted.server_max_window_bits,
        server.server_max_window_bits,
        9,
    );
    assert!((8..=15).contains(&granted.client_max_window_bits));
    assert!(granted.server_no_context_takeover || !server.server_no_context_takeover);
    assert!(granted.client_no_context_takeover || !server.client_no_context_takeover);
}

fn within_window(bits: u8, most: u8, least: u8) {
    assert!((least..=most).contains(&bits), "{bits} of {most}");
}
