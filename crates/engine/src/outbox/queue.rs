use std::{collections::VecDeque, mem, sync::Arc, task::Waker};

use super::{
    budget::{Budget, Charge},
    buffer,
};
use crate::{Encoded, Flags};

/// How much one write takes at most, in bytes, unless a single packet is larger.
const BATCH: usize = 64 * 1024;

/// From this size on a packet is written from where it lies instead of being copied beside others.
const LARGE: usize = 16 * 1024;

/// What may wait for a task that alone writes to its stream, until its next turn.
const UNTIL_NEXT_TURN: usize = 16 * 1024 * 1024;

/// What each packet weighs beyond its bytes, so that many small ones are bounded too.
pub(super) const PACKET_WEIGHT: usize = 64;

/// What the place of a shared packet in a queue takes, when the queue has grown for it.
const SHARED_WEIGHT: usize = 2 * size_of::<Item>();

/// Frames that leave together.
#[derive(Debug)]
pub(crate) enum Item {
    /// Frames for this connection alone; later ones are appended while nobody writes them.
    Own(Box<Own>),
    /// Frames that other connections send too, and whether they may be compressed.
    Shared(Encoded, bool),
}

impl Item {
    pub(crate) fn frames(&self) -> &[u8] {
        match self {
            Self::Own(own) => &own.frames,
            Self::Shared(encoded, _) => encoded.frames(),
        }
    }

    /// Whether some of it may be compressed.
    fn may_be_compressed(&self) -> bool {
        match self {
            Self::Own(own) => own.compress,
            Self::Shared(_, compress) => *compress,
        }
    }

    fn weight(&self) -> usize {
        let packets = match self {
            Self::Own(own) => own.packets,
            Self::Shared(encoded, _) => encoded.packets(),
        };
        self.frames().len() + packets * PACKET_WEIGHT
    }

    /// What it takes of memory that no other connection shares.
    fn held(&self) -> usize {
        match self {
            Self::Own(_) => self.weight(),
            Self::Shared(..) => SHARED_WEIGHT,
        }
    }

    /// What it takes of memory, its part of what others share included.
    fn share(&self) -> usize {
        match self {
            Self::Own(_) => self.weight(),
            Self::Shared(encoded, _) => SHARED_WEIGHT + encoded.share(),
        }
    }

    pub(crate) fn recycle(self) {
        if let Self::Own(own) = self {
            buffer::put(own);
        }
    }
}

/// Frames in a buffer of their own.
#[derive(Debug, Default)]
pub(crate) struct Own {
    pub(super) frames: Vec<u8>,
    pub(super) packets: usize,
    /// Some of them may be compressed.
    pub(super) compress: bool,
}

/// Where the outbox stands between those who fill it and the one who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing is queued.
    Idle,
    /// Something is queued and the shard's flusher knows.
    Queued,
    /// The connection's task is handling input and flushes when it is done.
    Corked,
    /// Somebody writes a batch.
    Writing,
    /// The transport refused; only the owner leaves this phase.
    Blocked,
    /// Nothing is accepted any more.
    Closed,
}

/// Who takes what is queued.
#[derive(Debug)]
pub(crate) enum Sink<W> {
    /// HTTP: the pending GET takes what is queued; without one the outbox is blocked.
    Poll { pending: Option<Waker> },
    /// A stream that anybody may write to.
    Direct(W),
    /// A stream that only the connection's task writes to.
    Owner,
}

/// What is to be done after a push, once all locks are released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// Nothing: somebody will write it.
    Queued,
    /// Tell the shard's flusher.
    Dirty,
    /// Nearly as much is queued as the limit allows: try to write now.
    Overfull,
    /// All queues together hold too much: try to write now, and then look for the fullest.
    OverBudget,
    /// It was marked volatile, and the transport does not take it now.
    Dropped,
    /// The transport refused earlier bytes, and the limit is used up: the connection is too slow.
    Slow,
    /// The connection has ended.
    Closed,
}

/// What one holder of the writer's role writes.
#[derive(Debug)]
pub(crate) struct Batch {
    first: Item,
    more: VecDeque<Item>,
    /// Bytes of the first item that left earlier.
    written: usize,
}

