//! Rooms: their names, and whom a broadcast to them reaches.

mod deliver;
mod limit;
mod local;
mod shard;
mod watch;

use std::sync::Arc;

pub use limit::JoinError;
pub use local::LocalRooms;
pub(crate) use {
    shard::Member,
    watch::{Moved, RoomHooks},
};

use sockeye_engine::Flags;

use crate::SocketId;

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
    /// Not compressed, whatever was agreed on.
    pub uncompressed: bool,
    /// Only those on this server.
    pub local: bool,
}

impl Target {
    pub(crate) fn flags(&self) -> Flags {
        Flags::NONE
            .volatile(self.volatile)
            .compress(!self.uncompressed)
    }
}
