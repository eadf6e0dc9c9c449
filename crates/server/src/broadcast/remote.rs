use std::{future::Future, time::Duration};

use serde::de::DeserializeOwned;

use super::Broadcast;
use crate::{
    AckError, Handshake, HandshakeDetails, IntoRooms, Payload, Room, Socket, SocketDetails,
};

/// A socket on any server of the cluster, as [`Broadcast::fetch_sockets`] finds it.
///
/// What it tells is what was true when it was asked for; one on this server tells what is.
#[derive(Debug, Clone)]
pub struct RemoteSocket {
    to: Broadcast,
    found: Found,
}

#[derive(Debug, Clone)]
enum Found {
    Here(Socket),
    Elsewhere(Box<SocketDetails>),
}

impl RemoteSocket {
    pub(super) fn here(all: Broadcast, socket: Socket) -> Self {
        Self {
            to: all.to(socket.id()),
            found: Found::Here(socket),
        }
    }

    pub(super) fn elsewhere(all: Broadcast, details: SocketDetails) -> Self {
        Self {
            to: all.to(details.id.as_str()),
            found: Found::Elsewhere(Box::new(details)),
        }
    }

    /// The socket's id, as text.
    #[must_use]
    pub fn id(&self) -> String {
        match &self.found {
            Found::Here(socket) => socket.id().as_str().to_owned(),
            Found::Elsewhere(details) => details.id.clone(),
        }
    }

    /// The socket itself, if it is on this server.
    #[must_use]
    pub fn socket(&self) -> Option<&Socket> {
        match &self.found {
            Found::Here(socket) => Some(socket),
            Found::Elsewhere(_) => None,
        }
    }

    /// The rooms that the socket is in, the one of its own id among them.
    #[must_use]
    pub fn rooms(&self) -> Vec<Room> {
        match &self.found {
            Found::Here(socket) => socket.rooms(),
            Found::Elsewhere(details) => details
                .rooms
                .iter()
                .map(|room| room.as_str().into())
                .collect(),
        }
    }

    /// What [`Socket::set_data`] keeps, if it is of that shape.
    #[must_use]
    pub fn data<T: DeserializeOwned>(&self) -> Option<T> {
        match &self.found {
            Found::Here(socket) => socket.data(),
            Found::Elsewhere(details) => details.data(),
        }
    }

    /// What the client's first request brought, and its `auth`.
    #[must_use]
    pub fn handshake(&self) -> HandshakeDetails {
        match &self.found {
            Found::Here(socket) => HandshakeDetails::of(&Handshake::new(socket.clone())),
            Found::Elsewhere(details) => details.handshake.clone(),
        }
    }

    /// Sends it an event.
    pub fn emit(&self, event: &str, payload: impl Payload) {
        self.to.emit(event, payload);
    }

    /// How long its acknowledgements are waited for. Default: 30 seconds.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # async fn example(io: sockeye::Server) -> Result<(), Box<dyn std::error::Error>> {
    /// for player in io.to("table 4").fetch_sockets().await? {
    ///     let player = player.timeout(Duration::from_secs(10));
    ///     let card: String = player.emit_with_ack("your turn", ()).await?;
    ///     io.to("table 4").emit("played", card);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "it is the socket that waits so long"]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.to = self.to.timeout(timeout);
        self
    }

    /// Sends it an event, and waits for the acknowledgement, 30 seconds or as [`timeout`](Self::timeout) says. The
    /// event leaves at once.
    pub fn emit_with_ack<R, P>(
        &self,
        event: &str,
        payload: P,
    ) -> impl Future<Output = Result<R, AckError>> + Send + use<R, P>
    where
        R: DeserializeOwned + Send,
        P: Payload,
    {
        let mut acks = self.to.emit_with_ack(event, payload);
        async move {
            let answer = acks.next().await;
            answer.unwrap_or(Err(AckError::Disconnected))
        }
    }

    /// Adds it to rooms.
    pub fn join(&self, rooms: impl IntoRooms) {
        self.to.sockets_join(rooms);
    }

    /// Takes it out of rooms.
    pub fn leave(&self, rooms: impl IntoRooms) {
        self.to.sockets_leave(rooms);
    }

    /// Puts it out of the namespace; `close` ends its connection too.
    pub fn disconnect(&self, close: bool) {
        self.to.disconnect_sockets(close);
    }
}