impl Batch {
    /// Calls `write` with all bytes of the batch in one piece.
    pub(crate) fn with_bytes<R>(&self, write: impl FnOnce(&[u8]) -> R) -> R {
        let first = &self.first.frames()[self.written..];
        if self.more.is_empty() {
            return write(first);
        }
        let mut cork = buffer::take();
        cork.frames.extend_from_slice(first);
        for item in &self.more {
            cork.frames.extend_from_slice(item.frames());
        }
        let result = write(&cork.frames);
        buffer::put(cork);
        result
    }

    /// Whether some of it may be compressed.
    pub(crate) fn may_be_compressed(&self) -> bool {
        self.first.may_be_compressed() || self.more.iter().any(Item::may_be_compressed)
    }

    pub(crate) fn into_items(self) -> impl Iterator<Item = Item> {
        std::iter::once(self.first).chain(self.more)
    }
}

/// What a finished write leaves to be done, once the lock is released.
#[derive(Debug)]
pub(crate) enum Finished {
    /// All has left.
    Idle,
    /// More was queued meanwhile: the next turn takes it.
    More,
    /// The transport takes no more; the owner waits until it does.
    Blocked(Option<Waker>),
    /// The Close frame has left, or writing failed: the owner ends the connection.
    Ended(Option<Waker>),
}

/// The packets that wait for one connection's transport, and whose turn it is to write them.
#[derive(Debug)]
pub(crate) struct Queue<W> {
    front: Option<Item>,
    rest: VecDeque<Item>,
    written: usize,
    /// Weight of all that is queued or being written.
    weight: usize,
    /// The memory of it that no other connection shares.
    held: usize,
    charge: Charge,
    pub(super) phase: Phase,
    ending: bool,
    pub(crate) sink: Sink<W>,
    pub(crate) owner: Option<Waker>,
    /// Who waits until nothing waits any more: nearly always nobody.
    drained: Option<Box<Waiting>>,
}

/// Those to be woken when nothing is queued any more.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Vec<Waker>);

impl Waiting {
    pub(super) fn wake(self) {
        self.0.into_iter().for_each(Waker::wake);
    }
}

impl<W> Queue<W> {
    pub(crate) fn new(sink: Sink<W>, budget: Arc<Budget>) -> Self {
        Self {
            front: None,
            rest: VecDeque::new(),
            written: 0,
            weight: 0,
            held: 0,
            charge: Charge::new(budget),
            phase: Phase::Idle,
            ending: false,
            sink,
            owner: None,
            drained: None,
        }
    }

    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    fn limit(&self) -> usize {
        self.charge.budget().send_limit()
    }

    /// How much memory would be free without this queue, if its transport refuses.
    pub(crate) fn refused(&self) -> Option<usize> {
        let items = self.front.iter().chain(&self.rest);
        (self.phase == Phase::Blocked).then(|| items.map(Item::share).sum())
    }

    /// Whether nothing waits any more; if something does, `waker` is remembered.
    pub(super) fn is_drained(&mut self, waker: &Waker) -> bool {
        if self.weight == 0 || self.phase == Phase::Closed {
            return true;
        }
        let waiting = &mut self.drained.get_or_insert_default().0;
        if !waiting.iter().any(|known| known.will_wake(waker)) {
            waiting.push(waker.clone());
        }
        false
    }

    /// Those to be woken now, once the lock is released.
    pub(crate) fn take_drained(&mut self) -> Option<Box<Waiting>> {
        if self.weight > 0 && self.phase != Phase::Closed {
            return None;
        }
        self.drained.take()
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending
    }

    /// The transport takes bytes again.
    pub(crate) fn unblock(&mut self) {
        if self.phase == Phase::Blocked {
            self.phase = Phase::Queued;
        }
    }

