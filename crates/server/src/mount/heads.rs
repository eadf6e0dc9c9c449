//! How long the heads of requests may be, and may take.

use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;

use crate::{ConfigError, Server, stats::count};

/// The least that hyper takes.
const LEAST: usize = 8 * 1024;

/// The limits of requests' heads on a listener, and where it is counted what is beyond them.
#[derive(Debug)]
pub(super) struct Heads {
    pub(super) timeout: Duration,
    pub(super) most: usize,
    server: Server,
}

impl Heads {
    pub(super) fn new(server: Server) -> Self {
        Self {
            timeout: Duration::from_secs(10),
            most: 32 * 1024,
            server,
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.timeout.is_zero() {
            return Err(ConfigError::Zero("head_timeout"));
        }
        if self.most < LEAST {
            return Err(ConfigError::HeadTooSmall);
        }
        Ok(())
    }

    /// What serves a connection within them.
    pub(super) fn builder(&self) -> http1::Builder {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.timeout)
            .max_buf_size(self.most);
        builder
    }

    /// Counts what ended a connection, if it was one of them.
    pub(super) fn count(&self, error: &hyper::Error) {
        let counters = self.server.counters();
        if error.is_timeout() {
            count(&counters.head_timeouts);
        } else if error.is_parse_too_large() {
            count(&counters.heads_too_large);
        }
    }
}
