use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::Socket;

/// How many namespaces are remembered that a client was put out of.
const MOST_PUT_OUT: usize = 32;

/// The namespaces that one client has joined or is joining.
#[derive(Debug, Default)]
pub(crate) struct Client(Mutex<Namespaces>);

#[derive(Debug, Default)]
struct Namespaces {
    sockets: Vec<Socket>,
    /// Those that the server put it out of lately, by name: what it sends there before it knows is no offence.
    #[expect(
        clippy::box_collection,
        reason = "hardly any client has one, and the others pay a pointer"
    )]
    put_out: Option<Box<VecDeque<Box<str>>>>,
}

impl Client {
    fn lock(&self) -> MutexGuard<'_, Namespaces> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sockets(&self) -> Vec<Socket> {
        self.lock().sockets.clone()
    }

    /// All of them, for the last time.
    pub(super) fn take(&self) -> Vec<Socket> {
        std::mem::take(&mut self.lock().sockets)
    }

    pub(super) fn find(&self, namespace: &str) -> Option<Socket> {
        let namespaces = self.lock();
        let mut sockets = namespaces.sockets.iter();
        sockets
            .find(|socket| socket.0.namespace.is(namespace))
            .cloned()
    }

    /// Whether it is in a namespace or on its way there, and in how many.
    pub(super) fn count(&self, namespace: &str) -> (bool, usize) {
        let namespaces = self.lock();
        let here = |socket: &&Socket| !socket.0.is_gone();
        let sockets = namespaces.sockets.iter().filter(here);
        sockets.fold((false, 0), |(is_in, count), socket| {
            (is_in || socket.0.namespace.is(namespace), count + 1)
        })
    }

    /// It joins a namespace, perhaps once more.
    pub(super) fn add(&self, socket: &Socket) {
        let mut namespaces = self.lock();
        let name = socket.namespace();
        // Whoever leaves it in this moment holds it, so nothing is dropped under the lock.
        namespaces
            .sockets
            .retain(|other| !other.0.namespace.is(name));
        namespaces.sockets.push(socket.clone());
        namespaces.forget(name);
    }

    /// It leaves a namespace, and knows it.
    pub(super) fn remove(&self, socket: &Socket) {
        self.lock().sockets.retain(|other| !other.is(socket));
    }

    /// It is put out of a namespace, and does not know yet.
    pub(super) fn put_out(&self, socket: &Socket) {
        let mut namespaces = self.lock();
        let Some(at) = namespaces.sockets.iter().position(|other| other.is(socket)) else {
            return;
        };
        namespaces.sockets.remove(at);
        let put_out = namespaces.put_out.get_or_insert_default();
        if put_out.len() >= MOST_PUT_OUT {
            put_out.pop_front();
        }
        put_out.push_back(socket.namespace().into());
    }

    /// Whether it was put out of a namespace lately. That is forgotten if it `leaves` it itself.
    pub(super) fn was_put_out(&self, namespace: &str, leaves: bool) -> bool {
        let mut namespaces = self.lock();
        let was = namespaces
            .put_out
            .as_ref()
            .is_some_and(|names| names.iter().any(|name| **name == *namespace));
        if leaves {
            namespaces.forget(namespace);
        }
        was
    }
}

impl Namespaces {
    fn forget(&mut self, namespace: &str) {
        if let Some(names) = &mut self.put_out {
            names.retain(|name| **name != *namespace);
            if names.is_empty() {
                self.put_out = None;
            }
        }
    }
}
