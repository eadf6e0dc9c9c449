//! What a server is made of.

mod requests;
mod transports;

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use sockeye_engine::{Config, ConfigError, Cors};
use sockeye_protocol::Codec;

use crate::{
    Adapter, InMemory, LocalRooms, Namespace, NamespaceEvent, NamespaceMatch, Profile, RateLimit,
    Recovery, Server,
    application::{App, Engine, Namespaces, Options, Registered},
    mount::Path,
    namespace::MakeAdapter,
};

/// The options and namespaces of a [`Server`]; the defaults are the reference's.
#[must_use = "a builder does nothing before `build`"]
pub struct ServerBuilder {
    config: Config,
    options: Options,
    namespaces: Registered,
    adapter: MakeAdapter,
    recovery: Option<Recovery>,
    /// The functions that were given.
    given: Vec<&'static str>,
    twice: Option<&'static str>,
}

impl ServerBuilder {
    pub(crate) fn new(profile: Profile) -> Self {
        let limits = profile.limits();
        let mut options = Options {
            connect_timeout: limits.connect_timeout,
            max_pending_handlers: limits.max_pending_handlers,
            max_waiting_bytes: limits.max_waiting_bytes,
            max_pending_acks: limits.max_pending_acks,
            max_namespaces: limits.max_namespaces,
            rate_limit: limits.rate_limit,
            ..Options::default()
        };
        options.limits.max_attachments = limits.max_attachments;
        // Unless the builder is told otherwise, what the attachments could be by the other limits.
        options.limits.max_attachment_bytes = usize::MAX;
        let mut config = Config::default();
        config.max_payload = limits.max_payload;
        config.send_limit = limits.send_limit;
        config.volatile_limit = limits.volatile_limit;
        config.outbox_budget = limits.outbox_budget;
        config.stall_timeout = limits.stall_timeout;
        config.body_timeout = limits.body_timeout;
        config.upgrade_timeout = limits.upgrade_timeout;
        config.ping_interval = limits.ping_interval;
        config.ping_timeout = limits.ping_timeout;
        if profile == Profile::Compat {
            config.cors = Cors::unchecked();
        }
        Self {
            config,
            options,
            namespaces: Registered {
                fixed: HashMap::new(),
                dynamic: Vec::new(),
                keep_empty: false,
                max_rooms: limits.max_rooms,
                hook: None,
            },
            adapter: Arc::new(|rooms| Box::new(InMemory::new(rooms))),
            recovery: None,
            given: Vec::new(),
            twice: None,
        }
    }

