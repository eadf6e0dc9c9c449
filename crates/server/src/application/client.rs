use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Socket;

/// The namespaces that one client has joined or is joining.
#[derive(Debug, Default)]
pub(crate) struct Client(Mutex<Vec<Socket>>);

impl Client {
    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<Socket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sockets(&self) -> Vec<Socket> {
        self.lock().clone()
    }

    pub(super) fn find(&self, namespace: &str) -> Option<Socket> {
        self.lock()
            .iter()
            .find(|socket| socket.0.namespace.is(namespace))
            .cloned()
    }

    pub(super) fn remove(&self, socket: &Socket) {
        self.lock().retain(|other| !other.is(socket));
    }
}
