//! Handlers that wait for something run as tasks of their own, and are counted.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{runtime::Handle, sync::Notify};

use super::{Engine, events::resume};
use crate::{Socket, handler::Pending, stats::count};

/// How long a handler may hold its worker before that is worth a word, as in the engine.
const SLOW: Duration = Duration::from_millis(50);

/// The handlers that are pending in all of a server.
#[derive(Debug, Default)]
pub(crate) struct Running {
    count: AtomicUsize,
    none: Notify,
}

impl Running {
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Waits until no handler is pending.
    pub(crate) async fn none(&self) {
        loop {
            let none = self.none.notified();
            if self.count() == 0 {
                return;
            }
            none.await;
        }
    }
}

/// Runs the rest of a handler; a shutdown waits for it.
pub(crate) fn spawn(engine: &Arc<Engine>, pending: Pending<()>) {
    let Some(runtime) = runtime() else {
        return;
    };
    let counted = Counted::new(Arc::clone(engine));
    runtime.spawn(async move {
        measured(&counted.0, pending).await;
        drop(counted);
    });
}

/// Runs the rest of an event's handler. When it has ended, events that wait for fewer pending ones go on.
pub(super) fn spawn_limited(socket: &Socket, pending: Pending<()>) {
    let Some(runtime) = runtime() else {
        return;
    };
    let counted = Counted::new(Arc::clone(socket.0.connection.engine()));
    let limited = Limited::new(socket.clone());
    runtime.spawn(async move {
        measured(&counted.0, pending).await;
        let socket = limited.0.clone();
        drop(limited);
        resume(&socket);
        drop(counted);
    });
}

/// Waits for a handler, and counts each time that it holds its worker for long.
async fn measured(engine: &Engine, mut pending: Pending<()>) {
    poll_fn(|cx| {
        let began = Instant::now();
        let polled = pending.as_mut().poll(cx);
        let elapsed = began.elapsed();
        if elapsed > SLOW {
            count(&engine.application().counters().slow_handlers);
            tracing::warn!(?elapsed, "a handler holds its worker");
        }
        polled
    })
    .await;
}

fn runtime() -> Option<Handle> {
    let runtime = Handle::try_current().ok();
    if runtime.is_none() {
        tracing::error!("a handler is dropped: its runtime has ended");
    }
    runtime
}

/// One of the server's pending handlers.
struct Counted(Arc<Engine>);

impl Counted {
    fn new(engine: Arc<Engine>) -> Self {
        let running = engine.application().running();
        running.count.fetch_add(1, Ordering::AcqRel);
        Self(engine)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let running = self.0.application().running();
        if running.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            running.none.notify_waiters();
        }
    }
}

/// One of its socket's pending handlers, also if its task is dropped before it ends.
struct Limited(Socket);

impl Limited {
    fn new(socket: Socket) -> Self {
        socket.0.begin_handler();
        Self(socket)
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        self.0.0.end_handler();
    }
}
