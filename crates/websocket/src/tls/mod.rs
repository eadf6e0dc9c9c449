//! TLS for servers: an [`Acceptor`] whose certificate can be replaced while it runs, and the
//! [`TlsStream`] it makes of a connection.
//!
//! It is [rustls] with the provider *ring*, TLS 1.2 and 1.3. For a client see
//! `client::Connector`.
//!
//! ```no_run
//! use sockeye_websocket::tls::Acceptor;
//! use tokio::net::TcpListener;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let acceptor = Acceptor::from_files("certificate.pem", "key.pem")?;
//! let listener = TcpListener::bind("0.0.0.0:443").await?;
//! loop {
//!     let (stream, _) = listener.accept().await?;
//!     let acceptor = acceptor.clone();
//!     // The handshake is on a task of its own: a slow client holds nobody up.
//!     tokio::spawn(async move {
//!         match acceptor.accept(stream).await {
//!             Ok(stream) => { /* read the upgrade's request from it */ }
//!             Err(error) => eprintln!("{error}"),
//!         }
//!     });
//! }
//! # }
//! ```
//!
//! # What a connection costs
//!
//! An idle connection owns 3.4 KB: rustls' state of 1.1 KB, the keys of both directions of 0.6 KB
//! each, and what the handshake leaves behind. It owns no buffer: bytes are read and written through
//! buffers of the thread, and only the beginning of a record whose end has not arrived yet, what the
//! caller had no room for, and what the peer does not take are kept. That is why there is no
//! setting for the size of records or buffers.
//!
//! Sessions can be resumed as rustls does by default: the server keeps the last 256 of them, about
//! 0.3 KB each (and the client's certificates, if it sent any), and forgets them at a reload.

mod acceptor;
mod buffers;
mod builder;
mod certificate;
mod error;
mod records;
mod session;
mod stream;

pub use acceptor::Acceptor;
pub use builder::Builder;
pub use error::Error;
pub use stream::TlsStream;

/// The version of rustls whose types this module shows.
pub use rustls;
