//! The encodings of Engine.IO 3: pure functions, without I/O, clock or session.
//!
//! Protocol 3 differs from 4 on the wire in how packets are joined for long-polling, in the type that
//! binary packets carry, and in JSONP for pages that can load nothing but scripts.
//!
//! Where the reference guesses at what a malformed payload might have meant (a length that is cut
//! short, written in hexadecimal, or missing), reading ends with [`Malformed`] instead.

pub mod jsonp;
mod packet;
mod payload;

pub(crate) use packet::MESSAGE;
pub use packet::{Data, Kind, Malformed, Packet};
pub use payload::{BinaryPayload, Part, TextPayload, encode};
