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
    /// A duration or a size of zero.
    #[error("`{0}` is zero, so every session would end at once: give it a value, or leave it out")]
    Zero(&'static str),
}
