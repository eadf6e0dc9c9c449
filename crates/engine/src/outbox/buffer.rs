//! Buffers for frames, kept by each thread so that a connection that sends nothing owns none.

use std::cell::RefCell;

/// How many buffers a thread keeps.
const KEPT: usize = 16;

/// Larger buffers are given back to the allocator.
const LARGEST: usize = 128 * 1024;

thread_local! {
    static BUFFERS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer, used before if possible.
pub(crate) fn take() -> Vec<u8> {
    BUFFERS.with_borrow_mut(Vec::pop).unwrap_or_default()
}

/// Gives a buffer back for the next user of this thread.
pub(crate) fn put(mut buffer: Vec<u8>) {
    if buffer.capacity() > LARGEST || buffer.capacity() == 0 {
        return;
    }
    buffer.clear();
    BUFFERS.with_borrow_mut(|kept| {
        if kept.len() < KEPT {
            kept.push(buffer);
        }
    });
}
