use std::{fmt::Display, future::Future};

use http::{HeaderMap, request::Parts};
use sockeye_engine::{Cookie, Cors, InitialPacket, Refusal, Sid, TrustedProxies};

use super::ServerBuilder;

/// # Requests: who may, and what is said
impl ServerBuilder {
    /// Pages of which origins may talk to the server, over long-polling and WebSocket alike. Default: those of
    /// the server's own host, and those of this machine while it is addressed as this machine; with
    /// [`Profile::Compat`](crate::Profile::Compat) as the reference does, [`Cors::unchecked`].
    ///
    /// A refusal is a warning in the log, 403 for the client, and counted in
    /// [`Stats::engine`](crate::Stats::engine) as `refused.origin`; it names the origin, what it was compared
    /// with, and the call that allows it.
    ///
    /// ```
    /// use sockeye::{Cors, Server};
    ///
    /// let io = Server::builder().cors(Cors::allow(["https://app.example.com"])).build();
    /// # let _ = io;
    /// ```
    pub fn cors(mut self, cors: Cors) -> Self {
        self.config.cors = cors;
        self
    }

    /// Whose `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host` are believed. Default: nobody's.
    ///
    /// ```
    /// use sockeye::{Server, TrustedProxies};
    ///
    /// let io = Server::builder().trusted_proxies(TrustedProxies::only(["127.0.0.1", "10.0.0.0/8"])).build();
    /// # let _ = io;
    /// ```
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.config.trusted_proxies = proxies;
        self
    }

    /// Asks `allow` about each request that begins a session, before anything is made for it. What it refuses is
    /// answered with 403 and its text, or 400 for a WebSocket, and counted as `refused.forbidden`.
    ///
    /// Whoever wants to know the user asks in [`Namespace::auth`](crate::Namespace::auth), where the client's
    /// `auth` is known.
    ///
    /// ```
    /// use sockeye::Server;
    ///
    /// let io = Server::builder()
    ///     .allow_request(|request| {
    ///         let token = request.headers.get("x-token").cloned();
    ///         async move {
    ///             match token {
    ///                 Some(token) if token == "secret" => Ok(()),
    ///                 _ => Err("unknown token"),
    ///             }
    ///         }
    ///     })
    ///     .build();
    /// # let _ = io;
    /// ```
    pub fn allow_request<F, E>(
        mut self,
        allow: impl Fn(&Parts) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        self.once("allow_request");
        self.config.hooks.allow_request(allow);
        self
    }

    /// Lets `generate` choose the identifier of each session, as the reference's `engine.generateId`: for balancers
    /// that find a session's server by it. Default: 120 random bits.
    ///
    /// Whoever knows an identifier has the session: [`SocketId::with_prefix`](crate::SocketId::with_prefix) leaves
    /// it unguessable. An error, or the identifier of another session, is answered with code 3, `Bad request`,
    /// and written to the log.
    ///
    /// ```
    /// use sockeye::{Server, SocketId};
    ///
    /// let io = Server::builder()
    ///     .generate_id(|_| async { SocketId::with_prefix("eu1-").ok_or("too long") })
    ///     .build();
    /// # let _ = io;
    /// ```
    pub fn generate_id<F, E>(
        mut self,
        generate: impl Fn(&Parts) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Sid, E>> + Send + 'static,
        E: Display,
    {
        self.once("generate_id");
        self.config.hooks.generate_id(generate);
        self
    }

    /// A cookie with the session's identifier, for balancers that keep a client at one server by it. Default:
    /// none.
    ///
    /// ```
    /// use sockeye::{Cookie, SameSite, Server};
    ///
    /// let io = Server::builder().cookie(Cookie::new("io").same_site(SameSite::Strict)).build();
    /// # let _ = io;
    /// ```
    pub fn cookie(mut self, cookie: Cookie) -> Self {
        self.config.cookie = Some(cookie);
        self
    }

    /// A message of the transport, text or bytes, that each session is told with its open packet, before its client
    /// has asked for anything. Default: none.
    ///
    /// It is what stands on the wire, so a client of Socket.IO needs a packet in it. What is to be told in a
    /// namespace is better emitted by its [`on_connect`](crate::Namespace::on_connect).
    ///
    /// ```
    /// use sockeye::Server;
    ///
    /// let io = Server::builder().initial_packet(r#"2["version","1.4"]"#).build();
    /// # let _ = io;
    /// ```
    pub fn initial_packet(mut self, packet: impl Into<InitialPacket>) -> Self {
        self.config.initial_packet = Some(packet.into());
        self
    }

    /// Lets `mark` add headers to the answer that begins a session: of long-polling, or the 101 of a WebSocket.
    pub fn initial_headers(
        mut self,
        mark: impl Fn(&mut HeaderMap, &Parts) + Send + Sync + 'static,
    ) -> Self {
        self.once("initial_headers");
        self.config.hooks.initial_headers(mark);
        self
    }

    /// Lets `mark` add headers to every answer that is no refusal.
    pub fn headers(
        mut self,
        mark: impl Fn(&mut HeaderMap, &Parts) + Send + Sync + 'static,
    ) -> Self {
        self.once("headers");
        self.config.hooks.headers(mark);
        self
    }

    /// Tells `hear` of each request that is refused, with the code and the text of the answer: the reference's
    /// event `connection_error`.
    ///
    /// ```
    /// use sockeye::Server;
    ///
    /// let io = Server::builder()
    ///     .on_connection_error(|refusal| {
    ///         tracing::info!(uri = %refusal.request.uri, code = refusal.code, refusal.message, refusal.context);
    ///     })
    ///     .build();
    /// # let _ = io;
    /// ```
    pub fn on_connection_error(
        mut self,
        hear: impl Fn(&Refusal<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.once("on_connection_error");
        self.config.hooks.connection_error(hear);
        self
    }
}
