//! How many connections a listener holds.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What is left of the process's descriptors for everything else.
const RESERVE: usize = 512;

/// How many connections are told that they are too many at a time; more are cut.
const TOLD: usize = 64;

/// How long such a connection may take to hear it.
const TELLING: Duration = Duration::from_secs(1);

const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// The connections of a listener, counted, those that have become WebSockets too.
#[derive(Debug, Clone)]
pub(super) struct Places {
    limit: usize,
    /// Each connection has a clone, and nothing of its own beside it.
    taken: Place,
    told: Place,
}

/// What one connection holds.
pub(super) type Place = Arc<()>;

/// A clone, if there are fewer than so many.
fn below(limit: usize, all: &Place) -> Option<Place> {
    // This one is not a connection's.
    let taken = Arc::strong_count(all) - 1;
    (taken < limit).then(|| Arc::clone(all))
}

impl Places {
    pub(super) fn new(limit: Option<usize>) -> Self {
        Self {
            limit: limit.or_else(descriptors).unwrap_or(usize::MAX),
            taken: Arc::default(),
            told: Arc::default(),
        }
    }

    /// A place for a connection, if there is one.
    pub(super) fn take(&self) -> Option<Place> {
        below(self.limit, &self.taken)
    }

    /// Tells a connection over plain HTTP that there is no place for it.
    pub(super) fn refuse(&self, mut stream: TcpStream) {
        let Some(told) = below(TOLD, &self.told) else {
            return;
        };
        tokio::spawn(async move {
            let telling = async {
                stream.write_all(FULL).await?;
                stream.shutdown().await?;
                // What is not read would cut the connection before the client has read the answer.
                let mut rest = [0; 1024];
                while stream.read(&mut rest).await? > 0 {}
                Ok::<_, std::io::Error>(())
            };
            // A client that left, or takes its time, has been told as well as can be.
            let _ = tokio::time::timeout(TELLING, telling).await;
            drop(told);
        });
    }
}

/// How many connections the process's limit of open files leaves room for, where that can be read.
fn descriptors() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    let soft: usize = line.split_whitespace().next()?.parse().ok()?;
    Some(soft.saturating_sub(RESERVE).max(soft / 2))
}
