//! Accepting WebSockets from a stream, without any HTTP library.
//!
//! [`accept`] and [`Acceptor`] take a TCP or TLS stream that nothing was read from yet. Behind
//! hyper or axum, see the modules `upgrade` and, for HTTP/2, `http2`; what is granted is told by
//! the same [`Policy`] in all of them.

mod acceptor;
mod error;
mod exchange;
mod grant;
mod origin;
mod policy;
mod refusal;

pub use acceptor::{Acceptor, accept};
pub use error::AcceptError;
#[cfg(feature = "hyper")]
pub(crate) use grant::Asked;
pub(crate) use grant::Grant;
pub use origin::{Origins, same_origin};
pub use policy::Policy;
pub use refusal::Refusal;
