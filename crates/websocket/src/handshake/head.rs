//! What the heads of requests and responses have in common (RFC 9112).

use http::{HeaderName, HeaderValue};

/// Takes a line, without its end, from the front.
pub(super) fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.windows(2).position(|two| two == b"\r\n")?;
    let line = &rest[..end];
    *rest = &rest[end + 2..];
    Some(line)
}

/// RFC 9112 5. The types refuse what may not be in a name or value, so a space before the colon,
/// a folded line or a lone line break is an error.
pub(super) fn field(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
    Some((name, value))
}
