//! What other implementations get wrong and no test suite looks at, over real connections: each
//! row with the code on the wire and the error by name.
#![cfg(all(feature = "deflate", feature = "tokio"))]
#![expect(unsafe_code, reason = "an allocator that counts has to be one")]

mod allocator;
mod closing;
mod compression;
mod frames;
mod handshake;
mod library;
mod peer;
mod splits;
#[path = "../wire/mod.rs"]
mod wire;
