#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "tokio")]
pub mod accept;
#[cfg(feature = "client")]
pub mod client;
mod close;
#[cfg(feature = "tokio")]
mod closer;
mod config;
mod decoder;
pub mod deflate;
mod endpoint;
mod error;
mod event;
pub mod frame;
pub mod handshake;
#[cfg(feature = "http2")]
pub mod http2;
mod limits;
mod mask;
mod message;
mod opcode;
mod prepared;
pub mod read_buffer;
mod role;
mod stats;
#[cfg(feature = "tokio")]
mod stream;
#[cfg(feature = "rustls")]
pub mod tls;
#[cfg(feature = "hyper")]
pub mod upgrade;
mod utf8;
#[cfg(feature = "client")]
pub mod web;

#[cfg(feature = "tokio")]
pub use closer::Closer;
pub use config::{Config, Overflow, Settings};
pub use decoder::{Decoder, Feed};
pub use endpoint::{Closed, Endpoint, Failure, Incoming, MAX_SLICES, Outgoing};
pub use error::{ProtocolError, SendError};
pub use event::{Close, Event, Part, PartData};
pub use limits::Limits;
pub use message::{Kind, Message, MessageRef, Text};
pub use opcode::Opcode;
pub use prepared::PreparedMessage;
pub use role::Role;
pub use stats::Stats;
#[cfg(feature = "tokio")]
pub use stream::{
    Answers, Error, MessageReader, MessageWriter, Negotiated, Reader, WebSocket, Writer,
};
