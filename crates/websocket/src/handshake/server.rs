//! Judging a client's request (RFC 6455 4.2).

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Method, Response, StatusCode, Version};
use thiserror::Error;

use super::{VERSION, accept_key, elements, extensions, has_element, is_token};
use crate::deflate::{Options, Params};

/// A request that is granted, and what the answer has to say.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Accept {
    /// For `Sec-WebSocket-Accept`.
    pub key: HeaderValue,
    /// For `Sec-WebSocket-Protocol`: the first one that the client offered. Set it to another one
    /// of the offer, or to `None`, to choose otherwise.
    pub protocol: Option<HeaderValue>,
    /// For `Sec-WebSocket-Extensions`: `None` until
    /// [`negotiate_deflate`](Self::negotiate_deflate) granted something. The decoder and what
    /// writes the frames have to be told.
    pub deflate: Option<Params>,
}

impl Accept {
    /// Grants the first offer of permessage-deflate that can be granted, if there is one, and
    /// declines the others (RFC 7692 5.1). `headers` are those of the request.
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue, Method, Version};
    /// use sockeye_websocket::deflate::Options;
    /// use sockeye_websocket::handshake::server::accept;
    ///
    /// let headers = HeaderMap::from_iter(
    ///     [
    ///         ("upgrade", "websocket"),
    ///         ("connection", "Upgrade"),
    ///         ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ///         ("sec-websocket-version", "13"),
    ///         ("sec-websocket-extensions", "permessage-deflate; client_max_window_bits"),
    ///     ]
    ///     .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))),
    /// );
    /// let mut accepted = accept(&Method::GET, Version::HTTP_11, &headers)?;
    /// accepted.negotiate_deflate(&headers, &Options::new());
    /// assert_eq!(
    ///     accepted.response().headers()["sec-websocket-extensions"],
    ///     "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    /// );
    /// # Ok::<(), sockeye_websocket::handshake::server::Refusal>(())
    /// ```
    pub fn negotiate_deflate(&mut self, headers: &HeaderMap, options: &Options) {
        // That the header is a list was seen by `accept`.
        self.deflate = extensions::negotiate(headers, options).ok().flatten();
    }

    /// The answer with status 101 (RFC 6455 4.2.2).
    #[must_use]
    pub fn response(&self) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.key.clone());
        if let Some(protocol) = &self.protocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol.clone());
        }
        if let Some(params) = &self.deflate {
            headers.insert(SEC_WEBSOCKET_EXTENSIONS, extensions::answer(params));
        }
        response
    }
}

/// Why a request is not granted: one variant a rule.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// Two `Sec-WebSocket-Key` headers.
    #[error("more than one Sec-WebSocket-Key")]
    DuplicateKey,
    /// HTTP/1.0 cannot change the protocol.
    #[error("HTTP version older than 1.1")]
    HttpVersion,
    /// `Sec-WebSocket-Extensions` is not a list of extensions (RFC 6455 9.1).
    #[error("Sec-WebSocket-Extensions is not a list of extensions")]
    InvalidExtensions,
    /// `Sec-WebSocket-Key` is not the base64 form of 16 bytes.
    #[error("Sec-WebSocket-Key is not base64 of 16 bytes")]
    InvalidKey,
    /// `Sec-WebSocket-Protocol` is not a list of different tokens.
    #[error("Sec-WebSocket-Protocol is not a list of different tokens")]
    InvalidProtocol,
    /// Only `GET` opens a connection.
    #[error("method is not GET")]
    Method,
    /// `Connection` without `Upgrade`.
    #[error("Connection does not name Upgrade")]
    MissingConnection,
    /// No `Sec-WebSocket-Key`.
    #[error("no Sec-WebSocket-Key")]
    MissingKey,
    /// `Upgrade` without `websocket`.
    #[error("Upgrade does not name websocket")]
    MissingUpgrade,
    /// No `Sec-WebSocket-Version`, or one that is not 13.
    #[error("Sec-WebSocket-Version is not 13")]
    Version,
}

