//! Where the server meets HTTP: a tower service, a layer, an axum router, or a listener of its own.

mod accepting;
mod client;
mod heads;
mod layer;
mod path;
mod places;
mod serve;
mod service;

pub use layer::{SocketIoLayer, WithSocketIo};
pub(crate) use path::Path;
pub use serve::{NotFound, Serve};
pub use service::SocketIoService;
