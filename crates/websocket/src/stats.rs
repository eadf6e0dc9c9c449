//! How connections ended that did not end as they should, counted by what went wrong.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Failure, ProtocolError};

/// What is counted, in the order of the counters.
const NAMES: [&str; 30] = [
    // Violations, by `ProtocolError`.
    "invalid_close_code",
    "invalid_close_reason",
    "close_length_one",
    "control_too_long",
    "expected_continuation",
    "frame_too_big",
    "fragmented_control",
    "invalid_deflate",
    "invalid_utf8",
    "length_top_bit",
    "masked_frame",
    "message_too_big",
    "non_minimal_length",
    "reserved_bits",
    "too_many_empty_fragments",
    "too_many_final_blocks",
    "unexpected_continuation",
    "unknown_opcode",
    "unmasked_frame",
    // Other ends, by `Failure`.
    "lost",
    "idle",
    "close_timeout",
    "slow_peer",
    "message_given_up",
    // Handshakes, by `accept::AcceptError`.
    "request_answered",
    "request_cut_off",
    "request_malformed",
    "request_refused",
    "origin_refused",
    "request_too_slow",
];

/// The counters of one configuration.
#[derive(Debug)]
pub(crate) struct Counters([AtomicU64; NAMES.len()]);

impl Default for Counters {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; NAMES.len()])
    }
}

impl Counters {
    pub(crate) fn count(&self, name: &str) {
        if let Some(slot) = NAMES.iter().position(|known| *known == name) {
            self.0[slot].fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn snapshot(&self) -> Stats {
        let mut stats = Stats([0; NAMES.len()]);
        for (figure, counter) in stats.0.iter_mut().zip(&self.0) {
            *figure = counter.load(Ordering::Relaxed);
        }
        stats
    }
}

/// How many connections failed in which way, and how many requests were not accepted: a moment of
/// [`Config::stats`](crate::Config::stats).
///
/// The names are those of [`ProtocolError::name`], [`Failure::name`] and
/// [`AcceptError::name`](crate::accept::AcceptError::name).
///
/// ```
/// use sockeye_websocket::{Config, Endpoint, Role};
/// use std::{ops::ControlFlow, time::Instant};
///
/// let config = Config::new();
/// let mut server = Endpoint::new(Role::Server, &config, Instant::now());
/// // A frame without a mask.
/// let _ = server.handle_input(&mut [0x81, 0], Instant::now(), |_, _| ControlFlow::<()>::Continue(()));
///
/// assert_eq!(config.stats().get("unmasked_frame"), Some(1));
/// assert_eq!(config.stats().iter().map(|(_, count)| count).sum::<u64>(), 1);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Stats([u64; NAMES.len()]);

impl Stats {
    /// How often it happened; `None` if nothing of that name is counted.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<u64> {
        let slot = NAMES.iter().position(|known| *known == name)?;
        Some(self.0[slot])
    }

    /// All counters with their names, for a monitor.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        NAMES.into_iter().zip(self.0.iter().copied())
    }
}

/// Shows what has happened, and leaves out what has not.
impl fmt::Debug for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.iter().filter(|(_, count)| *count > 0))
            .finish()
    }
}

impl ProtocolError {
    /// The name under which it is counted in [`Stats`].
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::InvalidCloseCode(_) => "invalid_close_code",
            Self::InvalidCloseReason => "invalid_close_reason",
            Self::CloseLengthOne => "close_length_one",
            Self::ControlTooLong => "control_too_long",
            Self::ExpectedContinuation => "expected_continuation",
            Self::FrameTooBig { .. } => "frame_too_big",
            Self::FragmentedControl => "fragmented_control",
            Self::InvalidDeflate => "invalid_deflate",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::LengthTopBit => "length_top_bit",
            Self::MaskedFrame => "masked_frame",
            Self::MessageTooBig { .. } => "message_too_big",
            Self::NonMinimalLength => "non_minimal_length",
            Self::ReservedBits => "reserved_bits",
            Self::TooManyEmptyFragments => "too_many_empty_fragments",
            Self::TooManyFinalBlocks => "too_many_final_blocks",
            Self::UnexpectedContinuation => "unexpected_continuation",
            Self::UnknownOpcode(_) => "unknown_opcode",
            Self::UnmaskedFrame => "unmasked_frame",
        }
    }
}

impl Failure {
    /// The name under which it is counted in [`Stats`].
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Protocol(error) => error.name(),
            Self::Lost => "lost",
            Self::Idle => "idle",
            Self::CloseTimeout => "close_timeout",
            Self::SlowPeer => "slow_peer",
            Self::MessageGivenUp => "message_given_up",
        }
    }
}

#[cfg(feature = "tokio")]
impl crate::accept::AcceptError {
    /// The name under which it is counted in [`Stats`].
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Answered(_) => "request_answered",
            Self::Closed | Self::Io(_) => "request_cut_off",
            Self::Head(_) => "request_malformed",
            Self::Refused(refusal) => refusal.name(),
            Self::Timeout => "request_too_slow",
        }
    }
}

#[cfg(feature = "tokio")]
impl crate::accept::Refusal {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Origin(_) => "origin_refused",
            Self::Http1(_) | Self::Http2(_) | Self::NotUpgradable => "request_refused",
        }
    }
}
