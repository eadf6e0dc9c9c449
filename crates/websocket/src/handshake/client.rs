//! Asking for a WebSocket, and judging the answer (RFC 6455 4.1).

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::{StatusCode, Version};
use rand::Rng;
use thiserror::Error;

use super::{VERSION, accept_key, extensions, has_element, is_token, response_head};
use crate::deflate::{Options, Params};

/// The longest response head that is read, in bytes.
pub const MAX_RESPONSE_HEAD: usize = 16 * 1024;
/// The most header lines of a response.
pub const MAX_RESPONSE_HEADERS: usize = 100;

/// A request with a key of its own, which also judges the response.
///
/// ```
/// use sockeye_websocket::handshake::client::Request;
///
/// let request = Request::new("example.com:8080", "/chat?room=1")?
///     .header("Origin", "http://example.com")?
///     .protocol("chat")?;
/// let bytes = request.to_bytes();
/// assert!(bytes.starts_with(b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com:8080\r\n"));
/// assert!(bytes.ends_with(b"\r\n\r\n"));
/// # Ok::<(), sockeye_websocket::handshake::client::RequestError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Request {
    head: String,
    protocols: Vec<String>,
    deflate: Option<Options>,
    key: String,
}

/// Why a request cannot be made.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum RequestError {
    /// The same subprotocol twice (RFC 6455 4.1).
    #[error("subprotocol offered twice")]
    DuplicateProtocol,
    /// A name that is no header's name.
    #[error("invalid header name")]
    InvalidHeaderName,
    /// A value with a line break or another control character.
    #[error("invalid header value")]
    InvalidHeaderValue,
    /// Not a host with or without a port.
    #[error("invalid host")]
    InvalidHost,
    /// A path that does not begin with a slash, or has a fragment, spaces, controls or characters
    /// beyond ASCII.
    #[error("invalid path")]
    InvalidPath,
    /// A subprotocol that is no token.
    #[error("invalid subprotocol")]
    InvalidProtocol,
    /// A scheme other than `ws`, `wss`, `http` and `https`.
    #[error("invalid scheme")]
    InvalidScheme,
    /// A header that the handshake itself writes.
    #[error("header belongs to the handshake")]
    ReservedHeader,
}

