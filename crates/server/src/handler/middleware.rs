//! What runs around the handlers of events, and sees how they end.

use std::{
    cell::Cell,
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::de::DeserializeOwned;
use sockeye_protocol::{Arguments, OwnedArguments, RawJson};

use super::{ExtractError, Incoming, Input, Pending};
use crate::{Socket, application::handle};

/// An event on its way to its handlers, as a middleware has it.
#[derive(Debug)]
pub struct EventCall {
    socket: Socket,
    name: Box<str>,
    arguments: OwnedArguments,
    ack: Option<u64>,
    /// The handlers have been given the acknowledgement.
    reached: Arc<AtomicBool>,
}

/// How an event ended. What was acknowledged is not in it: that goes from the handler into the packet, and an
/// [`AckSender`](crate::AckSender) may write it later.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Its handlers have ended well.
    Handled,
    /// It has no handler.
    Unhandled,
    /// Its arguments do not fit its handler, which did not run.
    Invalid(String),
    /// A handler returned an error.
    Failed(String),
    /// A handler panicked.
    Panicked,
    /// A middleware refused it; the text is the acknowledgement's `error`.
    Refused(String),
}

impl Outcome {
    /// Whether the handlers have ended well.
    #[must_use]
    pub fn is_handled(&self) -> bool {
        matches!(self, Self::Handled)
    }
}

/// What comes after a middleware: the next one, or the handlers.
pub struct Next(std::vec::IntoIter<Arc<dyn Middleware>>);

/// A middleware without its type.
pub(crate) trait Middleware: Send + Sync {
    fn call(&self, event: EventCall, next: Next) -> Pending<Outcome>;
}

impl<F, Fut> Middleware for F
where
    F: FnOnce(EventCall, Next) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Outcome> + Send + 'static,
{
    fn call(&self, event: EventCall, next: Next) -> Pending<Outcome> {
        Box::pin(self.clone()(event, next))
    }
}

impl EventCall {
    pub(crate) fn new(incoming: &Incoming<'_>, arguments: &Arguments<'_>) -> Self {
        Self {
            socket: incoming.socket.clone(),
            name: incoming.name.into(),
            arguments: arguments.to_owned(),
            ack: incoming.ack.get(),
            reached: Arc::default(),
        }
    }

    pub(crate) fn reached(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.reached)
    }

    /// The socket that it came to.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the client waits for an acknowledgement.
    #[must_use]
    pub fn is_ack_wanted(&self) -> bool {
        self.ack.is_some()
    }

    /// The arguments.
    #[must_use]
    pub fn arguments(&self) -> Arguments<'_> {
        self.arguments.borrow()
    }

    /// Reads the first argument.
    ///
    /// # Errors
    ///
    /// If it is missing, unless an `Option` is asked for, or does not fit the type.
    pub fn first<T: DeserializeOwned>(&self) -> Result<T, ExtractError> {
        self.arguments().first().map_err(ExtractError::Arguments)
    }

    /// The first argument as it stands on the wire.
    #[must_use]
    pub fn raw(&self) -> RawJson {
        self.arguments().first_raw()
    }

    /// Gives the handlers other arguments.
    pub fn set_arguments(&mut self, arguments: OwnedArguments) {
        self.arguments = arguments;
    }
}

impl Next {
    pub(crate) fn new(chain: Vec<Arc<dyn Middleware>>) -> Self {
        Self(chain.into_iter())
    }

    /// Goes on with the event, and tells how it ended.
    pub fn run(mut self, event: EventCall) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        match self.0.next() {
            Some(middleware) => middleware.call(event, self),
            None => Box::pin(run_handlers(event)),
        }
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next")
            .field("middleware", &self.0.len())
            .finish()
    }
}

async fn run_handlers(event: EventCall) -> Outcome {
    event.reached.store(true, Ordering::Release);
    let failure = Arc::new(OnceLock::new());
    if let Some(pending) = begin_handlers(&event, &failure) {
        pending.await;
    }
    failure.get().cloned().unwrap_or(Outcome::Handled)
}

fn begin_handlers(event: &EventCall, failure: &Arc<OnceLock<Outcome>>) -> Option<Pending<()>> {
    handle(&Incoming {
        socket: &event.socket,
        name: &event.name,
        input: Input::Arguments(event.arguments.borrow()),
        ack: Cell::new(event.ack),
        reason: None,
        failure: Some(failure),
    })
}
