//! One client in one namespace.

mod extras;
mod inner;
mod listen;
mod send;

use std::{
    borrow::Cow,
    fmt,
    future::Future,
    sync::{Arc, MutexGuard},
};

use serde::{Serialize, de::DeserializeOwned};
use sockeye_engine::{CloseReason, Flags, Transport};
use sockeye_protocol::{EncodeError, RawJson};

pub(crate) use self::inner::{HELD, LISTENING, RATED, SocketInner};
pub use self::{
    listen::ListenerId,
    send::{EmitError, Emitter},
};
use crate::{
    Broadcast, DisconnectReason, HandlerError, Handshake, IntoRooms, JoinError, Room, Server,
    SocketDetails, SocketId,
    ack::Acks,
    application::{is_v2, spawn},
    emit,
    stats::{Counters, count},
};

/// One client in one namespace. Cheap to clone; every clone is the same socket.
#[derive(Clone)]
pub struct Socket(pub(crate) Arc<SocketInner>);

impl Socket {
    /// Whether both are the same socket.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The public id: what other users may know. It is not the transport session's id, but for clients of
    /// Socket.IO 2.
    #[must_use]
    pub fn id(&self) -> SocketId {
        self.0.id
    }

    /// The id as the client knows it: [`id`](Self::id), and for clients of Socket.IO 2 in other namespaces
    /// than `/` `<namespace>#<id>`. Either names the socket's own room.
    #[must_use]
    pub fn client_id(&self) -> Cow<'_, str> {
        if self.namespace() == "/" || !is_v2(&self.0.connection) {
            return Cow::Borrowed(self.0.id.as_str());
        }
        Cow::Owned(format!("{}#{}", self.namespace(), self.0.id))
    }

    /// The namespace's name.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.0.namespace.name()
    }

    /// The server.
    #[must_use]
    pub fn server(&self) -> Server {
        Server::from_engine(self.0.connection.engine())
    }

    /// What the client's first request brought, and its `auth`.
    #[must_use]
    pub fn handshake(&self) -> Handshake {
        Handshake::new(self.clone())
    }

    /// What the namespace's `auth` returned, if it is of that type.
    #[must_use]
    pub fn session<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        Arc::clone(self.0.session()?).downcast().ok()
    }

    /// The transport that its client uses now; [`Namespace::on_upgrade`](crate::Namespace::on_upgrade) tells
    /// when that changes.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.0.connection.transport()
    }

    /// Whether the socket is in its namespace.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.0.is_connected()
    }

    /// Whether its client was cut off and has come back as the same socket: with its id, rooms,
    /// [`data`](Self::data) and [`session`](Self::session), and what it had missed.
    #[must_use]
    pub fn recovered(&self) -> bool {
        self.0.is_recovered()
    }

    /// To everybody in the rooms but this socket.
    pub fn to(&self, rooms: impl IntoRooms) -> Broadcast {
        self.broadcast().to(rooms)
    }

    /// To everybody but this socket and those in the rooms.
    pub fn except(&self, rooms: impl IntoRooms) -> Broadcast {
        self.broadcast().except(rooms)
    }

    /// To everybody in the namespace but this socket.
    pub fn broadcast(&self) -> Broadcast {
        Broadcast::new(self.server(), Arc::clone(&self.0.namespace)).but(self.id())
    }

    /// Joins rooms. Does nothing if the socket has left.
    ///
    /// What goes beyond [`max_rooms`](crate::ServerBuilder::max_rooms) is counted and traced;
    /// [`Socket::try_join`] tells.
    pub fn join(&self, rooms: impl IntoRooms) {
        if let Err(refused) = self.try_join(rooms) {
            tracing::debug!(socket = ?self.id(), %refused, "joins none of the rooms");
        }
    }

    /// Joins rooms, or none of them if one is too many. Nothing happens if the socket has left.
    ///
    /// ```
    /// # use sockeye::{JoinError, Socket};
    /// async fn follow(socket: Socket, topic: String) -> Result<(), JoinError> {
    ///     socket.try_join(topic)
    /// }
    /// # let _ = sockeye::Namespace::<()>::new().on("follow", follow);
    /// ```
    ///
    /// # Errors
    ///
    /// [`JoinError`] says what is beyond the limits.
    pub fn try_join(&self, rooms: impl IntoRooms) -> Result<(), JoinError> {
        let mut names = Vec::new();
        rooms.append_to(&mut names);
        self.0.namespace.adapter().join(self.id(), &names)
    }

    /// Leaves rooms.
    pub fn leave(&self, rooms: impl IntoRooms) {
        let mut names = Vec::new();
        rooms.append_to(&mut names);
        self.0.namespace.adapter().leave(self.id(), &names);
    }

    /// The rooms that the socket is in, the one of its own id among them; once it has left, those that it
    /// was in at the end.
    #[must_use]
    pub fn rooms(&self) -> Vec<Room> {
        match self.0.reason() {
            Some((_, rooms)) => rooms.clone(),
            None => self.0.namespace.adapter().rooms_of(self.id()),
        }
    }

    /// Puts the socket out of the namespace; the connection stays for others.
    pub fn disconnect(&self) {
        if !self.is_connected() {
            return;
        }
        let sent = emit::send(&self.0.connection, Flags::NONE, |encoder| {
            encoder.disconnect(self.namespace())
        });
        if let Err(error) = sent {
            count(&self.counters().encode_errors);
            tracing::error!(%error, "disconnect not told: it cannot be encoded");
        }
        crate::application::leave(self, DisconnectReason::ServerNamespaceDisconnect);
    }

    /// Puts the client out of all its namespaces and closes its connection.
    pub fn close(&self) {
        for socket in self.0.connection.client().sockets() {
            socket.disconnect();
        }
        self.0.connection.close(CloseReason::ForcedClose);
    }

    /// Closes the client's connection and puts it out of nothing: what waits for it leaves first, and then the
    /// client comes back by itself, as after a cut. The reference's `socket.conn.close()`.
    ///
    /// ```
    /// # fn example(socket: sockeye::Socket) {
    /// socket.close_connection();
    /// # }
    /// ```
    pub fn close_connection(&self) {
        self.0.connection.close(CloseReason::ForcedClose);
    }

    /// Waits until the socket has left, and tells why.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn closed(&self) -> DisconnectReason {
        loop {
            let closed = self.0.closed().notified();
            if let Some((reason, _)) = self.0.reason() {
                return *reason;
            }
            closed.await;
        }
    }

    /// Waits until nothing waits for the client's transport any more, or the socket has left.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn drained(&self) {
        self.0.connection.drained().await;
    }

    /// Keeps something with the socket, which other servers of a cluster see too: it is kept as JSON.
    ///
    /// What only this server needs is better returned by the namespace's `auth`, as
    /// [`Session`](crate::Session).
    ///
    /// # Errors
    ///
    /// If it has no form in JSON; what was kept before stays.
    ///
    /// ```
    /// # fn example(socket: sockeye::Socket) -> Result<(), sockeye::EncodeError> {
    /// socket.set_data(&serde_json::json!({ "name": "Ada" }))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_data<T: Serialize + ?Sized>(&self, data: &T) -> Result<(), EncodeError> {
        let data = RawJson::from_value(data)?;
        let before = self.0.extras().data().replace(data);
        drop(before);
        Ok(())
    }

    /// What [`set_data`](Self::set_data) keeps, if it is of that shape.
    #[must_use]
    pub fn data<T: DeserializeOwned>(&self) -> Option<T> {
        let data = self.0.extras_if_any()?.data().clone()?;
        data.read().ok()
    }

    /// What an adapter tells other servers about the socket.
    #[must_use]
    pub fn details(&self) -> SocketDetails {
        SocketDetails::of(self)
    }

    /// Runs something long beside the handlers: it delays no event, and a shutdown waits for it.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        spawn(self.0.connection.engine(), Box::pin(future));
    }

    /// What waits for the client's transport, in bytes, each packet counted as its bytes and 64 more.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.0.connection.buffered()
    }

    pub(crate) fn acks(&self) -> MutexGuard<'_, Acks> {
        self.0.acks()
    }

    pub(crate) fn counters(&self) -> &Counters {
        self.0.connection.engine().application().counters()
    }

    /// Tells the namespace's error hook, and the log.
    pub(crate) fn report(&self, error: &HandlerError<'_>) {
        tracing::warn!(socket = ?self.id(), namespace = self.namespace(), %error, "handler");
        self.0.namespace.report(self, error);
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("id", &self.id())
            .field("namespace", &self.namespace())
            .finish_non_exhaustive()
    }
}
