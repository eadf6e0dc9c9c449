use std::{
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

use sockeye_engine::{Deflate, Transport};

use super::ServerBuilder;

/// # The transports
impl ServerBuilder {
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

    /// How long a change from polling to another transport may take. Default: 10 s.
    pub fn upgrade_timeout(mut self, timeout: Duration) -> Self {
        self.config.upgrade_timeout = timeout;
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

    /// While less than so many bytes wait for a client, counted as for [`send_limit`](Self::send_limit), volatile
    /// events wait as well; beyond it they are dropped and counted, and nobody is ended for them. At most half of
    /// `send_limit`. Default: 0, so that they are dropped whenever the transport takes nothing, as in the reference:
    /// over long-polling whenever no GET waits.
    ///
    /// ```
    /// let io = sockeye::Server::builder().volatile_limit(64 * 1024).build();
    /// # let _ = io;
    /// ```
    pub fn volatile_limit(mut self, bytes: usize) -> Self {
        self.config.volatile_limit = bytes;
        self
    }

    /// What all queues together may hold, in bytes. What many clients share is counted once, and what is less
    /// than 64 KiB of one queue not at all. Default: 1 GiB.
    ///
    /// Beyond it those sessions end as `slow consumer` whose queues are the fullest, until an eighth of the budget is
    /// free; sessions whose transport takes what it is given are not among them. Each is counted in
    /// [`EngineStats::outbox_budget`](crate::EngineStats::outbox_budget), and told in the log.
    ///
    /// ```
    /// let io = sockeye::Server::builder().outbox_budget(256 * 1024 * 1024).build();
    /// # let _ = io;
    /// ```
    pub fn outbox_budget(mut self, bytes: usize) -> Self {
        self.config.outbox_budget = bytes;
        self
    }

    /// How long a WebSocket may take no byte while something waits for it, until its session ends as
    /// `slow consumer`; `None` for as long as it answers pings. Default: 20 s.
    pub fn stall_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.config.stall_timeout = timeout.into();
        self
    }

    /// How long the body of a POST may take to arrive. Default: 30 s.
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.config.body_timeout = timeout;
        self
    }

    /// How many sessions one address may have at a time; of IPv6, one network of 64 bits. Default: no limit.
    ///
    /// The address is the one behind the [`trusted_proxies`](Self::trusted_proxies): without them a proxy in front is
    /// one client. Many people may share an address. One session more is answered with 503 and `Retry-After`.
    pub fn max_sessions_per_address(mut self, sessions: NonZeroUsize) -> Self {
        self.config.max_sessions_per_address = Some(sessions);
        self
    }

    /// How many sessions may begin in a second, and at once after a silence. Default: no limit.
    ///
    /// More are answered with 503 and `Retry-After`: clients try again, and a restart does not bring all at once.
    pub fn new_sessions_per_second(mut self, sessions: NonZeroU32) -> Self {
        self.config.new_sessions_per_second = Some(sessions);
        self
    }

    /// How long an answer of [streaming](Transport::Streaming) goes on before the client has to ask for the next one.
    /// Default: 10 minutes.
    pub fn stream_lifetime(mut self, lifetime: Duration) -> Self {
        self.config.stream_lifetime = lifetime;
        self
    }

    /// After how many bytes it has to, too. Default: 64 MiB.
    pub fn stream_bytes(mut self, bytes: usize) -> Self {
        self.config.stream_bytes = bytes;
        self
    }

    /// The transports that a session may use. Default: all.
    ///
    /// Streaming is extra: the handshake does not name it, so that clients of the reference never see it.
    pub fn transports(mut self, transports: impl IntoIterator<Item = Transport>) -> Self {
        self.config.transports = transports.into_iter().collect();
        self
    }

    /// From how many bytes on the answers of long-polling are compressed, for clients that accept gzip or
    /// deflate; `None` for never. Default: 1,024.
    ///
    /// What an answer holds that an attacker chose, beside what it must not learn, can be guessed from its
    /// length: turn it off if secrets and the words of others go to one client.
    pub fn http_compression(mut self, threshold: impl Into<Option<usize>>) -> Self {
        self.config.http_compression = threshold.into();
        self
    }

    /// Whether messages over WebSocket are compressed, for clients that offer permessage-deflate (RFC 7692),
    /// and how. Default: no, as in the reference: it costs CPU for each message, and few are long.
    ///
    /// Each message is compressed for itself, and `server_no_context_takeover(false)` is refused: an idle
    /// connection costs nothing more, and a broadcast is compressed once for all that agreed on the same
    /// window. Single events are left out with [`Socket::compress`](crate::Socket::compress).
    ///
    /// ```
    /// use sockeye::{Deflate, Server};
    ///
    /// let io = Server::builder().per_message_deflate(Deflate::new().threshold(4096)).build();
    /// # let _ = io;
    /// ```
    pub fn per_message_deflate(mut self, options: impl Into<Option<Deflate>>) -> Self {
        self.config.per_message_deflate = options.into();
        self
    }

    /// Whether a session may change from polling to another transport. Default: yes.
    pub fn allow_upgrades(mut self, allow: bool) -> Self {
        self.config.allow_upgrades = allow;
        self
    }

    /// Whether clients of Socket.IO 2, which speak Engine.IO 3, are served too. Default: no.
    ///
    /// They are in `/` from the beginning; elsewhere the query of their CONNECT packet is their `auth`. Their
    /// sockets' ids give access to their sessions; see [`eio3_from_any_address`](Self::eio3_from_any_address).
    ///
    /// ```
    /// let io = sockeye::Server::builder().allow_eio3(true).build();
    /// # let _ = io;
    /// ```
    pub fn allow_eio3(mut self, allow: bool) -> Self {
        self.config.allow_eio3 = allow;
        self
    }

    /// Whether the requests of a session of Engine.IO 3 may come from another address than its first one.
    /// Default: no.
    ///
    /// Clients of Socket.IO 2 use the session's identifier as the socket's id, which an application may
    /// show to others: whoever knows it could send in the client's name.
    pub fn eio3_from_any_address(mut self, allow: bool) -> Self {
        self.config.eio3_from_any_address = allow;
        self
    }

    /// How many shards hold the sessions. Default: one on a current-thread runtime, otherwise two a worker.
    pub fn shards(mut self, shards: usize) -> Self {
        self.config.shards = Some(shards);
        self
    }
}
