use std::{
    any::Any,
    fmt,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
};

use serde::de::DeserializeOwned;
use sockeye_engine::{CloseReason, Sent};
use sockeye_protocol::EncodeError;
use tokio::sync::Notify;

use crate::{
    AckError, Acknowledgement, Broadcast, DisconnectReason, HandlerError, Handshake, IntoRooms,
    Payload, Room, Server, SocketId,
    ack::Acks,
    application::{Connection, spawn},
    emit,
    gate::{Gate, Waiting},
    namespace::Live,
    stats::{Counters, count},
};

/// One client in one namespace. Cheap to clone; every clone is the same socket.
#[derive(Clone)]
pub struct Socket(pub(crate) Arc<SocketInner>);

pub(crate) struct SocketInner {
    pub(crate) id: SocketId,
    pub(crate) connection: Arc<Connection>,
    pub(crate) namespace: Arc<Live>,
    state: AtomicU8,
    /// What the client sent with its CONNECT packet, as JSON.
    auth: Option<Box<str>>,
    session: OnceLock<Arc<dyn Any + Send + Sync>>,
    reason: OnceLock<(DisconnectReason, Vec<Room>)>,
    gate: Mutex<Gate>,
    /// Whether the gate is worth a look. Changed under its lock.
    held: AtomicBool,
    acks: Mutex<Acks>,
    closed: Notify,
}

const CONNECTING: u8 = 0;
const CONNECTED: u8 = 1;
const GONE: u8 = 2;

