//! The head of an HTTP/1 response (RFC 9112), as strict as a handshake allows.

use http::{HeaderMap, StatusCode, Version};

use super::client::{MAX_RESPONSE_HEAD, MAX_RESPONSE_HEADERS, ResponseError};
use super::head::{field, line};

pub(crate) struct Head {
    /// In bytes, with the empty line.
    pub(crate) len: usize,
    pub(crate) version: Version,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

/// Reads the head from the beginning of a response; `None` while it is not complete.
pub(crate) fn parse(read: &[u8]) -> Result<Option<Head>, ResponseError> {
    // Something that speaks another protocol is told from its first bytes.
    if !read
        .iter()
        .zip(b"HTTP/1.")
        .all(|(found, expected)| found == expected)
    {
        return Err(ResponseError::Malformed);
    }
    let visible = &read[..read.len().min(MAX_RESPONSE_HEAD)];
    let Some(end) = visible.windows(4).position(|four| four == b"\r\n\r\n") else {
        if read.len() >= MAX_RESPONSE_HEAD {
            return Err(ResponseError::HeadTooLong);
        }
        return Ok(None);
    };

    let mut rest = &visible[..end + 2];
    let (version, status) = line(&mut rest)
        .and_then(status_line)
        .ok_or(ResponseError::Malformed)?;
    let mut headers = HeaderMap::new();
    while let Some(header) = line(&mut rest) {
        if headers.len() == MAX_RESPONSE_HEADERS {
            return Err(ResponseError::TooManyHeaders);
        }
        let (name, value) = field(header).ok_or(ResponseError::Malformed)?;
        headers.append(name, value);
    }
    Ok(Some(Head {
        len: end + 4,
        version,
        status,
        headers,
    }))
}

/// RFC 9112 4. The space after the status may be missing: so may the reason, and some servers
/// leave both out.
fn status_line(line: &[u8]) -> Option<(Version, StatusCode)> {
    let (version, rest) = match line {
        [
            b'H',
            b'T',
            b'T',
            b'P',
            b'/',
            b'1',
            b'.',
            minor,
            b' ',
            rest @ ..,
        ] => match minor {
            b'0' => (Version::HTTP_10, rest),
            b'1' => (Version::HTTP_11, rest),
            _ => return None,
        },
        _ => return None,
    };
    let (status, reason) = rest.split_at_checked(3)?;
    if !reason.is_empty() && reason[0] != b' ' {
        return None;
    }
    Some((version, StatusCode::from_bytes(status).ok()?))
}