impl Refusal {
    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            // RFC 6455 4.2.2: the version is answered with the ones there are.
            Self::Version => StatusCode::UPGRADE_REQUIRED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The answer, with the header that tells the right method or version where that is the
    /// matter.
    #[must_use]
    pub fn response(&self) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        match self {
            // RFC 9110 15.5.6
            Self::Method => {
                headers.insert(http::header::ALLOW, HeaderValue::from_static("GET"));
            }
            // RFC 6455 4.4, and RFC 9110 15.5.22 for `Upgrade`
            Self::Version => {
                headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION));
                headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
            }
            _ => {}
        }
        response
    }
}

/// Judges a request for a WebSocket over HTTP/1.1.
///
/// Where the request came from is not judged: see to `Origin` before (RFC 6455 10.2).
///
/// ```
/// use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
/// use sockeye_websocket::handshake::server::{Refusal, accept};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("upgrade", HeaderValue::from_static("websocket"));
/// headers.insert("connection", HeaderValue::from_static("keep-alive, Upgrade"));
/// headers.insert("sec-websocket-key", HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
/// let refusal = accept(&Method::GET, Version::HTTP_11, &headers).unwrap_err();
/// assert_eq!(refusal, Refusal::Version);
/// assert_eq!(refusal.response().headers()["sec-websocket-version"], "13");
///
/// headers.insert("sec-websocket-version", HeaderValue::from_static("13"));
/// let accepted = accept(&Method::GET, Version::HTTP_11, &headers)?;
/// assert_eq!(accepted.key, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// assert_eq!(accepted.response().status(), StatusCode::SWITCHING_PROTOCOLS);
/// # Ok::<(), Refusal>(())
/// ```
///
/// # Errors
/// [`Refusal`] says which rule the request broke, and makes the answer.
pub fn accept(method: &Method, version: Version, headers: &HeaderMap) -> Result<Accept, Refusal> {
    // RFC 6455 4.2.1, 1: "an HTTP/1.1 or higher GET request"
    if method != Method::GET {
        return Err(Refusal::Method);
    }
    if version < Version::HTTP_11 {
        return Err(Refusal::HttpVersion);
    }
    // RFC 6455 4.2.1, 3
    if !has_element(headers, UPGRADE, "websocket") {
        return Err(Refusal::MissingUpgrade);
    }
    // RFC 6455 4.2.1, 4
    if !has_element(headers, CONNECTION, "upgrade") {
        return Err(Refusal::MissingConnection);
    }
    // RFC 6455 4.2.1, 6
    let mut versions = headers.get_all(SEC_WEBSOCKET_VERSION).into_iter();
    if versions.next().is_none_or(|version| version != VERSION) || versions.next().is_some() {
        return Err(Refusal::Version);
    }
    // RFC 6455 4.2.1, 5, and 11.3.1: not more than once
    let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).into_iter();
    let key = keys.next().ok_or(Refusal::MissingKey)?;
    if keys.next().is_some() {
        return Err(Refusal::DuplicateKey);
    }
    let mut nonce = [0; 18];
    if STANDARD.decode_slice(key, &mut nonce) != Ok(16) {
        return Err(Refusal::InvalidKey);
    }
    let accept =
        HeaderValue::from_bytes(&accept_key(key.as_bytes())).map_err(|_| Refusal::InvalidKey)?;
    let protocol = first_protocol(headers)?;
    extensions::check(headers)?;
    Ok(Accept {
        key: accept,
        protocol,
        deflate: None,
    })
}

/// RFC 6455 4.1, 10: what is offered are different tokens, the first the most wanted.
pub(super) fn first_protocol(headers: &HeaderMap) -> Result<Option<HeaderValue>, Refusal> {
    let mut first = None;
    let mut seen = BTreeSet::new();
    for protocol in elements(headers, SEC_WEBSOCKET_PROTOCOL) {
        if !is_token(protocol) || !seen.insert(protocol) {
            return Err(Refusal::InvalidProtocol);
        }
        first = first.or(Some(protocol));
    }
    let first = first.map(HeaderValue::from_bytes);
    first.transpose().map_err(|_| Refusal::InvalidProtocol)
}
