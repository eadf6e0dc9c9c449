//! A share of the sessions, with the two tasks that serve it: the flusher writes what was queued, the
//! ticker drives the timers.

use std::{
    collections::HashMap,
    future::Future,
    mem,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use slab::Slab;
use tokio::time::Sleep;

use crate::{
    Application, Connection, Engine, Sid,
    outbox::wake,
    sync::Mutex,
    wheel::{Entry, Wheel},
};

/// How many sockets the flusher serves before it lets other tasks run.
const SOCKETS_A_TURN: usize = 64;

/// How long the flusher works before it lets other tasks run.
const TURN: Duration = Duration::from_micros(200);

/// Sessions, their timers, and those that have something to write.
pub(crate) struct Shard<A: Application> {
    table: Mutex<Table<A>>,
    dirty: Mutex<Dirty<A>>,
    running: AtomicBool,
}

struct Table<A: Application> {
    sessions: Slab<Slot<A>>,
    keys: HashMap<Sid, usize>,
    wheel: Wheel,
    generation: u64,
    /// When the ticker wakes up by itself.
    wakes_at: Option<Instant>,
    ticker: Option<Waker>,
}

struct Slot<A: Application> {
    connection: Arc<Connection<A>>,
    armed: Option<Instant>,
    generation: u64,
}

struct Dirty<A: Application> {
    connections: Vec<Arc<Connection<A>>>,
    flusher: Option<Waker>,
}

impl<A: Application> Shard<A> {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            table: Mutex::new(Table {
                sessions: Slab::new(),
                keys: HashMap::new(),
                wheel: Wheel::new(now),
                generation: 0,
                wakes_at: None,
                ticker: None,
            }),
            dirty: Mutex::new(Dirty {
                connections: Vec::new(),
                flusher: None,
            }),
            running: AtomicBool::new(false),
        }
    }

    /// `false` if another session has its identifier.
    pub(crate) fn insert(&self, connection: &Arc<Connection<A>>) -> bool {
        let mut table = self.table.lock();
        if table.keys.contains_key(&connection.sid()) {
            return false;
        }
        let slot = Slot {
            connection: Arc::clone(connection),
            armed: None,
            generation: 0,
        };
        let key = table.sessions.insert(slot);
        table.keys.insert(connection.sid(), key);
        true
    }

    pub(crate) fn get(&self, sid: Sid) -> Option<Arc<Connection<A>>> {
        let table = self.table.lock();
        let key = *table.keys.get(&sid)?;
        Some(Arc::clone(&table.sessions[key].connection))
    }

    pub(crate) fn remove(&self, sid: Sid) {
        let mut table = self.table.lock();
        let Some(key) = table.keys.remove(&sid) else {
            return;
        };
        let slot = table.sessions.remove(key);
        if table.sessions.is_empty() {
            table.sessions = Slab::new();
            table.keys = HashMap::new();
        }
        drop(table);
        // What the application keeps for the connection is dropped outside the lock.
        drop(slot);
    }

    pub(crate) fn connections(&self) -> Vec<Arc<Connection<A>>> {
        self.table
            .lock()
            .sessions
            .iter()
            .map(|(_, slot)| Arc::clone(&slot.connection))
            .collect()
    }

    /// Sees to it that the session's `deadline` is noticed.
    pub(crate) fn arm(&self, sid: Sid, deadline: Instant) {
        let mut table = self.table.lock();
        let Some(&key) = table.keys.get(&sid) else {
            return;
        };
        let ticker = table.arm(key, deadline, Instant::now());
        drop(table);
        wake(ticker);
    }

    /// Tells the flusher that these have something to write.
    pub(crate) fn mark_dirty(&self, connections: impl IntoIterator<Item = Arc<Connection<A>>>) {
        let mut dirty = self.dirty.lock();
        dirty.connections.extend(connections);
        let flusher = if dirty.connections.is_empty() {
            None
        } else {
            dirty.flusher.take()
        };
        drop(dirty);
        wake(flusher);
    }

    /// Starts the shard's tasks on the current runtime, unless they run already.
    pub(crate) fn ensure_running(&self, engine: &Arc<Engine<A>>, index: usize) {
        if self.running.load(Ordering::Relaxed) || self.running.swap(true, Ordering::AcqRel) {
            return;
        }
        let alive = Arc::new(Alive {
            engine: Arc::clone(engine),
            index,
        });
        tokio::spawn(Flusher {
            alive: Arc::clone(&alive),
            batch: Vec::new().into_iter(),
            yielded: false,
        });
        tokio::spawn(Ticker {
            alive,
            sleep: Box::pin(tokio::time::sleep(Duration::ZERO)),
        });
    }
}

