mod error;

use std::{
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

pub use error::ConfigError;

use crate::{
    Cookie, Cors, Deflate, Hooks, InitialPacket, Transport, TrustedProxies, session::Timing,
};

/// The engine's options; the defaults are the reference's.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// How long after the last sign of life a client is pinged. Default: 25 s.
    pub ping_interval: Duration,
    /// How long a client may take to answer a ping. Default: 20 s.
    pub ping_timeout: Duration,
    /// How long another transport may take to take over. Default: 10 s.
    pub upgrade_timeout: Duration,
    /// How long a WebSocket may take no byte while something waits for it; `None` for as long as it answers
    /// pings. Default: 20 s.
    pub stall_timeout: Option<Duration>,
    /// How long the body of a POST may take to arrive. Default: 30 s.
    pub body_timeout: Duration,
    /// The longest message or request body that is accepted, in bytes. Default: 1,000,000.
    pub max_payload: usize,
    /// What may wait for a client that does not read, in bytes, each packet counted as its bytes and 64
    /// more. Default: 1 MiB.
    pub send_limit: usize,
    /// While less than so many bytes wait for a client, counted in the same way, what is volatile waits as well. At
    /// most half of `send_limit`. Default: 0, so that it is dropped whenever the transport takes nothing.
    pub volatile_limit: usize,
    /// What all queues together may hold, in bytes; what many connections share is counted once. Beyond it the
    /// sessions end whose queues are the fullest, among those whose transport refuses. Default: 1 GiB.
    pub outbox_budget: usize,
    /// How many sessions one address may have at a time; of IPv6, one network of 64 bits. Default: no limit.
    pub max_sessions_per_address: Option<NonZeroUsize>,
    /// How many sessions may begin in a second, and at once after a silence. Default: no limit.
    pub new_sessions_per_second: Option<NonZeroU32>,
    /// How long an answer of streaming goes on before the client has to ask for the next one. Default: 10 minutes.
    pub stream_lifetime: Duration,
    /// After how many bytes it has to, too. Default: 64 MiB.
    pub stream_bytes: usize,
    /// The transports that a session may use. Default: all.
    pub transports: Vec<Transport>,
    /// Whether a session may change from polling to another transport. Default: yes.
    pub allow_upgrades: bool,
    /// Pages of which origins may talk to the server. Default: those of its own host.
    pub cors: Cors,
    /// Whose `X-Forwarded-` headers are believed. Default: nobody's.
    pub trusted_proxies: TrustedProxies,
    /// From how many bytes on the answers of long-polling are compressed, for clients that accept it (gzip or
    /// deflate); `None` for never. Default: 1,024.
    pub http_compression: Option<usize>,
    /// Whether messages over WebSocket are compressed, for clients that offer permessage-deflate (RFC 7692),
    /// and how. The server forgets after each message. Default: no.
    pub per_message_deflate: Option<Deflate>,
    /// A cookie with the session's identifier. Default: none.
    pub cookie: Option<Cookie>,
    /// A message that each session is told with its open packet: over polling in the same answer, otherwise right
    /// behind it. Default: none.
    pub initial_packet: Option<InitialPacket>,
    /// The application's functions that see requests. Default: none.
    pub hooks: Hooks,
    /// Whether clients of protocol 3 (Socket.IO 2) are served. A request that names no version then counts
    /// as theirs. Default: no.
    pub allow_eio3: bool,
    /// Whether the requests of a session of protocol 3 may come from another address than its first one.
    /// Default: no.
    ///
    /// Clients of Socket.IO 2 use the session's identifier as the socket's id, which an application may
    /// show to others: whoever knows it could send in the client's name.
    pub eio3_from_any_address: bool,
    /// How many shards hold the sessions; `None` for one on a current-thread runtime and two a worker
    /// otherwise.
    pub shards: Option<usize>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            upgrade_timeout: Duration::from_secs(10),
            stall_timeout: Some(Duration::from_secs(20)),
            body_timeout: Duration::from_secs(30),
            max_payload: 1_000_000,
            send_limit: 1024 * 1024,
            volatile_limit: 0,
            outbox_budget: 1024 * 1024 * 1024,
            max_sessions_per_address: None,
            new_sessions_per_second: None,
            stream_lifetime: Duration::from_secs(600),
            stream_bytes: 64 * 1024 * 1024,
            transports: vec![
                Transport::Polling,
                Transport::WebSocket,
                Transport::Streaming,
            ],
            allow_upgrades: true,
            cors: Cors::default(),
            trusted_proxies: TrustedProxies::default(),
            http_compression: Some(1024),
            per_message_deflate: None,
            cookie: None,
            initial_packet: None,
            hooks: Hooks::default(),
            allow_eio3: false,
            eio3_from_any_address: false,
            shards: None,
        }
    }
}

