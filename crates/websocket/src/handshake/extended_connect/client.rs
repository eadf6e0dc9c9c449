//! Asking for a WebSocket, and judging the answer (RFC 8441 5).

use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, TE,
    TRANSFER_ENCODING, UPGRADE,
};
use http::uri::Scheme;
use http::{Method, StatusCode, Uri, Version};

use crate::deflate::{Options, Params};
use crate::handshake::client::{self, RequestError, ResponseError};
use crate::handshake::{VERSION, extensions, is_token};

/// A request, which also judges the response.
///
/// ```
/// use sockeye_websocket::handshake::extended_connect::client::Request;
///
/// let request = Request::new("wss://example.com/chat?room=1")?
///     .header("Origin", "https://example.com")?
///     .protocol("chat")?;
/// let head = request.to_http();
/// assert_eq!(head.method(), "CONNECT");
/// assert_eq!(head.uri(), "https://example.com/chat?room=1");
/// assert_eq!(head.headers()["sec-websocket-protocol"], "chat");
/// # Ok::<(), sockeye_websocket::handshake::client::RequestError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Request {
    uri: Uri,
    headers: HeaderMap,
    protocols: Vec<String>,
    deflate: Option<Options>,
}

/// What a response that opened the WebSocket says.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Response {
    /// The subprotocol that the server chose.
    pub protocol: Option<String>,
    /// What was agreed of permessage-deflate.
    pub deflate: Option<Params>,
}

impl Request {
    /// A request for `url`, whose scheme is `ws`, `wss`, `http` or `https`.
    ///
    /// # Errors
    /// [`RequestError::InvalidScheme`], [`RequestError::InvalidHost`] or
    /// [`RequestError::InvalidPath`].
    pub fn new(url: &str) -> Result<Self, RequestError> {
        // RFC 6455 3: "Fragment identifiers ... MUST NOT be used".
        if url.contains('#') {
            return Err(RequestError::InvalidPath);
        }
        let (scheme, rest) = url.split_once("://").ok_or(RequestError::InvalidScheme)?;
        // RFC 8441 5: "The scheme of the target URI MUST be "https" for "wss"-schemed WebSockets
        // and "http" for "ws"-schemed WebSockets."
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "ws" | "http" => Scheme::HTTP,
            "wss" | "https" => Scheme::HTTPS,
            _ => return Err(RequestError::InvalidScheme),
        };
        let split = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(split);
        let authority: http::uri::Authority =
            authority.parse().map_err(|_| RequestError::InvalidHost)?;
        // RFC 9113 8.3.1: `:authority` has no user information.
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(RequestError::InvalidHost);
        }
        // RFC 9113 8.3.1: the path is never empty.
        let path = match path {
            "" => "/".to_owned(),
            query if query.starts_with('?') => format!("/{query}"),
            path => path.to_owned(),
        };
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(RequestError::InvalidPath);
        }
        let uri = Uri::builder()
            .scheme(scheme)
            .authority(authority)
            .path_and_query(path)
            .build()
            .map_err(|_| RequestError::InvalidPath)?;
        Ok(Self {
            uri,
            headers: HeaderMap::new(),
            protocols: Vec::new(),
            deflate: None,
        })
    }

    /// Adds a header, such as `Origin`, `Cookie` or `Authorization`.
    ///
    /// # Errors
    /// [`RequestError::InvalidHeaderName`], [`RequestError::InvalidHeaderValue`], or
    /// [`RequestError::ReservedHeader`] for one that the handshake writes itself or that HTTP/2
    /// does not have.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, RequestError> {
        let reserved = [
            SEC_WEBSOCKET_ACCEPT,
            SEC_WEBSOCKET_EXTENSIONS,
            SEC_WEBSOCKET_KEY,
            SEC_WEBSOCKET_PROTOCOL,
            SEC_WEBSOCKET_VERSION,
            // `:authority` says it.
            HOST,
            // Nothing follows the head but frames.
            CONTENT_LENGTH,
            // RFC 9113 8.2.2: what is about one connection of HTTP/1
            CONNECTION,
            HeaderName::from_static("keep-alive"),
            HeaderName::from_static("proxy-connection"),
            TE,
            TRANSFER_ENCODING,
            UPGRADE,
        ];
        let name: HeaderName = name.parse().map_err(|_| RequestError::InvalidHeaderName)?;
        if reserved.contains(&name) {
            return Err(RequestError::ReservedHeader);
        }
        let value = HeaderValue::from_str(value).map_err(|_| RequestError::InvalidHeaderValue)?;
        self.headers.append(name, value);
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

    /// Offers permessage-deflate.
    #[must_use]
    pub fn deflate(mut self, options: &Options) -> Self {
        self.deflate = Some(*options);
        self
    }

    /// Whether it offers permessage-deflate.
    #[must_use]
    pub const fn offers_deflate(&self) -> bool {
        self.deflate.is_some()
    }

    /// What to send, but for the pseudo-header `:protocol`, which is `websocket`.
    #[must_use]
    pub fn to_http(&self) -> http::Request<()> {
        let mut request = http::Request::new(());
        *request.method_mut() = Method::CONNECT;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = self.uri.clone();
        let mut headers = self.headers.clone();
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION));
        if !self.protocols.is_empty() {
            let offer = self.protocols.join(", ").try_into();
            headers.insert(SEC_WEBSOCKET_PROTOCOL, offer.expect("tokens are visible"));
        }
        if let Some(options) = &self.deflate {
            headers.insert(SEC_WEBSOCKET_EXTENSIONS, extensions::offer(options));
        }
        *request.headers_mut() = headers;
        request
    }

    /// Judges the response.
    ///
    /// ```
    /// use http::{HeaderMap, StatusCode};
    /// use sockeye_websocket::handshake::client::ResponseError;
    /// use sockeye_websocket::handshake::extended_connect::client::Request;
    ///
    /// let request = Request::new("wss://example.com/")?;
    /// let refused = request.check(StatusCode::FORBIDDEN, &HeaderMap::new());
    /// assert_eq!(refused, Err(ResponseError::Status(403)));
    /// assert!(request.check(StatusCode::OK, &HeaderMap::new()).is_ok());
    /// # Ok::<(), sockeye_websocket::handshake::client::RequestError>(())
    /// ```
    ///
    /// # Errors
    /// [`ResponseError`] says which rule the server broke, or with which status it refused.
    pub fn check(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<Response, ResponseError> {
        // Other statuses of success have no stream behind them in HTTP's implementations.
        if status != StatusCode::OK {
            return Err(ResponseError::Status(status.as_u16()));
        }
        let deflate = extensions::agreed(headers, self.deflate.as_ref())?;
        let protocol = client::chosen_protocol(headers, &self.protocols)?;
        Ok(Response { protocol, deflate })
    }
}
