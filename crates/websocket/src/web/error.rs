use thiserror::Error;

use crate::client::UrlError;

/// Why there is no [`WebSocket`](super::WebSocket) object.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum OpenError {
    /// The same subprotocol twice (constructor, step 9).
    #[error("the subprotocol {0:?} is offered twice")]
    DuplicateProtocol(String),
    /// A subprotocol that is no token (constructor, step 9).
    #[error("{0:?} cannot be the name of a subprotocol")]
    InvalidProtocol(String),
    /// No runtime of tokio's to connect in.
    #[error("a WebSocket is made within a runtime of tokio's, which then runs it")]
    NoRuntime,
    /// The URL is none, or none of a WebSocket (constructor, steps 3, 6 and 7).
    #[error(transparent)]
    Url(#[from] UrlError),
}

impl OpenError {
    /// What a browser calls the exception; it has none for a missing runtime.
    ///
    /// ```
    /// use sockeye_websocket::web::WebSocket;
    /// let error = WebSocket::new("ws://example.com/#there", ()).expect_err("a fragment");
    /// assert_eq!(error.name(), Some("SyntaxError"));
    /// ```
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        match self {
            Self::NoRuntime => None,
            _ => Some("SyntaxError"),
        }
    }
}

/// [`send`](super::WebSocket::send) was called before the connection was open.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the WebSocket is still connecting")]
pub struct InvalidState;

impl InvalidState {
    /// What a browser calls the exception.
    ///
    /// ```
    /// assert_eq!(sockeye_websocket::web::InvalidState.name(), "InvalidStateError");
    /// ```
    #[must_use]
    pub const fn name(&self) -> &'static str {
        "InvalidStateError"
    }
}

/// Why [`close`](super::WebSocket::close) does not close.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum CloseError {
    /// A code that is neither 1000 nor from 3000 to 4999 (close, step 1).
    #[error("the code is 1000, or from 3000 to 4999; not {0}")]
    InvalidAccess(u16),
    /// A reason of more than 123 bytes of UTF-8 (close, step 2.2).
    #[error("a reason has at most 123 bytes, not {0}")]
    Syntax(usize),
}

impl CloseError {
    /// What a browser calls the exception.
    ///
    /// ```
    /// use sockeye_websocket::web::CloseError;
    /// assert_eq!(CloseError::InvalidAccess(1001).name(), "InvalidAccessError");
    /// assert_eq!(CloseError::Syntax(124).name(), "SyntaxError");
    /// ```
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::InvalidAccess(_) => "InvalidAccessError",
            Self::Syntax(_) => "SyntaxError",
        }
    }
}
