//! The lock of the outbox: the standard library's, or loom's under its model.

#[cfg(sockeye_loom)]
pub(crate) use loom::sync::MutexGuard;
#[cfg(not(sockeye_loom))]
pub(crate) use std::sync::MutexGuard;

#[cfg(sockeye_loom)]
use loom::sync;
#[cfg(not(sockeye_loom))]
use std::sync;

/// A mutex that a panic of another holder does not poison: no code of the user runs under it.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
