use std::io;

use thiserror::Error;

use crate::{Failure, SendError};

/// Why a connection ended otherwise than by the closing handshake.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// One side broke a rule, or a time-out passed.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The stream failed.
    #[error("stream failed: {0}")]
    Io(#[from] io::Error),
    /// An answer could not be sent.
    #[error(transparent)]
    Send(#[from] SendError),
}
