#![doc = include_str!("../README.md")]

mod access;
mod admission;
mod compression;
mod config;
mod connection;
mod deflate;
mod delivery;
mod encoded;
mod engine;
mod flags;
mod form;
mod handshake;
mod hooks;
mod outbox;
mod packet;
mod reason;
mod request;
mod service;
mod session;
mod shard;
mod sid;
mod stats;
mod sync;
mod transport;
pub mod v3;
mod wheel;

pub use access::{Cors, TrustedProxies};
pub use config::{Config, ConfigError};
pub use connection::{Connection, Sent};
pub use delivery::Delivery;
pub use encoded::{Encoded, HEADROOM, append_binary_frame, text_frame};
pub use engine::{Application, Engine};
pub use flags::Flags;
pub use form::Protocol;
pub use handshake::Handshake;
pub use hooks::{Cookie, Hooks, Refusal, SameSite};
pub use reason::CloseReason;
pub use request::{RequestError, query_pairs};
pub use service::{Lasting, RemoteAddr, Secure};
pub use session::Transport;
pub use sid::Sid;
pub use sockeye_websocket::deflate::Options as Deflate;
pub use stats::{Closed, EngineStats, Refused};
pub use transport::upgrade::Upgrade;

/// The body of the engine's answers.
pub type Body = http_body_util::Full<bytes::Bytes>;
