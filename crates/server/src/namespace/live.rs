use std::{fmt, sync::Arc};

use super::Table;
use crate::{Adapter, HandlerError, LocalRooms, Socket};

/// A namespace of a running server.
pub(crate) struct Live {
    name: Box<str>,
    table: Table,
    rooms: Arc<LocalRooms>,
    adapter: Box<dyn Adapter>,
}

impl Live {
    pub(crate) fn new(
        name: Box<str>,
        table: Table,
        rooms: Arc<LocalRooms>,
        adapter: Box<dyn Adapter>,
    ) -> Self {
        Self {
            name,
            table,
            rooms,
            adapter,
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