impl Config {
    /// Whether the options go together.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], which says what to change.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.cors.check()?;
        self.trusted_proxies.check()?;
        if let Some(cookie) = &self.cookie {
            cookie.check()?;
        }
        if self.transports.is_empty() {
            return Err(ConfigError::NoTransports);
        }
        let offers = |transport| self.transports.contains(&transport);
        if self.per_message_deflate.is_some() && !offers(Transport::WebSocket) {
            return Err(ConfigError::DeflateWithoutWebSocket);
        }
        if self.cookie.is_some() && !offers(Transport::Polling) {
            return Err(ConfigError::CookieWithoutPolling);
        }
        let takeover = |deflate: &Deflate| !deflate.server_no_context_takeover;
        if self.per_message_deflate.as_ref().is_some_and(takeover) {
            return Err(ConfigError::ServerContext);
        }
        if self.eio3_from_any_address && !self.allow_eio3 {
            return Err(ConfigError::AnyAddressWithoutEio3);
        }
        if self.volatile_limit > self.send_limit / 2 {
            return Err(ConfigError::VolatileLimit);
        }
        for (name, zero) in [
            ("ping_interval", self.ping_interval.is_zero()),
            ("ping_timeout", self.ping_timeout.is_zero()),
            ("upgrade_timeout", self.upgrade_timeout.is_zero()),
            ("stream_lifetime", self.stream_lifetime.is_zero()),
            ("stream_bytes", self.stream_bytes == 0),
            (
                "stall_timeout",
                self.stall_timeout.is_some_and(|time| time.is_zero()),
            ),
            ("body_timeout", self.body_timeout.is_zero()),
            ("shards", self.shards == Some(0)),
            ("max_payload", self.max_payload == 0),
            ("send_limit", self.send_limit == 0),
            ("outbox_budget", self.outbox_budget == 0),
        ] {
            if zero {
                return Err(ConfigError::Zero(name));
            }
        }
        Ok(())
    }

    pub(crate) fn timing(&self) -> Timing {
        Timing {
            ping_interval: self.ping_interval,
            ping_timeout: self.ping_timeout,
            upgrade_timeout: self.upgrade_timeout,
            stall_timeout: self.stall_timeout,
        }
    }

    /// The open packet of a session that begins on `transport`.
    pub(crate) fn open_packet(&self, sid: &str, transport: Transport) -> String {
        let upgrades = match transport {
            Transport::Polling
                if self.allow_upgrades && self.transports.contains(&Transport::WebSocket) =>
            {
                "\"websocket\""
            }
            _ => "",
        };
        format!(
            r#"0{{"sid":"{sid}","upgrades":[{upgrades}],"pingInterval":{},"pingTimeout":{},"maxPayload":{}}}"#,
            self.ping_interval.as_millis(),
            self.ping_timeout.as_millis(),
            self.max_payload,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // parity: 1.E11
    #[test]
    fn the_open_packet_has_the_references_keys_in_its_order() {
        let config = Config::default();
        assert_eq!(
            config.open_packet("abc", Transport::Polling),
            r#"0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#
        );
        assert_eq!(
            config.open_packet("abc", Transport::WebSocket),
            r#"0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#
        );
    }

    // parity: 1.E11 3.4
    #[test]
    fn no_upgrade_is_offered_that_is_not_allowed() {
        let config = Config {
            allow_upgrades: false,
            ..Config::default()
        };
        assert!(
            config
                .open_packet("abc", Transport::Polling)
                .contains(r#""upgrades":[]"#)
        );
        let config = Config {
            transports: vec![Transport::Polling],
            ..Config::default()
        };
        assert!(
            config
                .open_packet("abc", Transport::Polling)
                .contains(r#""upgrades":[]"#)
        );
    }
}
