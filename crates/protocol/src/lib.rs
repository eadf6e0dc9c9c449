#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod arguments;
mod codec;
mod decimal;
mod decoder;
mod encoded;
mod encoder;
mod error;
mod header;
mod json;
mod list;
mod message_pack;
mod messages;
mod packet;
mod parser;
mod payload;
mod placeholder;
mod probe;
mod raw;
mod reader;
mod scan;
mod transcode;
pub mod typed;
mod writer;

pub use arguments::{Arguments, OwnedArguments};
pub use codec::Codec;
pub use decoder::{Decoder, Limits, MAX_DEPTH, MAX_NAME_BYTES, MAX_NAMESPACE_BYTES};
pub use encoded::Encoded;
pub use encoder::Encoder;
pub use error::{ArgumentError, DecodeError, EncodeError};
pub use messages::Messages;
pub use packet::{Event, Packet, is_reserved};
pub use parser::{Parser, ReadPackets};
pub use payload::{Args, Arity, Payload};
pub use raw::RawJson;
