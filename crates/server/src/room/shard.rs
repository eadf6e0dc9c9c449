use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use slab::Slab;

use super::{Room, Target};
use crate::{Socket, SocketId, application::Connection};

#[derive(Default)]
pub(crate) struct Shard {
    pub(crate) members: Slab<Member>,
    pub(crate) ids: HashMap<SocketId, usize>,
    /// Members' keys, sorted.
    pub(crate) rooms: HashMap<Room, Vec<usize>>,
}

pub(crate) struct Member {
    pub(crate) socket: Socket,
    /// Beside the socket, so that a broadcast need not visit it.
    pub(crate) connection: Arc<Connection>,
    pub(crate) rooms: Vec<Room>,
    /// It is in the room of its own id, as long as it does not leave it.
    pub(crate) own: bool,
}

impl Member {
    pub(crate) fn names(&self) -> Vec<Room> {
        let own = self.own.then(|| (*self.socket.client_id()).into());
        own.into_iter().chain(self.rooms.iter().cloned()).collect()
    }
}

impl Shard {
    /// Adds a socket that is in no room but perhaps its own.
    pub(crate) fn add(&mut self, socket: &Socket, own: bool) -> usize {
        let member = Member {
            socket: socket.clone(),
            connection: Arc::clone(&socket.0.connection),
            rooms: Vec::new(),
            own,
        };
        let key = self.members.insert(member);
        self.ids.insert(socket.id(), key);
        key
    }

    /// Adds a member to a room that it is not in; returns the name that is kept.
    pub(crate) fn join(&mut self, room: &Room, key: usize) -> Room {
        let (name, keys) = match self.rooms.entry(Arc::clone(room)) {
            Entry::Occupied(entry) => (Arc::clone(entry.key()), entry.into_mut()),
            Entry::Vacant(entry) => (Arc::clone(entry.key()), entry.insert(Vec::new())),
        };
        if let Err(at) = keys.binary_search(&key) {
            keys.insert(at, key);
        }
        self.members[key].rooms.push(Arc::clone(&name));
        name
    }

    pub(crate) fn leave(&mut self, room: &Room, key: usize) {
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
    pub(crate) fn own(&self, room: &str) -> Option<usize> {
        let Some(id) = SocketId::parse(room) else {
            return self.own_of_v2(room);
        };
        let key = *self.ids.get(&id)?;
        self.members[key].own.then_some(key)
    }

    /// The socket of a client of Socket.IO 2, by the id that the client knows: `/namespace#id`.
    fn own_of_v2(&self, room: &str) -> Option<usize> {
        let (_, id) = room.strip_prefix('/')?.rsplit_once('#')?;
        let key = *self.ids.get(&SocketId::parse(id)?)?;
        let member = &self.members[key];
        (member.own && member.socket.client_id() == room).then_some(key)
    }

    pub(crate) fn union(&self, rooms: &[Room]) -> Vec<usize> {
        let mut keys: Vec<usize> = Vec::new();
        for room in rooms {
            keys.extend(self.rooms.get(room).into_iter().flatten().copied());
            keys.extend(self.own(room));
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    pub(crate) fn excluded(&self, target: &Target) -> Vec<usize> {
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
pub(crate) fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
