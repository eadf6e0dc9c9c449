//! permessage-deflate (RFC 7692): what the two ends agree on, and the contexts that do the work.
//!
//! [`Params`] and [`Options`] exist without the feature `deflate`, since a handshake may be judged
//! by a program that only passes frames on.

#[cfg(feature = "deflate")]
mod compressor;
#[cfg(feature = "deflate")]
mod deflater;
#[cfg(feature = "deflate")]
mod inflater;
mod options;
mod params;
#[cfg(feature = "deflate")]
mod pool;
#[cfg(feature = "deflate")]
mod window;

#[cfg(feature = "deflate")]
pub use compressor::Compressor;
pub use options::Options;
#[cfg(feature = "deflate")]
pub(crate) use params::Direction;
pub use params::Params;

#[cfg(feature = "deflate")]
pub(crate) use compressor::compressed_frame;
#[cfg(feature = "deflate")]
pub(crate) use deflater::Deflater;
#[cfg(feature = "deflate")]
pub(crate) use inflater::{Inflater, Progress};
#[cfg(feature = "deflate")]
pub(crate) use pool::Lent;
#[cfg(feature = "deflate")]
pub(crate) use window::Window;
