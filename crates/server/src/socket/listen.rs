//! What is registered at a socket while it lives: listeners, and those who see all of its events.

use std::{
    future::Future,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use sockeye_protocol::Arguments;

use super::{
    Socket,
    extras::{Listener, Listeners},
    inner::{LISTENING, OUTGOING},
};
use crate::{
    EventCall, Handler, HandlerError, IntoReply, Next, Outcome,
    handler::{BoundEvent, EventHandler, Incoming, Middleware},
    stats::count,
};

/// Names what was registered at a socket, to take it away again by [`Socket::off`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ListenerId(pub(super) u64);

impl Socket {
    /// Handles an event of this socket alone, from now on.
    ///
    /// A handler of the namespace runs first, then those of the socket in the order of their registration;
    /// the first of all of them gives the acknowledgement. All are dropped when the socket has left and its
    /// disconnect handler has been called, so that a handler may hold the socket.
    ///
    /// ```
    /// use sockeye::{Reply, Socket};
    ///
    /// async fn start(socket: Socket) {
    ///     let listener = socket.on("answer", async |text: String| Reply(text.len()));
    ///     socket.once("ready", async || tracing::debug!("ready"));
    ///     socket.off(listener);
    /// }
    /// # let namespace: sockeye::Namespace = sockeye::Namespace::new().on_connect(start);
    /// # let _ = namespace;
    /// ```
    ///
    /// # Panics
    ///
    /// If the name is reserved by the protocol, see [`Namespace::on`](crate::Namespace::on).
    pub fn on<H, M>(&self, event: impl Into<Box<str>>, handler: H) -> ListenerId
    where
        H: Handler<M, (), Output: IntoReply>,
        M: 'static,
    {
        self.listen(not_reserved(event.into()), false, handler)
    }

    /// Handles the next event of that name, and no more.
    ///
    /// # Panics
    ///
    /// If the name is reserved by the protocol.
    pub fn once<H, M>(&self, event: impl Into<Box<str>>, handler: H) -> ListenerId
    where
        H: Handler<M, (), Output: IntoReply>,
        M: 'static,
    {
        self.listen(not_reserved(event.into()), true, handler)
    }

    /// Runs when this socket is about to leave: it is still in its rooms. Handlers may take the reason as
    /// [`DisconnectReason`](crate::DisconnectReason).
    pub fn on_disconnecting<H, M>(&self, handler: H) -> ListenerId
    where
        H: Handler<M, (), Output: IntoReply>,
        M: 'static,
    {
        self.listen("disconnecting".into(), true, handler)
    }

    /// Runs when this socket has left, after the namespace's own
    /// [`on_disconnect`](crate::Namespace::on_disconnect).
    pub fn on_disconnect<H, M>(&self, handler: H) -> ListenerId
    where
        H: Handler<M, (), Output: IntoReply>,
        M: 'static,
    {
        self.listen("disconnect".into(), true, handler)
    }

    fn listen<H, M>(&self, event: Box<str>, once: bool, handler: H) -> ListenerId
    where
        H: Handler<M, (), Output: IntoReply>,
        M: 'static,
    {
        let handler: Arc<dyn EventHandler> = Arc::new(BoundEvent {
            handler,
            state: (),
            marker: PhantomData,
        });
        self.register(|listeners| {
            let id = listeners.id();
            let listener = Listener {
                id,
                event,
                once,
                handler,
            };
            listeners.events.push(listener);
            id
        })
    }

    /// Shows every event that comes in, before its handlers run, also if it has none.
    pub fn on_any(&self, see: impl Fn(&Incoming<'_>) + Send + Sync + 'static) -> ListenerId {
        self.register(|listeners| {
            let id = listeners.id();
            listeners.incoming.push((id, Arc::new(see)));
            id
        })
    }

    /// As [`on_any`](Self::on_any), before those that are registered already.
    pub fn prepend_any(&self, see: impl Fn(&Incoming<'_>) + Send + Sync + 'static) -> ListenerId {
        self.register(|listeners| {
            let id = listeners.id();
            listeners.incoming.insert(0, (id, Arc::new(see)));
            id
        })
    }

    /// Shows every event that this socket is sent, broadcasts among them, and not acknowledgements: its
    /// name and its arguments.
    ///
    /// While a socket listens, its events are encoded or read once more for it.
    pub fn on_any_outgoing(
        &self,
        see: impl Fn(&str, &Arguments<'_>) + Send + Sync + 'static,
    ) -> ListenerId {
        self.register(|listeners| {
            let id = listeners.id();
            listeners.outgoing.push((id, Arc::new(see)));
            id
        })
    }

    /// As [`on_any_outgoing`](Self::on_any_outgoing), before those that are registered already.
    pub fn prepend_any_outgoing(
        &self,
        see: impl Fn(&str, &Arguments<'_>) + Send + Sync + 'static,
    ) -> ListenerId {
        self.register(|listeners| {
            let id = listeners.id();
            listeners.outgoing.insert(0, (id, Arc::new(see)));
            id
        })
    }

    /// Puts a middleware around this socket's events from now on, inside those of the namespace; see
    /// [`Namespace::middleware`](crate::Namespace::middleware).
    pub fn middleware<F, Fut>(&self, middleware: F)
    where
        F: FnOnce(EventCall, Next) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Outcome> + Send + 'static,
    {
        let middleware: Arc<dyn Middleware> = Arc::new(middleware);
        self.register(|listeners| {
            listeners.middleware.push(middleware);
            listeners.id()
        });
    }

    /// Takes away what was registered. `false` if it is not there any more.
    pub fn off(&self, id: ListenerId) -> bool {
        let mut listeners = self.0.extras().listeners();
        let removed = (
            take(&mut listeners.events, |listener| listener.id == id),
            take(&mut listeners.incoming, |(other, _)| *other == id),
            take(&mut listeners.outgoing, |(other, _)| *other == id),
        );
        self.look_again(&listeners);
        drop(listeners);
        removed.0.is_some() || removed.1.is_some() || removed.2.is_some()
    }

    /// Takes away all of the socket's handlers of an event.
    pub fn off_event(&self, event: &str) {
        let mut listeners = self.0.extras().listeners();
        let all = std::mem::take(&mut listeners.events);
        let (removed, kept) = all
            .into_iter()
            .partition::<Vec<_>, _>(|listener| &*listener.event == event);
        listeners.events = kept;
        self.look_again(&listeners);
        drop(listeners);
        drop(removed);
    }

    fn register<R>(&self, add: impl FnOnce(&mut Listeners) -> R) -> R {
        let mut listeners = self.0.extras().listeners();
        let added = add(&mut listeners);
        if listeners.closed {
            let dropped = clear(&mut listeners);
            drop(listeners);
            drop(dropped);
            return added;
        }
        self.look_again(&listeners);
        added
    }

    /// Sets the flags by what is registered, under the listeners' lock.
    fn look_again(&self, listeners: &Listeners) {
        if listeners.are_none() {
            self.0.ignore(LISTENING);
        } else {
            self.0.attend(LISTENING);
        }
        let before = self.0.listens_outgoing();
        let now = !listeners.outgoing.is_empty();
        if now && !before {
            self.0.attend(OUTGOING);
            self.0.namespace.rooms().listen_outgoing(true);
        } else if before && !now {
            self.0.ignore(OUTGOING);
            self.0.namespace.rooms().listen_outgoing(false);
        }
    }

    /// The socket has ended: its listeners may hold it, and are dropped.
    pub(crate) fn drop_listeners(&self) {
        let Some(extras) = self.0.extras_if_any() else {
            return;
        };
        let mut listeners = extras.listeners();
        listeners.closed = true;
        let dropped = clear(&mut listeners);
        self.look_again(&listeners);
        drop(listeners);
        drop(dropped);
    }

    /// The handlers that are registered for an event; those for one time are taken away.
    pub(crate) fn handlers_of(&self, event: &str) -> Vec<Arc<dyn EventHandler>> {
        let Some(extras) = self.0.extras_if_any() else {
            return Vec::new();
        };
        let mut listeners = extras.listeners();
        let of_event = |listener: &&Listener| &*listener.event == event;
        let handlers: Vec<_> = listeners
            .events
            .iter()
            .filter(of_event)
            .map(|listener| Arc::clone(&listener.handler))
            .collect();
        // The handlers above keep what is taken away here alive.
        listeners
            .events
            .retain(|listener| !(listener.once && &*listener.event == event));
        self.look_again(&listeners);
        handlers
    }

    /// The middleware that is registered at the socket.
    pub(crate) fn own_middleware(&self) -> Vec<Arc<dyn Middleware>> {
        self.0
            .extras_if_any()
            .map_or_else(Vec::new, |extras| extras.listeners().middleware.clone())
    }

    /// Shows an event that came in.
    pub(crate) fn tell_incoming(&self, incoming: &Incoming<'_>) {
        let Some(extras) = self.0.extras_if_any() else {
            return;
        };
        let all: Vec<_> = {
            let listeners = extras.listeners();
            listeners
                .incoming
                .iter()
                .map(|(_, see)| Arc::clone(see))
                .collect()
        };
        for see in all {
            self.guarded(|| see(incoming));
        }
    }

    /// Shows an event that goes out.
    pub(crate) fn tell_outgoing(&self, event: &str, arguments: &Arguments<'_>) {
        let Some(extras) = self.0.extras_if_any() else {
            return;
        };
        let all: Vec<_> = {
            let listeners = extras.listeners();
            listeners
                .outgoing
                .iter()
                .map(|(_, see)| Arc::clone(see))
                .collect()
        };
        for see in all {
            self.guarded(|| see(event, arguments));
        }
    }

    fn guarded(&self, run: impl FnOnce()) {
        if catch_unwind(AssertUnwindSafe(run)).is_err() {
            count(&self.counters().handler_panics);
            self.report(&HandlerError::Panicked);
        }
    }
}

fn not_reserved(event: Box<str>) -> Box<str> {
    assert!(
        !sockeye_protocol::is_reserved(&event),
        "the event name `{event}` is reserved"
    );
    event
}

fn take<T>(all: &mut Vec<T>, is: impl Fn(&T) -> bool) -> Option<T> {
    let at = all.iter().position(is)?;
    Some(all.remove(at))
}

/// Returns what has to be dropped outside the lock.
fn clear(listeners: &mut Listeners) -> impl Sized + use<> {
    (
        std::mem::take(&mut listeners.events),
        std::mem::take(&mut listeners.incoming),
        std::mem::take(&mut listeners.outgoing),
        std::mem::take(&mut listeners.middleware),
    )
}
