use std::{
    collections::HashMap,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use sockeye_engine::{Config, Transport};

use crate::{
    Adapter, Broadcast, InMemory, IntoRooms, LocalRooms, Namespace, Payload, Stats,
    application::{App, Engine, Options},
    mount::Path,
    namespace::{Live, MakeAdapter, Table},
    stats::Counters,
};

/// How long a shutdown waits for sessions and handlers to end.
const SHUTDOWN: Duration = Duration::from_secs(30);

/// How long a shutdown waits for clients to take their last frames.
const LAST_FRAMES: Duration = Duration::from_secs(1);

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
        ServerBuilder {
            config: Config::default(),
            options: Options::default(),
            namespaces: HashMap::new(),
            adapter: Arc::new(|rooms| Box::new(InMemory::new(rooms))),
        }
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
        Some(Broadcast::new(self.clone(), Arc::clone(live)))
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

    /// What was counted, and what is there now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let app = self.engine.application();
        let sockets = app
            .namespaces()
            .map(|namespace| namespace.rooms().len() as u64)
            .sum();
        app.counters()
            .snapshot(self.engine.stats(), sockets, app.running().count() as u64)
    }

    /// Ends all sessions, and waits for handlers, those of the disconnects among them, at most 30 seconds.
    ///
    /// The transports close; no client is told to stay away, so all of them come back to whatever
    /// listens next.
    pub async fn close(&self) {
        self.engine.close();
        let app = self.engine.application();
        let ended = async {
            self.engine.ended().await;
            app.running().none().await;
        };
        if tokio::time::timeout(SHUTDOWN, ended).await.is_err() {
            let handlers = app.running().count();
            tracing::warn!(handlers, "shutdown does not wait any longer");
        }
        // The last frames leave; who does not take them now will not.
        let start = Instant::now();
        while start.elapsed() < LAST_FRAMES && !self.engine.connections().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        app.namespaces()
            .for_each(|namespace| namespace.adapter().close());
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("config", self.engine.config())
            .finish_non_exhaustive()
    }
}

/// The options and namespaces of a [`Server`]; the defaults are the reference's.
#[must_use = "a builder does nothing before `build`"]
pub struct ServerBuilder {
    config: Config,
    options: Options,
    namespaces: HashMap<Box<str>, Table>,
    adapter: MakeAdapter,
}

impl ServerBuilder {
    /// Registers a namespace. Without any there is `/`, which handles nothing.
    ///
    /// # Panics
    ///
    /// If the name does not begin with a slash, or is registered already.
    pub fn namespace(mut self, name: impl Into<Box<str>>, namespace: Namespace) -> Self {
        let name = name.into();
        assert!(
            name.starts_with('/'),
            "the namespace `{name}` has to begin with a slash"
        );
        let twice = self
            .namespaces
            .insert(name.clone(), namespace.into_table())
            .is_some();
        assert!(!twice, "the namespace `{name}` is registered twice");
        self
    }

    /// Where the server is mounted. Default: `/socket.io`.
    ///
    /// # Panics
    ///
    /// If it does not begin with a slash.
    pub fn path(mut self, path: &str) -> Self {
        self.options.path = Path::new(path);
        self
    }

    /// Whether the browser client is served below the path. Default: yes.
    pub fn serve_client(mut self, serve: bool) -> Self {
        self.options.serve_client = serve;
        self
    }

    /// How long after the last sign of life a client is pinged. Default: 25 s.
    pub fn ping_interval(mut self, interval: Duration) -> Self {
        self.config.ping_interval = interval;
        self
    }

    /// How long a client may take to answer a ping. Default: 20 s.
    pub fn ping_timeout(mut self, timeout: Duration) -> Self {
        self.config.ping_timeout = timeout;
        self
    }

    /// How long a change from polling to WebSocket may take. Default: 10 s.
    pub fn upgrade_timeout(mut self, timeout: Duration) -> Self {
        self.config.upgrade_timeout = timeout;
        self
    }

    /// How long a client may stay without joining a namespace. Default: 45 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// The longest message or request body that is accepted, in bytes. Default: 1,000,000.
    pub fn max_payload(mut self, bytes: usize) -> Self {
        self.config.max_payload = bytes;
        self
    }

    /// What may wait for a client that does not read, in bytes. Default: 1 MiB.
    pub fn send_limit(mut self, bytes: usize) -> Self {
        self.config.send_limit = bytes;
        self
    }

    /// How many attachments a packet may have. Default: 10.
    pub fn max_attachments(mut self, attachments: usize) -> Self {
        self.options.limits.max_attachments = attachments;
        self
    }

    /// How many handlers of one socket may wait for something at a time. Default: 1,024.
    ///
    /// Further events of that socket wait until one of them ends, in order, and 1 MiB of them at most: past
    /// it the connection closes as `handler too slow`. Acknowledgements and heartbeats do not wait, and a
    /// disconnect takes effect at once; its handler comes after the events that wait. Handlers that are done
    /// without waiting are not counted, nor is what [`Socket::spawn`](crate::Socket::spawn) runs.
    ///
    /// # Panics
    ///
    /// If it is 0.
    pub fn max_pending_handlers(mut self, handlers: usize) -> Self {
        assert!(handlers > 0, "a socket without handlers handles nothing");
        self.options.max_pending_handlers = handlers;
        self
    }

    /// The transports that a session may begin with. Default: both.
    pub fn transports(mut self, transports: impl IntoIterator<Item = Transport>) -> Self {
        self.config.transports = transports.into_iter().collect();
        self
    }

    /// Whether a session may change from polling to WebSocket. Default: yes.
    pub fn allow_upgrades(mut self, allow: bool) -> Self {
        self.config.allow_upgrades = allow;
        self
    }

    /// How many shards hold the sessions. Default: one on a current-thread runtime, otherwise two a worker.
    pub fn shards(mut self, shards: usize) -> Self {
        self.config.shards = Some(shards);
        self
    }

    /// Makes each namespace's adapter. Default: [`InMemory`].
    pub fn adapter<A: Adapter>(
        mut self,
        make: impl Fn(Arc<LocalRooms>) -> A + Send + Sync + 'static,
    ) -> Self {
        self.adapter = Arc::new(move |rooms| Box::new(make(rooms)));
        self
    }

    /// Makes the server. No runtime is needed before the first request.
    #[must_use = "a server does nothing before it is mounted or served"]
    pub fn build(mut self) -> Server {
        self.namespaces.entry("/".into()).or_default();
        let engine = Engine::with_shards(self.config, |shards| {
            let live = |name: Box<str>, table| {
                let rooms = Arc::new(LocalRooms::new(shards));
                let adapter = (self.adapter)(Arc::clone(&rooms));
                (
                    name.clone(),
                    Arc::new(Live::new(name, table, rooms, adapter)),
                )
            };
            let namespaces = self
                .namespaces
                .drain()
                .map(|(name, table)| live(name, table))
                .collect();
            App::new(namespaces, self.options)
        });
        Server { engine }
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
