use std::{fmt, sync::Arc, time::Duration};

use serde::de::DeserializeOwned;

use crate::{
    AdapterError, Broadcast, BroadcastAcks, IntoRooms, Payload, Profile, RemoteSocket,
    ServerBuilder, Shutdown, Stats, application::Engine, stats::Counters,
};

/// A Socket.IO server. Cheap to clone; every clone is the same server.
///
/// ```
/// use sockeye::{Namespace, Server, Socket};
///
/// async fn message(socket: Socket, text: String) {
///     socket.broadcast().emit("message", text);
/// }
///
/// let io = Server::builder().namespace("/", Namespace::new().on("message", message)).build();
/// let app: axum::Router = axum::Router::new().merge(io.router());
/// # let _ = app;
/// ```
#[derive(Clone)]
pub struct Server {
    pub(crate) engine: Arc<Engine>,
}

impl Server {
    /// Begins a server.
    pub fn builder() -> ServerBuilder {
        Self::with_profile(Profile::Standard)
    }

    /// Begins a server with these limits.
    ///
    /// ```
    /// use sockeye::{Profile, Server};
    ///
    /// let io = Server::with_profile(Profile::Strict).max_payload(256 * 1024).build();
    /// # let _ = io;
    /// ```
    pub fn with_profile(profile: Profile) -> ServerBuilder {
        ServerBuilder::new(profile)
    }

    pub(crate) fn from_engine(engine: &Arc<Engine>) -> Self {
        Self {
            engine: Arc::clone(engine),
        }
    }

    pub(crate) fn counters(&self) -> &Counters {
        self.engine.application().counters()
    }

    /// All sockets of a namespace.
    ///
    /// # Panics
    ///
    /// If the server was built without that namespace; [`Server::namespace`] asks.
    pub fn of(&self, namespace: &str) -> Broadcast {
        match self.namespace(namespace) {
            Some(broadcast) => broadcast,
            None => {
                panic!("there is no namespace `{namespace}`: register it with `Server::builder()`")
            }
        }
    }

    /// All sockets of a namespace, if there is one of that name.
    #[must_use]
    pub fn namespace(&self, name: &str) -> Option<Broadcast> {
        let live = self.engine.application().namespace(name)?;
        Some(Broadcast::new(self.clone(), live))
    }

    /// All namespaces that are there now, in no order: those that the server was built with, and those that
    /// clients have asked for.
    ///
    /// ```
    /// # fn example(io: sockeye::Server) {
    /// for namespace in io.namespaces() {
    ///     if namespace.namespace().starts_with("/rooms/") {
    ///         namespace.emit("closing", "in a minute");
    ///     }
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn namespaces(&self) -> Vec<Broadcast> {
        let all = self.engine.application().namespaces().all();
        all.into_iter()
            .map(|live| Broadcast::new(self.clone(), live))
            .collect()
    }

    /// To the members of rooms of the namespace `/`.
    pub fn to(&self, rooms: impl IntoRooms) -> Broadcast {
        self.of("/").to(rooms)
    }

    /// To all sockets of the namespace `/` but the members of rooms.
    pub fn except(&self, rooms: impl IntoRooms) -> Broadcast {
        self.of("/").except(rooms)
    }

    /// Sends an event to all sockets of the namespace `/`.
    pub fn emit(&self, event: &str, payload: impl Payload) {
        self.of("/").emit(event, payload);
    }

    /// Sends an event to all sockets of the namespace `/` and collects the acknowledgements; see
    /// [`Broadcast::emit_with_ack`].
    pub fn emit_with_ack<R: DeserializeOwned>(
        &self,
        event: &str,
        payload: impl Payload,
    ) -> BroadcastAcks<R> {
        self.of("/").emit_with_ack(event, payload)
    }

    /// To the sockets of the namespace `/` on this server alone.
    pub fn local(&self) -> Broadcast {
        self.of("/").local()
    }

    /// To those of the namespace `/` whose transport takes it now.
    pub fn volatile(&self) -> Broadcast {
        self.of("/").volatile()
    }

    /// To all of the namespace `/`, compressed or not; see [`Socket::compress`](crate::Socket::compress).
    pub fn compress(&self, compress: bool) -> Broadcast {
        self.of("/").compress(compress)
    }

    /// To all of the namespace `/`; acknowledgements, and the answers of other servers, are waited for so
    /// long.
    pub fn timeout(&self, timeout: Duration) -> Broadcast {
        self.of("/").timeout(timeout)
    }

    /// The sockets of the namespace `/` on all servers.
    ///
    /// # Errors
    ///
    /// If other servers do not answer within 30 seconds.
    pub async fn fetch_sockets(&self) -> Result<Vec<RemoteSocket>, AdapterError> {
        self.of("/").fetch_sockets().await
    }

    /// Adds all sockets of the namespace `/` to rooms.
    pub fn sockets_join(&self, rooms: impl IntoRooms) {
        self.of("/").sockets_join(rooms);
    }

    /// Takes all sockets of the namespace `/` out of rooms.
    pub fn sockets_leave(&self, rooms: impl IntoRooms) {
        self.of("/").sockets_leave(rooms);
    }

    /// Puts all sockets out of the namespace `/`; if `close` says so, their connections end too.
    pub fn disconnect_sockets(&self, close: bool) {
        self.of("/").disconnect_sockets(close);
    }

    /// Sends an event to the other servers of the cluster, for the namespace `/`; see
    /// [`Broadcast::server_side_emit`].
    pub fn server_side_emit(&self, event: &str, payload: impl Payload) {
        self.of("/").server_side_emit(event, payload);
    }

    /// Sends an event to the other servers of the cluster, for the namespace `/`, and collects their
    /// answers; see [`Broadcast::server_side_emit_with_ack`].
    pub fn server_side_emit_with_ack<R: DeserializeOwned>(
        &self,
        event: &str,
        payload: impl Payload,
    ) -> BroadcastAcks<R> {
        self.of("/").server_side_emit_with_ack(event, payload)
    }

    /// What was counted, and what is there now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let app = self.engine.application();
        let sockets = app
            .namespaces()
            .all()
            .iter()
            .map(|namespace| namespace.rooms().len() as u64)
            .sum();
        app.counters()
            .snapshot(self.engine.stats(), sockets, app.running().count() as u64)
    }

    /// Ends all sessions at once, and waits for handlers, those of the disconnects among them, at most 30
    /// seconds; [`shutdown`](Self::shutdown) is gentler.
    ///
    /// The transports close; no client is told to stay away, so all of them come back to whatever
    /// listens next.
    pub async fn close(&self) {
        self.shutdown().over(Duration::ZERO).await;
    }

    /// Ends the server, a few sessions at a time.
    pub fn shutdown(&self) -> Shutdown {
        Shutdown::new(self.clone())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("config", self.engine.config())
            .finish_non_exhaustive()
    }
}