impl Request {
    /// A request to `host`, with a port unless it is the scheme's own, for `path`, which includes
    /// the query.
    ///
    /// # Errors
    /// [`RequestError::InvalidHost`] or [`RequestError::InvalidPath`].
    pub fn new(host: &str, path: &str) -> Result<Self, RequestError> {
        let authority: http::uri::Authority =
            host.parse().map_err(|_| RequestError::InvalidHost)?;
        // RFC 9110 7.2: `Host` has no user information.
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(RequestError::InvalidHost);
        }
        // RFC 6455 3: "Fragment identifiers ... MUST NOT be used".
        let visible = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
        if !path.starts_with('/') || !path.bytes().all(visible) {
            return Err(RequestError::InvalidPath);
        }
        // RFC 6455 4.1, 7: 16 random bytes, new ones for each connection
        let nonce: [u8; 16] = rand::rng().random();
        let key = STANDARD.encode(nonce);
        let head = format!(
            "GET {path} HTTP/1.1\r\n\
             Host: {host}\r\n\
             Upgrade: websocket\r\n\
             Connection: Upgrade\r\n\
             Sec-WebSocket-Key: {key}\r\n\
             Sec-WebSocket-Version: {VERSION}\r\n"
        );
        Ok(Self {
            head,
            protocols: Vec::new(),
            deflate: None,
            key,
        })
    }

    /// Adds a header, such as `Origin`, `Cookie` or `Authorization`.
    ///
    /// # Errors
    /// [`RequestError::InvalidHeaderName`], [`RequestError::InvalidHeaderValue`], or
    /// [`RequestError::ReservedHeader`] for one that the handshake writes itself.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, RequestError> {
        let reserved = [
            CONNECTION,
            HOST,
            SEC_WEBSOCKET_ACCEPT,
            SEC_WEBSOCKET_EXTENSIONS,
            SEC_WEBSOCKET_KEY,
            SEC_WEBSOCKET_PROTOCOL,
            SEC_WEBSOCKET_VERSION,
            UPGRADE,
            // Nothing follows the head but frames.
            http::header::CONTENT_LENGTH,
            http::header::TRANSFER_ENCODING,
        ];
        let parsed: HeaderName = name.parse().map_err(|_| RequestError::InvalidHeaderName)?;
        if reserved.contains(&parsed) {
            return Err(RequestError::ReservedHeader);
        }
        // A line break in a value would begin a header that nobody asked for.
        if HeaderValue::from_str(value).is_err() {
            return Err(RequestError::InvalidHeaderValue);
        }
        self.line(name, value);
        Ok(self)
    }

    /// Offers a subprotocol; the first one offered is the most wanted.
    ///
    /// # Errors
    /// [`RequestError::InvalidProtocol`] or [`RequestError::DuplicateProtocol`].
    pub fn protocol(mut self, name: &str) -> Result<Self, RequestError> {
        if !is_token(name.as_bytes()) {
            return Err(RequestError::InvalidProtocol);
        }
        if self.protocols.iter().any(|offered| offered == name) {
            return Err(RequestError::DuplicateProtocol);
        }
        self.protocols.push(name.to_owned());
        Ok(self)
    }

    /// Offers permessage-deflate (RFC 7692 5.1). What became of it is in [`Response::deflate`];
    /// the decoder and what writes the frames have to be told.
    ///
    /// ```
    /// use sockeye_websocket::deflate::Options;
    /// use sockeye_websocket::handshake::client::Request;
    ///
    /// let request = Request::new("example.com", "/")?.deflate(&Options::new());
    /// let text = String::from_utf8(request.to_bytes()).unwrap();
    /// assert!(text.contains("\r\nSec-WebSocket-Extensions: permessage-deflate; server_no"));
    /// # Ok::<(), sockeye_websocket::handshake::client::RequestError>(())
    /// ```
    #[must_use]
    pub fn deflate(mut self, options: &Options) -> Self {
        self.deflate = Some(*options);
        self
    }

    /// What to write to the server.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut request = self.clone();
        if !self.protocols.is_empty() {
            request.line("Sec-WebSocket-Protocol", &self.protocols.join(", "));
        }
        if let Some(options) = &self.deflate {
            let offer = extensions::offer(options);
            request.line(
                "Sec-WebSocket-Extensions",
                offer.to_str().expect("tokens and digits"),
            );
        }
        request.head.push_str("\r\n");
        request.head.into_bytes()
    }

    fn line(&mut self, name: &str, value: &str) {
        // Writing to a `String` cannot fail.
        let _ = write!(self.head, "{name}: {value}\r\n");
    }

    /// Judges the response from all that was read of it; `None` while its head is not complete.
    ///
    /// The bytes behind [`Response::head_len`] are frames already: feed them to the decoder.
    ///
    /// ```
    /// use sockeye_websocket::handshake::client::{Request, ResponseError};
    ///
    /// let request = Request::new("example.com", "/")?;
    /// assert_eq!(request.check(b"HTTP/1.1 403 Forbid"), Ok(None));
    /// let refused = request.check(b"HTTP/1.1 403 Forbidden\r\n\r\n");
    /// assert_eq!(refused, Err(ResponseError::Status(403)));
    /// # Ok::<(), sockeye_websocket::handshake::client::RequestError>(())
    /// ```
    ///
    /// # Errors
    /// [`ResponseError`] says which rule the server broke, or with which status it refused.
    pub fn check(&self, read: &[u8]) -> Result<Option<Response>, ResponseError> {
        let Some(head) = response_head::parse(read)? else {
            return Ok(None);
        };
        // RFC 6455 4.1: "If the status code received from the server is not 101"
        if head.status != StatusCode::SWITCHING_PROTOCOLS {
            return Err(ResponseError::Status(head.status.as_u16()));
        }
        // RFC 9110 15.2: HTTP/1.0 has no such status.
        if head.version != Version::HTTP_11 {
            return Err(ResponseError::HttpVersion);
        }
        let headers = head.headers;
        // RFC 6455 4.1, 2
        if !has_element(&headers, UPGRADE, "websocket") {
            return Err(ResponseError::MissingUpgrade);
        }
        // RFC 6455 4.1, 3
        if !has_element(&headers, CONNECTION, "upgrade") {
            return Err(ResponseError::MissingConnection);
        }
        // RFC 6455 4.1, 4
        let accept = only(&headers, SEC_WEBSOCKET_ACCEPT).map_err(|_| ResponseError::Accept)?;
        if accept.is_none_or(|accept| accept.as_bytes() != accept_key(self.key.as_bytes())) {
            return Err(ResponseError::Accept);
        }
        // RFC 6455 4.1, 5
        let deflate = extensions::agreed(&headers, self.deflate.as_ref())?;
        let protocol = chosen_protocol(&headers, &self.protocols)?;
        Ok(Some(Response {
            head_len: head.len,
            headers,
            protocol,
            deflate,
        }))
    }
}

