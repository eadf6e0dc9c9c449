//! When a room gets its first member and loses its last one.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::Room;

type Hook = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// Who wants to know of the rooms of a namespace; given the namespace's name and the room's.
#[derive(Clone, Default)]
pub(crate) struct RoomHooks {
    pub(crate) created: Option<Hook>,
    pub(crate) removed: Option<Hook>,
}

/// Counts the members of each room over all shards.
pub(crate) struct Watch {
    hooks: RoomHooks,
    counts: Mutex<HashMap<Room, usize>>,
}

impl Watch {
    pub(super) fn of(hooks: &RoomHooks) -> Option<Self> {
        (hooks.created.is_some() || hooks.removed.is_some()).then(|| Self {
            hooks: hooks.clone(),
            counts: Mutex::default(),
        })
    }

    /// Counts one that has joined; returns the rooms that are new. Called under its shard's lock.
    pub(crate) fn joined(&self, rooms: Vec<Room>) -> Vec<Room> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut created = rooms;
        created.retain(|room| {
            let count = counts.entry(Arc::clone(room)).or_default();
            *count += 1;
            *count == 1
        });
        created
    }

    /// Counts one that has left; returns the rooms that are empty now. Called under its shard's lock.
    pub(super) fn left(&self, rooms: Vec<Room>) -> Vec<Room> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut removed = rooms;
        removed.retain(|room| match counts.get_mut(room) {
            Some(count) if *count > 1 => {
                *count -= 1;
                false
            }
            _ => counts.remove(room).is_some(),
        });
        removed
    }

    /// Tells of new rooms, under no lock.
    pub(super) fn tell_created(&self, namespace: &str, rooms: &[Room]) {
        if let Some(hook) = &self.hooks.created {
            rooms.iter().for_each(|room| hook(namespace, room));
        }
    }

    /// Tells of rooms that are empty now, under no lock.
    pub(super) fn tell_removed(&self, namespace: &str, rooms: &[Room]) {
        if let Some(hook) = &self.hooks.removed {
            rooms.iter().for_each(|room| hook(namespace, room));
        }
    }
}

impl fmt::Debug for RoomHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomHooks")
            .field("created", &self.created.is_some())
            .field("removed", &self.removed.is_some())
            .finish()
    }
}
