//! What a namespace has besides the handlers of its events.

use std::{future::Future, sync::Arc};

use serde::de::DeserializeOwned;
use sockeye_protocol::OwnedArguments;

use super::{Namespace, set};
use crate::{
    EncodeError, EventCall, Handler, IntoReply, LocalRooms, Next, Outcome, Payload, Reject, Reply,
    Server, SocketId, handler::BoundAuth, stats::count,
};

/// What a handler of another server's event returns: `()`, or [`Reply`] with the answer.
pub trait ServerReply: Send {
    /// Writes the answer.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    fn into_arguments(self) -> Result<OwnedArguments, EncodeError>;
}

impl ServerReply for () {
    fn into_arguments(self) -> Result<OwnedArguments, EncodeError> {
        OwnedArguments::new(&())
    }
}

impl<T: Payload + Send> ServerReply for Reply<T> {
    fn into_arguments(self) -> Result<OwnedArguments, EncodeError> {
        OwnedArguments::new(&self.0)
    }
}

impl<S> Namespace<S>
where
    S: Clone + Send + Sync + 'static,
{
    /// Puts one more check before [`auth`](Self::auth): those who connect pass all of them, in the order of
    /// their registration, and the first refusal is the client's `connect_error`, with its
    /// [`data`](Reject::data).
    ///
    /// Handlers take what `auth` takes; there is no [`Session`](crate::Session) yet.
    ///
    /// ```
    /// use sockeye::{Handshake, Namespace, Reject};
    ///
    /// async fn not_banned(handshake: Handshake) -> Result<(), Reject> {
    ///     match handshake.header("x-banned") {
    ///         Some(_) => Err(Reject::new("banned").data(serde_json::json!({ "until": "tomorrow" }))),
    ///         None => Ok(()),
    ///     }
    /// }
    ///
    /// let namespace: Namespace = Namespace::new().admit(not_banned);
    /// # let _ = namespace;
    /// ```
    #[must_use]
    pub fn admit<H, M>(self, check: H) -> Self
    where
        H: Handler<M, S, Output = Result<(), Reject>>,
        M: 'static,
    {
        self.bind(move |state, table| {
            table.admit.push(Box::new(BoundAuth {
                handler: check,
                state: state.clone(),
                marker: std::marker::PhantomData,
            }));
        })
    }

    /// Runs when a client is about to leave: it is still in its rooms. Events that wait come later.
    ///
    /// # Panics
    ///
    /// At [`ServerBuilder::build`](crate::ServerBuilder::build) if the namespace has two of these.
    #[must_use]
    pub fn on_disconnecting<H, M>(self, handler: H) -> Self
    where
        H: Handler<M, S, Output: IntoReply>,
        M: 'static,
    {
        self.bind_event(handler, |table, handler| {
            set(&mut table.disconnecting, handler, "on_disconnecting");
        })
    }

    /// Runs when a client that has connected changes to another transport: from long-polling to WebSocket.
    /// [`Socket::transport`](crate::Socket::transport) says which one it is.
    ///
    /// Handlers of its events may run meanwhile. A client that connects later is not told of.
    ///
    /// ```
    /// use sockeye::{Namespace, Socket};
    ///
    /// async fn upgraded(socket: Socket) {
    ///     tracing::debug!(id = %socket.id(), transport = ?socket.transport());
    /// }
    ///
    /// let namespace: Namespace = Namespace::new().on_upgrade(upgraded);
    /// # let _ = namespace;
    /// ```
    ///
    /// # Panics
    ///
    /// At [`ServerBuilder::build`](crate::ServerBuilder::build) if the namespace has two of these.
    #[must_use]
    pub fn on_upgrade<H, M>(self, handler: H) -> Self
    where
        H: Handler<M, S, Output: IntoReply>,
        M: 'static,
    {
        self.bind_event(handler, |table, handler| {
            set(&mut table.upgrade, handler, "on_upgrade");
        })
    }

    /// Puts a middleware around the handlers of all events: it sees the event before them, goes on by
    /// [`Next::run`], and sees how that ended. The first one is outermost.
    ///
    /// A middleware that does not go on returns [`Outcome::Refused`]: no handler runs, an acknowledgement
    /// that was asked for is `{"error": …}`, [`on_error`](Self::on_error) is told, and it is counted.
    ///
    /// Events pass the middleware in order. If one waits for something, later events may overtake it, unless
    /// the namespace is [`sequential`](Self::sequential). With a middleware, an event's arguments are copied
    /// once; without any there is no cost.
    ///
    /// ```
    /// use sockeye::{EventCall, Namespace, Next, Outcome};
    ///
    /// async fn log(event: EventCall, next: Next) -> Outcome {
    ///     let name = event.name().to_owned();
    ///     let outcome = next.run(event).await;
    ///     tracing::info!(name, ?outcome);
    ///     outcome
    /// }
    ///
    /// async fn guard(event: EventCall, next: Next) -> Outcome {
    ///     match event.name() {
    ///         "admin" => Outcome::Refused("not for you".to_owned()),
    ///         _ => next.run(event).await,
    ///     }
    /// }
    ///
    /// let namespace: Namespace = Namespace::new().middleware(log).middleware(guard);
    /// # let _ = namespace;
    /// ```
    #[must_use]
    pub fn middleware<F, Fut>(mut self, middleware: F) -> Self
    where
        F: FnOnce(EventCall, Next) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Outcome> + Send + 'static,
    {
        self.table.middleware.push(Arc::new(middleware));
        self
    }

    /// Is told when a room gets its first member on this server: the namespace's name, and the room's.
    ///
    /// The rooms of the sockets' own ids are not told of.
    ///
    /// # Panics
    ///
    /// If the namespace has one already.
    #[must_use]
    pub fn on_room_created(mut self, hook: impl Fn(&str, &str) + Send + Sync + 'static) -> Self {
        set(
            &mut self.table.rooms.created,
            Arc::new(hook),
            "on_room_created",
        );
        self
    }

    /// Is told when a room has lost its last member on this server: the namespace's name, and the room's.
    ///
    /// # Panics
    ///
    /// If the namespace has one already.
    #[must_use]
    pub fn on_room_removed(mut self, hook: impl Fn(&str, &str) + Send + Sync + 'static) -> Self {
        set(
            &mut self.table.rooms.removed,
            Arc::new(hook),
            "on_room_removed",
        );
        self
    }

    /// Is told when a socket of this server has joined a room: the namespace's name, the room's, and the
    /// socket's id. [`on_room_created`](Self::on_room_created) is told before.
    ///
    /// The rooms of the sockets' own ids are not told of.
    ///
    /// # Panics
    ///
    /// If the namespace has one already.
    #[must_use]
    pub fn on_room_joined(
        mut self,
        hook: impl Fn(&str, &str, SocketId) + Send + Sync + 'static,
    ) -> Self {
        set(
            &mut self.table.rooms.joined,
            Arc::new(hook),
            "on_room_joined",
        );
        self
    }

    /// Is told when a socket of this server has left a room, be it that it has ended: the namespace's name,
    /// the room's, and the socket's id. [`on_room_removed`](Self::on_room_removed) is told after it.
    ///
    /// # Panics
    ///
    /// If the namespace has one already.
    #[must_use]
    pub fn on_room_left(
        mut self,
        hook: impl Fn(&str, &str, SocketId) + Send + Sync + 'static,
    ) -> Self {
        set(&mut self.table.rooms.left, Arc::new(hook), "on_room_left");
        self
    }

    /// Handles what another server of the cluster says by
    /// [`server_side_emit`](crate::Broadcast::server_side_emit): its first value. What the handler returns
    /// is this server's answer. A value that does not fit runs no handler; it is counted and traced.
    ///
    /// # Panics
    ///
    /// If the event has a handler already.
    ///
    /// ```
    /// use sockeye::{Namespace, Reply, Server};
    ///
    /// let namespace: Namespace = Namespace::new()
    ///     .on_server_event("load", async |io: Server, _: ()| Reply(io.stats().sockets));
    /// # let _ = namespace;
    /// ```
    #[must_use]
    pub fn on_server_event<F, Fut, T>(mut self, event: impl Into<Box<str>>, handler: F) -> Self
    where
        F: FnOnce(Server, T) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output: ServerReply> + Send + 'static,
        T: DeserializeOwned + Send + 'static,
    {
        let handler = move |server: Server, arguments: OwnedArguments| {
            let handler = handler.clone();
            let answered = async move {
                let value = arguments.borrow().first::<T>();
                let value = value.inspect_err(|error| {
                    count(&server.counters().invalid_arguments);
                    tracing::warn!(%error, "another server's event does not fit its handler");
                });
                let counted = server.clone();
                let answer = handler(server, value.ok()?).await.into_arguments();
                let answer = answer.inspect_err(|error| {
                    count(&counted.counters().encode_errors);
                    tracing::error!(%error, "an answer to another server cannot be written");
                });
                answer.ok()
            };
            Box::pin(answered) as std::pin::Pin<Box<dyn Future<Output = _> + Send>>
        };
        let event = event.into();
        let events = &mut self.table.server_events;
        assert!(
            !events.contains_key(&event),
            "the server event `{event}` has two handlers"
        );
        events.insert(event, Box::new(handler));
        self
    }
}

impl LocalRooms {
    /// Handles an event of another server, and returns this one's answer; `None` if nobody handles it or it
    /// does not fit.
    pub fn serve(
        &self,
        event: &str,
        arguments: OwnedArguments,
    ) -> impl Future<Output = Option<OwnedArguments>> + Send + use<> {
        let handler = self.table().server_events.get(event);
        let answer = handler.zip(self.engine()).map(|(handler, engine)| {
            let server = Server::from_engine(&engine);
            handler(server, arguments)
        });
        async move { answer?.await }
    }
}
