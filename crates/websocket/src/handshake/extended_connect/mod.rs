//! A WebSocket in a stream of HTTP/2 or HTTP/3: the extended CONNECT method (RFC 8441, RFC 9220).
//!
//! The request names its protocol in the pseudo-header `:protocol` and has neither key nor accept
//! value; status 200 opens the WebSocket, whose frames are then the stream's data.

pub mod client;
pub mod server;
