use std::sync::Arc;

use crate::{
    IntoRooms, LocalRooms, Payload, Server, Socket, SocketId, Target, emit, namespace::Live,
    stats::count,
};

/// A namespace, or a part of its sockets, to send to.
///
/// ```
/// # fn example(io: sockeye::Server) {
/// io.to(["news", "sports"]).except("muted").emit("headline", "Sockeye runs");
/// # }
/// ```
#[must_use = "nothing is sent before `emit`"]
#[derive(Debug, Clone)]
pub struct Broadcast {
    server: Server,
    namespace: Arc<Live>,
    target: Target,
}

impl Broadcast {
    pub(crate) fn new(server: Server, namespace: Arc<Live>) -> Self {
        Self {
            server,
            namespace,
            target: Target::default(),
        }
    }

    pub(crate) fn but(mut self, sender: SocketId) -> Self {
        self.target.sender = Some(sender);
        self
    }

    /// To the members of these rooms, and of those named before: each once.
    pub fn to(mut self, rooms: impl IntoRooms) -> Self {
        rooms.append_to(&mut self.target.rooms);
        self
    }

    /// But not to the members of these.
    pub fn except(mut self, rooms: impl IntoRooms) -> Self {
        rooms.append_to(&mut self.target.except);
        self
    }

    /// Only to those whose transport takes it now.
    pub fn volatile(mut self) -> Self {
        self.target.volatile = true;
        self
    }

    /// Only to those on this server.
    pub fn local(mut self) -> Self {
        self.target.local = true;
        self
    }

    /// Sends an event: one value, `()` for none, or several as [`Args`](crate::Args). It is encoded once.
    ///
    /// What cannot be encoded is counted and traced.
    pub fn emit(&self, event: &str, payload: impl Payload) {
        let encoded =
            emit::shared(|encoder| encoder.event(self.namespace.name(), None, event, &payload));
        match encoded {
            Ok(packet) => self.namespace.adapter().broadcast(&packet, &self.target),
            Err(error) => {
                count(&self.server.counters().encode_errors);
                tracing::error!(event, %error, "not sent: the payload cannot be encoded");
            }
        }
    }

    /// The sockets on this server that it would reach, at some moment during the call.
    #[must_use]
    pub fn sockets(&self) -> Vec<Socket> {
        self.namespace.rooms().sockets(&self.target)
    }

    /// The rooms of the namespace on this server.
    #[must_use]
    pub fn rooms(&self) -> &LocalRooms {
        self.namespace.rooms()
    }
}
