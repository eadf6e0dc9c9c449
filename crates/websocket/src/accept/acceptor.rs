use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, Request, Response, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::exchange::{read_request, refuse, write_response};
use super::{AcceptError, Grant, Policy};
use crate::{Config, Role, WebSocket};

/// How long a refusal may take to be written and read.
const LINGER: Duration = Duration::from_secs(1);

/// Accepts WebSockets by a [`Policy`]; cheap to clone.
///
/// ```
/// use http::{Response, StatusCode};
/// use sockeye_websocket::accept::{Acceptor, Origins, Policy};
///
/// # async fn serve(listener: tokio::net::TcpListener) -> std::io::Result<()> {
/// let acceptor = Acceptor::new(Policy::new().origins(Origins::same())).intercept(|request| {
///     if request.uri().path() == "/socket" {
///         return None;
///     }
///     let mut response = Response::new("nothing here\n".to_owned());
///     *response.status_mut() = StatusCode::NOT_FOUND;
///     Some(response)
/// });
/// loop {
///     let (stream, _) = listener.accept().await?;
///     let acceptor = acceptor.clone();
///     tokio::spawn(async move {
///         let (mut socket, request) = acceptor.accept(stream).await?;
///         // ..
/// #       let _ = (&mut socket, request);
///         Ok::<(), sockeye_websocket::accept::AcceptError>(())
///     });
/// }
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Acceptor {
    policy: Policy,
    intercept: Option<Arc<Intercept>>,
    headers: Option<Arc<Headers>>,
}

type Intercept = dyn Fn(&Request<()>) -> Option<Response<String>> + Send + Sync;
type Headers = dyn Fn(&Request<()>) -> HeaderMap + Send + Sync;

/// An error, and what to tell the client.
type Refused = Box<(AcceptError, Option<Response<String>>)>;

impl Acceptor {
    /// Accepts by this policy, on any path.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            intercept: None,
            headers: None,
        }
    }

    /// Has a function look at each request first, its path or cookies for example. If it answers,
    /// with any status, that is the end of the connection; if not, the request is judged.
    #[must_use]
    pub fn intercept(
        mut self,
        intercept: impl Fn(&Request<()>) -> Option<Response<String>> + Send + Sync + 'static,
    ) -> Self {
        self.intercept = Some(Arc::new(intercept));
        self
    }

    /// Adds headers to the answer of each request that is granted, cookies for example. Those of
    /// the handshake itself, and those that speak of a body, are left as they are.
    ///
    /// ```
    /// use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
    /// use sockeye_websocket::accept::{Acceptor, Policy};
    ///
    /// let acceptor = Acceptor::new(Policy::new()).headers(|_request| {
    ///     let cookie = HeaderValue::from_static("seen=1; HttpOnly");
    ///     HeaderMap::from_iter([(SET_COOKIE, cookie)])
    /// });
    /// # let _ = acceptor;
    /// ```
    #[must_use]
    pub fn headers(
        mut self,
        headers: impl Fn(&Request<()>) -> HeaderMap + Send + Sync + 'static,
    ) -> Self {
        self.headers = Some(Arc::new(headers));
        self
    }

    /// Reads a request and answers it. The WebSocket is open then; the request is returned too.
    ///
    /// # Errors
    /// [`AcceptError`]; the refusal has been written and the stream ended.
    ///
    /// # Cancel safety
    /// If the future is dropped, so is the stream.
    pub async fn accept<S>(&self, stream: S) -> Result<(WebSocket<S>, Request<()>), AcceptError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        // Boxed, since the caller's future keeps the room for as long as the connection lives.
        Box::pin(self.exchange(stream)).await
    }

    async fn exchange<S>(&self, mut stream: S) -> Result<(WebSocket<S>, Request<()>), AcceptError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let config = &self.policy.config;
        let mut read = Vec::new();
        let handshake = self.handshake(&mut stream, &mut read);
        let (error, response) = match timeout(config.get().handshake_timeout, handshake).await {
            Ok(Ok((grant, request))) => {
                let negotiated = grant.negotiated(read);
                let socket = WebSocket::new(stream, Role::Server, negotiated, config);
                return Ok((socket, request));
            }
            Ok(Err(refused)) => *refused,
            // A client that has not begun to ask is not waiting for an answer either.
            Err(_) => (AcceptError::Timeout, (!read.is_empty()).then(too_late)),
        };
        if let Some(response) = response {
            let _ = timeout(LINGER, refuse(&mut stream, response)).await;
        }
        config.count(error.counter());
        Err(error)
    }

    /// Leaves in `read` what was read behind the request.
    async fn handshake<S>(
        &self,
        stream: &mut S,
        read: &mut Vec<u8>,
    ) -> Result<(Grant, Request<()>), Refused>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let request = match read_request(stream, read).await {
            Ok(request) => request,
            Err(AcceptError::Head(error)) => {
                let response = error.response().map(|()| format!("{error}\n"));
                return Err(Box::new((error.into(), Some(response))));
            }
            Err(error) => return Err(Box::new((error, None))),
        };
        let grant = self.judge(&request)?;
        let mut response = grant.response();
        if let Some(headers) = &self.headers {
            add(response.headers_mut(), headers(&request));
        }
        write_response(stream, &response, "")
            .await
            .map_err(|error| Box::new((error.into(), None)))?;
        Ok((grant, request))
    }

    fn judge(&self, request: &Request<()>) -> Result<Grant, Refused> {
        if let Some(response) = self.intercept.as_ref().and_then(|ask| ask(request)) {
            let error = AcceptError::Answered(response.status());
            return Err(Box::new((error, Some(response))));
        }
        Grant::http1(request.into())
            .and_then(|grant| grant.policy(&self.policy))
            .map_err(|refusal| {
                let response = refusal.response();
                Box::new((refusal.into(), Some(response)))
            })
    }
}

