use std::{
    cell::Cell,
    sync::{Arc, OnceLock},
};

use serde::de::DeserializeOwned;
use sockeye_protocol::Arguments;

use super::{ExtractError, Outcome};
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
    /// Where a middleware looks for what went wrong, if there is one.
    pub(crate) failure: Option<&'a Arc<OnceLock<Outcome>>>,
}

/// The arguments, in the form in which they came.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Input<'a> {
    Arguments(Arguments<'a>),
    /// The `auth` of a connection.
    Json(&'a str),
    None,
}

impl<'a> Incoming<'a> {
    /// The same event for one more handler, which gives no acknowledgement.
    pub(crate) fn again(&self) -> Self {
        Self {
            ack: Cell::new(None),
            ..*self
        }
    }

    /// Tells the middleware what went wrong first.
    pub(crate) fn fail(&self, outcome: impl FnOnce() -> Outcome) {
        if let Some(failure) = self.failure {
            // What came first stays.
            let _ = failure.set(outcome());
        }
    }

    /// Whether the client waits for an acknowledgement that nobody has taken.
    #[must_use]
    pub fn is_ack_wanted(&self) -> bool {
        self.ack.get().is_some()
    }

    /// The arguments, if it is an event.
    #[must_use]
    pub fn arguments(&self) -> Option<Arguments<'a>> {
        match self.input {
            Input::Arguments(arguments) => Some(arguments),
            Input::Json(_) | Input::None => None,
        }
    }

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
