//! Responses of HTTP/1.1 on a connection that stays open.

use std::borrow::Cow;

/// A whole response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Response<'a> {
    pub(crate) status: u16,
    pub(crate) body: Cow<'a, [u8]>,
    /// Length of head and body on the wire.
    pub(crate) len: usize,
}

/// The first response of `bytes`; `Ok(None)` while it is incomplete.
///
/// # Errors
/// What cannot be understood, in words.
pub(crate) fn split(bytes: &[u8]) -> Result<Option<Response<'_>>, &'static str> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| "a head that is no text")?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
    let status = status.ok_or("no status line")?;
    let mut length = None;
    let mut chunked = false;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(
                value
                    .trim()
                    .parse::<usize>()
                    .map_err(|_| "a length that is no number")?,
            );
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = value.trim().eq_ignore_ascii_case("chunked");
        }
    }
    let start = end + 4;
    if chunked {
        let unchunked = unchunk(&bytes[start..])?;
        return Ok(unchunked.map(|(body, len)| Response {
            status,
            body: Cow::Owned(body),
            len: start + len,
        }));
    }
    let length = length.ok_or("neither a length nor chunks")?;
    let body = bytes[start..].get(..length);
    Ok(body.map(|body| Response {
        status,
        body: Cow::Borrowed(body),
        len: start + length,
    }))
}

fn unchunk(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, &'static str> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let Some(line) = bytes[at..].windows(2).position(|two| two == b"\r\n") else {
            return Ok(None);
        };
        let size = std::str::from_utf8(&bytes[at..at + line])
            .map_err(|_| "a chunk size that is no text")?;
        let size =
            usize::from_str_radix(size.trim(), 16).map_err(|_| "a chunk size that is no number")?;
        let start = at + line + 2;
        let Some(chunk) = bytes.get(start..start + size + 2) else {
            return Ok(None);
        };
        at = start + size + 2;
        if size == 0 {
            return Ok(Some((body, at)));
        }
        body.extend_from_slice(&chunk[..size]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_ends_where_its_length_says() {
        let bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP";
        let response = Response {
            status: 200,
            body: Cow::Borrowed(&b"ok"[..]),
            len: 40,
        };
        assert_eq!(split(bytes), Ok(Some(response)));
        assert_eq!(split(&bytes[..39]), Ok(None));
        assert_eq!(
            split(b"HTTP/1.1 200 OK\r\n\r\n"),
            Err("neither a length nor chunks")
        );
    }

    #[test]
    fn chunks_are_joined() {
        let bytes =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";
        let response = split(bytes).expect("well formed").expect("complete");
        assert_eq!((&*response.body, response.len), (&b"abcd"[..], bytes.len()));
        assert_eq!(split(&bytes[..bytes.len() - 1]), Ok(None));
    }
}
