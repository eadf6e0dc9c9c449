//! What the tests share: a raw client, and an engine that echoes.
#![allow(dead_code, reason = "each file of tests uses a part")]

pub(crate) mod client;
pub(crate) mod echo;
pub(crate) mod log;
pub(crate) mod streaming;