    /// Appends frames for this connection alone.
    pub(crate) fn push_own(&mut self, frames: &[u8], packets: usize, flags: Flags) -> Pushed {
        if let Err(refused) = self.admit(flags.volatile) {
            return refused;
        }
        let weight = frames.len() + packets * PACKET_WEIGHT;
        self.weight += weight;
        self.held += weight;
        let last = if self.rest.is_empty() {
            self.front.as_mut()
        } else {
            self.rest.back_mut()
        };
        match last {
            // A front that is partly written may grow: only what lies before `written` has left.
            Some(Item::Own(own)) if own.frames.len() < LARGE => {
                own.frames.extend_from_slice(frames);
                own.packets += packets;
                own.compress |= !flags.uncompressed;
            }
            _ => {
                let mut own = buffer::take();
                own.frames.extend_from_slice(frames);
                own.packets = packets;
                own.compress = !flags.uncompressed;
                self.append(Item::Own(own));
            }
        }
        let over_budget = self.charge.set(self.held);
        self.pushed(over_budget)
    }

    /// Appends frames that other connections send too.
    pub(crate) fn push_shared(&mut self, encoded: &Encoded, flags: Flags) -> Pushed {
        if let Err(refused) = self.admit(flags.volatile) {
            return refused;
        }
        let item = Item::Shared(encoded.clone(), !flags.uncompressed);
        self.weight += item.weight();
        self.held += item.held();
        self.append(item);
        let over_budget = encoded.charge(self.charge.budget()) | self.charge.set(self.held);
        self.pushed(over_budget)
    }

    /// Appends the last frames: nothing is accepted after them.
    pub(crate) fn end(&mut self, frames: &[u8]) -> Pushed {
        if self.ending || self.phase == Phase::Closed {
            return Pushed::Closed;
        }
        self.append(Item::Own(Box::new(Own {
            frames: frames.to_vec(),
            packets: 0,
            compress: false,
        })));
        self.weight += frames.len();
        self.held += frames.len();
        self.ending = true;
        self.pushed(false)
    }

    fn append(&mut self, item: Item) {
        if self.front.is_none() {
            self.front = Some(item);
        } else {
            self.rest.push_back(item);
        }
    }

    fn admit(&self, volatile: bool) -> Result<(), Pushed> {
        if self.ending || self.phase == Phase::Closed {
            return Err(Pushed::Closed);
        }
        if volatile && !self.takes_volatile() {
            return Err(Pushed::Dropped);
        }
        // One message is always accepted below the limit, whatever its size.
        let limit = match self.phase {
            Phase::Blocked => self.limit(),
            _ if matches!(self.sink, Sink::Direct(_)) => usize::MAX,
            _ => self.limit().max(UNTIL_NEXT_TURN),
        };
        if self.weight > limit {
            return Err(Pushed::Slow);
        }
        Ok(())
    }

    fn takes_volatile(&self) -> bool {
        if self.weight < self.charge.budget().volatile_limit() {
            return true;
        }
        match &self.sink {
            Sink::Poll { pending } => pending.is_some() && self.weight < BATCH,
            Sink::Direct(_) | Sink::Owner => self.phase != Phase::Blocked && self.weight < BATCH,
        }
    }

    fn pushed(&mut self, over_budget: bool) -> Pushed {
        match self.phase {
            Phase::Idle => {
                self.phase = Phase::Queued;
                if over_budget {
                    Pushed::OverBudget
                } else {
                    Pushed::Dirty
                }
            }
            _ if over_budget => Pushed::OverBudget,
            Phase::Queued | Phase::Corked | Phase::Blocked if self.is_behind() => Pushed::Overfull,
            _ => Pushed::Queued,
        }
    }

    /// Whether three quarters of the limit are used: nothing more is read from this client then.
    pub(crate) fn is_behind(&self) -> bool {
        self.weight > self.limit() / 4 * 3
    }

