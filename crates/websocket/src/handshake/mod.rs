//! The opening handshake, for either end of an HTTP/1.1 connection (RFC 6455 4) and of a stream
//! of HTTP/2 (RFC 8441).

pub mod client;
pub mod extended_connect;
mod extension_list;
pub mod extensions;
mod head;
pub mod request_head;
pub(crate) mod response_head;
pub mod server;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AsHeaderName;
use sha1::{Digest, Sha1};

/// The only version there is (RFC 6455 4.1).
const VERSION: &str = "13";

/// What `Sec-WebSocket-Accept` has to be for this `Sec-WebSocket-Key` (RFC 6455 4.2.2).
///
/// ```
/// use sockeye_websocket::handshake::accept_key;
/// assert_eq!(&accept_key(b"dGhlIHNhbXBsZSBub25jZQ=="), b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
#[must_use]
pub fn accept_key(key: &[u8]) -> [u8; 28] {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let mut accept = [0; 28];
    let written = STANDARD.encode_slice(hash.finalize(), &mut accept);
    debug_assert_eq!(written, Ok(28));
    accept
}

/// The elements of a header that is a list (RFC 9110 5.6.1), from all its lines.
pub(crate) fn elements(
    headers: &HeaderMap,
    name: impl AsHeaderName,
) -> impl Iterator<Item = &[u8]> {
    headers
        .get_all(name)
        .into_iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|element| !element.is_empty())
}

/// Whether a list has this element, in whichever case.
fn has_element(headers: &HeaderMap, name: impl AsHeaderName, element: &str) -> bool {
    elements(headers, name).any(|found| found.eq_ignore_ascii_case(element.as_bytes()))
}

/// Whether this is a token (RFC 9110 5.6.2), as names of subprotocols have to be.
fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}
