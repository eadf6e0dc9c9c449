//! What the Rust peers share: the listener, a handshake for those that bring none for a bare stream, and the best
//! legal use of a `Stream` and `Sink` of messages: feed while messages are ready, flush when none is.

pub mod echo;
pub mod hub;
pub mod listen;
pub mod upgrade;
