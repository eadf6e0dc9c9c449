use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use super::{Check, Table};
use crate::{Adapter, HandlerError, LocalRooms, Socket};

/// A namespace of a running server.
pub(crate) struct Live {
    name: Box<str>,
    table: Arc<Table>,
    rooms: Arc<LocalRooms>,
    adapter: Box<dyn Adapter>,
    child: Option<Child>,
}

/// What a namespace has that came into being when a client asked for it.
pub(crate) struct Child {
    /// Has to let the first client in before the namespace is one.
    pub(crate) check: Option<Arc<Check>>,
    pub(crate) confirmed: AtomicBool,
    /// The sockets in it or on their way there. Changed under the lock of all children.
    pub(crate) users: AtomicUsize,
}

impl Live {
    pub(crate) fn new(
        name: Box<str>,
        table: Arc<Table>,
        rooms: Arc<LocalRooms>,
        adapter: Box<dyn Adapter>,
        child: Option<Child>,
    ) -> Self {
        Self {
            name,
            table,
            rooms,
            adapter,
            child,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is called so. Nearly always it is `/`, which is seen without comparing memory.
    #[inline]
    pub(crate) fn is(&self, name: &str) -> bool {
        match name {
            "/" => &*self.name == "/",
            _ => *self.name == *name,
        }
    }

    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    pub(crate) fn rooms(&self) -> &LocalRooms {
        &self.rooms
    }

    pub(crate) fn adapter(&self) -> &dyn Adapter {
        &*self.adapter
    }

    pub(crate) fn child(&self) -> Option<&Child> {
        self.child.as_ref()
    }

    /// Whether it is more than a client's wish.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.child
            .as_ref()
            .is_none_or(|child| child.confirmed.load(Ordering::Acquire))
    }

    pub(crate) fn report(&self, socket: &Socket, error: &HandlerError<'_>) {
        if let Some(hook) = &self.table.error {
            hook(socket, error);
        }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
