//! Buffers of the thread, so that a connection which waits owns none.

use std::{cell::Cell, thread::LocalKey};

type Slot = Cell<Vec<u8>>;

thread_local! {
    static INCOMING: Slot = const { Cell::new(Vec::new()) };
    static OUTGOING: Slot = const { Cell::new(Vec::new()) };
    static GATHERED: Slot = const { Cell::new(Vec::new()) };
}

/// Lends the buffer for records that arrive. It is as long as its last users made it, and holds
/// what they left.
pub(super) fn incoming<R>(f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    lend(&INCOMING, f)
}

/// Lends the buffer for records that leave, likewise.
pub(super) fn outgoing<R>(f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    lend(&OUTGOING, f)
}

/// Lends the buffer in which pieces are put together before they become records, likewise.
pub(super) fn gathered<R>(f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    lend(&GATHERED, f)
}

/// Makes a buffer at least so long, and returns that much of it.
pub(super) fn at_least(buffer: &mut Vec<u8>, length: usize) -> &mut [u8] {
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
    &mut buffer[..length]
}

/// A call inside a call, as with TLS inside TLS, finds the slot empty and gets a buffer of its own.
fn lend<R>(slot: &'static LocalKey<Slot>, f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    // A thread that ends has no slot any more.
    let mut buffer = slot.try_with(Cell::take).unwrap_or_default();
    let result = f(&mut buffer);
    let _ = slot.try_with(|slot| slot.set(buffer));
    result
}
