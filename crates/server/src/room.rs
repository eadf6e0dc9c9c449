//! The sockets and rooms of one namespace on this server, in shards.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use slab::Slab;

use crate::{
    Socket, SocketId,
    application::{Connection, Delivery},
};

/// The name of a room. Cheap to clone.
pub type Room = Arc<str>;

/// The rooms that an operation is about: a name, a socket's id, or several of them.
pub trait IntoRooms {
    /// Appends the names.
    fn append_to(self, rooms: &mut Vec<Room>);
}

macro_rules! one_room {
    ($($type:ty),*) => {$(
        impl IntoRooms for $type {
            fn append_to(self, rooms: &mut Vec<Room>) {
                rooms.push(self.into());
            }
        }
    )*};
}

one_room!(&str, String, Room);

impl IntoRooms for &String {
    fn append_to(self, rooms: &mut Vec<Room>) {
        rooms.push(self.as_str().into());
    }
}

impl IntoRooms for SocketId {
    fn append_to(self, rooms: &mut Vec<Room>) {
        rooms.push(self.as_str().into());
    }
}

impl<R: IntoRooms, const N: usize> IntoRooms for [R; N] {
    fn append_to(self, rooms: &mut Vec<Room>) {
        self.into_iter().for_each(|room| room.append_to(rooms));
    }
}

impl<R: IntoRooms> IntoRooms for Vec<R> {
    fn append_to(self, rooms: &mut Vec<Room>) {
        self.into_iter().for_each(|room| room.append_to(rooms));
    }
}

impl<R: IntoRooms + Clone> IntoRooms for &[R] {
    fn append_to(self, rooms: &mut Vec<Room>) {
        self.iter().cloned().for_each(|room| room.append_to(rooms));
    }
}

/// Whom a broadcast reaches.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Target {
    /// The members of any of these rooms; everybody if there are none.
    pub rooms: Vec<Room>,
    /// But not the members of any of these.
    pub except: Vec<Room>,
    /// Nor this socket.
    pub sender: Option<SocketId>,
    /// Only those whose transport takes it now.
    pub volatile: bool,
    /// Only those on this server.
    pub local: bool,
}

/// The sockets of a namespace on this server, and the rooms they are in.
pub struct LocalRooms {
    shards: Box<[Mutex<Shard>]>,
}

#[derive(Default)]
struct Shard {
    members: Slab<Member>,
    ids: HashMap<SocketId, usize>,
    /// Members' keys, sorted.
    rooms: HashMap<Room, Vec<usize>>,
}

struct Member {
    socket: Socket,
    /// Beside the socket, so that a broadcast need not visit it.
    connection: Arc<Connection>,
    rooms: Vec<Room>,
    /// It is in the room of its own id, as long as it does not leave it.
    own: bool,
}

impl LocalRooms {
    pub(crate) fn new(shards: usize) -> Self {
        Self {
            shards: (0..shards).map(|_| Mutex::default()).collect(),
        }
    }

