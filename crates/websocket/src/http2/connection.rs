use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, ready};

use http::Response;
use hyper::client::conn::http2::{self, Builder, SendRequest};
use hyper::ext::Protocol;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::Http2Error;
use super::runner::Runner;
use crate::handshake::extended_connect::client::Request;
use crate::upgrade::UpgradedStream;
use crate::{Config, Negotiated, Role, WebSocket};

/// How many bytes a WebSocket may receive that nobody reads.
const STREAM_WINDOW: u32 = 256 * 1024;
/// The same for all of a connection: so many that 64 WebSockets which nobody reads do not keep the
/// others from receiving.
const CONNECTION_WINDOW: u32 = 64 * STREAM_WINDOW;
/// More streams than SETTINGS can allow: what the number is before they came.
const NO_SETTINGS: usize = usize::MAX - 1;

/// A client's HTTP/2 connection that WebSockets are opened in; clones share it.
///
/// It ends when all clones are dropped and all its WebSockets are closed.
#[derive(Clone)]
pub struct Connection {
    requests: SendRequest<String>,
    config: Config,
}

/// Begins to speak HTTP/2 over `io`, and waits for the server's SETTINGS. `config` is that of the
/// WebSockets; its permessage-deflate is what they offer.
///
/// The connection is driven by a task of its own.
///
/// # Errors
/// [`Http2Error::ExtendedConnectDisabled`] if the first SETTINGS do not allow extended CONNECT: no
/// request has been sent then, as RFC 8441 3 demands. [`Http2Error::Timeout`] if there were none;
/// [`Http2Error::Closed`] or [`Http2Error::Hyper`] if `io` ended or failed.
///
/// # Panics
/// If it is not called in a runtime of tokio's.
pub async fn connect<S>(io: S, config: &Config) -> Result<Connection, Http2Error>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let polled = Arc::new(Notify::new());
    let runner = Runner {
        polled: Arc::clone(&polled),
    };
    let handshake = async {
        let (requests, mut connection) = Builder::new(runner)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .initial_max_send_streams(NO_SETTINGS)
            .handshake(TokioIo::new(io))
            .await?;
        settings(&mut connection, &polled).await?;
        tokio::spawn(connection);
        Ok(Connection {
            requests,
            config: config.clone(),
        })
    };
    let handshake = timeout(config.get().handshake_timeout, handshake).await;
    handshake.unwrap_or(Err(Http2Error::Timeout))
}

/// Waits until the peer's SETTINGS are there and allow extended CONNECT.
async fn settings<S>(
    connection: &mut http2::Connection<TokioIo<S>, String, Runner>,
    polled: &Notify,
) -> Result<(), Http2Error>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    loop {
        if connection.is_extended_connect_protocol_enabled() {
            return Ok(());
        }
        if connection.current_max_send_streams() != NO_SETTINGS {
            return Err(Http2Error::ExtendedConnectDisabled);
        }
        let mut polled = pin!(polled.notified());
        poll_fn(|cx| {
            if polled.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            ready!(Pin::new(&mut *connection).poll(cx))?;
            Poll::Ready(Err(Http2Error::Closed))
        })
        .await?;
    }
}

impl Connection {
    /// Opens a WebSocket to `url`, whose scheme is `wss` or `ws`.
    ///
    /// That the server answers for the URL's host is the caller's to know: that its certificate
    /// names it, if there is one.
    ///
    /// # Errors
    /// [`Http2Error`].
    pub async fn open(&self, url: &str) -> Result<WebSocket<UpgradedStream>, Http2Error> {
        let request = Request::new(url)?;
        let (socket, _) = self.open_request(request).await?;
        Ok(socket)
    }

    /// Opens a WebSocket with headers and subprotocols of one's own; the response is returned too.
    /// Unless the request offers permessage-deflate, it is offered as the configuration says.
    ///
    /// ```no_run
    /// use sockeye_websocket::handshake::extended_connect::client::Request;
    ///
    /// # async fn open(connection: sockeye_websocket::http2::Connection)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// let request = Request::new("wss://example.com/chat")?
    ///     .header("Authorization", "Bearer 1234")?
    ///     .protocol("chat.v2")?;
    /// let (socket, response) = connection.open_request(request).await?;
    /// assert_eq!(socket.protocol(), Some("chat.v2"));
    /// println!("{:?}", response.headers());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Http2Error`]: [`Closed`](Http2Error::Closed) if the connection takes no more streams.
    ///
    /// # Cancel safety
    /// If the future is dropped, the stream is reset; the connection and its other WebSockets go
    /// on.
    pub async fn open_request(
        &self,
        request: Request,
    ) -> Result<(WebSocket<UpgradedStream>, Response<()>), Http2Error> {
        let limit = self.config.get().handshake_timeout;
        // Boxed, since the caller's future keeps the room for as long as the connection lives.
        let opened = timeout(limit, self.exchange(request));
        let opened = Box::pin(opened).await;
        opened.unwrap_or(Err(Http2Error::Timeout))
    }

    async fn exchange(
        &self,
        mut request: Request,
    ) -> Result<(WebSocket<UpgradedStream>, Response<()>), Http2Error> {
        if let Some(options) = self.config.get().deflate
            && cfg!(feature = "deflate")
            && !request.offers_deflate()
        {
            request = request.deflate(&options);
        }
        let mut head = request.to_http().map(|()| String::new());
        let websocket = Protocol::from_static("websocket");
        head.extensions_mut().insert(websocket);
        let mut response = self.requests.clone().send_request(head).await?;

        let granted = request.check(response.status(), response.headers())?;
        let upgraded = hyper::upgrade::on(&mut response).await?;
        let stream = UpgradedStream::http2(upgraded);
        let negotiated = Negotiated {
            protocol: granted.protocol,
            deflate: granted.deflate,
            early: Vec::new(),
        };
        let socket = WebSocket::new(stream, Role::Client, negotiated, &self.config);
        Ok((socket, response.map(drop)))
    }

    /// Whether the connection takes no more streams. WebSockets that are open may go on.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.requests.is_closed()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("closed", &self.is_closed())
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
