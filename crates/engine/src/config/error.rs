/// Options that contradict one another, or that nothing can be done with. Each says what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Browsers refuse `*` together with credentials.
    #[error(
        "`Cors::any()` and `credentials(true)` contradict each other, for every page could act as its \
         visitor: list the origins with `Cors::allow([..])`, or leave `credentials` out"
    )]
    CredentialsForAll,
    /// A list of origins without any.
    #[error(
        "`Cors::allow` was given no origin: name one, or leave `cors` out for the server's own pages"
    )]
    NoOrigins,
    /// Nothing that a browser would send as `Origin`.
    #[error(
        "`{0}` is no origin: write it as browsers do, `https://example.com` or `http://localhost:5173`, without \
         a path or a slash at the end; patterns are for `Cors::allow_if`, and all pages for `Cors::any()`"
    )]
    NotAnOrigin(String),
    /// Neither a method nor the name of a header.
    #[error("`{0}` is neither a method nor a header's name: give each as an item of its own")]
    NotAToken(String),
    /// Neither an address nor a network.
    #[error(
        "`{0}` is no address of a proxy: write `10.0.0.7`, or a network as `10.0.0.0/8`; host names are not \
         looked up"
    )]
    NotAnAddress(String),
    /// No name, path or domain of a cookie.
    #[error(
        "`{0}` cannot stand in a cookie: its name is made of letters, digits and `-_.`, its path and domain \
         have no semicolon"
    )]
    NotACookie(String),
    /// Browsers refuse such a cookie.
    #[error(
        "a cookie with `SameSite::None` is dropped by browsers unless it is secure: add `secure(true)`, or \
         choose `SameSite::Lax`"
    )]
    InsecureCookie,
    /// Browsers refuse such a cookie too.
    #[error(
        "a cookie that is `partitioned` is dropped by browsers unless it is secure: add `secure(true)`, or leave \
         `partitioned` out"
    )]
    InsecurePartition,
    /// A list of transports without any.
    #[error(
        "`transports` is empty, so nobody could connect: name `Transport::Polling`, `Transport::WebSocket`, or \
         leave it out for both"
    )]
    NoTransports,
    /// What only WebSocket has, on a server without it.
    #[error(
        "`per_message_deflate` compresses messages over WebSocket, and `transports` leaves that out: name \
         `Transport::WebSocket` too, or leave `per_message_deflate` out; `http_compression` is for polling"
    )]
    DeflateWithoutWebSocket,
    /// What only polling has, on a server without it.
    #[error(
        "the cookie comes with the answer that begins a session over polling, and `transports` leaves that out: \
         name `Transport::Polling` too, or add the cookie with `initial_headers`"
    )]
    CookieWithoutPolling,
    /// A context that would be kept for each connection.
    #[error(
        "`server_no_context_takeover(false)` would keep hundreds of kilobytes for each connection, and a broadcast \
         could not be compressed once for all: leave it out"
    )]
    ServerContext,
    /// What is said of clients of protocol 3 while none are served.
    #[error(
        "`eio3_from_any_address` is about clients of Engine.IO 3, and none are served: add `allow_eio3(true)`, or \
         leave it out"
    )]
    AnyAddressWithoutEio3,
    /// What is volatile would leave no room for the rest.
    #[error(
        "`volatile_limit` is more than half of `send_limit`, so that volatile events could end a client for the others \
         that follow: raise `send_limit`, or lower `volatile_limit`"
    )]
    VolatileLimit,
    /// A duration or a size of zero.
    #[error("`{0}` is zero, and nobody could be served: give it a value, or leave it out")]
    Zero(&'static str),
    /// A limit of requests' heads that no head fits.
    #[error(
        "`max_head` is less than 8 KiB, and common requests would be refused: give it 8,192 or more"
    )]
    HeadTooSmall,
    /// One function would replace another.
    #[error(
        "`{0}` was given twice, and the second would replace the first: give one that does both"
    )]
    Twice(&'static str),
    /// The logs of recovery are part of what all queues hold.
    #[error(
        "`outbox_budget` is no more than `Recovery::max_log_bytes`, which is part of it, so that every slow reader would \
         end once the log is full: raise the budget, or lower the log's limit"
    )]
    BudgetWithinLog,
    /// TLS connections on which something else than HTTP/1.1 would be spoken.
    #[error(
        "the acceptor offers the protocol `{0}` by ALPN, and `serve` speaks `http/1.1` alone: leave the other out of the \
         acceptor's list"
    )]
    Alpn(String),
}