    fn shard(&self, id: SocketId) -> MutexGuard<'_, Shard> {
        lock(&self.shards[id.spread(self.shards.len())])
    }

    /// Adds a socket. `first` runs before any broadcast can reach it.
    pub(crate) fn insert(&self, socket: &Socket, first: impl FnOnce()) {
        let id = socket.id();
        let mut shard = self.shard(id);
        let member = Member {
            socket: socket.clone(),
            connection: Arc::clone(&socket.0.connection),
            rooms: Vec::new(),
            own: true,
        };
        let key = shard.members.insert(member);
        shard.ids.insert(id, key);
        first();
    }

    /// Removes a socket; returns the rooms that it was in.
    pub(crate) fn remove(&self, id: SocketId) -> Vec<Room> {
        let mut shard = self.shard(id);
        let Some(key) = shard.ids.remove(&id) else {
            return Vec::new();
        };
        let member = shard.members.remove(key);
        for room in &member.rooms {
            shard.leave(room, key);
        }
        if shard.members.is_empty() {
            *shard = Shard::default();
        }
        drop(shard);
        member.names()
    }

    /// Adds a socket to rooms. Nothing happens if it has gone.
    pub fn join(&self, id: SocketId, rooms: &[Room]) {
        let mut shard = self.shard(id);
        let shard = &mut *shard;
        let Some(&key) = shard.ids.get(&id) else {
            return;
        };
        let member = &mut shard.members[key];
        for room in rooms {
            if **room == *id.as_str() {
                member.own = true;
            } else if !member.rooms.contains(room) {
                let (name, keys) = match shard.rooms.entry(Arc::clone(room)) {
                    Entry::Occupied(entry) => (Arc::clone(entry.key()), entry.into_mut()),
                    Entry::Vacant(entry) => (Arc::clone(entry.key()), entry.insert(Vec::new())),
                };
                member.rooms.push(name);
                if let Err(at) = keys.binary_search(&key) {
                    keys.insert(at, key);
                }
            }
        }
    }

    /// Takes a socket out of rooms.
    pub fn leave(&self, id: SocketId, rooms: &[Room]) {
        let mut shard = self.shard(id);
        let Some(&key) = shard.ids.get(&id) else {
            return;
        };
        for room in rooms {
            let member = &mut shard.members[key];
            if **room == *id.as_str() {
                member.own = false;
            } else if let Some(at) = member.rooms.iter().position(|other| other == room) {
                member.rooms.swap_remove(at);
                shard.leave(room, key);
            }
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

    /// The sockets that a broadcast would reach, at some moment during the call.
    pub(crate) fn sockets(&self, target: &Target) -> Vec<Socket> {
        let mut sockets = Vec::new();
        self.each(target, |member| sockets.push(member.socket.clone()));
        sockets
    }

    /// Queues a packet for everybody it is for.
    pub fn broadcast(&self, packet: &sockeye_engine::Encoded, target: &Target) {
        let mut delivery = Delivery::new();
        self.each(target, |member| {
            delivery.push(&member.connection, packet, target.volatile);
        });
        delivery.finish();
    }

    /// Visits each shard once, and in it each socket at most once. `visit` runs under the shard's lock.
    fn each(&self, target: &Target, mut visit: impl FnMut(&Member)) {
        for shard in &self.shards {
            let shard = lock(shard);
            let excluded = shard.excluded(target);
            let mut visit_key = |key: usize| {
                if excluded.binary_search(&key).is_err() {
                    visit(&shard.members[key]);
                }
            };
            match &target.rooms[..] {
                [] => shard.members.iter().for_each(|(key, _)| visit_key(key)),
                [room] => match (shard.rooms.get(room), shard.own(room)) {
                    (Some(keys), None) => keys.iter().copied().for_each(&mut visit_key),
                    (None, own) => own.into_iter().for_each(&mut visit_key),
                    (Some(_), Some(_)) => {
                        shard
                            .union(&target.rooms)
                            .into_iter()
                            .for_each(&mut visit_key);
                    }
                },
                rooms => shard.union(rooms).into_iter().for_each(&mut visit_key),
            }
        }
    }
}

impl std::fmt::Debug for LocalRooms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalRooms")
            .field("sockets", &self.len())
            .finish_non_exhaustive()
    }
}

impl Member {
    fn names(&self) -> Vec<Room> {
        let own = self.own.then(|| self.socket.id().as_str().into());
        own.into_iter().chain(self.rooms.iter().cloned()).collect()
    }
}

impl Shard {
    fn leave(&mut self, room: &Room, key: usize) {
        if let Entry::Occupied(mut entry) = self.rooms.entry(Arc::clone(room)) {
            let keys = entry.get_mut();
            if let Ok(at) = keys.binary_search(&key) {
                keys.remove(at);
            }
            if keys.is_empty() {
                entry.remove();
            }
        }
    }

    /// The socket whose own room this is.
    fn own(&self, room: &str) -> Option<usize> {
        let id = SocketId::parse(room)?;
        let key = *self.ids.get(&id)?;
        self.members[key].own.then_some(key)
    }

    fn union(&self, rooms: &[Room]) -> Vec<usize> {
        let mut keys: Vec<usize> = Vec::new();
        for room in rooms {
            keys.extend(self.rooms.get(room).into_iter().flatten().copied());
            keys.extend(self.own(room));
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn excluded(&self, target: &Target) -> Vec<usize> {
        let sender = target.sender.and_then(|id| self.ids.get(&id)).copied();
        if target.except.is_empty() {
            return sender.into_iter().collect();
        }
        let mut keys = self.union(&target.except);
        if let Some(key) = sender
            && let Err(at) = keys.binary_search(&key)
        {
            keys.insert(at, key);
        }
        keys
    }
}

/// No code of the user runs under this lock, so a panic leaves nothing half done.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
