//! What the load generator and the floor server share: frames, and the bytes of both sides of every exchange, made
//! before anything is measured.

pub mod frame;
pub mod ring;
pub mod script;
