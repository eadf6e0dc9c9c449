//! Counters of everything that comes, goes or is refused.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{CloseReason, RequestError, Transport};

/// What the engine has counted since it was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineStats {
    /// Sessions on long-polling now.
    pub polling: u64,
    /// Sessions on WebSocket now.
    pub websocket: u64,
    /// Sessions on streaming now.
    pub streaming: u64,
    /// Sessions opened.
    pub opened: u64,
    /// Sessions that changed from polling to another transport.
    pub upgraded: u64,
    /// Trials of another transport that ended without a change.
    pub probes_abandoned: u64,
    /// Bytes that wait for transports now, each packet counted as its bytes and 64 more.
    pub queued: u64,
    /// Bytes of memory that all queues hold now, in steps of 64 KiB each; what many connections share is counted
    /// once.
    pub held: u64,
    /// Sessions ended as slow consumers because all queues together held more than `outbox_budget`.
    pub outbox_budget: u64,
    /// Volatile packets dropped because a transport took none at that moment.
    pub volatile_dropped: u64,
    /// Packets that came for a session after its end.
    pub late_dropped: u64,
    /// Ended sessions by reason.
    pub closed: Closed,
    /// Refused requests by reason.
    pub refused: Refused,
}

macro_rules! counters {
    ($(#[$doc:meta])* $name:ident $atomic:ident { $($(#[$field_doc:meta])* $field:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name { $($(#[$field_doc])* pub $field: u64,)* }

        #[derive(Debug, Default)]
        pub(crate) struct $atomic { $(pub(crate) $field: AtomicU64,)* }

        impl $atomic {
            pub(crate) fn snapshot(&self) -> $name {
                $name { $($field: self.$field.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counters! {
    /// Ended sessions by reason.
    Closed ClosedCounters {
        /// The transport failed or the client broke its rules.
        transport_error,
        /// The client closed the transport.
        transport_close,
        /// This side closed the session, also because of a packet that Socket.IO could not read.
        forced_close,
        /// A ping was not answered.
        ping_timeout,
        /// A packet could not be read.
        parse_error,
        /// This side shut down.
        server_shutting_down,
        /// The client did not read what it was sent.
        slow_consumer,
        /// Packets waited too long for the application.
        handler_too_slow,
    }
}

counters! {
    /// Refused requests by reason.
    Refused RefusedCounters {
        /// Code 0: no such transport, or not enabled.
        transport_unknown,
        /// Code 1: no such session.
        session_unknown,
        /// Code 2: a session begins with GET.
        bad_handshake_method,
        /// Code 3: wrong transport or protocol for the session, or no WebSocket handshake.
        bad_request,
        /// Code 5: a protocol version that is not spoken.
        unsupported_version,
        /// A method that polling does not know.
        method,
        /// A second request beside one of its kind.
        overlap,
        /// A body of the wrong type.
        content_type,
        /// A body over the limit.
        too_large,
        /// No session may begin now: too many begin, or the address has too many.
        too_many_sessions,
        /// No new sessions while the server shuts down.
        closing,
        /// Code 4: a page of an origin that is not allowed.
        origin,
        /// Code 4: `allow_request` said no.
        forbidden,
    }
}

/// The living counters.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) opened: AtomicU64,
    pub(crate) upgraded: AtomicU64,
    pub(crate) probes_abandoned: AtomicU64,
    pub(crate) outbox_budget: AtomicU64,
    pub(crate) volatile_dropped: AtomicU64,
    pub(crate) late_dropped: AtomicU64,
    pub(crate) closed: ClosedCounters,
    pub(crate) refused: RefusedCounters,
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(crate) fn count_closed(&self, reason: CloseReason) {
        count(match reason {
            CloseReason::TransportError(_) => &self.closed.transport_error,
            CloseReason::TransportClose => &self.closed.transport_close,
            CloseReason::ForcedClose => &self.closed.forced_close,
            CloseReason::PingTimeout => &self.closed.ping_timeout,
            CloseReason::ParseError => &self.closed.parse_error,
            CloseReason::ServerShuttingDown => &self.closed.server_shutting_down,
            CloseReason::SlowConsumer => &self.closed.slow_consumer,
            CloseReason::HandlerTooSlow => &self.closed.handler_too_slow,
        });
    }

    pub(crate) fn count_refused(&self, error: RequestError) {
        count(match error {
            RequestError::TransportUnknown => &self.refused.transport_unknown,
            RequestError::SessionUnknown => &self.refused.session_unknown,
            RequestError::BadHandshakeMethod => &self.refused.bad_handshake_method,
            RequestError::BadRequest(_) => &self.refused.bad_request,
            RequestError::UnsupportedVersion => &self.refused.unsupported_version,
            RequestError::Method => &self.refused.method,
            RequestError::Overlap => &self.refused.overlap,
            RequestError::ContentType => &self.refused.content_type,
            RequestError::TooLarge => &self.refused.too_large,
            RequestError::TooManySessions => &self.refused.too_many_sessions,
            RequestError::Closing => &self.refused.closing,
        });
    }

    /// Adds the counters to what was found by looking at the sessions.
    pub(crate) fn snapshot(
        &self,
        sessions: impl Iterator<Item = (Transport, usize)>,
    ) -> EngineStats {
        let mut stats = EngineStats {
            opened: self.opened.load(Ordering::Relaxed),
            upgraded: self.upgraded.load(Ordering::Relaxed),
            probes_abandoned: self.probes_abandoned.load(Ordering::Relaxed),
            outbox_budget: self.outbox_budget.load(Ordering::Relaxed),
            volatile_dropped: self.volatile_dropped.load(Ordering::Relaxed),
            late_dropped: self.late_dropped.load(Ordering::Relaxed),
            closed: self.closed.snapshot(),
            refused: self.refused.snapshot(),
            ..EngineStats::default()
        };
        for (transport, queued) in sessions {
            stats.queued += queued as u64;
            match transport {
                Transport::Polling => stats.polling += 1,
                Transport::WebSocket => stats.websocket += 1,
                Transport::Streaming => stats.streaming += 1,
            }
        }
        stats
    }
}