/// Adds what is not the handshake's own.
fn add(headers: &mut HeaderMap, more: HeaderMap) {
    let mut own = false;
    let mut last = None;
    for (name, value) in more {
        // Only the first of several values comes with the name.
        if let Some(name) = name {
            own = !is_handshakes(&name);
            last = Some(name);
        }
        if let Some(name) = last.as_ref().filter(|_| own) {
            headers.append(name, value);
        }
    }
}

/// Whether a header says what the handshake has to say: RFC 6455 4.2.2, and RFC 9110 8.6 of a body.
fn is_handshakes(name: &HeaderName) -> bool {
    let named = [CONNECTION, UPGRADE, CONTENT_LENGTH, TRANSFER_ENCODING];
    named.contains(name) || name.as_str().starts_with("sec-websocket-")
}

/// RFC 9110 15.5.9
fn too_late() -> Response<String> {
    let mut response = Response::new(format!("{}\n", AcceptError::Timeout));
    *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
    response
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor")
            .field("policy", &self.policy)
            .field("intercept", &self.intercept.as_ref().map(|_| ".."))
            .field("headers", &self.headers.as_ref().map(|_| ".."))
            .finish()
    }
}

/// Accepts a WebSocket on any path, from pages of any origin and without a subprotocol. For more,
/// see [`Acceptor`].
///
/// ```
/// use sockeye_websocket::{Config, accept::accept};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (mut client, server) = tokio::io::duplex(1024);
/// let request = "GET /chat HTTP/1.1\r\nHost: example.com\r\n\
///     Upgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
/// client.write_all(request.as_bytes()).await?;
///
/// let (mut socket, request) = accept(server, &Config::new()).await?;
/// assert_eq!(request.uri(), "/chat");
/// socket.send("welcome").await?;
///
/// let mut read = vec![0; 1024];
/// let length = client.read(&mut read).await?;
/// assert!(read[..length].starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`AcceptError`]; the refusal has been written and the stream ended.
pub async fn accept<S>(
    stream: S,
    config: &Config,
) -> Result<(WebSocket<S>, Request<()>), AcceptError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let policy = Policy::new().config(config.clone());
    Acceptor::new(policy).accept(stream).await
}
