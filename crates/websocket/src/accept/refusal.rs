use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use thiserror::Error;

use crate::handshake::{extended_connect, server};

/// Why a request does not become a WebSocket.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// It breaks a rule of the handshake over HTTP/1.1.
    #[error(transparent)]
    Http1(#[from] server::Refusal),
    /// It breaks a rule of the handshake over HTTP/2.
    #[error(transparent)]
    Http2(#[from] extended_connect::server::Refusal),
    /// The request is a good one, and this server cannot pass its connection on: it did not come
    /// from hyper, or somebody has taken the upgrade already.
    #[error("connection cannot be upgraded")]
    NotUpgradable,
    /// The page that asked may not: [`Origins`](super::Origins) says so.
    #[error("origin {} is not allowed", .0.as_deref().unwrap_or("(none)"))]
    Origin(Option<String>),
}

impl Refusal {
    /// The status of the answer.
    ///
    /// ```
    /// use sockeye_websocket::accept::Refusal;
    /// use sockeye_websocket::handshake::server;
    ///
    /// assert_eq!(Refusal::Http1(server::Refusal::Version).status(), 426);
    /// assert_eq!(Refusal::Origin(Some("https://evil.net".into())).status(), 403);
    /// ```
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Http1(refusal) => refusal.status(),
            Self::Http2(refusal) => refusal.status(),
            Self::NotUpgradable => StatusCode::INTERNAL_SERVER_ERROR,
            // RFC 6455 4.2.2: "an appropriate HTTP error code (e.g., 403 Forbidden)"
            Self::Origin(_) => StatusCode::FORBIDDEN,
        }
    }

    /// The answer, which tells the reason in its body too.
    #[must_use]
    pub fn response(&self) -> Response<String> {
        let mut response = match self {
            Self::Http1(refusal) => refusal.response(),
            Self::Http2(refusal) => refusal.response(),
            Self::NotUpgradable | Self::Origin(_) => Response::new(()),
        };
        *response.status_mut() = self.status();
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, plain);
        response.map(|()| format!("{self}\n"))
    }
}
