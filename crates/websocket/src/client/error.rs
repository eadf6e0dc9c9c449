use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use thiserror::Error;

use crate::handshake::client::{RequestError, ResponseError};

/// Why there is no connection: one variant a reason.
///
/// The text is for whoever started the program; user names and passwords of URLs are never in it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The user's name for basic authentication has a colon, which ends it there (RFC 7617 2).
    #[error("a user name for basic authentication cannot contain a colon")]
    BasicAuthUser,
    /// The stream ended before the whole answer to the handshake.
    #[error("the server closed the connection in the middle of the handshake")]
    ClosedEarly,
    /// No address accepted a connection.
    #[error("cannot connect to {authority}: {}", attempts(.errors))]
    Connect {
        /// Host and port, of the server or its proxy.
        authority: String,
        /// Every address that was tried, in this order, with what it said.
        errors: Vec<(SocketAddr, io::Error)>,
    },
    /// No address accepted a connection in time.
    #[error("no connection to {authority} within {after:?}{}{}", if errors.is_empty() { "" } else { ": " }, attempts(.errors))]
    ConnectTimeout {
        /// Host and port, of the server or its proxy.
        authority: String,
        /// The time that was allowed, which covers the look-up of the name and all addresses.
        after: Duration,
        /// The addresses that failed before.
        errors: Vec<(SocketAddr, io::Error)>,
    },
    /// A cookie that would not arrive as it was meant: its name is no token, or its value has a
    /// semicolon, a space at either end, a control character or one beyond ASCII (RFC 6265 4.1.1).
    #[error("invalid name or value of the cookie {name:?}")]
    Cookie {
        /// The cookie's name.
        name: String,
    },
    /// There was a connection, and the handshake on it did not end in time.
    #[error("no handshake within {after:?}")]
    HandshakeTimeout {
        /// The time that was allowed, which covers proxy, TLS and the answer to the request.
        after: Duration,
    },
    /// The server speaks no HTTP/2, or allows no WebSockets in it.
    #[cfg(feature = "http2")]
    #[error("no WebSockets over HTTP/2: {0}")]
    Http2(#[source] crate::http2::Http2Error),
    /// The server did not agree on HTTP/2 when TLS was set up: it has to be asked over HTTP/1.1.
    #[cfg(feature = "http2")]
    #[error("the server does not speak HTTP/2")]
    Http2Missing,
    /// The connection broke during the handshake.
    #[error("the connection broke during the handshake: {0}")]
    Io(#[source] io::Error),
    /// The name of the host was found, and has no address.
    #[error("{host} has no address")]
    NoAddress {
        /// The name.
        host: String,
    },
    /// The proxy closed the connection before the whole answer.
    #[error("the proxy closed the connection without an answer")]
    ProxyClosedEarly,
    /// The proxy refused the tunnel.
    #[error("the proxy refused to connect to the server: status {}{}", .0.as_u16(), hint(*.0))]
    ProxyRefused(StatusCode),
    /// What the proxy answered is not the head of an HTTP response.
    #[error("unusable answer of the proxy: {0}")]
    ProxyResponse(#[source] ResponseError),
    /// The proxy's URL.
    #[error("URL of the proxy: {0}")]
    ProxyUrl(#[source] UrlError),
    /// The server answers elsewhere, and redirects are not followed unless that is asked for with
    /// [`Connector::max_redirects`](crate::client::Connector::max_redirects).
    #[error("the server redirects to {location} (status {}); redirects are not followed by default", .status.as_u16())]
    Redirect {
        /// 301, 302, 303, 307 or 308.
        status: StatusCode,
        /// The `Location`, as it came.
        location: String,
    },
    /// A redirect from `wss` to `ws`, which would send in the clear what was to be protected.
    #[error("refused a redirect from wss to {location}, which is not encrypted")]
    RedirectDowngrade {
        /// The `Location`, as it came.
        location: String,
    },
    /// A `Location` that is no URL of a WebSocket.
    #[error("the server redirects to an unusable URL, {location}: {source}")]
    RedirectUrl {
        /// The `Location`, as it came.
        location: String,
        /// What is wrong with it.
        source: UrlError,
    },
    /// The server answered with another status than 101: the response with its headers, and as
    /// much of its body as came along with them.
    #[error("the server refused the WebSocket with status {}{}", .0.status().as_u16(), hint(.0.status()))]
    Refused(Box<Response<Bytes>>),
    /// The request cannot be made of what was asked for.
    #[error("cannot make the request: {0}")]
    Request(#[from] RequestError),
    /// The name of the host was not found.
    #[error("cannot find {host}: {source}")]
    Resolve {
        /// The name.
        host: String,
        /// What the system said.
        source: io::Error,
    },
    /// The server's answer breaks a rule of the handshake.
    #[error("unusable answer of the server: {0}")]
    Response(#[source] ResponseError),
    /// TLS failed: most often a certificate that is expired, for another name, or of an authority
    /// that is not trusted here.
    #[cfg(feature = "rustls")]
    #[error("no TLS with the server: {0}")]
    Tls(#[source] rustls::Error),
    /// TLS cannot be set up on this side.
    #[cfg(feature = "rustls")]
    #[error(transparent)]
    TlsConfig(#[from] super::ClientTlsError),
    /// A `wss` URL, and the crate was built without the feature `rustls`.
    #[error("wss needs the feature `rustls`, which this program was built without")]
    TlsMissing,
    /// A host that no certificate can name.
    #[error("{host} cannot be the name in a certificate")]
    TlsName {
        /// The host.
        host: String,
    },
    /// More redirects than were allowed.
    #[error("more than {limit} redirects; the last one to {location}")]
    TooManyRedirects {
        /// What [`Connector::max_redirects`](crate::client::Connector::max_redirects) allows.
        limit: usize,
        /// The `Location` that was not followed, as it came.
        location: String,
    },
    /// The URL.
    #[error(transparent)]
    Url(#[from] UrlError),
}

/// Why this is no URL of a WebSocket.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum UrlError {
    /// A fragment, which has no meaning here (RFC 6455 3).
    #[error("a WebSocket's URL has no fragment (#...)")]
    Fragment,
    /// Not a URL.
    #[error("invalid URL: {0}")]
    Invalid(#[from] url::ParseError),
    /// No host.
    #[error("the URL has no host")]
    NoHost,
    /// Not one of the schemes that are possible here.
    #[error("the scheme {0:?} is not supported here")]
    Scheme(String),
}

impl ConnectError {
    /// Whether a time ran out.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        match self {
            Self::ConnectTimeout { .. } | Self::HandshakeTimeout { .. } => true,
            #[cfg(feature = "http2")]
            Self::Http2(error) => error.is_timeout(),
            _ => false,
        }
    }

    /// The status with which the server answered instead of 101.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused(response) => Some(response.status()),
            Self::Redirect { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// From reading or writing once there is a connection.
    pub(super) fn from_io(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::ClosedEarly;
        }
        #[cfg(feature = "rustls")]
        if let Some(tls) = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        {
            return Self::Tls(tls.clone());
        }
        Self::Io(error)
    }
}

fn attempts(errors: &[(SocketAddr, io::Error)]) -> String {
    let attempts: Vec<String> = errors
        .iter()
        .map(|(address, error)| format!("{address}: {error}"))
        .collect();
    attempts.join("; ")
}

/// What a status asks of the user.
fn hint(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            " (user name and password, or a token, are missing or wrong)"
        }
        StatusCode::NOT_FOUND => " (nothing answers at this path)",
        StatusCode::UPGRADE_REQUIRED => " (the server wants another protocol or version)",
        _ => "",
    }
}
