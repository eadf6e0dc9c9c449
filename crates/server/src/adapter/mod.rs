//! Where broadcasts, rooms and questions to sockets go: this server alone, or a cluster.

mod details;
mod memory;

use std::{fmt, future::Future, pin::Pin, time::Duration};

pub use details::{HandshakeDetails, SocketDetails};
pub use memory::InMemory;
use sockeye_engine::Encoded;
use sockeye_protocol::OwnedArguments;

use crate::{AckCollector, JoinError, Room, SocketId, Target};

/// Why other servers did not answer a question.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdapterError {
    /// Not all of them answered in time.
    #[error("{missing} of {servers} other servers did not answer in time")]
    Timeout {
        /// Servers that did not answer.
        missing: usize,
        /// Servers that were asked.
        servers: usize,
    },
    /// They cannot be reached, as the adapter says it.
    #[error("the other servers cannot be reached: {0}")]
    Unreachable(String),
}

/// What other servers answer, some time.
pub type AdapterFuture<T> = Pin<Box<dyn Future<Output = Result<T, AdapterError>> + Send>>;

/// An event that wants an acknowledgement, encoded with this server's id of it.
///
/// Another server numbers the packet anew, with [`LocalRooms::number`](crate::LocalRooms::number).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NumberedEvent {
    /// The frames.
    pub packet: Encoded,
    /// The id in them.
    pub id: u64,
}

/// Where broadcasts and rooms go: this server alone, or in a cluster the others too.
///
/// An adapter serves one namespace. It is given the namespace's [`LocalRooms`](crate::LocalRooms), and
/// whatever it does elsewhere, it calls them for the sockets of this server. If a [`Target`] is `local`,
/// there is nothing to do elsewhere. On the receiving side an adapter calls the same methods of its own
/// `LocalRooms`: `broadcast` with [`Encoded`] frames that it got as bytes, and so on.
///
/// Nothing here waits. What goes to other servers is queued in order; questions to them are futures, or
/// collect in an [`AckCollector`]. The adapter finds who asked by ids of its own.
///
/// [`InMemory`] is an adapter without other servers.
pub trait Adapter: fmt::Debug + Send + Sync + 'static {
    /// Sends a packet to everybody it is for.
    fn broadcast(&self, packet: &Encoded, target: &Target);

    /// Sends an event to everybody it is for, and collects the acknowledgements.
    ///
    /// The collector waits for this server already: an adapter that asks others calls
    /// [`AckCollector::expect_servers`] first, and then hands over what each tells.
    fn broadcast_with_ack(&self, event: &NumberedEvent, target: &Target, answers: &AckCollector);

    /// Adds a socket of this server to rooms.
    ///
    /// # Errors
    ///
    /// [`JoinError`], as [`LocalRooms::join`](crate::LocalRooms::join) has it.
    fn join(&self, socket: SocketId, rooms: &[Room]) -> Result<(), JoinError>;

    /// Takes a socket of this server out of rooms.
    fn leave(&self, socket: SocketId, rooms: &[Room]);

    /// The rooms of a socket of this server.
    fn rooms_of(&self, socket: SocketId) -> Vec<Room>;

    /// Adds everybody it is for to rooms.
    fn join_all(&self, target: &Target, rooms: &[Room]);

    /// Takes everybody it is for out of rooms.
    fn leave_all(&self, target: &Target, rooms: &[Room]);

    /// Puts everybody it is for out of the namespace; `close` ends their connections too.
    fn disconnect_all(&self, target: &Target, close: bool);

    /// The sockets of the **other** servers that a broadcast would reach.
    fn fetch_sockets(
        &self,
        target: &Target,
        timeout: Duration,
    ) -> AdapterFuture<Vec<SocketDetails>>;

    /// Tells the **other** servers something; each that is asked for it answers once.
    ///
    /// Over there, [`LocalRooms::serve`](crate::LocalRooms::serve) runs the handler.
    fn server_side_emit(
        &self,
        event: &str,
        arguments: &OwnedArguments,
        answers: Option<&AckCollector>,
    );

    /// How many servers there are, this one counted.
    fn server_count(&self) -> AdapterFuture<usize>;

    /// The server shuts down, or the namespace ends.
    fn close(&self) {}
}
