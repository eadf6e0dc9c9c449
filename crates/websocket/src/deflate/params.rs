#[cfg(feature = "deflate")]
use crate::Role;

/// What two ends agreed on (RFC 7692 7.1).
///
/// ```
/// use sockeye_websocket::deflate::Params;
///
/// let params = Params::default();
/// assert!(params.server_no_context_takeover && params.client_no_context_takeover);
/// assert_eq!(params.server_max_window_bits, 15);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Params {
    /// Each message of the server can be read without the ones before it (7.1.1.1).
    pub server_no_context_takeover: bool,
    /// Each message of the client can be read without the ones before it (7.1.1.2).
    pub client_no_context_takeover: bool,
    /// How far back the server refers at most: 2 to the power of this, 8 to 15 (7.1.2.1).
    pub server_max_window_bits: u8,
    /// How far back the client refers at most: 2 to the power of this, 8 to 15 (7.1.2.2).
    pub client_max_window_bits: u8,
}

impl Default for Params {
    /// No context takeover, and the longest windows: what nearly every peer agrees to.
    fn default() -> Self {
        Self {
            server_no_context_takeover: true,
            client_no_context_takeover: true,
            server_max_window_bits: 15,
            client_max_window_bits: 15,
        }
    }
}

/// How one end writes its messages.
#[cfg(feature = "deflate")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Direction {
    pub(crate) takeover: bool,
    pub(crate) window_bits: u8,
}

#[cfg(feature = "deflate")]
impl Params {
    /// How the end with this role writes.
    pub(crate) const fn written_by(&self, role: Role) -> Direction {
        match role {
            Role::Client => Direction {
                takeover: !self.client_no_context_takeover,
                window_bits: self.client_max_window_bits,
            },
            Role::Server => Direction {
                takeover: !self.server_no_context_takeover,
                window_bits: self.server_max_window_bits,
            },
        }
    }
}
