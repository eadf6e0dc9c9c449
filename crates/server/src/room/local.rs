use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, Weak,
        atomic::{AtomicU64, AtomicUsize},
    },
};

use sockeye_protocol::Codec;

use super::{
    JoinError, Room, Target,
    shard::{Shard, lock},
    watch::{Moved, Watch},
};
use crate::{
    Socket, SocketId, application::Engine, namespace::Table, recovery::Sequencer,
    socket::SocketInner, stats::count,
};

/// The sockets of a namespace on this server, and the rooms they are in.
///
/// An [`Adapter`](crate::Adapter) is given it, and calls it for what this server has to do.
pub struct LocalRooms {
    pub(super) shards: Box<[Mutex<Shard>]>,
    pub(super) name: Box<str>,
    pub(crate) codec: Codec,
    table: Arc<Table>,
    /// How many rooms a socket may be in.
    max_rooms: usize,
    /// Set once the server is built.
    engine: OnceLock<Weak<Engine>>,
    /// The next acknowledgement's id: one count for all, so that a broadcast is encoded once.
    pub(super) next_ack: AtomicU64,
    /// How many sockets listen to what they are sent.
    pub(super) outgoing: AtomicUsize,
    /// Counts the members of each room, if somebody wants to know of the first and the last.
    pub(crate) watch: Option<Watch>,
    /// Puts what is sent in order, and keeps it, if clients may come back.
    pub(crate) sequencer: Option<Box<Sequencer>>,
}

impl LocalRooms {
    pub(crate) fn new(
        shards: usize,
        name: &str,
        codec: Codec,
        table: Arc<Table>,
        max_rooms: usize,
        sequencer: Option<Sequencer>,
    ) -> Self {
        Self {
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            name: name.into(),
            codec,
            watch: Watch::of(&table.rooms),
            table,
            max_rooms,
            engine: OnceLock::new(),
            next_ack: AtomicU64::new(0),
            outgoing: AtomicUsize::new(0),
            sequencer: sequencer.map(Box::new),
        }
    }

    /// Tells what server it belongs to; nothing runs before.
    pub(crate) fn belongs_to(&self, engine: &Arc<Engine>) {
        // Whoever comes second says the same.
        let _ = self.engine.set(Arc::downgrade(engine));
    }

    pub(crate) fn engine(&self) -> Option<Arc<Engine>> {
        self.engine.get()?.upgrade()
    }

    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    /// The namespace's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How its packets are written.
    #[must_use]
    pub fn codec(&self) -> &Codec {
        &self.codec
    }

