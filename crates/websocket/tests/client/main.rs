//! Opening connections, against servers and proxies on loopback.
#![cfg(feature = "client")]

mod addresses;
mod answers;
#[cfg(all(feature = "http2", feature = "rustls"))]
mod http2;
mod proxies;
mod redirects;
mod requests;
mod server;
mod times;
#[cfg(feature = "rustls")]
mod tls;
