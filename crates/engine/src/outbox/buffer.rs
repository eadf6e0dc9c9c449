//! Buffers for frames, kept by each thread so that a connection that sends nothing owns none.

use std::cell::RefCell;

use super::queue::Own;

/// How many buffers a thread keeps.
const KEPT: usize = 16;

/// Larger buffers are given back to the allocator.
const LARGEST: usize = 128 * 1024;

thread_local! {
    #[expect(clippy::vec_box, reason = "they move into queues as boxes")]
    static BUFFERS: RefCell<Vec<Box<Own>>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer, used before if possible.
pub(crate) fn take() -> Box<Own> {
    BUFFERS.with_borrow_mut(Vec::pop).unwrap_or_default()
}

/// Gives a buffer back for the next user of this thread.
pub(crate) fn put(mut buffer: Box<Own>) {
    if buffer.frames.capacity() > LARGEST {
        return;
    }
    buffer.frames.clear();
    BUFFERS.with_borrow_mut(|kept| {
        if kept.len() < KEPT {
            kept.push(buffer);
        }
    });
}