impl<A: Application> Table<A> {
    /// Returns the ticker if it would wake up too late.
    fn arm(&mut self, key: usize, deadline: Instant, now: Instant) -> Option<Waker> {
        let slot = &mut self.sessions[key];
        // An entry that comes up earlier is armed again then.
        if slot.armed.is_some_and(|armed| armed <= deadline) {
            return None;
        }
        self.generation += 1;
        slot.armed = Some(deadline);
        slot.generation = self.generation;
        let entry = Entry {
            key,
            generation: self.generation,
        };
        let due = self.wheel.insert(deadline, now, entry);
        if self.wakes_at.is_some_and(|at| at <= due) {
            return None;
        }
        self.ticker.take()
    }
}

/// Ends with the shard's tasks; when their runtime ends before the sessions, others start them again.
struct Alive<A: Application> {
    engine: Arc<Engine<A>>,
    index: usize,
}

impl<A: Application> Alive<A> {
    fn shard(&self) -> &Shard<A> {
        self.engine.shard(self.index)
    }
}

impl<A: Application> Drop for Alive<A> {
    fn drop(&mut self) {
        let shard = self.shard();
        let mut table = shard.table.lock();
        table.ticker = None;
        table.wakes_at = None;
        drop(table);
        shard.dirty.lock().flusher = None;
        shard.running.store(false, Ordering::Release);
        for connection in shard.connections() {
            connection.wake_owner();
        }
    }
}

/// Writes what was queued, first come, first served.
struct Flusher<A: Application> {
    alive: Arc<Alive<A>>,
    batch: std::vec::IntoIter<Arc<Connection<A>>>,
    yielded: bool,
}

impl<A: Application> Future for Flusher<A> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let shard = this.alive.shard();
        // A woken task runs next, before those that are about to emit more: let them.
        if !this.yielded {
            let mut dirty = shard.dirty.lock();
            if dirty.connections.is_empty() {
                dirty.flusher = Some(cx.waker().clone());
                return Poll::Pending;
            }
            drop(dirty);
            this.yielded = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if this.batch.as_slice().is_empty() {
            this.batch = mem::take(&mut shard.dirty.lock().connections).into_iter();
        }
        let start = Instant::now();
        for served in 1..=SOCKETS_A_TURN {
            let Some(connection) = this.batch.next() else {
                break;
            };
            connection.serve();
            if served % 16 == 0 && start.elapsed() > TURN {
                break;
            }
        }
        if this.batch.as_slice().is_empty() {
            this.batch = Vec::new().into_iter();
            this.yielded = false;
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Sleeps until something is due, and tells the sessions.
struct Ticker<A: Application> {
    alive: Arc<Alive<A>>,
    sleep: Pin<Box<Sleep>>,
}

impl<A: Application> Future for Ticker<A> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut expired = Vec::new();
        loop {
            let now = Instant::now();
            let shard = this.alive.shard();
            for connection in shard.expire(now, &mut expired) {
                if let Some(deadline) = connection.handle_timeout(now) {
                    shard.arm(connection.sid(), deadline);
                }
            }
            let mut table = shard.table.lock();
            table.wakes_at = table.wheel.next();
            table.ticker = Some(cx.waker().clone());
            let Some(at) = table.wakes_at else {
                return Poll::Pending;
            };
            drop(table);
            this.sleep.as_mut().reset(at.into());
            if this.sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl<A: Application> Shard<A> {
    fn expire(&self, now: Instant, expired: &mut Vec<Entry>) -> Vec<Arc<Connection<A>>> {
        let mut table = self.table.lock();
        table.wheel.advance(now, expired);
        let mut due = Vec::with_capacity(expired.len());
        for entry in expired.drain(..) {
            if let Some(slot) = table.sessions.get_mut(entry.key)
                && slot.generation == entry.generation
            {
                slot.armed = None;
                due.push(Arc::clone(&slot.connection));
            }
        }
        due
    }
}
