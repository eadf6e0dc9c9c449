//! Who may talk to the engine: pages of which origins, through which proxies.

mod cors;
mod origin;
mod proxies;

pub use cors::Cors;
pub(crate) use origin::{Grant, OriginRefused};
pub use proxies::TrustedProxies;
