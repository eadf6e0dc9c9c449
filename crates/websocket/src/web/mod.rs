//! The browser's `WebSocket` object, by the [WebSockets Standard] of the WHATWG.
//!
//! [`WebSocket::new`] returns at once and connects in the background; what happens is told to the
//! handlers `on_open`, `on_message`, `on_error` and `on_close`. States, checks and the order of
//! events are those of browsers. Steps of the standard are cited here and in the tests as its
//! review draft of September 2023 counts them.
//!
//! ```
//! use sockeye_websocket::web::WebSocket;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! # let url = format!("ws://{}/", listener.local_addr()?);
//! # tokio::spawn(async move {
//! #     let (stream, _) = listener.accept().await.unwrap();
//! #     let config = sockeye_websocket::Config::new();
//! #     let (mut websocket, _) = sockeye_websocket::accept::accept(stream, &config).await.unwrap();
//! #     websocket.for_each(|message, out| out.send(message)).await
//! # });
//! let (done, closed) = tokio::sync::oneshot::channel();
//! let socket = WebSocket::new(&url, ())?;
//! socket.on_open(|event| {
//!     let _ = event.target.send("hello");
//! });
//! socket.on_message(|event| {
//!     assert_eq!(event.data.as_text(), Some("hello"));
//!     let _ = event.target.close(Some(1000), Some("bye"));
//! });
//! socket.on_close(|event| {
//!     let _ = done.send(event.code);
//! });
//! assert_eq!(closed.await?, 1000);
//! # Ok(())
//! # }
//! ```
//!
//! # Where Rust is not a browser
//! * The connection runs beside the program, not between two of its statements. So that no event
//!   is lost to a handler that is set a moment too late, events wait for theirs: `open`, `error`
//!   and `close` for as long as there is a handle, messages until a handler was set for the first
//!   time or there are more than 64 KiB of them.
//! * `bufferedAmount` has a limit, [`Settings::high_mark`](crate::Settings::high_mark): a message
//!   that is sent while more waits fails the connection. [`Options`] set it to 16 MiB.
//! * What browsers keep from scripts, which they do not trust, the error event tells:
//!   [`ErrorCause`].
//! * Dropping the last handle stands for garbage collection: see [`WebSocket`].
//! * There is no page, so no base for relative URLs, and no origin unless
//!   [`Connector::origin`](crate::client::Connector::origin) sets one.
//!
//! [WebSockets Standard]: https://websockets.spec.whatwg.org/

mod connection;
mod error;
mod event;
mod handlers;
mod options;
mod outbox;
mod protocols;
mod shared;
mod socket;

pub use error::{CloseError, InvalidState, OpenError};
pub use event::{CloseEvent, ErrorCause, ErrorEvent, EventKind, MessageEvent, OpenEvent};
pub use options::Options;
pub use protocols::Protocols;
pub use socket::{BinaryType, WebSocket};
