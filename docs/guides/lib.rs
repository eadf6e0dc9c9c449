//! The guides as documentation, so that their examples are compiled.

/// `from-node.md`
#[doc = include_str!("from-node.md")]
pub mod from_node {}

/// `from-socketioxide.md`
#[doc = include_str!("from-socketioxide.md")]
pub mod from_socketioxide {}

/// `../deployment.md`
#[doc = include_str!("../deployment.md")]
pub mod deployment {}
