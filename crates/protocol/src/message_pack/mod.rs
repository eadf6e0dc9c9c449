//! Packets as `socket.io-msgpack-parser` 3 writes them: one binary message each, a map of `type`,
//! `data`, `nsp` and `id` in any order.

mod date;
mod decoder;
mod head;
mod item;
mod key;
mod map_key;
mod packet;
mod reader;
mod writer;

pub(crate) use decoder::{MessagePackDecoder, list};
pub(crate) use head::text;
pub(crate) use packet::{Body, ack, event, list_of};
pub(crate) use reader::Reader;
