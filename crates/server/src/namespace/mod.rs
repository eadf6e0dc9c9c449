//! Namespaces: what is registered for each, and the sockets in it.

mod dynamic;
mod events;
mod hooks;
mod live;
mod table;

use std::{any::Any, marker::PhantomData};

pub(crate) use dynamic::Check;
pub use dynamic::NamespaceMatch;
pub use hooks::ServerReply;
pub(crate) use live::{Child, Live};
pub use table::HandlerError;
use table::set;
pub(crate) use table::{MakeAdapter, Table};

use crate::{
    Handler, IntoReply, Reject, Socket,
    handler::{BoundAuth, BoundEvent, EventHandler},
};

type Bind<S> = Box<dyn FnOnce(&S, &mut Table) + Send>;

/// The handlers of a namespace, registered before any client comes.
///
/// `S` is the state that handlers take as [`State`](crate::State); it is given by
/// [`Namespace::with_state`], and `()` without it.
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
/// use sockeye::{Namespace, Reply, State};
///
/// type Counter = Arc<AtomicU64>;
///
/// async fn count(State(counter): State<Counter>) -> Reply<u64> {
///     Reply(counter.fetch_add(1, Ordering::Relaxed))
/// }
///
/// let namespace: Namespace = Namespace::new().on("count", count).with_state(Counter::default());
/// # let _ = namespace;
/// ```
pub struct Namespace<S = ()> {
    table: Table,
    unbound: Vec<Bind<S>>,
}

impl<S> Namespace<S>
where
    S: Clone + Send + Sync + 'static,
{
    /// A namespace that accepts everybody and handles nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            table: Table::default(),
            unbound: Vec::new(),
        }
    }

    fn bind(mut self, bind: impl FnOnce(&S, &mut Table) + Send + 'static) -> Self {
        self.unbound.push(Box::new(bind));
        self
    }

    fn bind_event<H, M>(
        self,
        handler: H,
        register: impl FnOnce(&mut Table, Box<dyn EventHandler>) + Send + 'static,
    ) -> Self
    where
        H: Handler<M, S, Output: IntoReply>,
        M: 'static,
    {
        self.bind(move |state, table| {
            let bound = BoundEvent {
                handler,
                state: state.clone(),
                marker: PhantomData,
            };
            register(table, Box::new(bound));
        })
    }

    /// Decides who may connect. The payload is the client's `auth`; what is returned is the session that
    /// handlers take as [`Session`](crate::Session).
    ///
    /// The client has to wait: an event that it sends before the decision closes its connection. More checks
    /// go to [`admit`](Self::admit).
    ///
    /// # Panics
    ///
    /// At [`ServerBuilder::build`](crate::ServerBuilder::build) if the namespace has two of these.
    #[must_use]
    pub fn auth<H, M, T>(self, handler: H) -> Self
    where
        H: Handler<M, S, Output = Result<T, Reject>>,
        M: 'static,
        T: Any + Send + Sync,
    {
        self.bind(move |state, table| {
            let bound = BoundAuth {
                handler,
                state: state.clone(),
                marker: PhantomData,
            };
            set(&mut table.auth, Box::new(bound), "auth");
        })
    }

    /// Runs when a client has connected. Its events wait until this has ended.
    ///
    /// # Panics
    ///
    /// At [`ServerBuilder::build`](crate::ServerBuilder::build) if the namespace has two of these.
    #[must_use]
    pub fn on_connect<H, M>(self, handler: H) -> Self
    where
        H: Handler<M, S, Output: IntoReply>,
        M: 'static,
    {
        self.bind_event(handler, |table, handler| {
            set(&mut table.connect, handler, "on_connect");
        })
    }

    /// Runs when a client has left, whatever the reason; handlers may take it as
    /// [`DisconnectReason`](crate::DisconnectReason).
    ///
    /// # Panics
    ///
    /// At [`ServerBuilder::build`](crate::ServerBuilder::build) if the namespace has two of these.
    #[must_use]
    pub fn on_disconnect<H, M>(self, handler: H) -> Self
    where
        H: Handler<M, S, Output: IntoReply>,
        M: 'static,
    {
        self.bind_event(handler, |table, handler| {
            set(&mut table.disconnect, handler, "on_disconnect");
        })
    }

    /// Handles an event. What the handler returns is the acknowledgement.
    ///
    /// # Panics
    ///
    /// If the name is reserved by the protocol: `connect`, `connect_error`, `disconnect`,
    /// `disconnecting`, `newListener`, `removeListener`. At [`ServerBuilder::build`] if an event has two
    /// handlers.
    ///
    /// [`ServerBuilder::build`]: crate::ServerBuilder::build
    #[must_use]
    pub fn on<H, M>(self, event: impl Into<Box<str>>, handler: H) -> Self
    where
        H: Handler<M, S, Output: IntoReply>,
        M: 'static,
    {
        let event = event.into();
        assert!(
            !sockeye_protocol::is_reserved(&event),
            "the event name `{event}` is reserved"
        );
        self.bind_event(handler, move |table, handler| {
            let name = event.clone();
            assert!(
                table.events.insert(event, handler),
                "the event `{name}` has two handlers"
            );
        })
    }

    /// Handles the events that have no handler of their own.
    ///
    /// # Panics
    ///
    /// At [`ServerBuilder::build`](crate::ServerBuilder::build) if the namespace has two of these.
    #[must_use]
    pub fn fallback<H, M>(self, handler: H) -> Self
    where
        H: Handler<M, S, Output: IntoReply>,
        M: 'static,
    {
        self.bind_event(handler, |table, handler| {
            set(&mut table.fallback, handler, "fallback");
        })
    }

    /// Is told of each event whose arguments do not fit, and each handler that fails or panics; and of each
    /// `auth` that does not fit, or panics.
    ///
    /// # Panics
    ///
    /// If the namespace has one already.
    #[must_use]
    pub fn on_error(
        mut self,
        hook: impl Fn(&Socket, &HandlerError<'_>) + Send + Sync + 'static,
    ) -> Self {
        set(&mut self.table.error, Box::new(hook), "on_error");
        self
    }

    /// Handles a socket's events one after another: the next one waits until the handler has ended.
    /// Acknowledgements and heartbeats never wait. A disconnect takes effect at once; its handler comes
    /// after the others.
    #[must_use]
    pub fn sequential(mut self) -> Self {
        self.table.sequential = true;
        self
    }

    /// Gives the handlers their state.
    #[must_use]
    pub fn with_state<S2>(self, state: S) -> Namespace<S2> {
        let mut table = self.table;
        for bind in self.unbound {
            bind(&state, &mut table);
        }
        Namespace {
            table,
            unbound: Vec::new(),
        }
    }
}

impl Namespace<()> {
    pub(crate) fn into_table(self) -> Table {
        self.with_state::<()>(()).table
    }
}

impl<S> Default for Namespace<S>
where
    S: Clone + Send + Sync + 'static,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<S> std::fmt::Debug for Namespace<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Namespace")
            .field("sequential", &self.table.sequential)
            .finish_non_exhaustive()
    }
}
