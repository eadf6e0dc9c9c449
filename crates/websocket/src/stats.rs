//! How connections ended that did not end as they should, counted by what went wrong.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Failure, ProtocolError};

/// Makes the counters and their names of one list.
macro_rules! counters {
    ($($counter:ident = $name:literal,)*) => {
        /// What is counted.
        #[derive(Clone, Copy, Debug)]
        #[cfg_attr(
            not(feature = "tokio"),
            expect(dead_code, reason = "the core reads no requests")
        )]
        pub(crate) enum Counter {
            $($counter,)*
        }

        /// The names, in the order of the counters.
        const NAMES: [&str; [$($name),*].len()] = [$($name),*];
    };
}

counters! {
    // Violations, by `ProtocolError`.
    InvalidCloseCode = "invalid_close_code",
    InvalidCloseReason = "invalid_close_reason",
    CloseLengthOne = "close_length_one",
    ControlTooLong = "control_too_long",
    ExpectedContinuation = "expected_continuation",
    FrameTooBig = "frame_too_big",
    FragmentedControl = "fragmented_control",
    InvalidDeflate = "invalid_deflate",
    InvalidUtf8 = "invalid_utf8",
    LengthTopBit = "length_top_bit",
    MaskedFrame = "masked_frame",
    MessageTooBig = "message_too_big",
    NonMinimalLength = "non_minimal_length",
    ReservedBits = "reserved_bits",
    TooManyEmptyFragments = "too_many_empty_fragments",
    TooManyFinalBlocks = "too_many_final_blocks",
    UnexpectedContinuation = "unexpected_continuation",
    UnknownOpcode = "unknown_opcode",
    UnmaskedFrame = "unmasked_frame",
    // Other ends, by `Failure`.
    Lost = "lost",
    Idle = "idle",
    CloseTimeout = "close_timeout",
    SlowPeer = "slow_peer",
    MessageGivenUp = "message_given_up",
    // Handshakes, by `accept::AcceptError` and `upgrade::UpgradeError`.
    RequestAnswered = "request_answered",
    RequestCutOff = "request_cut_off",
    RequestMalformed = "request_malformed",
    RequestRefused = "request_refused",
    OriginRefused = "origin_refused",
    RequestTooSlow = "request_too_slow",
}

impl Counter {
    pub(crate) const fn name(self) -> &'static str {
        NAMES[self as usize]
    }
}

/// The counters of one configuration.
#[derive(Debug)]
pub(crate) struct Counters([AtomicU64; NAMES.len()]);

impl Default for Counters {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; NAMES.len()])
    }
}

impl Counters {
    pub(crate) fn count(&self, counter: Counter) {
        self.0[counter as usize].fetch_add(1, Ordering::Relaxed);
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
        self.counter().name()
    }

    pub(crate) const fn counter(&self) -> Counter {
        match self {
            Self::InvalidCloseCode(_) => Counter::InvalidCloseCode,
            Self::InvalidCloseReason => Counter::InvalidCloseReason,
            Self::CloseLengthOne => Counter::CloseLengthOne,
            Self::ControlTooLong => Counter::ControlTooLong,
            Self::ExpectedContinuation => Counter::ExpectedContinuation,
            Self::FrameTooBig { .. } => Counter::FrameTooBig,
            Self::FragmentedControl => Counter::FragmentedControl,
            Self::InvalidDeflate => Counter::InvalidDeflate,
            Self::InvalidUtf8 => Counter::InvalidUtf8,
            Self::LengthTopBit => Counter::LengthTopBit,
            Self::MaskedFrame => Counter::MaskedFrame,
            Self::MessageTooBig { .. } => Counter::MessageTooBig,
            Self::NonMinimalLength => Counter::NonMinimalLength,
            Self::ReservedBits => Counter::ReservedBits,
            Self::TooManyEmptyFragments => Counter::TooManyEmptyFragments,
            Self::TooManyFinalBlocks => Counter::TooManyFinalBlocks,
            Self::UnexpectedContinuation => Counter::UnexpectedContinuation,
            Self::UnknownOpcode(_) => Counter::UnknownOpcode,
            Self::UnmaskedFrame => Counter::UnmaskedFrame,
        }
    }
}

impl Failure {
    /// The name under which it is counted in [`Stats`].
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.counter().name()
    }

    pub(crate) const fn counter(&self) -> Counter {
        match self {
            Self::Protocol(error) => error.counter(),
            Self::Lost => Counter::Lost,
            Self::Idle => Counter::Idle,
            Self::CloseTimeout => Counter::CloseTimeout,
            Self::SlowPeer => Counter::SlowPeer,
            Self::MessageGivenUp => Counter::MessageGivenUp,
        }
    }
}

#[cfg(feature = "tokio")]
impl crate::accept::AcceptError {
    /// The name under which it is counted in [`Stats`].
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.counter().name()
    }

    pub(crate) const fn counter(&self) -> Counter {
        match self {
            Self::Answered(_) => Counter::RequestAnswered,
            Self::Closed | Self::Io(_) => Counter::RequestCutOff,
            Self::Head(_) => Counter::RequestMalformed,
            Self::Refused(refusal) => refusal.counter(),
            Self::Timeout => Counter::RequestTooSlow,
        }
    }
}

#[cfg(feature = "tokio")]
impl crate::accept::Refusal {
    pub(crate) const fn counter(&self) -> Counter {
        match self {
            Self::Origin(_) => Counter::OriginRefused,
            Self::Http1(_) | Self::Http2(_) | Self::NotUpgradable => Counter::RequestRefused,
        }
    }
}

#[cfg(feature = "hyper")]
impl crate::upgrade::UpgradeError {
    /// The name under which it is counted in [`Stats`].
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.counter().name()
    }

    pub(crate) const fn counter(&self) -> Counter {
        match self {
            Self::Hyper(_) => Counter::RequestCutOff,
            Self::Timeout => Counter::RequestTooSlow,
        }
    }
}
