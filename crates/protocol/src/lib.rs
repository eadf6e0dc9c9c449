#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod arguments;
mod decoder;
mod encoder;
mod error;
mod header;
mod list;
mod packet;
mod payload;
mod placeholder;
mod probe;
mod raw;
mod reader;
mod scan;
mod writer;

pub use arguments::{Arguments, OwnedArguments};
pub use decoder::{Decoder, Limits, MAX_DEPTH, MAX_NAME_BYTES, MAX_NAMESPACE_BYTES};
pub use encoder::{Encoded, Encoder};
pub use error::{ArgumentError, DecodeError, EncodeError};
pub use packet::{Event, Packet, is_reserved};
pub use payload::{Args, Arity, Payload};
pub use raw::RawJson;
