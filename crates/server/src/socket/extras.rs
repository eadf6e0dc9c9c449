//! What few sockets have, made when first needed, so that the others pay one pointer for it.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use sockeye_protocol::{Arguments, RawJson};

use super::ListenerId;
use crate::{
    Room, SocketId,
    handler::{EventHandler, Incoming, Middleware},
    rate::Bucket,
};

/// Sees every event that comes in.
pub(super) type SeesIncoming = Arc<dyn Fn(&Incoming<'_>) + Send + Sync>;

/// Sees every event that goes out.
pub(super) type SeesOutgoing = Arc<dyn Fn(&str, &Arguments<'_>) + Send + Sync>;

#[derive(Default)]
pub(crate) struct Extras {
    data: Mutex<Option<RawJson>>,
    listeners: Mutex<Listeners>,
    bucket: Mutex<Bucket>,
    /// Set when it is made, if its client may come back.
    pub(super) identity: OnceLock<Identity>,
}

/// By what a client comes back, and what it has come back with.
pub(super) struct Identity {
    pub(super) pid: SocketId,
    /// How much of the log it had seen, and the rooms that it was in.
    pub(super) claimed: Option<(u64, Vec<Room>)>,
}

/// What was registered at one socket.
#[derive(Default)]
pub(super) struct Listeners {
    next: u64,
    /// The socket has ended: nothing is registered any more.
    pub(super) closed: bool,
    pub(super) events: Vec<Listener>,
    pub(super) incoming: Vec<(ListenerId, SeesIncoming)>,
    pub(super) outgoing: Vec<(ListenerId, SeesOutgoing)>,
    pub(super) middleware: Vec<Arc<dyn Middleware>>,
}

/// A handler of one event.
pub(super) struct Listener {
    pub(super) id: ListenerId,
    pub(super) event: Box<str>,
    pub(super) once: bool,
    pub(super) handler: Arc<dyn EventHandler>,
}

impl Listeners {
    pub(super) fn id(&mut self) -> ListenerId {
        self.next += 1;
        ListenerId(self.next)
    }

    pub(super) fn are_none(&self) -> bool {
        self.events.is_empty() && self.incoming.is_empty() && self.middleware.is_empty()
    }
}

impl Extras {
    pub(super) fn data(&self) -> MutexGuard<'_, Option<RawJson>> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No code of the user runs under this lock, and what is taken out is dropped outside it.
    pub(super) fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Extras {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extras").finish_non_exhaustive()
    }
}