    /// Notes that a function was given: a second one would replace it without a word.
    fn once(&mut self, name: &'static str) {
        if self.given.contains(&name) {
            self.twice.get_or_insert(name);
        }
        self.given.push(name);
    }

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
        self.once("on_namespace");
        self.namespaces.hook = Some(Box::new(hook));
        self
    }

    /// How many namespaces one client may be in. Default: 1,000.
    pub fn max_namespaces(mut self, namespaces: usize) -> Self {
        self.options.max_namespaces = namespaces;
        self
    }

    /// How many rooms a socket may be in besides its own. Default: 10,000.
    pub fn max_rooms(mut self, rooms: usize) -> Self {
        self.namespaces.max_rooms = rooms;
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
        let slash = self.options.path.needs_slash();
        self.options.path = Path::new(path).with_slash(slash);
        self
    }

    /// Whether the path ends with a slash, as in `/socket.io/?EIO=4`. Default: yes, and without it a request is not
    /// for this server. With `false` every path that begins with the server's is, `/socket.io?EIO=4` too: for
    /// clients that have `addTrailingSlash: false`.
    ///
    /// ```
    /// let io = sockeye::Server::builder().path("/ws").add_trailing_slash(false).build();
    /// # let _ = io;
    /// ```
    pub fn add_trailing_slash(mut self, slash: bool) -> Self {
        self.options.path = self.options.path.with_slash(slash);
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
        self.once("parser");
        self.options.codec = parser.into();
        self
    }

    /// How long a client may stay without joining a namespace. Default: 45 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// How many attachments a packet may have. Default: 10.
    pub fn max_attachments(mut self, attachments: usize) -> Self {
        self.options.limits.max_attachments = attachments;
        self
    }

    /// How many bytes the attachments of one packet may have together. Default: as many as
    /// [`max_attachments`](Self::max_attachments) of [`max_payload`](Self::max_payload) bytes each have.
    pub fn max_attachment_bytes(mut self, bytes: usize) -> Self {
        self.options.limits.max_attachment_bytes = bytes;
        self
    }

    /// How many acknowledgements a socket may owe. Default: 1,024.
    ///
    /// Beyond it [`emit_with_ack`](crate::Socket::emit_with_ack) fails with
    /// [`AckError::TooManyPending`](crate::AckError::TooManyPending), and a broadcast does not ask the socket and
    /// says so, in [`BroadcastAckError::not_asked`](crate::BroadcastAckError::not_asked); both are counted in [`Stats::ack_limit`](crate::Stats::ack_limit).
    pub fn max_pending_acks(mut self, acknowledgements: usize) -> Self {
        self.options.max_pending_acks = acknowledgements;
        self
    }

    /// How many bytes of one socket's events may wait: for its connect handler, in a sequential namespace for
    /// the handler before, and for one of [`max_pending_handlers`](Self::max_pending_handlers) to end. Each counts
    /// 64 more. Default: 1 MiB.
    pub fn max_waiting_bytes(mut self, bytes: usize) -> Self {
        self.options.max_waiting_bytes = bytes;
        self
    }

    /// How many handlers of one socket may wait for something at a time. Default: 1,024.
    ///
    /// Further events of that socket wait until one of them ends, in order, and no more of them than
    /// [`max_waiting_bytes`](Self::max_waiting_bytes): past it the connection closes as `handler too slow`. Acknowledgements and heartbeats do not wait, and a
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

    /// Makes each namespace's adapter. Default: [`InMemory`].
    pub fn adapter<A: Adapter>(
        mut self,
        make: impl Fn(Arc<LocalRooms>) -> A + Send + Sync + 'static,
    ) -> Self {
        self.once("adapter");
        self.adapter = Arc::new(move |rooms| Box::new(make(rooms)));
        self
    }

    /// Clients that were cut off come back as the same socket, in the same rooms, and are sent what they
    /// have missed. Default: no.
    ///
    /// Every event then carries a text behind its arguments, the offset, as the reference's does. It works on
    /// this server alone: one that comes back to another server of a cluster begins anew.
    ///
    /// ```
    /// use sockeye::{Namespace, Recovery, Server, Socket};
    ///
    /// async fn joined(socket: Socket) {
    ///     if !socket.recovered() {
    ///         socket.join("news");
    ///     }
    /// }
    ///
    /// let io = Server::builder()
    ///     .connection_state_recovery(Recovery::new())
    ///     .namespace("/", Namespace::new().on_connect(joined))
    ///     .build();
    /// # let _ = io;
    /// ```
    pub fn connection_state_recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = Some(recovery);
        self
    }

    /// Makes the server. No runtime is needed before the first request.
    ///
    /// # Panics
    ///
    /// If the options contradict one another; [`try_build`](Self::try_build) tells.
    #[must_use = "a server does nothing before it is mounted or served"]
    pub fn build(self) -> Server {
        match self.try_build() {
            Ok(server) => server,
            Err(error) => panic!("{error}"),
        }
    }

    /// Makes the server, unless the options contradict one another.
    ///
    /// ```
    /// use sockeye::{ConfigError, Cors, Server};
    ///
    /// let made = Server::builder().cors(Cors::any().credentials(true)).try_build();
    /// assert_eq!(made.unwrap_err(), ConfigError::CredentialsForAll);
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError`], which says what to change.
    pub fn try_build(mut self) -> Result<Server, ConfigError> {
        self.check()?;
        let limits = &mut self.options.limits;
        let all = limits
            .max_attachments
            .saturating_mul(self.config.max_payload);
        limits.max_attachment_bytes = limits.max_attachment_bytes.min(all);
        self.namespaces.fixed.entry("/".into()).or_default();
        let codec = self.options.codec.clone();
        let sequencer = self
            .recovery
            .as_ref()
            .map(|recovery| recovery.sequencers(&self.config));
        self.options.max_away = self.recovery.as_ref().map(Recovery::longest);
        let engine = Engine::with_shards(self.config, |shards| {
            let namespaces =
                Namespaces::new(self.namespaces, shards, codec, self.adapter, sequencer);
            App::new(namespaces, self.options)
        });
        engine.application().namespaces().belong_to(&engine);
        Ok(Server { engine })
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.config.check()?;
        if let Some(name) = self.twice {
            return Err(ConfigError::Twice(name));
        }
        for (name, zero) in [
            ("connect_timeout", self.options.connect_timeout.is_zero()),
            ("max_namespaces", self.options.max_namespaces == 0),
            ("max_waiting_bytes", self.options.max_waiting_bytes == 0),
            ("max_pending_acks", self.options.max_pending_acks == 0),
        ] {
            if zero {
                return Err(ConfigError::Zero(name));
            }
        }
        match &self.recovery {
            Some(recovery) => recovery.check(self.config.outbox_budget),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
