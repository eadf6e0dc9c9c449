/// What this side wants of permessage-deflate, as a server or as a client.
///
/// The default keeps no context between messages on either side, so that a connection owns no
/// memory for it and a broadcast is compressed once; takeover makes short, similar messages much
/// smaller, for about 380 KiB a connection that compresses and up to 32 KiB for the other way.
///
/// ```
/// use sockeye_websocket::deflate::Options;
///
/// let options = Options::new().threshold(256).level(3);
/// assert!(options.server_no_context_takeover);
/// let few_chatty_connections = Options::new()
///     .server_no_context_takeover(false)
///     .client_no_context_takeover(false);
/// assert_eq!(few_chatty_connections.server_max_window_bits, 15);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Options {
    /// The server forgets after each message. Default true.
    pub server_no_context_takeover: bool,
    /// The client forgets after each message. Default true.
    pub client_no_context_takeover: bool,
    /// The longest window of the server: 2 to the power of this bytes, 9 to 15. Default 15.
    pub server_max_window_bits: u8,
    /// The longest window of the client: 2 to the power of this bytes, 9 to 15. Default 15.
    pub client_max_window_bits: u8,
    /// From how many bytes on a message is compressed. Default 1024: below, what is saved is less
    /// than a packet and costs more time than sending it.
    pub threshold: usize,
    /// How hard to try, 1 to 9. Default 1, the fastest.
    pub level: u8,
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl Options {
    /// The defaults, as the fields tell them.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            server_no_context_takeover: true,
            client_no_context_takeover: true,
            server_max_window_bits: 15,
            client_max_window_bits: 15,
            threshold: 1024,
            level: 1,
        }
    }

    /// Whether the server forgets after each message.
    ///
    /// A client that wants it insists on it; a server that does not want it does it anyway if the
    /// client insists (RFC 7692 7.1.1.1).
    #[must_use]
    pub const fn server_no_context_takeover(mut self, on: bool) -> Self {
        self.server_no_context_takeover = on;
        self
    }

    /// Whether the client forgets after each message.
    ///
    /// A server that wants it insists on it; a client that does not want it does it anyway if the
    /// server insists (RFC 7692 7.1.1.2).
    #[must_use]
    pub const fn client_no_context_takeover(mut self, on: bool) -> Self {
        self.client_no_context_takeover = on;
        self
    }

    /// The longest window of the server, in bits. What is beyond 9 to 15 becomes the nearest of
    /// them: 8 is allowed by RFC 7692 and impossible for most implementations.
    #[must_use]
    pub const fn server_max_window_bits(mut self, bits: u8) -> Self {
        self.server_max_window_bits = possible(bits);
        self
    }

    /// The longest window of the client, in bits; as
    /// [`server_max_window_bits`](Self::server_max_window_bits). A server can only have this of
    /// clients that know the parameter (RFC 7692 7.1.2.2).
    #[must_use]
    pub const fn client_max_window_bits(mut self, bits: u8) -> Self {
        self.client_max_window_bits = possible(bits);
        self
    }

    /// From how many bytes on a message is compressed.
    #[must_use]
    pub const fn threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }

    /// How hard to try, from 1 to 9; what is beyond becomes the nearest of them.
    #[must_use]
    pub const fn level(mut self, level: u8) -> Self {
        self.level = match level {
            0 => 1,
            1..=9 => level,
            _ => 9,
        };
        self
    }
}

impl Options {
    /// The same with every field in its range, as the setters leave it.
    pub(crate) const fn possible(self) -> Self {
        self.server_max_window_bits(self.server_max_window_bits)
            .client_max_window_bits(self.client_max_window_bits)
            .level(self.level)
    }
}

const fn possible(bits: u8) -> u8 {
    match bits {
        0..=8 => 9,
        9..=15 => bits,
        _ => 15,
    }
}
