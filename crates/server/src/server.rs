use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use sockeye_engine::{Config, Transport};
use sockeye_protocol::Codec;

use crate::{
    Adapter, Broadcast, InMemory, IntoRooms, LocalRooms, Namespace, NamespaceEvent, NamespaceMatch,
    Payload, Profile, RateLimit, Shutdown, Stats,
    application::{App, Engine, Namespaces, Options, Registered},
    mount::Path,
    namespace::MakeAdapter,
    stats::Counters,
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
        let limits = profile.limits();
        let mut options = Options {
            connect_timeout: limits.connect_timeout,
            max_pending_handlers: limits.max_pending_handlers,
            max_namespaces: limits.max_namespaces,
            rate_limit: limits.rate_limit,
            ..Options::default()
        };
        options.limits.max_attachments = limits.max_attachments;
        let mut config = Config::default();
        config.max_payload = limits.max_payload;
        config.send_limit = limits.send_limit;
        config.upgrade_timeout = limits.upgrade_timeout;
        config.ping_interval = limits.ping_interval;
        config.ping_timeout = limits.ping_timeout;
        ServerBuilder {
            config,
            options,
            namespaces: Registered {
                fixed: HashMap::new(),
                dynamic: Vec::new(),
                keep_empty: false,
                hook: None,
            },
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

/// The options and namespaces of a [`Server`]; the defaults are the reference's.
#[must_use = "a builder does nothing before `build`"]
pub struct ServerBuilder {
    config: Config,
    options: Options,
    namespaces: Registered,
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
            .fixed
            .insert(name.clone(), namespace.into_table())
            .is_some();
        assert!(!twice, "the namespace `{name}` is registered twice");
        self
    }

    /// Registers namespaces that come into being when a client asks for one, and end with their last
    /// socket; all of them have these handlers. The first of several whose [`NamespaceMatch`] fits a name
    /// decides; names that are registered by [`namespace`](Self::namespace) come before all of them.
    pub fn dynamic(mut self, matches: impl Into<NamespaceMatch>, namespace: Namespace) -> Self {
        let registered = (matches.into(), namespace.into_table());
        self.namespaces.dynamic.push(registered);
        self
    }

    /// Whether namespaces that clients asked for stay when their last socket has left. Default: no; clients
    /// could fill the memory with names.
    pub fn keep_empty_namespaces(mut self, keep: bool) -> Self {
        self.namespaces.keep_empty = keep;
        self
    }

    /// Is told of namespaces that come into being when a client asks for them, and of their end.
    pub fn on_namespace(
        mut self,
        hook: impl Fn(NamespaceEvent<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.namespaces.hook = Some(Box::new(hook));
        self
    }

    /// How many namespaces one client may be in. Default: 1,000.
    pub fn max_namespaces(mut self, namespaces: usize) -> Self {
        self.options.max_namespaces = namespaces;
        self
    }

    /// How many events each socket may send. Default: no limit, and no cost.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.options.rate_limit = Some(limit);
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

    /// How packets are written and read: [`Codec::MessagePack`], or a
    /// [`Parser`](crate::parser::Parser) of one's own. Clients need the same: `io({ parser })`. Default: [`Codec::Json`].
    ///
    /// ```
    /// use sockeye::{Codec, Server};
    ///
    /// let io = Server::builder().parser(Codec::MessagePack).build();
    /// # let _ = io;
    /// ```
    pub fn parser(mut self, parser: impl Into<Codec>) -> Self {
        self.options.codec = parser.into();
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
        self.namespaces.fixed.entry("/".into()).or_default();
        let codec = self.options.codec.clone();
        let engine = Engine::with_shards(self.config, |shards| {
            let namespaces = Namespaces::new(self.namespaces, shards, codec, self.adapter);
            App::new(namespaces, self.options)
        });
        engine.application().namespaces().belong_to(&engine);
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
