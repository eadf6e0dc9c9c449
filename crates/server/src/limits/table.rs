//! The limits of all profiles as a page of the documentation.

use std::time::Duration;

use super::{Limits, Profile};
use crate::Recovery;

impl Profile {
    /// All limits of all profiles, those among them that are the same in each, as a table in Markdown: what
    /// they are called, what happens beyond them, which counter of [`Stats`](crate::Stats) tells, and who
    /// enforces them.
    #[must_use]
    pub fn table() -> String {
        let all = Self::ALL.map(Self::limits);
        let mut table = String::from(
            "| limit | `Standard` | `Strict` | `Compat` | beyond it | counter | enforced by |\n\
             |---|---|---|---|---|---|---|\n",
        );
        let mut row = |cells: [&str; 4], value: &dyn Fn(&Limits) -> String| {
            let [name, beyond, counter, by] = cells;
            let [standard, strict, compat] = all.each_ref().map(value);
            table.push_str(&format!(
                "| {name} | {standard} | {strict} | {compat} | {beyond} | {counter} | {by} |\n"
            ));
        };
        let rate = |limits: &Limits| {
            limits
                .rate_limit
                .map_or_else(|| "none".into(), |rate| rate.to_string())
        };
        row(
            [
                "`max_payload`: a message, or the body of a POST",
                "WebSocket: close code 1009, reason `transport error`; polling: 413, the session goes on",
                "`engine.closed.transport_error`, `engine.refused.too_large`",
                "engine",
            ],
            &|limits| bytes(limits.max_payload),
        );
        row(
            [
                "`max_attachments` of a packet",
                "the connection closes, reason `forced close`",
                "`malformed`",
                "parser",
            ],
            &|limits| number(limits.max_attachments),
        );
        row(
            [
                "`max_attachment_bytes` of a packet",
                "the connection closes, reason `forced close`",
                "`malformed`",
                "parser",
            ],
            &|limits| bytes(limits.max_attachments.saturating_mul(limits.max_payload)),
        );
        row(
            [
                "`send_limit`: what waits for a client whose transport refuses, each packet counted as its \
                 bytes and 64",
                "the session ends, reason `slow consumer`",
                "`engine.closed.slow_consumer`",
                "engine",
            ],
            &|limits| bytes(limits.send_limit),
        );
        row(
            [
                "`volatile_limit`: what waits for a client before volatile events are dropped",
                "they are dropped as soon as its transport refuses, and nobody is ended",
                "`engine.volatile_dropped`",
                "engine",
            ],
            &|limits| bytes(limits.volatile_limit),
        );
        row(
            [
                "`outbox_budget`: what all queues hold together, what many share counted once",
                "the fullest end whose transport refuses, reason `slow consumer`, until an eighth is free",
                "`engine.outbox_budget`, `engine.closed.slow_consumer`",
                "engine",
            ],
            &|limits| bytes(limits.outbox_budget),
        );
        row(
            [
                "a queue that only its own task writes (TLS), or that waits for a GET, until that task's turn",
                "the session ends, reason `slow consumer`",
                "`engine.closed.slow_consumer`",
                "engine",
            ],
            &|limits| bytes(limits.send_limit.max(16 * 1024 * 1024)),
        );
        row(
            [
                "three quarters of `send_limit`: a client with so much before it",
                "nothing is read from it until less waits; its time for a pong rests",
                "none: it is held back, and nothing is lost",
                "engine",
            ],
            &|limits| match limits.send_limit {
                usize::MAX => "none".into(),
                limit => bytes(limit / 4 * 3),
            },
        );
        row(
            [
                "`stall_timeout`: a WebSocket that takes no byte while something waits",
                "the session ends, reason `slow consumer`",
                "`engine.closed.slow_consumer`",
                "engine",
            ],
            &|limits| limits.stall_timeout.map_or_else(|| "none".into(), seconds),
        );
        row(
            [
                "pongs (RFC 6455) that wait to be written",
                "the latest ping is answered, earlier ones are not",
                "none: RFC 6455 5.5.3 allows it",
                "engine",
            ],
            &|_| "1".into(),
        );
        row(
            [
                "`max_pending_handlers` of a socket",
                "its events wait, up to `max_waiting_bytes`",
                "`deferred_events`",
                "server",
            ],
            &|limits| number(limits.max_pending_handlers),
        );
        row(
            [
                "`max_waiting_bytes`: events of a socket that wait for a handler, each counted as its bytes and 64",
                "the session ends, reason `handler too slow`",
                "`engine.closed.handler_too_slow`",
                "server",
            ],
            &|limits| bytes(limits.max_waiting_bytes),
        );
        row(
            [
                "`max_namespaces` of a client",
                "`connect_error`: `too many namespaces`",
                "`namespace_limit`",
                "server",
            ],
            &|limits| number(limits.max_namespaces),
        );
        row(
            [
                "`max_rooms` of a socket",
                "`JoinError::TooMany`; `join` traces it",
                "`room_limit`",
                "server",
            ],
            &|limits| number(limits.max_rooms),
        );
        row(
            [
                "a room's name (fixed)",
                "`JoinError::NameTooLong`; `join` traces it",
                "`room_limit`",
                "server",
            ],
            &|_| "255 B".into(),
        );
        row(
            [
                "`rate_limit`: events of a socket",
                "the handler does not run, an acknowledgement is `{\"error\": \"rate limited\"}`; in the end \
                 the client is disconnected, reason `rate limited`",
                "`rate_limited`, `rate_limit_disconnects`",
                "server",
            ],
            &rate,
        );
        row(
            [
                "`max_pending_acks` of a socket",
                "`AckError::TooManyPending`; a broadcast does not ask it, and says so",
                "`ack_limit`",
                "server",
            ],
            &|limits| number(limits.max_pending_acks),
        );
        row(
            [
                "`Acknowledgement::timeout`: waiting for one",
                "`AckError::Timeout`; one that comes later is dropped",
                "`unexpected_acks`",
                "server",
            ],
            &|_| seconds(crate::ack::TIMEOUT),
        );
        row(
            [
                "depth of JSON and MessagePack (fixed)",
                "the connection closes, reason `forced close`",
                "`malformed`",
                "parser",
            ],
            &|_| "128".into(),
        );
        row(
            [
                "names of events and of namespaces (fixed)",
                "the connection closes, reason `forced close`",
                "`malformed`",
                "parser",
            ],
            &|_| "255 B each".into(),
        );
        let recovery = Recovery::new();
        row(
            [
                "empty fragments of a message (fixed)",
                "close code 1008, reason `transport error`",
                "`engine.closed.transport_error`",
                "engine",
            ],
            &|_| "16".into(),
        );
        row(
            [
                "bytes read for one compressed message: twice `max_payload` and 64 KiB (fixed)",
                "close code 1009, reason `transport error`",
                "`engine.closed.transport_error`",
                "engine",
            ],
            &|limits| {
                bytes(
                    limits
                        .max_payload
                        .saturating_mul(2)
                        .saturating_add(64 * 1024),
                )
            },
        );
        row(
            [
                "kept of a session's first request: its head, as long as the session lives",
                "`Serve::max_head` bounds it",
                "none",
                "whoever accepts",
            ],
            &|_| "its length".into(),
        );
        row(
            [
                "kept of a socket: its `auth`, until it leaves",
                "`max_payload` bounds it",
                "none",
                "server",
            ],
            &|limits| bytes(limits.max_payload),
        );
        row(
            [
                "`Recovery::max_disconnection`: how long a client may be away, where recovery is on",
                "its session is forgotten; it begins anew",
                "`recovery_unknown`",
                "server",
            ],
            &|_| seconds(recovery.longest()),
        );
        row(
            [
                "`Recovery::max_log_bytes`: what all logs hold",
                "the oldest packets go; who missed one of them begins anew",
                "`recovery_log`",
                "server",
            ],
            &|_| bytes(recovery.max_log_bytes),
        );
        row(
            [
                "`Recovery::max_sessions`: clients away, in each namespace",
                "who left first is forgotten, and begins anew",
                "`recovery_unknown`",
                "server",
            ],
            &|_| number(recovery.max_sessions),
        );
        row(
            [
                "what one client may have missed",
                "more than `send_limit`: it begins anew",
                "`recovery_too_much`",
                "server",
            ],
            &|limits| bytes(limits.send_limit),
        );
        row(
            [
                "`connect_timeout`: joining a namespace",
                "the connection closes",
                "`connect_timeouts`",
                "server",
            ],
            &|limits| seconds(limits.connect_timeout),
        );
        row(
            [
                "`upgrade_timeout`: from polling to another transport",
                "the trial ends, the session goes on with polling",
                "`engine.probes_abandoned`",
                "engine",
            ],
            &|limits| seconds(limits.upgrade_timeout),
        );
        row(
            [
                "`stream_lifetime`, `stream_bytes`: one answer of streaming",
                "it ends with a noop, and the client asks for the next one",
                "none: the session goes on",
                "engine",
            ],
            &|_| "600 s, 64 MiB".into(),
        );
        row(
            [
                "`body_timeout`: the body of a POST",
                "400, reason `transport error`",
                "`engine.refused.bad_request`, `engine.closed.transport_error`",
                "engine",
            ],
            &|limits| seconds(limits.body_timeout),
        );
        row(
            [
                "a session that has ended and whose last packets nobody takes",
                "it is forgotten",
                "none: its end is counted",
                "engine",
            ],
            &|_| "30 s".into(),
        );
        row(
            [
                "`ping_timeout`, each `ping_interval`",
                "the session ends, reason `ping timeout`",
                "`engine.closed.ping_timeout`",
                "engine",
            ],
            &|limits| {
                format!(
                    "{}, each {}",
                    seconds(limits.ping_timeout),
                    seconds(limits.ping_interval)
                )
            },
        );
        row(
            [
                "`Serve::max_connections`: connections of a listener",
                "503 with `Retry-After`; over TLS the connection closes",
                "`refused_connections`",
                "`Server::serve` alone",
            ],
            &|_| "limit of open files - 512".into(),
        );
        for name in [
            "`new_sessions_per_second`",
            "`max_sessions_per_address`, behind trusted proxies, of IPv6 a /64",
        ] {
            row(
                [
                    name,
                    "503 with `Retry-After`",
                    "`engine.refused.too_many_sessions`",
                    "engine",
                ],
                &|_| "none".into(),
            );
        }
        row(
            [
                "`Serve::head_timeout`: a request's head, or waiting for the next one",
                "the connection closes",
                "`head_timeouts`",
                "`Server::serve` alone",
            ],
            &|_| "10 s".into(),
        );
        row(
            [
                "`Serve::max_head`: a request's head",
                "431",
                "`heads_too_large`",
                "`Server::serve` alone",
            ],
            &|_| bytes(32 * 1024),
        );
        row(
            [
                "`tls::Builder::handshake_timeout`",
                "the connection closes",
                "`tls_timeouts`",
                "`Server::serve` alone",
            ],
            &|_| "10 s".into(),
        );
        row(
            [
                "`Serve::drain`: the sessions of a shutdown end within it",
                "all have been told to go; new ones are answered with 503 from the beginning",
                "`engine.closed.server_shutting_down`, `engine.refused.closing`",
                "`Server::serve` alone",
            ],
            &|_| "10 s".into(),
        );
        row(
            [
                "`Serve::hard_stop`: sessions, acknowledgements and handlers of a shutdown; then plain HTTP",
                "it does not wait any longer, which the log tells",
                "none: the server has ended",
                "`Server::serve` alone",
            ],
            &|_| "30 s, 5 s".into(),
        );
        table
    }
}

fn number(n: usize) -> String {
    if n == usize::MAX {
        return "none".into();
    }
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn bytes(n: usize) -> String {
    match n {
        0 => "0".into(),
        usize::MAX => "none".into(),
        n if n.is_multiple_of(1024 * 1024) => format!("{} MiB", n / (1024 * 1024)),
        n if n.is_multiple_of(1024) => format!("{} KiB", n / 1024),
        n => format!("{} B", number(n)),
    }
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs())
}
