//! One buffer a thread to read sockets into, so that a connection which waits owns none.

use std::cell::Cell;

/// The length of the buffer in bytes.
pub const SIZE: usize = 512 * 1024;

thread_local! {
    static IDLE: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// Puts the buffer back, also when its user panics.
struct Taken(Box<[u8]>);

impl Drop for Taken {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.0);
        // A thread that ends has no place left to put it: then it is freed.
        let _ = IDLE.try_with(|idle| idle.set(Some(buffer)));
    }
}

/// Lends this thread's buffer of [`SIZE`] bytes, whose contents are whatever the last user left.
///
/// A call inside a call gets a buffer of its own. Nothing may be kept in it across a wait:
/// parse what was read, then return.
///
/// ```
/// use sockeye_websocket::read_buffer;
///
/// let length = read_buffer::with(|buffer| buffer.len());
/// assert_eq!(length, read_buffer::SIZE);
/// ```
pub fn with<R>(f: impl FnOnce(&mut [u8]) -> R) -> R {
    let idle = IDLE.try_with(Cell::take).ok().flatten();
    let mut taken = Taken(idle.unwrap_or_else(|| vec![0; SIZE].into_boxed_slice()));
    f(&mut taken.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_reused_by_its_thread() {
        let first = with(|buffer| {
            buffer[0] = 7;
            buffer.as_ptr().addr()
        });
        with(|buffer| {
            assert_eq!(buffer.as_ptr().addr(), first);
            assert_eq!(buffer[0], 7);
        });
    }

    #[test]
    fn nested_calls_do_not_share() {
        with(|outer| {
            outer.fill(1);
            with(|inner| {
                assert_eq!(inner.len(), SIZE);
                inner.fill(2);
            });
            assert!(outer.iter().all(|byte| *byte == 1));
        });
    }

    #[test]
    fn comes_back_after_a_panic() {
        let first = with(|buffer| buffer.as_ptr().addr());
        let caught = std::panic::catch_unwind(|| with(|_| panic!("user")));
        assert!(caught.is_err());
        assert_eq!(with(|buffer| buffer.as_ptr().addr()), first);
    }
}