    /// Takes the writer's role and what is to be written, if the role is free and there is something.
    pub(crate) fn begin(&mut self) -> Option<Batch> {
        match self.phase {
            Phase::Queued | Phase::Corked => {}
            Phase::Idle | Phase::Writing | Phase::Blocked | Phase::Closed => return None,
        }
        let Some(first) = self.front.take() else {
            self.phase = Phase::Idle;
            return None;
        };
        self.phase = Phase::Writing;
        let written = mem::take(&mut self.written);
        let mut size = first.frames().len() - written;
        let mut more = VecDeque::new();
        if self.weight <= BATCH {
            more = mem::take(&mut self.rest);
        } else {
            while let Some(item) = self.rest.front() {
                let len = item.frames().len();
                if size >= LARGE || len >= LARGE || size + len > BATCH {
                    break;
                }
                size += len;
                more.extend(self.rest.pop_front());
            }
            self.front = self.rest.pop_front();
        }
        Some(Batch {
            first,
            more,
            written,
        })
    }

    /// Gives the role back: `n` bytes of the batch left, and then the transport refused more if `blocked`.
    pub(crate) fn finish(&mut self, mut batch: Batch, n: usize, blocked: bool) -> Finished {
        let mut left = batch.written + n;
        let mut unwritten = Some(batch.first);
        while let Some(item) = unwritten {
            let len = item.frames().len();
            if left < len {
                unwritten = Some(item);
                break;
            }
            left -= len;
            self.weight -= item.weight();
            self.held -= item.held();
            item.recycle();
            unwritten = batch.more.pop_front();
        }
        self.charge.set(self.held);
        if let Some(item) = unwritten {
            self.put_back(item, batch.more, left);
        }
        if self.phase == Phase::Closed {
            self.discard();
            return Finished::Ended(self.owner.take());
        }
        if self.front.is_none() {
            if self.ending {
                self.phase = Phase::Closed;
                return Finished::Ended(self.owner.take());
            }
            self.phase = Phase::Idle;
            return Finished::Idle;
        }
        if blocked {
            self.phase = Phase::Blocked;
            return Finished::Blocked(self.owner.take());
        }
        self.phase = Phase::Queued;
        Finished::More
    }

    /// Puts what did not leave back in front of what came meanwhile.
    fn put_back(&mut self, first: Item, more: VecDeque<Item>, written: usize) {
        let later = self.front.replace(first);
        self.written = written;
        if let Some(later) = later {
            self.rest.push_front(later);
        }
        for item in more.into_iter().rev() {
            self.rest.push_front(item);
        }
    }

    /// Takes everything, for the answer to a GET. `None` if there is nothing.
    ///
    /// A Close frame behind packets stays for the next one: the reference's client acts on it before it hands on
    /// the packets that came with it, which would then be lost, or come twice once it has been recovered.
    pub(crate) fn take_all(&mut self) -> Option<Batch> {
        let first = self.front.take()?;
        let mut more = mem::take(&mut self.rest);
        let close = if self.ending { more.pop_back() } else { None };
        self.phase = match (&close, self.ending) {
            (Some(_), _) => Phase::Blocked,
            (None, true) => Phase::Closed,
            (None, false) => Phase::Idle,
        };
        self.weight = close.as_ref().map_or(0, Item::weight);
        self.held = close.as_ref().map_or(0, Item::held);
        self.charge.set(self.held);
        self.front = close;
        Some(Batch {
            first,
            more,
            written: 0,
        })
    }

    /// Another transport takes what is queued from now on. Returns the GET that waited, to be woken.
    pub(crate) fn change_sink(&mut self, sink: Sink<W>) -> Option<Waker> {
        self.unblock();
        match mem::replace(&mut self.sink, sink) {
            Sink::Poll { pending } => pending,
            Sink::Direct(_) | Sink::Owner => None,
        }
    }

    /// The connection has ended: forgets everything. A writer at work finds out when it finishes.
    pub(crate) fn close(&mut self) {
        // A writer at work still counts with what it took, also if it is told twice.
        if !matches!(self.phase, Phase::Writing | Phase::Closed) {
            self.discard();
        }
        self.phase = Phase::Closed;
        // Whoever still holds the connection does not hold its stream open.
        if matches!(self.sink, Sink::Direct(_)) {
            self.sink = Sink::Owner;
        }
    }

    fn discard(&mut self) {
        self.front = None;
        self.rest = VecDeque::new();
        self.written = 0;
        self.weight = 0;
        self.held = 0;
        self.charge.set(0);
    }
}
