use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use slab::Slab;

use super::{Room, Target};
use crate::{Socket, SocketId, application::Connection};

#[derive(Default)]
pub(super) struct Shard {
    pub(super) members: Slab<Member>,
    pub(super) ids: HashMap<SocketId, usize>,
    /// Members' keys, sorted.
    pub(super) rooms: HashMap<Room, Vec<usize>>,
}

pub(super) struct Member {
    pub(super) socket: Socket,
    /// Beside the socket, so that a broadcast need not visit it.
    pub(super) connection: Arc<Connection>,
    pub(super) rooms: Vec<Room>,
    /// It is in the room of its own id, as long as it does not leave it.
    pub(super) own: bool,
}

impl Member {
    pub(super) fn names(&self) -> Vec<Room> {
        let own = self.own.then(|| self.socket.id().as_str().into());
        own.into_iter().chain(self.rooms.iter().cloned()).collect()
    }
}

impl Shard {
    pub(super) fn leave(&mut self, room: &Room, key: usize) {
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
    pub(super) fn own(&self, room: &str) -> Option<usize> {
        let id = SocketId::parse(room)?;
        let key = *self.ids.get(&id)?;
        self.members[key].own.then_some(key)
    }

    pub(super) fn union(&self, rooms: &[Room]) -> Vec<usize> {
        let mut keys: Vec<usize> = Vec::new();
        for room in rooms {
            keys.extend(self.rooms.get(room).into_iter().flatten().copied());
            keys.extend(self.own(room));
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    pub(super) fn excluded(&self, target: &Target) -> Vec<usize> {
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
pub(super) fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
