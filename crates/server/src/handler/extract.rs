use std::{any::type_name, ops::Deref, sync::Arc};

use serde::de::DeserializeOwned;
use sockeye_protocol::ArgumentError;

use super::{Incoming, ViaParts, ViaPayload};
use crate::{Args, DisconnectReason, Handshake, Payload, RawJson, Server, Socket};

/// Why a handler could not be called.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The arguments do not fit.
    #[error(transparent)]
    Arguments(ArgumentError),
    /// The namespace's `auth` returned no value of that type.
    #[error("the session is no {0}: the namespace's `auth` has to return it")]
    Session(&'static str),
    /// There is nothing of that kind here.
    #[error("no {0} here")]
    Unavailable(&'static str),
}

/// A handler's parameter that is taken from the socket, the state or the event.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no extractor",
    note = "only the last parameter of a handler may be a payload; if it is one, it has to implement \
            `serde::Deserialize`"
)]
pub trait FromParts<S>: Sized {
    /// Takes it.
    ///
    /// # Errors
    ///
    /// If it is not there.
    fn from_parts(incoming: &Incoming<'_>, state: &S) -> Result<Self, ExtractError>;
}

/// A handler's last parameter: an extractor, or the payload.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can be neither extracted nor read from an event",
    note = "derive `serde::Deserialize` for a payload"
)]
pub trait FromEvent<M, S>: Sized {
    /// Takes it.
    ///
    /// # Errors
    ///
    /// If it is not there, or does not fit.
    fn from_event(incoming: &Incoming<'_>, state: &S) -> Result<Self, ExtractError>;
}

impl<T: FromParts<S>, S> FromEvent<ViaParts, S> for T {
    fn from_event(incoming: &Incoming<'_>, state: &S) -> Result<Self, ExtractError> {
        T::from_parts(incoming, state)
    }
}

impl<T: DeserializeOwned, S> FromEvent<ViaPayload, S> for T {
    fn from_event(incoming: &Incoming<'_>, _: &S) -> Result<Self, ExtractError> {
        incoming.first()
    }
}

impl<S> FromParts<S> for Socket {
    fn from_parts(incoming: &Incoming<'_>, _: &S) -> Result<Self, ExtractError> {
        Ok(incoming.socket.clone())
    }
}

impl<S> FromParts<S> for Server {
    fn from_parts(incoming: &Incoming<'_>, _: &S) -> Result<Self, ExtractError> {
        Ok(incoming.socket.server())
    }
}

impl<S> FromParts<S> for Handshake {
    fn from_parts(incoming: &Incoming<'_>, _: &S) -> Result<Self, ExtractError> {
        Ok(incoming.socket.handshake())
    }
}

impl<S> FromParts<S> for RawJson {
    fn from_parts(incoming: &Incoming<'_>, _: &S) -> Result<Self, ExtractError> {
        Ok(incoming.raw())
    }
}

impl<S> FromParts<S> for DisconnectReason {
    fn from_parts(incoming: &Incoming<'_>, _: &S) -> Result<Self, ExtractError> {
        incoming
            .reason
            .ok_or(ExtractError::Unavailable("disconnect reason"))
    }
}

impl<T: DeserializeOwned, S> FromParts<S> for Args<T> {
    fn from_parts(incoming: &Incoming<'_>, _: &S) -> Result<Self, ExtractError> {
        incoming.all().map(Args)
    }
}

/// The name of the event, for handlers of several.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventName(pub String);

impl<S> FromParts<S> for EventName {
    fn from_parts(incoming: &Incoming<'_>, _: &S) -> Result<Self, ExtractError> {
        Ok(Self(incoming.name.to_owned()))
    }
}

/// What the namespace's `auth` returned for this socket.
#[derive(Debug)]
pub struct Session<T>(pub Arc<T>);

impl<T> Clone for Session<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Session<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Send + Sync + 'static, S> FromParts<S> for Session<T> {
    fn from_parts(incoming: &Incoming<'_>, _: &S) -> Result<Self, ExtractError> {
        incoming
            .socket
            .session()
            .map(Self)
            .ok_or_else(|| ExtractError::Session(type_name::<T>()))
    }
}

/// A part of the namespace's state, or all of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct State<T>(pub T);

impl<T> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Takes a part out of a state, as `State<Self>` needs it.
pub trait FromRef<S> {
    /// Takes the part.
    fn from_ref(state: &S) -> Self;
}

impl<T: Clone> FromRef<T> for T {
    fn from_ref(state: &T) -> T {
        state.clone()
    }
}

impl<T: FromRef<S>, S> FromParts<S> for State<T> {
    fn from_parts(_: &Incoming<'_>, state: &S) -> Result<Self, ExtractError> {
        Ok(Self(T::from_ref(state)))
    }
}

/// Acknowledges the event whenever its holder wants to, also after the handler has returned.
///
/// A handler that takes it acknowledges by it alone: what the handler returns is not sent. If it is
/// dropped, or the client asked for no acknowledgement, nothing is sent.
#[derive(Debug)]
pub struct AckSender {
    socket: Socket,
    id: Option<u64>,
}

impl AckSender {
    /// Whether the client waits for an acknowledgement.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.id.is_some()
    }

    /// Sends the acknowledgement: one value, or several as [`Args`].
    pub fn send(self, payload: impl Payload) {
        if let Some(id) = self.id {
            self.socket.acknowledge(id, &payload);
        }
    }
}

impl<S> FromParts<S> for AckSender {
    fn from_parts(incoming: &Incoming<'_>, _: &S) -> Result<Self, ExtractError> {
        Ok(Self {
            socket: incoming.socket.clone(),
            id: incoming.ack.take(),
        })
    }
}
