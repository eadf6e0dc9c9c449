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

/// The head of a response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Bytes of the body, if it says how many.
    length: Option<usize>,
    /// Its body comes in chunks.
    pub(crate) chunked: bool,
    /// Length on the wire.
    pub(crate) len: usize,
}

/// The head that `bytes` begin with; `Ok(None)` while it is incomplete.
///
/// # Errors
/// What cannot be understood, in words.
pub(crate) fn head(bytes: &[u8]) -> Result<Option<Head>, &'static str> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| "a head that is no text")?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
    let mut head = Head {
        status: status.ok_or("no status line")?,
        length: None,
        chunked: false,
        len: end + 4,
    };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            let length = value.trim().parse();
            head.length = Some(length.map_err(|_| "a length that is no number")?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            head.chunked = value.trim().eq_ignore_ascii_case("chunked");
        }
    }
    Ok(Some(head))
}

/// The first response of `bytes`; `Ok(None)` while it is incomplete.
///
/// # Errors
/// What cannot be understood, in words.
pub(crate) fn split(bytes: &[u8]) -> Result<Option<Response<'_>>, &'static str> {
    let Some(head) = head(bytes)? else {
        return Ok(None);
    };
    let Head { status, len, .. } = head;
    if head.chunked {
        let unchunked = unchunk(&bytes[len..])?;
        return Ok(unchunked.map(|(body, rest)| Response {
            status,
            body: Cow::Owned(body),
            len: len + rest,
        }));
    }
    let length = head.length.ok_or("neither a length nor chunks")?;
    let body = bytes[len..].get(..length);
    Ok(body.map(|body| Response {
        status,
        body: Cow::Borrowed(body),
        len: len + length,
    }))
}

/// The data of the first chunk of `bytes` and its length on the wire; no data ends the body. `Ok(None)` while it is
/// incomplete.
///
/// # Errors
/// What cannot be understood, in words.
pub(crate) fn chunk(bytes: &[u8]) -> Result<Option<(&[u8], usize)>, &'static str> {
    let Some(line) = bytes.windows(2).position(|two| two == b"\r\n") else {
        return Ok(None);
    };
    let size = std::str::from_utf8(&bytes[..line]).map_err(|_| "a chunk size that is no text")?;
    let size =
        usize::from_str_radix(size.trim(), 16).map_err(|_| "a chunk size that is no number")?;
    let end = line + 2 + size;
    match bytes.get(end..end + 2) {
        None => Ok(None),
        Some(b"\r\n") => Ok(Some((&bytes[line + 2..end], end + 2))),
        Some(_) => Err("a chunk that is longer than it says"),
    }
}

fn unchunk(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, &'static str> {
    let mut body = Vec::new();
    let mut at = 0;
    while let Some((data, len)) = chunk(&bytes[at..])? {
        at += len;
        if data.is_empty() {
            return Ok(Some((body, at)));
        }
        body.extend_from_slice(data);
    }
    Ok(None)
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

    #[test]
    fn a_chunk_ends_where_its_size_says() {
        assert_eq!(chunk(b"3\r\nabc\r\n1"), Ok(Some((&b"abc"[..], 8))));
        assert_eq!(chunk(b"3\r\nabc\r"), Ok(None));
        assert_eq!(chunk(b"0\r\n\r\n"), Ok(Some((&b""[..], 5))));
        assert_eq!(
            chunk(b"3\r\nabcd\r\n"),
            Err("a chunk that is longer than it says")
        );
    }
}
