//! The server's TLS, against a client that is built on rustls' other interface.
#![cfg(feature = "rustls")]

mod files;
mod handshake;
mod identity;
mod reload;
mod stream;
mod websocket;
