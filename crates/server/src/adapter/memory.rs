use std::{future::ready, sync::Arc, time::Duration};

use sockeye_engine::Encoded;
use sockeye_protocol::OwnedArguments;

use super::{Adapter, AdapterFuture, NumberedEvent, SocketDetails};
use crate::{AckCollector, JoinError, LocalRooms, Room, SocketId, Target};

/// One server alone: rooms live in its memory, and there is nobody else to ask.
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

    fn broadcast_with_ack(&self, event: &NumberedEvent, target: &Target, answers: &AckCollector) {
        self.0.broadcast_with_ack(event, target, answers);
    }

    fn join(&self, socket: SocketId, rooms: &[Room]) -> Result<(), JoinError> {
        self.0.join(socket, rooms)
    }

    fn leave(&self, socket: SocketId, rooms: &[Room]) {
        self.0.leave(socket, rooms);
    }

    fn rooms_of(&self, socket: SocketId) -> Vec<Room> {
        self.0.rooms_of(socket)
    }

    fn join_all(&self, target: &Target, rooms: &[Room]) {
        self.0.join_all(target, rooms);
    }

    fn leave_all(&self, target: &Target, rooms: &[Room]) {
        self.0.leave_all(target, rooms);
    }

    fn disconnect_all(&self, target: &Target, close: bool) {
        self.0.disconnect_all(target, close);
    }

    fn fetch_sockets(&self, _: &Target, _: Duration) -> AdapterFuture<Vec<SocketDetails>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn server_side_emit(&self, _: &str, _: &OwnedArguments, answers: Option<&AckCollector>) {
        if let Some(answers) = answers {
            answers.asked(0);
        }
    }

    fn server_count(&self) -> AdapterFuture<usize> {
        Box::pin(ready(Ok(1)))
    }
}
