use std::{
    any::Any,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
};

use tokio::sync::Notify;

use super::extras::{Extras, Identity};
use crate::{
    DisconnectReason, Room, SocketId,
    ack::Acks,
    application::{Connection, is_v2},
    gate::{Gate, Waiting},
    namespace::Live,
    recovery::{Claimed, Kept},
};

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
    /// What has to be looked at for each event: see the constants.
    attention: AtomicU8,
    acks: Mutex<Acks>,
    closed: Notify,
    /// What few sockets have.
    extras: OnceLock<Box<Extras>>,
}

const CONNECTING: u8 = 0;
const CONNECTED: u8 = 1;
/// Its end has begun: it is still in its rooms.
const LEAVING: u8 = 2;
const GONE: u8 = 3;

/// The gate is worth a look. Changed under its lock.
pub(crate) const HELD: u8 = 1;
/// Listeners or a middleware were registered at the socket.
pub(crate) const LISTENING: u8 = 1 << 1;
/// It listens to what it is sent.
pub(crate) const OUTGOING: u8 = 1 << 2;
/// Its events are counted against a rate.
pub(crate) const RATED: u8 = 1 << 3;

impl SocketInner {
    pub(crate) fn new(
        connection: Arc<Connection>,
        namespace: Arc<Live>,
        auth: Option<&str>,
        claimed: Option<Claimed>,
    ) -> Arc<Self> {
        let recovery = namespace.rooms().recovery().is_some();
        let mut inner = Self {
            id: match &claimed {
                Some(claimed) => claimed.id,
                // Clients of Socket.IO 2 compute their id from the session's.
                None if is_v2(&connection) => connection.sid(),
                None => SocketId::random(),
            },
            connection,
            namespace,
            state: AtomicU8::new(CONNECTING),
            auth: auth.map(Into::into),
            session: OnceLock::new(),
            reason: OnceLock::new(),
            gate: Mutex::default(),
            attention: AtomicU8::new(0),
            acks: Mutex::default(),
            closed: Notify::new(),
            extras: OnceLock::new(),
        };
        if recovery {
            inner.identify(claimed);
        }
        Arc::new(inner)
    }

    fn identify(&mut self, claimed: Option<Claimed>) {
        let extras = Extras::default();
        let identity = match claimed {
            None => Identity {
                pid: SocketId::random(),
                claimed: None,
            },
            Some(claimed) => {
                *extras.data() = claimed.kept.data;
                if let Some(session) = claimed.kept.session {
                    self.set_session(session);
                }
                Identity {
                    pid: claimed.pid,
                    claimed: Some((claimed.seen, claimed.rooms)),
                }
            }
        };
        // It is new: nobody has set anything.
        let _ = extras.identity.set(identity);
        let _ = self.extras.set(Box::new(extras));
    }

    fn identity(&self) -> Option<&Identity> {
        self.extras_if_any()?.identity.get()
    }

    /// The private id by which its client comes back.
    pub(crate) fn pid(&self) -> Option<SocketId> {
        Some(self.identity()?.pid)
    }

    /// How much its client had seen, and the rooms that it was in, if it has come back.
    pub(crate) fn claimed(&self) -> Option<(u64, Vec<Room>)> {
        self.identity()?.claimed.clone()
    }

    pub(crate) fn is_recovered(&self) -> bool {
        self.identity()
            .is_some_and(|identity| identity.claimed.is_some())
    }

    /// It leaves its rooms; returns which they were.
    pub(crate) fn leave_rooms(&self, reason: DisconnectReason) -> Vec<Room> {
        let rooms = self.namespace.rooms();
        let Some(sequencer) = rooms.recovery() else {
            let (left, moved) = rooms.remove(self);
            rooms.tell_left(self.id, &moved);
            return left;
        };
        let may_come_back = reason.is_recoverable() && !is_v2(&self.connection);
        let kept = may_come_back.then(|| Kept {
            data: self
                .extras_if_any()
                .and_then(|extras| extras.data().clone()),
            session: self.session.get().cloned(),
        });
        rooms.remove_keeping(sequencer, self, kept)
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.state.load(Ordering::Acquire) == CONNECTED
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.state.load(Ordering::Acquire) >= LEAVING
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
        self.attend(HELD);
    }

    /// Whether handlers of its events run, or it owes acknowledgements.
    pub(crate) fn is_busy(&self) -> bool {
        let busy = self.gate().is_busy();
        busy || !self.acks().are_none()
    }

    pub(crate) fn may_be_held(&self) -> bool {
        self.attention() & HELD != 0
    }

    /// What waited longest, for the one who holds the gate. Without anything the gate opens; with too many
    /// handlers pending it waits for one of them.
    pub(crate) fn next_waiting(&self) -> Option<Waiting> {
        let mut gate = self.gate();
        let next = gate.pop(self.max_pending_handlers());
        if !gate.is_closed() {
            self.ignore(HELD);
        }
        next
    }

    /// An event's handler waits for something.
    pub(crate) fn begin_handler(&self) {
        let mut gate = self.gate();
        gate.begin(self.max_pending_handlers());
        if gate.is_closed() {
            self.attend(HELD);
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

    /// Ends a socket that was never in its namespace, or is not wanted there.
    pub(crate) fn end(&self, reason: DisconnectReason) {
        if self.begin_leaving().is_some() {
            self.finish_leaving(reason);
        }
    }

    /// Begins the end: the socket is still in its rooms. The first caller learns whether it was connected.
    pub(crate) fn begin_leaving(&self) -> Option<bool> {
        let before = self.state.fetch_max(LEAVING, Ordering::AcqRel);
        (before < LEAVING).then_some(before == CONNECTED)
    }

    /// The socket leaves its rooms, and nothing waits for it any more.
    pub(crate) fn finish_leaving(&self, reason: DisconnectReason) {
        let rooms = self.leave_rooms(reason);
        // Set once: one caller began the end.
        let _ = self.reason.set((reason, rooms));
        self.state.store(GONE, Ordering::Release);
        let pending = self.acks().close();
        drop(pending);
        self.closed.notify_waiters();
        if self.namespace.child().is_some() {
            let app = self.connection.engine().application();
            app.namespaces().release(&self.namespace);
        }
    }

    /// Events are looked at for one more reason.
    pub(crate) fn attend(&self, reason: u8) {
        self.attention.fetch_or(reason, Ordering::AcqRel);
    }

    /// Events are not looked at any more for this reason.
    pub(super) fn ignore(&self, reason: u8) {
        self.attention.fetch_and(!reason, Ordering::AcqRel);
    }

    /// Why its events have to be looked at; nearly always they need not.
    #[inline]
    pub(crate) fn attention(&self) -> u8 {
        self.attention.load(Ordering::Acquire)
    }

    /// Whether it listens to what it is sent.
    #[inline]
    pub(crate) fn listens_outgoing(&self) -> bool {
        self.attention() & OUTGOING != 0
    }

    /// What few sockets have; made when first needed.
    pub(crate) fn extras(&self) -> &Extras {
        self.extras.get_or_init(Box::default)
    }

    pub(crate) fn extras_if_any(&self) -> Option<&Extras> {
        self.extras.get().map(|extras| &**extras)
    }

    pub(crate) fn acks(&self) -> MutexGuard<'_, Acks> {
        self.acks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reason(&self) -> Option<&(DisconnectReason, Vec<Room>)> {
        self.reason.get()
    }

    pub(super) fn closed(&self) -> &Notify {
        &self.closed
    }

    pub(super) fn session(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        self.session.get()
    }
}
