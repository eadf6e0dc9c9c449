//! How many connections a listener holds.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sockeye_engine::Lasting;
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
    taken: Arc<Count>,
    told: Arc<Count>,
}

#[derive(Debug, Default)]
struct Count(AtomicUsize);

/// Counts as long as it lives.
#[derive(Debug)]
struct Counted(Arc<Count>);

impl Counted {
    fn below(count: &Arc<Count>, limit: usize) -> Option<Self> {
        let taken = count.0.fetch_add(1, Ordering::Relaxed);
        let counted = Self(Arc::clone(count));
        (taken < limit).then_some(counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
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
    pub(super) fn take(&self) -> Option<Lasting> {
        let counted = Counted::below(&self.taken, self.limit)?;
        Some(Lasting::new(Arc::new(counted)))
    }

    /// Tells a connection over plain HTTP that there is no place for it.
    pub(super) fn refuse(&self, mut stream: TcpStream) {
        let Some(counted) = Counted::below(&self.told, TOLD) else {
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
            drop(counted);
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