    pub(crate) fn shard(&self, id: SocketId) -> MutexGuard<'_, Shard> {
        lock(&self.shards[id.spread(self.shards.len())])
    }

    /// Adds a socket. `first` runs before any broadcast can reach it.
    pub(crate) fn insert(&self, socket: &Socket, first: impl FnOnce()) {
        let id = socket.id();
        let mut shard = self.shard(id);
        shard.add(socket, true);
        first();
    }

    /// Removes a socket; returns the rooms that it was in, and what [`tell_left`](Self::tell_left) tells of
    /// them, under no lock.
    pub(crate) fn remove(&self, socket: &SocketInner) -> (Vec<Room>, Moved) {
        let id = socket.id;
        let mut shard = self.shard(id);
        let Some(&key) = shard.ids.get(&id) else {
            return (Vec::new(), Moved::default());
        };
        // Its client may have come back already, by the same id.
        if !std::ptr::eq(Arc::as_ptr(&shard.members[key].socket.0), socket) {
            return (Vec::new(), Moved::default());
        }
        shard.ids.remove(&id);
        let member = shard.members.remove(key);
        for room in &member.rooms {
            shard.leave(room, key);
        }
        if shard.members.is_empty() {
            *shard = Shard::default();
        }
        let moved = match &self.watch {
            Some(watch) => watch.left(member.rooms.clone()),
            None => Moved::default(),
        };
        drop(shard);
        (member.names(), moved)
    }

    /// Adds a socket to rooms. Nothing happens if it has gone.
    ///
    /// # Errors
    ///
    /// [`JoinError`] if it may not be in all of them; then it joins none.
    pub fn join(&self, id: SocketId, rooms: &[Room]) -> Result<(), JoinError> {
        let mut joined = Vec::new();
        let mut sequence = self.sequencer.as_deref().map(Sequencer::lock);
        let mut shard = self.shard(id);
        let Some(&key) = shard.ids.get(&id) else {
            return Ok(());
        };
        let present = &shard.members[key].rooms;
        if let Err(refused) = JoinError::check(present, rooms, id.as_str(), self.max_rooms) {
            if let Some(engine) = self.engine() {
                count(&engine.application().counters().room_limit);
            }
            return Err(refused);
        }
        for room in rooms {
            let own = **room == *id.as_str();
            let member = &mut shard.members[key];
            if own && !member.own {
                member.own = true;
            } else if !own && !member.rooms.contains(room) {
                let name = shard.join(room, key);
                if self.watch.is_some() {
                    joined.push(name);
                }
            } else {
                continue;
            }
            if let Some(sequence) = &mut sequence {
                sequence.joined(id, room);
            }
        }
        let Some(watch) = &self.watch else {
            return Ok(());
        };
        let moved = watch.joined(joined);
        drop(shard);
        drop(sequence);
        self.tell_joined(id, &moved);
        Ok(())
    }

    /// Takes a socket out of rooms.
    pub fn leave(&self, id: SocketId, rooms: &[Room]) {
        let mut left = Vec::new();
        let mut sequence = self.sequencer.as_deref().map(Sequencer::lock);
        let mut shard = self.shard(id);
        let Some(&key) = shard.ids.get(&id) else {
            return;
        };
        for room in rooms {
            if let Some(sequence) = &mut sequence {
                sequence.left(id, room);
            }
            let member = &mut shard.members[key];
            if **room == *id.as_str() {
                member.own = false;
            } else if let Some(at) = member.rooms.iter().position(|other| other == room) {
                let name = member.rooms.swap_remove(at);
                shard.leave(room, key);
                if self.watch.is_some() {
                    left.push(name);
                }
            }
        }
        let moved = match &self.watch {
            Some(watch) => watch.left(left),
            None => Moved::default(),
        };
        drop(shard);
        drop(sequence);
        self.tell_left(id, &moved);
    }

    pub(crate) fn tell_joined(&self, id: SocketId, moved: &Moved) {
        if let Some(watch) = &self.watch {
            watch.tell_joined(&self.name, id, moved);
        }
    }

    pub(crate) fn tell_left(&self, id: SocketId, moved: &Moved) {
        if let Some(watch) = &self.watch {
            watch.tell_left(&self.name, id, moved);
        }
    }

    /// The rooms of a socket, its own among them.
    #[must_use]
    pub fn rooms_of(&self, id: SocketId) -> Vec<Room> {
        let shard = self.shard(id);
        shard
            .ids
            .get(&id)
            .map_or_else(Vec::new, |key| shard.members[*key].names())
    }

    /// How many sockets there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| lock(shard).members.len())
            .sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many sockets are in a room.
    #[must_use]
    pub fn members(&self, room: &str) -> usize {
        let mut count = 0;
        let target = Target {
            rooms: vec![room.into()],
            ..Target::default()
        };
        self.each(&target, |_| count += 1);
        count
    }

    /// The names of all rooms that have members, in no order. The rooms of the sockets' own ids, which
    /// are always there, are not among them.
    #[must_use]
    pub fn names(&self) -> Vec<Room> {
        let mut names: Vec<Room> = Vec::new();
        for shard in &self.shards {
            names.extend(lock(shard).rooms.keys().cloned());
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The socket of that id.
    #[must_use]
    pub fn socket(&self, id: SocketId) -> Option<Socket> {
        let shard = self.shard(id);
        let key = *shard.ids.get(&id)?;
        Some(shard.members[key].socket.clone())
    }

    /// The sockets that a broadcast would reach, at some moment during the call.
    #[must_use]
    pub fn sockets(&self, target: &Target) -> Vec<Socket> {
        let mut sockets = Vec::new();
        self.each(target, |member| sockets.push(member.socket.clone()));
        sockets
    }
}

impl fmt::Debug for LocalRooms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalRooms")
            .field("namespace", &self.name)
            .field("sockets", &self.len())
            .finish_non_exhaustive()
    }
}
