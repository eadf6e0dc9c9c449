//! What waits for a connection's transport, and the hand-over of the writer's role.
//!
//! Anybody pushes; one at a time writes: the shard's flusher, the connection's own task at the end of a
//! batch of input, or an emitter that finds the limit exceeded. Whoever finds the role taken leaves at
//! once, since the holder sees what was pushed when it gives the role back.

mod budget;
mod buffer;
#[cfg(all(test, sockeye_loom))]
mod model;
mod queue;
#[cfg(all(test, not(sockeye_loom)))]
mod table;

use std::{
    io,
    sync::Arc,
    task::{Context, Poll, Waker},
};

pub(crate) use budget::Budget;
pub(crate) use queue::{Batch, Finished, Phase, Pushed, Sink};
use queue::{Queue, Waiting};

use crate::{
    Encoded, Flags,
    sync::{Mutex, MutexGuard},
};

/// A stream that several tasks may write to, one at a time.
pub(crate) trait Wire: Clone {
    /// Writes some bytes without waiting.
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;
}

/// What is left to do after a flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flushed {
    /// Nothing, or somebody else does it.
    Done,
    /// More is queued: tell the shard's flusher.
    Dirty,
}

/// A queue of packets behind a lock, and the one place where they are written from.
#[derive(Debug)]
pub(crate) struct Outbox<W>(Mutex<Queue<W>>);

impl<W: Wire> Outbox<W> {
    pub(crate) fn new(sink: Sink<W>, budget: &Arc<Budget>) -> Self {
        Self(Mutex::new(Queue::new(sink, Arc::clone(budget))))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Queue<W>> {
        self.0.lock()
    }

    /// Keeps pushes from waking the flusher: the caller handles input and calls [`Self::flush`] after it.
    pub(crate) fn cork(&self) {
        let mut queue = self.lock();
        if queue.phase == Phase::Idle {
            queue.phase = Phase::Corked;
        }
    }

    /// Writes one batch if there is one and nobody else writes. Never waits.
    pub(crate) fn flush(&self) -> Flushed {
        let mut queue = self.lock();
        let wire = match &mut queue.sink {
            Sink::Direct(wire) => wire.clone(),
            Sink::Owner => {
                let waker = match queue.phase {
                    Phase::Queued | Phase::Corked if queue.weight() > 0 || queue.is_ending() => {
                        queue.phase = Phase::Queued;
                        queue.owner.take()
                    }
                    Phase::Corked => {
                        queue.phase = Phase::Idle;
                        None
                    }
                    _ => None,
                };
                drop(queue);
                wake(waker);
                return Flushed::Done;
            }
            Sink::Poll { pending } => {
                let waker = pending.take();
                let nothing = queue.weight() == 0 && !queue.is_ending();
                match queue.phase {
                    Phase::Corked | Phase::Queued if nothing => {
                        queue.phase = Phase::Idle;
                        queue.sink = Sink::Poll { pending: waker };
                        return Flushed::Done;
                    }
                    Phase::Corked | Phase::Queued if waker.is_none() => {
                        queue.phase = Phase::Blocked;
                    }
                    Phase::Corked => queue.phase = Phase::Queued,
                    _ => {}
                }
                drop(queue);
                wake(waker);
                return Flushed::Done;
            }
        };
        let Some(batch) = queue.begin() else {
            return Flushed::Done;
        };
        drop(queue);
        let written = batch.with_bytes(|bytes| (wire.try_write(bytes), bytes.len()));
        let mut queue = self.lock();
        let finished = match written {
            (Ok(n), len) => queue.finish(batch, n, n < len),
            (Err(error), _) if would_block(&error) => queue.finish(batch, 0, true),
            (Err(_), _) => {
                queue.phase = Phase::Closed;
                queue.finish(batch, 0, false)
            }
        };
        let drained = queue.take_drained();
        drop(queue);
        wake_all(drained);
        settle(finished)
    }

    /// Writes batches from the owner's task with `write`, until nothing is left or the stream refuses.
    ///
    /// Ready when nothing is left to write now; pending when the stream refused and wakes the task.
    pub(crate) fn poll_flush(
        &self,
        cx: &mut Context<'_>,
        mut write: impl FnMut(&mut Context<'_>, &[u8]) -> Poll<io::Result<usize>>,
    ) -> Poll<()> {
        let mut queue = self.lock();
        queue.unblock();
        loop {
            let Some(batch) = queue.begin() else {
                let drained = queue.take_drained();
                drop(queue);
                wake_all(drained);
                return Poll::Ready(());
            };
            drop(queue);
            let written = batch.with_bytes(|bytes| write(cx, bytes));
            queue = self.lock();
            match written {
                Poll::Ready(Ok(n)) => drop(queue.finish(batch, n, false)),
                Poll::Ready(Err(_)) => {
                    queue.phase = Phase::Closed;
                    drop(queue.finish(batch, 0, false));
                    let drained = queue.take_drained();
                    drop(queue);
                    wake_all(drained);
                    return Poll::Ready(());
                }
                Poll::Pending => {
                    drop(queue.finish(batch, 0, true));
                    return Poll::Pending;
                }
            }
        }
    }

    pub(crate) fn push_own(&self, frames: &[u8], packets: usize, flags: Flags) -> Pushed {
        self.lock().push_own(frames, packets, flags)
    }

    pub(crate) fn push_shared(&self, encoded: &Encoded, flags: Flags) -> Pushed {
        self.lock().push_shared(encoded, flags)
    }

    /// Remembers who is woken when the transport refuses, or the connection ends.
    pub(crate) fn register(&self, waker: &Waker) -> Phase {
        let mut queue = self.lock();
        match &mut queue.owner {
            Some(owner) if owner.will_wake(waker) => {}
            owner => *owner = Some(waker.clone()),
        }
        queue.phase
    }

    /// The transport takes bytes again.
    pub(crate) fn unblock(&self) {
        self.lock().unblock();
    }

    /// Ends the outbox at once; wakes who waits for it.
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        queue.close();
        let owner = queue.owner.take();
        let get = match &mut queue.sink {
            Sink::Poll { pending } => pending.take(),
            _ => None,
        };
        let drained = queue.take_drained();
        drop(queue);
        wake(owner);
        wake(get);
        wake_all(drained);
    }

    /// Ready when nothing waits for the transport, or never will leave.
    pub(crate) fn poll_drained(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.lock().is_drained(cx.waker()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

pub(crate) fn would_block(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

fn settle(finished: Finished) -> Flushed {
    match finished {
        Finished::Idle => Flushed::Done,
        Finished::More => Flushed::Dirty,
        Finished::Blocked(owner) | Finished::Ended(owner) => {
            wake(owner);
            Flushed::Done
        }
    }
}

pub(crate) fn wake_all(waiting: Option<Box<Waiting>>) {
    if let Some(waiting) = waiting {
        waiting.wake();
    }
}

pub(crate) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
