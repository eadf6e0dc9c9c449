//! Connections over HTTP/2, by the same way as those over HTTP/1.1.

use super::target::Target;
use super::{ClientStream, ConnectError, Connector};
use crate::http2::{self, Connection};

impl Connector {
    /// Connects to the server of a URL and begins to speak HTTP/2 with it (RFC 8441), for as many
    /// WebSockets as are to share the connection. Addresses, proxy, TLS, time-outs and the
    /// [`Config`](crate::Config) are those of this connector; what requests say is up to each
    /// [`open_request`](Connection::open_request), and redirects are not followed.
    ///
    /// Over TLS `h2` is offered (RFC 7301), and nothing else. Without it, for `ws` URLs, the
    /// server has to know that it is HTTP/2 (RFC 9113 3.3).
    ///
    /// ```no_run
    /// use sockeye_websocket::client::Connector;
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let connection = Connector::new().connect_http2("wss://example.com/").await?;
    /// let mut prices = connection.open("wss://example.com/prices").await?;
    /// let mut orders = connection.open("wss://example.com/orders").await?;
    /// prices.send("subscribe").await?;
    /// orders.send("subscribe").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ConnectError::Http2Missing`] if the server agreed on no HTTP/2 in TLS, or refused to;
    /// [`ConnectError::Http2`] if it allows no WebSockets in it, or does not speak it; and what
    /// [`connect`](Self::connect) tells of the way there.
    ///
    /// # Cancel safety
    /// Dropping the future closes whatever it had opened.
    pub async fn connect_http2(&self, url: impl AsRef<str>) -> Result<Connection, ConnectError> {
        let target = Target::parse(url.as_ref())?;
        let dialled = self.dial(&target).await?;
        #[cfg(feature = "rustls")]
        let dialled = {
            let mut dialled = dialled;
            dialled.tls = dialled.tls.map(|tls| tls.for_http2());
            dialled
        };
        let stream = self.within(dialled.stream()).await.map_err(refused)?;
        if !speaks_http2(&stream) {
            return Err(ConnectError::Http2Missing);
        }
        let connection = http2::connect(stream, &self.config).await;
        connection.map_err(ConnectError::Http2)
    }
}

/// RFC 7301 3.2: a server that knows none of the protocols offered says so in an alert.
fn refused(error: ConnectError) -> ConnectError {
    #[cfg(feature = "rustls")]
    if let ConnectError::Tls(rustls::Error::AlertReceived(
        rustls::AlertDescription::NoApplicationProtocol,
    )) = error
    {
        return ConnectError::Http2Missing;
    }
    error
}

/// Whether the two agreed on HTTP/2, which without TLS is known before.
fn speaks_http2(stream: &ClientStream) -> bool {
    match stream {
        ClientStream::Tcp(_) => true,
        #[cfg(feature = "rustls")]
        ClientStream::Tls(tls) => tls.get_ref().1.alpn_protocol() == Some(b"h2"),
    }
}
