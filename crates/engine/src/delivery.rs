//! Pushing the same packets to many connections.

use std::{borrow::Cow, fmt, sync::Arc};

use crate::{Application, Connection, Encoded, Engine, Flags, connection::Writing, outbox::Pushed};

/// Collects what pushes to many connections leave to be done, so that each shard is told once.
///
/// Pushing may happen under a lock of the application; [`Delivery::finish`] may not, since it writes,
/// wakes, and ends connections that are too slow.
pub struct Delivery<A: Application> {
    dirty: Vec<Arc<Connection<A>>>,
    later: Vec<(Arc<Connection<A>>, Pushed)>,
    /// What was encoded again for clients that take it otherwise, if one was met.
    rewritten: Vec<Rewritten>,
}

/// Shared packets, and what they are for clients that take them otherwise.
struct Rewritten {
    writing: Writing,
    from: Encoded,
    to: Encoded,
}

impl<A: Application> Delivery<A> {
    /// An empty collection.
    #[must_use]
    pub fn new() -> Self {
        Self {
            dirty: Vec::new(),
            later: Vec::new(),
            rewritten: Vec::new(),
        }
    }

    /// Queues shared packets for a connection.
    pub fn push(&mut self, connection: &Arc<Connection<A>>, encoded: &Encoded, flags: Flags) {
        let pushed = match connection.writing(flags) {
            Writing::AS_IS => connection.outbox.push_shared(encoded, flags),
            writing => {
                let encoded = self.rewrite(writing, encoded, connection.engine());
                connection.outbox.push_shared(&encoded, flags)
            }
        };
        self.pushed(connection, pushed);
    }

    /// Encodes shared packets in another way, once for all clients that want it.
    #[cold]
    fn rewrite(&mut self, writing: Writing, encoded: &Encoded, engine: &Engine<A>) -> Encoded {
        self.rewritten.retain(|kept| kept.from.is(encoded));
        if let Some(kept) = self.rewritten.iter().find(|kept| kept.writing == writing) {
            return kept.to.clone();
        }
        let to = match writing.rewrite(encoded.frames(), engine) {
            Cow::Borrowed(_) => encoded.clone(),
            Cow::Owned(frames) => Encoded::new(frames, encoded.packets()),
        };
        self.rewritten.push(Rewritten {
            writing,
            from: encoded.clone(),
            to: to.clone(),
        });
        to
    }

    /// Queues frames for one connection alone, as [`Connection::send`] does.
    pub fn push_own(&mut self, connection: &Arc<Connection<A>>, frames: &[u8], packets: usize) {
        let pushed = connection.push(frames, packets, Flags::NONE);
        self.pushed(connection, pushed);
    }

    fn pushed(&mut self, connection: &Arc<Connection<A>>, pushed: Pushed) {
        match pushed {
            Pushed::Queued => {}
            Pushed::Dirty => self.dirty.push(Arc::clone(connection)),
            other => self.later.push((Arc::clone(connection), other)),
        }
    }

    /// Tells the flushers, and deals with connections that took nothing.
    pub fn finish(self) {
        let mut dirty = self.dirty;
        if let Some(engine) = dirty
            .first()
            .map(|connection| Arc::clone(connection.engine()))
        {
            if engine.shards().len() > 1 {
                dirty.sort_by_key(|connection| connection.shard);
            }
            while let Some(last) = dirty.last() {
                let shard = last.shard;
                let from = dirty.partition_point(|connection| connection.shard < shard);
                engine.shard(shard).mark_dirty(dirty.drain(from..));
            }
        }
        for (connection, pushed) in self.later {
            connection.settle(pushed);
        }
    }
}

impl<A: Application> Default for Delivery<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Application> fmt::Debug for Delivery<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("dirty", &self.dirty.len())
            .finish_non_exhaustive()
    }
}
