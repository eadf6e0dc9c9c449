use std::{collections::HashMap, sync::Arc};

use sockeye_protocol::OwnedArguments;

use super::events::Events;
use crate::{
    Adapter, LocalRooms, Server, Socket,
    handler::{AuthHandler, EventHandler, ExtractError, Middleware, Pending},
    room::RoomHooks,
};

/// What went wrong with an event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandlerError<'a> {
    /// What the client sent does not fit the handler's parameters, or they cannot be had.
    #[error("{0}")]
    Arguments(&'a ExtractError),
    /// The handler returned an error.
    #[error("{0}")]
    Failed(String),
    /// The handler panicked.
    #[error("handler panicked")]
    Panicked,
    /// A middleware refused the event.
    #[error("refused: {0}")]
    Refused(String),
    /// The socket sends more than its rate limit allows.
    #[error("rate limited")]
    RateLimited,
}

/// The handlers of one namespace, with their state bound to them.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) auth: Option<Box<dyn AuthHandler>>,
    pub(crate) admit: Vec<Box<dyn AuthHandler>>,
    pub(crate) connect: Option<Box<dyn EventHandler>>,
    pub(crate) disconnecting: Option<Box<dyn EventHandler>>,
    pub(crate) disconnect: Option<Box<dyn EventHandler>>,
    pub(crate) upgrade: Option<Box<dyn EventHandler>>,
    pub(crate) fallback: Option<Box<dyn EventHandler>>,
    pub(crate) events: Events,
    pub(crate) sequential: bool,
    /// What runs around every event's handlers, outermost first.
    pub(crate) middleware: Vec<Arc<dyn Middleware>>,
    pub(crate) rooms: RoomHooks,
    pub(crate) server_events: HashMap<Box<str>, Box<ServerHandler>>,
    #[expect(clippy::type_complexity, reason = "one closure, stored once")]
    pub(crate) error: Option<Box<dyn Fn(&Socket, &HandlerError<'_>) + Send + Sync>>,
}

/// Registers what a namespace has one of.
///
/// # Panics
///
/// If there is one: the second must not take the place of the first in silence.
#[track_caller]
pub(super) fn set<T>(slot: &mut Option<T>, value: T, name: &str) {
    assert!(slot.is_none(), "the namespace has two of `{name}`");
    *slot = Some(value);
}

/// Handles what another server of the cluster says; what it returns is the answer.
pub(crate) type ServerHandler =
    dyn Fn(Server, OwnedArguments) -> Pending<Option<OwnedArguments>> + Send + Sync;

/// Makes the adapter of one namespace.
pub(crate) type MakeAdapter = Arc<dyn Fn(Arc<LocalRooms>) -> Box<dyn Adapter> + Send + Sync>;
