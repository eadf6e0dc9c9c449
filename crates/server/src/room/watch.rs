//! Who joins a room and leaves it, its first member and its last one.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::Room;
use crate::SocketId;

type RoomHook = Arc<dyn Fn(&str, &str) + Send + Sync>;
type MemberHook = Arc<dyn Fn(&str, &str, SocketId) + Send + Sync>;

/// Who wants to know of the rooms of a namespace; given the namespace's name, the room's, and the socket's id.
#[derive(Clone, Default)]
pub(crate) struct RoomHooks {
    pub(crate) created: Option<RoomHook>,
    pub(crate) removed: Option<RoomHook>,
    pub(crate) joined: Option<MemberHook>,
    pub(crate) left: Option<MemberHook>,
}

/// Counts the members of each room over all shards.
pub(crate) struct Watch {
    hooks: RoomHooks,
    counts: Mutex<HashMap<Room, usize>>,
}

/// What happened to rooms, of which is told under no lock.
#[derive(Debug, Default)]
#[must_use = "the hooks are not told yet"]
pub(crate) struct Moved {
    /// The rooms that a socket has joined or left.
    rooms: Vec<Room>,
    /// Those of them in which it is the first, or was the last.
    alone: Vec<Room>,
}

impl Watch {
    pub(super) fn of(hooks: &RoomHooks) -> Option<Self> {
        let wanted = hooks.created.is_some()
            || hooks.removed.is_some()
            || hooks.joined.is_some()
            || hooks.left.is_some();
        wanted.then(|| Self {
            hooks: hooks.clone(),
            counts: Mutex::default(),
        })
    }

    /// Counts one that has joined. Called under its shard's lock.
    pub(crate) fn joined(&self, rooms: Vec<Room>) -> Moved {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut created = rooms.clone();
        created.retain(|room| {
            let count = counts.entry(Arc::clone(room)).or_default();
            *count += 1;
            *count == 1
        });
        Moved {
            rooms,
            alone: created,
        }
    }

    /// Counts one that has left. Called under its shard's lock.
    pub(super) fn left(&self, rooms: Vec<Room>) -> Moved {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut removed = rooms.clone();
        removed.retain(|room| match counts.get_mut(room) {
            Some(count) if *count > 1 => {
                *count -= 1;
                false
            }
            _ => counts.remove(room).is_some(),
        });
        Moved {
            rooms,
            alone: removed,
        }
    }

    /// Tells of new rooms and of who has joined, under no lock.
    pub(super) fn tell_joined(&self, namespace: &str, id: SocketId, moved: &Moved) {
        if let Some(hook) = &self.hooks.created {
            moved.alone.iter().for_each(|room| hook(namespace, room));
        }
        if let Some(hook) = &self.hooks.joined {
            let joined = moved.rooms.iter();
            joined.for_each(|room| hook(namespace, room, id));
        }
    }

    /// Tells of who has left and of rooms that are empty now, under no lock.
    pub(super) fn tell_left(&self, namespace: &str, id: SocketId, moved: &Moved) {
        if let Some(hook) = &self.hooks.left {
            let left = moved.rooms.iter();
            left.for_each(|room| hook(namespace, room, id));
        }
        if let Some(hook) = &self.hooks.removed {
            moved.alone.iter().for_each(|room| hook(namespace, room));
        }
    }
}

impl fmt::Debug for RoomHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomHooks")
            .field("created", &self.created.is_some())
            .field("removed", &self.removed.is_some())
            .field("joined", &self.joined.is_some())
            .field("left", &self.left.is_some())
            .finish()
    }
}
