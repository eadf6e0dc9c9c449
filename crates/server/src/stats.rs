use std::sync::atomic::{AtomicU64, Ordering};

use sockeye_engine::EngineStats;

macro_rules! counters {
    ($($(#[$doc:meta])* $field:ident,)*) => {
        /// What the server has counted since it was made, and what is there now.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Stats {
            /// Sessions, transports, queues and refusals.
            pub engine: EngineStats,
            /// Sockets in all namespaces now.
            pub sockets: u64,
            /// Handlers that are pending now.
            pub handlers: u64,
            $($(#[$doc])* pub $field: u64,)*
        }

        #[derive(Debug, Default)]
        pub(crate) struct Counters { $(pub(crate) $field: AtomicU64,)* }

        impl Counters {
            pub(crate) fn snapshot(&self, engine: EngineStats, sockets: u64, handlers: u64) -> Stats {
                Stats { engine, sockets, handlers, $($field: self.$field.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counters! {
    /// Sockets that have joined a namespace.
    connected,
    /// Connections to a namespace refused by its `auth`.
    rejected,
    /// Connections to a namespace that does not exist.
    unknown_namespace,
    /// Connections to a namespace refused because the client is in too many.
    namespace_limit,
    /// Times that a socket was to join more rooms than it may be in, or one of too long a name.
    room_limit,
    /// Packets that cannot be read.
    malformed,
    /// Packets for a namespace that the client is not in, or a second CONNECT to one that it is in.
    out_of_turn,
    /// Sessions closed because no namespace was joined in time, be it that its `auth` had not decided.
    connect_timeouts,
    /// Events that nobody handles.
    unhandled,
    /// Events that a middleware refused.
    refused_events,
    /// Events beyond the rate limit of their socket.
    rate_limited,
    /// Events whose arguments did not fit their handler, those of other servers and `auth` among them.
    invalid_arguments,
    /// Handlers that returned an error.
    handler_errors,
    /// Handlers that panicked.
    handler_panics,
    /// Times that handlers held their worker for over 50 ms: measured over at most 16 events, and each time
    /// that one goes on which waited for something.
    slow_handlers,
    /// Events that waited because too many handlers of their socket were pending.
    deferred_events,
    /// Events dropped because their socket or session had ended.
    late_events,
    /// Sockets disconnected because they went on beyond their rate limit; `engine.closed.forced_close` counts
    /// them too.
    rate_limit_disconnects,
    /// Times that a socket was to be asked for an acknowledgement, and owed too many.
    ack_limit,
    /// Acknowledgements that nobody waits for, or not any more.
    unexpected_acks,
    /// Packets that could not be encoded.
    encode_errors,
    /// Packets for sockets that have left.
    emits_to_gone,
    /// Sockets that have come back, with what they had missed.
    recovered,
    /// Clients that wanted to come back, whose session had expired, was used, or had ended on purpose.
    recovery_unknown,
    /// Clients that wanted to come back, with an offset that is not one of this server's.
    recovery_offset,
    /// Clients that wanted to come back, and had missed packets that had to make room in the log.
    recovery_log,
    /// Clients that wanted to come back, and had missed more than may wait for a client.
    recovery_too_much,
    /// Connections beyond `max_connections` of a listener.
    refused_connections,
    /// Connections of a listener that closed because a request's head, or the next one, did not come in time.
    head_timeouts,
    /// Requests of a listener whose head was too long.
    heads_too_large,
    /// TLS handshakes that failed: the client speaks no TLS, does not trust the certificate, or left.
    tls_failures,
    /// TLS handshakes that were not complete in time.
    tls_timeouts,
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
