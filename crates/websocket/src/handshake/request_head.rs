//! The head of an HTTP/1 request (RFC 9112), as strict as a handshake allows.

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{Method, Request, Response, StatusCode, Uri, Version};
use thiserror::Error;

use super::head::{field, line};

/// The longest request head that is read, in bytes.
pub const MAX_REQUEST_HEAD: usize = 8 * 1024;
/// The most header lines of a request.
pub const MAX_REQUEST_HEADERS: usize = 100;

/// A request's head, which is all of a request that asks for a WebSocket.
#[derive(Debug)]
#[non_exhaustive]
pub struct Head {
    /// How many of the bytes that were read are the head.
    pub len: usize,
    /// What it says.
    pub request: Request<()>,
}

/// Why this is not the head of a request that can ask for a WebSocket: one variant a rule.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum HeadError {
    /// A body is announced: what follows the head would be taken for frames.
    #[error("request with a body")]
    Body,
    /// No `Host`, more than one, or one that is no host (RFC 9112 3.2).
    #[error("not exactly one valid Host")]
    Host,
    /// Another version of HTTP than 1.0 and 1.1.
    #[error("HTTP version is not 1.1")]
    HttpVersion,
    /// Not the head of an HTTP/1 request.
    #[error("not an HTTP request")]
    Malformed,
    /// A head of more than [`MAX_REQUEST_HEAD`] bytes.
    #[error("request head too long")]
    TooLong,
    /// More than [`MAX_REQUEST_HEADERS`] headers.
    #[error("too many headers")]
    TooManyHeaders,
}

impl HeadError {
    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::HttpVersion => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            Self::TooLong | Self::TooManyHeaders => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Body | Self::Host | Self::Malformed => StatusCode::BAD_REQUEST,
        }
    }

    /// The answer, after which nothing can be read from the connection any more.
    #[must_use]
    pub fn response(&self) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = self.status();
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
        response
    }
}

/// Reads the head from the beginning of a request; `None` while it is not complete.
///
/// ```
/// use sockeye_websocket::handshake::request_head::{HeadError, parse};
///
/// let read = b"GET /chat HTTP/1.1\r\nHost: example.com\r\n\r\n\x81\x82";
/// let head = parse(read)?.expect("complete");
/// assert_eq!(head.request.uri(), "/chat");
/// assert_eq!(read[head.len..], [0x81, 0x82]);
///
/// assert!(parse(b"GET /chat HT")?.is_none());
/// assert_eq!(parse(b"\x16\x03\x01").unwrap_err(), HeadError::Malformed);
/// # Ok::<(), HeadError>(())
/// ```
///
/// # Errors
/// [`HeadError`] says which rule the request broke, and makes the answer.
pub fn parse(read: &[u8]) -> Result<Option<Head>, HeadError> {
    // Something that speaks another protocol, such as TLS, is told from its first byte.
    if read.first().is_some_and(|byte| !byte.is_ascii_uppercase()) {
        return Err(HeadError::Malformed);
    }
    let visible = &read[..read.len().min(MAX_REQUEST_HEAD)];
    let Some(end) = visible.windows(4).position(|four| four == b"\r\n\r\n") else {
        if read.len() >= MAX_REQUEST_HEAD {
            return Err(HeadError::TooLong);
        }
        return Ok(None);
    };

    let mut rest = &visible[..end + 2];
    let (method, uri, version) = line(&mut rest)
        .ok_or(HeadError::Malformed)
        .and_then(request_line)?;
    let mut headers = HeaderMap::new();
    while let Some(header) = line(&mut rest) {
        if headers.len() == MAX_REQUEST_HEADERS {
            return Err(HeadError::TooManyHeaders);
        }
        let (name, value) = field(header).ok_or(HeadError::Malformed)?;
        headers.append(name, value);
    }
    check_host(&headers)?;
    check_body(&headers)?;

    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.version_mut() = version;
    *request.headers_mut() = headers;
    Ok(Some(Head {
        len: end + 4,
        request,
    }))
}

/// RFC 9112 3
fn request_line(line: &[u8]) -> Result<(Method, Uri, Version), HeadError> {
    let mut words = line.split(|byte| *byte == b' ');
    let mut word = || words.next().ok_or(HeadError::Malformed);
    let (method, target, version) = (word()?, word()?, word()?);
    if words.next().is_some() {
        return Err(HeadError::Malformed);
    }
    let version = match version {
        b"HTTP/1.1" => Version::HTTP_11,
        b"HTTP/1.0" => Version::HTTP_10,
        // RFC 9112 2.3
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            return Err(HeadError::HttpVersion);
        }
        _ => return Err(HeadError::Malformed),
    };
    let method = Method::from_bytes(method).map_err(|_| HeadError::Malformed)?;
    // RFC 9112 3.2: no form of the target has a fragment.
    let visible = |byte: &u8| byte.is_ascii_graphic() && *byte != b'#';
    if !target.iter().all(visible) {
        return Err(HeadError::Malformed);
    }
    let uri = Uri::try_from(target).map_err(|_| HeadError::Malformed)?;
    Ok((method, uri, version))
}

/// RFC 9112 3.2: "A server MUST respond with a 400 ... to any HTTP/1.1 request message that lacks
/// a Host header field and to any request message that contains more than one Host header field
/// line or a Host header field with an invalid field value."
fn check_host(headers: &HeaderMap) -> Result<(), HeadError> {
    let mut hosts = headers.get_all(HOST).into_iter();
    let host = hosts.next().ok_or(HeadError::Host)?;
    let authority = Authority::try_from(host.as_bytes()).map_err(|_| HeadError::Host)?;
    if hosts.next().is_some() || authority.as_str().contains('@') || authority.host().is_empty() {
        return Err(HeadError::Host);
    }
    Ok(())
}

fn check_body(headers: &HeaderMap) -> Result<(), HeadError> {
    let mut lengths = headers.get_all(CONTENT_LENGTH).into_iter();
    if headers.contains_key(TRANSFER_ENCODING) || lengths.any(|length| length != "0") {
        return Err(HeadError::Body);
    }
    Ok(())
}
