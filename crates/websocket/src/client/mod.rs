//! Opening connections: URL, addresses, proxy, TLS, redirects and the handshake.
//!
//! [`connect`] is enough most of the time; [`Connector`] has the choices.

mod address;
mod connector;
mod credentials;
mod dial;
mod error;
#[cfg(feature = "http2")]
mod http2;
mod opening;
mod proxy;
mod proxy_env;
mod redirect;
mod request;
mod stream;
mod target;
#[cfg(feature = "rustls")]
mod tls;

pub use connector::{Connected, Connector};
pub use error::{ConnectError, UrlError};
pub use stream::ClientStream;
#[cfg(feature = "rustls")]
pub use tls::{ClientTls, ClientTlsBuilder, ClientTlsError};

use crate::WebSocket;

/// Opens a connection to a `ws` or `wss` URL, with the defaults of [`Connector`].
///
/// ```
/// use sockeye_websocket::{Message, client::connect};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// # let url = format!("ws://{}/", listener.local_addr()?);
/// # tokio::spawn(async move {
/// #     let (stream, _) = listener.accept().await.unwrap();
/// #     let config = sockeye_websocket::Config::new();
/// #     let (mut websocket, _) = sockeye_websocket::accept::accept(stream, &config).await.unwrap();
/// #     websocket.for_each(|message, out| out.send(message)).await
/// # });
/// let mut websocket = connect(&url).await?;
/// websocket.send("hello").await?;
/// let answer = websocket.recv().await.ok_or("closed")??;
/// assert_eq!(answer, Message::from("hello"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ConnectError`] has a variant for each reason.
///
/// # Cancel safety
/// Dropping the future closes whatever it had opened.
pub async fn connect(url: impl AsRef<str>) -> Result<WebSocket<ClientStream>, ConnectError> {
    Ok(Connector::new().connect(url).await?.websocket)
}