/// The subprotocol that a response chose of the ones that were offered (RFC 6455 4.1, 6).
pub(super) fn chosen_protocol(
    headers: &HeaderMap,
    offered: &[String],
) -> Result<Option<String>, ResponseError> {
    let chosen = only(headers, SEC_WEBSOCKET_PROTOCOL).map_err(|_| ResponseError::Protocol)?;
    let Some(chosen) = chosen else {
        return Ok(None);
    };
    let known = offered.iter().find(|offered| chosen == offered.as_str());
    known.cloned().map(Some).ok_or(ResponseError::Protocol)
}

/// The only value of a header, if there is one.
fn only(headers: &HeaderMap, name: HeaderName) -> Result<Option<&HeaderValue>, ()> {
    let mut values = headers.get_all(name).into_iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(()),
        (value, None) => Ok(value),
    }
}

/// A response that opened the connection.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Response {
    /// How many of the bytes that were read are the head.
    pub head_len: usize,
    /// Its headers.
    pub headers: HeaderMap,
    /// The subprotocol that the server chose.
    pub protocol: Option<String>,
    /// What was agreed on of permessage-deflate; `None` if the server granted nothing.
    pub deflate: Option<Params>,
}

/// Why a response does not open the connection: one variant a rule.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ResponseError {
    /// `Sec-WebSocket-Accept` does not answer the key.
    #[error("Sec-WebSocket-Accept does not answer the key")]
    Accept,
    /// An extension granted twice (RFC 7692 5).
    #[error("extension granted twice")]
    DuplicateExtension,
    /// A parameter of an extension twice (RFC 7692 7).
    #[error("parameter of an extension twice")]
    DuplicateExtensionParameter,
    /// An extension that was not asked for.
    #[error("extension that was not asked for")]
    Extension,
    /// A parameter of an extension without the value it needs, or with one that it cannot have
    /// (RFC 7692 7.1).
    #[error("wrong value for a parameter of an extension")]
    ExtensionParameterValue,
    /// A head of more than [`MAX_RESPONSE_HEAD`] bytes.
    #[error("response head too long")]
    HeadTooLong,
    /// The status is 101 and the HTTP version older than 1.1.
    #[error("HTTP version older than 1.1")]
    HttpVersion,
    /// What was read is not the head of an HTTP/1 response.
    #[error("not an HTTP response")]
    Malformed,
    /// `Sec-WebSocket-Extensions` is not a list of extensions (RFC 6455 9.1).
    #[error("Sec-WebSocket-Extensions is not a list of extensions")]
    MalformedExtension,
    /// `Connection` without `Upgrade`.
    #[error("Connection does not name Upgrade")]
    MissingConnection,
    /// A parameter that the client insisted on is not granted (RFC 7692 7.1.1.1, 7.1.2.1).
    #[error("parameter of an extension is not granted")]
    MissingExtensionParameter,
    /// `Upgrade` without `websocket`.
    #[error("Upgrade does not name websocket")]
    MissingUpgrade,
    /// A subprotocol that was not asked for.
    #[error("subprotocol that was not asked for")]
    Protocol,
    /// Another status than 101.
    #[error("status {0}")]
    Status(u16),
    /// More than [`MAX_RESPONSE_HEADERS`] headers.
    #[error("too many headers")]
    TooManyHeaders,
    /// A parameter that the extension does not have (RFC 7692 7).
    #[error("unknown parameter of an extension")]
    UnknownExtensionParameter,
    /// A window longer than the client asked for or offered (RFC 7692 7.1.2).
    #[error("window longer than was offered")]
    WindowBits,
}
