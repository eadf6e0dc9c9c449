#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod close;
mod decoder;
mod error;
mod event;
pub mod frame;
pub mod handshake;
mod limits;
mod mask;
mod opcode;
pub mod read_buffer;
mod role;
mod utf8;

pub use decoder::{Decoder, Feed};
pub use error::ProtocolError;
pub use event::{Close, Event};
pub use limits::Limits;
pub use opcode::Opcode;
pub use role::Role;
