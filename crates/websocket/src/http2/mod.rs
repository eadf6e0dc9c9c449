//! WebSockets in streams of an HTTP/2 connection (RFC 8441): many of them share one TCP and TLS
//! connection, and its handshakes.
//!
//! A client [`connect`]s over a stream that speaks HTTP/2, TLS that has agreed on `h2` for
//! example, and [`open`](Connection::open)s as many WebSockets as the server's limits allow.
//!
//! A server needs nothing from here: with the feature `http2`, [`upgrade`](crate::upgrade) takes
//! requests over HTTP/2 too. hyper has to be told to allow them. It should be told too to let a
//! connection receive much more than one of its streams: by default both windows have one size,
//! and a single WebSocket that its task does not read keeps all others of the connection from
//! receiving.
//!
//! ```
//! use hyper_util::rt::{TokioExecutor, TokioIo};
//! use hyper_util::server::conn::auto::Builder;
//! use hyper_util::service::TowerToHyperService;
//! use sockeye_websocket::upgrade::service;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (near, far) = tokio::io::duplex(64 * 1024);
//! tokio::spawn(async move {
//!     let echo = service(async |mut socket, _head| {
//!         let _ = socket.for_each(|message, answers| answers.send(message)).await;
//!     });
//!     let mut server = Builder::new(TokioExecutor::new());
//!     server
//!         .http2()
//!         .enable_connect_protocol()
//!         .initial_stream_window_size(256 * 1024)
//!         .initial_connection_window_size(16 << 20);
//!     // HTTP/1.1 needs the `_with_upgrades`.
//!     server
//!         .serve_connection_with_upgrades(TokioIo::new(far), TowerToHyperService::new(echo))
//!         .await
//! });
//!
//! let config = sockeye_websocket::Config::new();
//! let connection = sockeye_websocket::http2::connect(near, &config).await?;
//! let mut socket = connection.open("ws://example.com/echo").await?;
//! socket.send("hello").await?;
//! assert_eq!(socket.recv().await.ok_or("closed")??.as_text(), Some("hello"));
//! # Ok(())
//! # }
//! ```

mod connection;
mod error;
mod runner;

pub use connection::{Connection, connect};
pub use error::Http2Error;
