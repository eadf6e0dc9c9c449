use std::cell::Cell;

use serde::de::DeserializeOwned;
use sockeye_protocol::Arguments;

use super::ExtractError;
use crate::{DisconnectReason, RawJson, Socket};

/// What came in, and for whom: what a handler's parameters are taken from.
#[derive(Debug)]
pub struct Incoming<'a> {
    pub(crate) socket: &'a Socket,
    pub(crate) name: &'a str,
    pub(crate) input: Input<'a>,
    /// The acknowledgement that the client waits for, until somebody takes it.
    pub(crate) ack: Cell<Option<u64>>,
    pub(crate) reason: Option<DisconnectReason>,
}

/// The arguments, in the form in which they came.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Input<'a> {
    Arguments(Arguments<'a>),
    /// The `auth` of a connection.
    Json(&'a str),
    None,
}

impl Incoming<'_> {
    /// The socket that it is for.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        self.socket
    }

    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name
    }

    /// Reads the first argument.
    ///
    /// # Errors
    ///
    /// If it is missing, unless an `Option` is asked for, or does not fit the type.
    pub fn first<T: DeserializeOwned>(&self) -> Result<T, ExtractError> {
        match &self.input {
            Input::Arguments(arguments) => arguments.first().map_err(ExtractError::Arguments),
            Input::Json(json) => RawJson::new(json)
                .map_err(|_| ExtractError::Unavailable("payload"))?
                .read()
                .map_err(ExtractError::Arguments),
            Input::None => RawJson::null().read().map_err(ExtractError::Arguments),
        }
    }

    /// Reads all arguments as a list.
    ///
    /// # Errors
    ///
    /// If there are fewer than the type wants, or one does not fit.
    pub fn all<T: DeserializeOwned>(&self) -> Result<T, ExtractError> {
        match &self.input {
            Input::Arguments(arguments) => arguments.all().map_err(ExtractError::Arguments),
            Input::Json(_) | Input::None => Err(ExtractError::Unavailable("arguments")),
        }
    }

    /// The first argument as it stands on the wire.
    #[must_use]
    pub fn raw(&self) -> RawJson {
        match &self.input {
            Input::Arguments(arguments) => arguments.first_raw(),
            Input::Json(json) => RawJson::new(json).unwrap_or_else(|_| RawJson::null()),
            Input::None => RawJson::null(),
        }
    }
}
