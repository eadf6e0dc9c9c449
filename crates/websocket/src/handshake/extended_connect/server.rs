//! Judging a client's request (RFC 8441 4 and 5).

use http::header::{
    HeaderMap, HeaderValue, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
};
use http::{Method, Response, StatusCode, Version};
use thiserror::Error;

use crate::deflate::Params;
use crate::handshake::{VERSION, extensions, server};

/// A request that is granted, and what the answer has to say.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Accept {
    /// For `Sec-WebSocket-Protocol`: the first one that the client offered. Set it to another one
    /// of the offer, or to `None`, to choose otherwise.
    pub protocol: Option<HeaderValue>,
    /// For `Sec-WebSocket-Extensions`: nothing, unless [`extensions::negotiate`] is asked.
    pub deflate: Option<Params>,
}

impl Accept {
    /// The answer with status 200 (RFC 8441 5).
    #[must_use]
    pub fn response(&self) -> Response<()> {
        let mut response = Response::new(());
        let headers = response.headers_mut();
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
    /// HTTP/1 has no extended CONNECT.
    #[error("HTTP version older than 2")]
    HttpVersion,
    /// `Sec-WebSocket-Extensions` is not a list of extensions (RFC 6455 9.1).
    #[error("Sec-WebSocket-Extensions is not a list of extensions")]
    InvalidExtensions,
    /// `Sec-WebSocket-Protocol` is not a list of different tokens.
    #[error("Sec-WebSocket-Protocol is not a list of different tokens")]
    InvalidProtocol,
    /// Only `CONNECT` opens a connection.
    #[error("method is not CONNECT")]
    Method,
    /// A CONNECT without `:protocol`, which asks for a tunnel.
    #[error("no :protocol")]
    MissingProtocol,
    /// `:protocol` is not `websocket`.
    #[error(":protocol is not websocket")]
    UnknownProtocol,
    /// No `Sec-WebSocket-Version`, or one that is not 13.
    #[error("Sec-WebSocket-Version is not 13")]
    Version,
}

impl Refusal {
    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Method | Self::MissingProtocol => StatusCode::METHOD_NOT_ALLOWED,
            // RFC 9220 3
            Self::UnknownProtocol => StatusCode::NOT_IMPLEMENTED,
            // Not 426: that one needs `Upgrade`, which HTTP/2 does not have (RFC 9113 8.2.2).
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
            // RFC 9110 15.5.6; a tunnel is not to be had with any method.
            Self::Method => {
                headers.insert(http::header::ALLOW, HeaderValue::from_static("CONNECT"));
            }
            Self::MissingProtocol => {
                headers.insert(http::header::ALLOW, HeaderValue::from_static(""));
            }
            // RFC 6455 4.4
            Self::Version => {
                headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION));
            }
            _ => {}
        }
        response
    }
}

/// Judges a request for a WebSocket over HTTP/2; `protocol` is its pseudo-header `:protocol`.
///
/// Where the request came from is not judged: see to `Origin` before (RFC 6455 10.2).
///
/// ```
/// use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
/// use sockeye_websocket::handshake::extended_connect::server::{Refusal, accept};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("sec-websocket-version", HeaderValue::from_static("13"));
/// let judge = |protocol| accept(&Method::CONNECT, Version::HTTP_2, protocol, &headers);
/// assert_eq!(judge(Some("websocket"))?.response().status(), StatusCode::OK);
/// assert_eq!(judge(Some("connect-udp")), Err(Refusal::UnknownProtocol));
/// assert_eq!(judge(None), Err(Refusal::MissingProtocol));
/// # Ok::<(), Refusal>(())
/// ```
///
/// # Errors
/// [`Refusal`] says which rule the request broke, and makes the answer.
pub fn accept(
    method: &Method,
    version: Version,
    protocol: Option<&str>,
    headers: &HeaderMap,
) -> Result<Accept, Refusal> {
    if version < Version::HTTP_2 {
        return Err(Refusal::HttpVersion);
    }
    // RFC 8441 4: `:protocol` is for requests with the method CONNECT.
    if method != Method::CONNECT {
        return Err(Refusal::Method);
    }
    let protocol = protocol.ok_or(Refusal::MissingProtocol)?;
    // RFC 9110 7.8: names of protocols are compared without regard to case.
    if !protocol.eq_ignore_ascii_case("websocket") {
        return Err(Refusal::UnknownProtocol);
    }
    // RFC 8441 5: `Sec-WebSocket-Version` is used as in RFC 6455 4.2.1, 6, and the key is not.
    let mut versions = headers.get_all(SEC_WEBSOCKET_VERSION).into_iter();
    if versions.next().is_none_or(|version| version != VERSION) || versions.next().is_some() {
        return Err(Refusal::Version);
    }
    extensions::check(headers).map_err(|_| Refusal::InvalidExtensions)?;
    Ok(Accept {
        protocol: server::first_protocol(headers).map_err(|_| Refusal::InvalidProtocol)?,
        deflate: None,
    })
}
