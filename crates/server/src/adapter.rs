use std::{fmt, sync::Arc};

use sockeye_engine::Encoded;

use crate::{LocalRooms, Room, SocketId, Target};

/// Where broadcasts and rooms go: this server alone, or in a cluster the others too.
///
/// An adapter serves one namespace. It is given the namespace's [`LocalRooms`], and whatever it does
/// elsewhere, it calls them for the sockets of this server.
pub trait Adapter: fmt::Debug + Send + Sync + 'static {
    /// Sends a packet to everybody it is for.
    fn broadcast(&self, packet: &Encoded, target: &Target);

    /// Adds a socket of this server to rooms.
    fn join(&self, socket: SocketId, rooms: &[Room]);

    /// Takes a socket of this server out of rooms.
    fn leave(&self, socket: SocketId, rooms: &[Room]);

    /// The rooms of a socket of this server.
    fn rooms_of(&self, socket: SocketId) -> Vec<Room>;

    /// The server shuts down.
    fn close(&self) {}
}

/// One server alone: rooms live in its memory.
#[derive(Debug)]
pub struct InMemory(Arc<LocalRooms>);

impl InMemory {
    /// Makes the adapter of one namespace.
    #[must_use]
    pub fn new(rooms: Arc<LocalRooms>) -> Self {
        Self(rooms)
    }
}

impl Adapter for InMemory {
    fn broadcast(&self, packet: &Encoded, target: &Target) {
        self.0.broadcast(packet, target);
    }

    fn join(&self, socket: SocketId, rooms: &[Room]) {
        self.0.join(socket, rooms);
    }

    fn leave(&self, socket: SocketId, rooms: &[Room]) {
        self.0.leave(socket, rooms);
    }

    fn rooms_of(&self, socket: SocketId) -> Vec<Room> {
        self.0.rooms_of(socket)
    }
}