/// Why an event was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmitError {
    /// The socket has left the namespace, or its connection has ended.
    #[error("socket has been disconnected")]
    Disconnected,
    /// The event was volatile, and the transport takes nothing now.
    #[error("dropped: the transport takes nothing now")]
    Dropped,
    /// The event could not be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl SocketInner {
    pub(crate) fn new(
        connection: Arc<Connection>,
        namespace: Arc<Live>,
        auth: Option<&str>,
    ) -> Arc<Self> {
        Arc::new(Self {
            id: SocketId::random(),
            connection,
            namespace,
            state: AtomicU8::new(CONNECTING),
            auth: auth.map(Into::into),
            session: OnceLock::new(),
            reason: OnceLock::new(),
            gate: Mutex::default(),
            held: AtomicBool::new(false),
            acks: Mutex::default(),
            closed: Notify::new(),
        })
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.state.load(Ordering::Acquire) == CONNECTED
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.state.load(Ordering::Acquire) == GONE
    }

    /// `false` if the socket has gone meanwhile.
    pub(crate) fn set_connected(&self) -> bool {
        self.state
            .compare_exchange(CONNECTING, CONNECTED, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    pub(crate) fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds events back, before any can come.
    pub(crate) fn hold(&self) {
        let mut gate = self.gate();
        gate.hold();
        self.held.store(true, Ordering::Release);
    }

    pub(crate) fn may_be_held(&self) -> bool {
        self.held.load(Ordering::Acquire)
    }

    /// What waited longest, for the one who holds the gate. Without anything the gate opens; with too many
    /// handlers pending it waits for one of them.
    pub(crate) fn next_waiting(&self) -> Option<Waiting> {
        let mut gate = self.gate();
        let next = gate.pop(self.max_pending_handlers());
        if !gate.is_closed() {
            self.held.store(false, Ordering::Release);
        }
        next
    }

    /// An event's handler waits for something.
    pub(crate) fn begin_handler(&self) {
        let mut gate = self.gate();
        gate.begin(self.max_pending_handlers());
        if gate.is_closed() {
            self.held.store(true, Ordering::Release);
        }
    }

    /// An event's handler that waited has ended, or never will.
    pub(crate) fn end_handler(&self) {
        self.gate().end();
    }

    /// Takes the gate if events wait for handlers to end, and enough have: the caller handles what waits.
    pub(crate) fn take_gate(&self) -> bool {
        self.may_be_held() && self.gate().take(self.max_pending_handlers())
    }

    fn max_pending_handlers(&self) -> usize {
        self.connection
            .engine()
            .application()
            .max_pending_handlers()
    }

    pub(crate) fn set_session(&self, session: Arc<dyn Any + Send + Sync>) {
        // Set once, by the one who handles the CONNECT packet.
        let _ = self.session.set(session);
    }

    pub(crate) fn auth(&self) -> Option<&str> {
        self.auth.as_deref()
    }

    /// Ends the socket. `true` the first time, if it was connected.
    pub(crate) fn end(&self, reason: DisconnectReason) -> bool {
        let before = self.state.swap(GONE, Ordering::AcqRel);
        if before == GONE {
            return false;
        }
        let rooms = self.namespace.rooms().remove(self.id);
        // Set once: the state was changed by this call.
        let _ = self.reason.set((reason, rooms));
        drop(
            self.acks
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .close(),
        );
        self.closed.notify_waiters();
        before == CONNECTED
    }
}

impl Socket {
    /// Whether both are the same socket.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The public id: what other users may know. It is not the transport session's id.
    #[must_use]
    pub fn id(&self) -> SocketId {
        self.0.id
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
        Arc::clone(self.0.session.get()?).downcast().ok()
    }

    /// Whether the socket is in its namespace.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.0.is_connected()
    }

    /// Sends an event to this client: one value, `()` for none, or several as [`Args`](crate::Args).
    ///
    /// What cannot be sent is counted and traced; [`Socket::try_emit`] tells.
    pub fn emit(&self, event: &str, payload: impl Payload) {
        self.trace(event, self.send(event, &payload, false));
    }

    /// Sends an event to this client, and says if that is not possible.
    ///
    /// # Errors
    ///
    /// If the socket has left or the payload cannot be encoded.
    pub fn try_emit(&self, event: &str, payload: impl Payload) -> Result<(), EmitError> {
        self.send(event, &payload, false)
    }

    /// Sends events only if the transport takes them now.
    #[must_use]
    pub fn volatile(&self) -> Volatile<'_> {
        Volatile(self)
    }

    /// Sends an event to this client and waits for its acknowledgement: the client's first value, as `R`.
    ///
    /// The event leaves at once; the future waits 30 seconds, or as its `timeout` says. Has to be awaited
    /// on a tokio runtime.
    pub fn emit_with_ack<R: DeserializeOwned>(
        &self,
        event: &str,
        payload: impl Payload,
    ) -> Acknowledgement<R> {
        Acknowledgement::new(self.clone(), |socket, id| {
            if !socket.is_connected() {
                return Err(AckError::Disconnected);
            }
            let sent = emit::send(&socket.0.connection, false, |encoder| {
                encoder.event(socket.namespace(), Some(id), event, &payload)
            })?;
            if sent == Sent::Closed {
                Err(AckError::Disconnected)
            } else {
                Ok(())
            }
        })
    }

    fn send(&self, event: &str, payload: &impl Payload, volatile: bool) -> Result<(), EmitError> {
        if !self.is_connected() {
            return Err(EmitError::Disconnected);
        }
        let sent = emit::send(&self.0.connection, volatile, |encoder| {
            encoder.event(self.namespace(), None, event, payload)
        })?;
        match sent {
            Sent::Queued => Ok(()),
            Sent::Dropped => Err(EmitError::Dropped),
            Sent::Closed => Err(EmitError::Disconnected),
        }
    }

    fn trace(&self, event: &str, sent: Result<(), EmitError>) {
        match sent {
            Ok(()) | Err(EmitError::Dropped) => {}
            Err(EmitError::Disconnected) => {
                count(&self.counters().emits_to_gone);
                tracing::trace!(socket = ?self.id(), event, "not sent: the socket has left");
            }
            Err(EmitError::Encode(error)) => {
                count(&self.counters().encode_errors);
                tracing::error!(event, %error, "not sent: the payload cannot be encoded");
            }
        }
    }

    /// Sends an acknowledgement.
    pub(crate) fn acknowledge(&self, id: u64, payload: &impl Payload) {
        if !self.is_connected() {
            return count(&self.counters().emits_to_gone);
        }
        let sent = emit::send(&self.0.connection, false, |encoder| {
            encoder.ack(self.namespace(), id, payload)
        });
        if let Err(error) = sent {
            count(&self.counters().encode_errors);
            tracing::error!(%error, "acknowledgement not sent: it cannot be encoded");
        }
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
    pub fn join(&self, rooms: impl IntoRooms) {
        let mut names = Vec::new();
        rooms.append_to(&mut names);
        self.0.namespace.adapter().join(self.id(), &names);
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
        match self.0.reason.get() {
            Some((_, rooms)) => rooms.clone(),
            None => self.0.namespace.adapter().rooms_of(self.id()),
        }
    }

    /// Puts the socket out of the namespace; the connection stays for others.
    pub fn disconnect(&self) {
        if !self.is_connected() {
            return;
        }
        let sent = emit::send(&self.0.connection, false, |encoder| {
            Ok(encoder.disconnect(self.namespace()))
        });
        debug_assert!(sent.is_ok(), "a packet without payload can be encoded");
        crate::application::leave(self, DisconnectReason::ServerNamespaceDisconnect);
    }

    /// Puts the client out of all its namespaces and closes its connection.
    pub fn close(&self) {
        for socket in self.0.connection.client().sockets() {
            socket.disconnect();
        }
        self.0.connection.close(CloseReason::ForcedClose);
    }

    /// Waits until the socket has left, and tells why.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn closed(&self) -> DisconnectReason {
        loop {
            let closed = self.0.closed.notified();
            if let Some((reason, _)) = self.0.reason.get() {
                return *reason;
            }
            closed.await;
        }
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
        self.0.acks.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Sends to one client what may be dropped if its transport takes nothing now.
#[derive(Debug, Clone, Copy)]
pub struct Volatile<'a>(&'a Socket);

impl Volatile<'_> {
    /// Sends an event, or drops it; the server's statistics count those dropped.
    pub fn emit(self, event: &str, payload: impl Payload) {
        self.0.trace(event, self.0.send(event, &payload, true));
    }
}
