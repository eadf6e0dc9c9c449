//! Contexts that a thread keeps for whichever connection needs one next, so that none owns one
//! while it waits.

use std::cell::RefCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::thread::LocalKey;

/// How many contexts of a kind a thread keeps; further ones are freed after use.
const KEPT: usize = 4;

/// A context that is made once and used for many messages.
pub(crate) trait Context: Sized + 'static {
    /// Those of this thread that nobody uses.
    fn idle() -> &'static LocalKey<Idle<Self>>;
}

/// The contexts of a thread that nobody uses; boxed, as they are where they are used.
pub(crate) struct Idle<C>(RefCell<Vec<Box<C>>>);

impl<C> Idle<C> {
    pub(crate) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }
}

/// A context in use. It goes back when it is dropped, to the thread that drops it.
pub(crate) struct Lent<C: Context>(Option<Box<C>>);

impl<C: Context> Lent<C> {
    /// An idle context that `fits`, else a new one.
    pub(crate) fn take(fits: impl Fn(&C) -> bool, make: impl FnOnce() -> C) -> Self {
        let idle = C::idle().try_with(|idle| {
            let mut idle = idle.0.borrow_mut();
            let at = idle.iter().rposition(|context| fits(context))?;
            Some(idle.swap_remove(at))
        });
        let context = idle.ok().flatten();
        Self(Some(context.unwrap_or_else(|| Box::new(make()))))
    }
}

impl<C: Context> Deref for Lent<C> {
    type Target = C;

    fn deref(&self) -> &C {
        self.0.as_ref().expect("a context until the drop")
    }
}

impl<C: Context> DerefMut for Lent<C> {
    fn deref_mut(&mut self) -> &mut C {
        self.0.as_mut().expect("a context until the drop")
    }
}

impl<C: Context> Drop for Lent<C> {
    fn drop(&mut self) {
        let Some(context) = self.0.take() else { return };
        // A thread that ends has no place left to put it: then it is freed.
        let oldest = C::idle().try_with(|idle| {
            let mut idle = idle.0.borrow_mut();
            let oldest = (idle.len() == KEPT).then(|| idle.swap_remove(0));
            idle.push(context);
            oldest
        });
        drop(oldest);
    }
}

impl<C: Context> fmt::Debug for Lent<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    struct Numbered(u32);

    thread_local! {
        static IDLE: Idle<Numbered> = const { Idle::new() };
        static MADE: Cell<u32> = const { Cell::new(0) };
    }

    impl Context for Numbered {
        fn idle() -> &'static LocalKey<Idle<Self>> {
            &IDLE
        }
    }

    fn idle() -> usize {
        IDLE.with(|idle| idle.0.borrow().len())
    }

    fn take() -> Lent<Numbered> {
        Lent::take(
            |_| true,
            || {
                MADE.set(MADE.get() + 1);
                Numbered(MADE.get())
            },
        )
    }

    #[test]
    fn is_used_again() {
        let first = take().0.as_ref().expect("taken").0;
        let again = take();
        assert_eq!(again.0.as_ref().expect("taken").0, first);
        assert_ne!(take().0.as_ref().expect("taken").0, first, "it is in use");
    }

    #[test]
    fn few_are_kept() {
        let taken: Vec<_> = (0..10).map(|_| take()).collect();
        assert_eq!(MADE.get(), 10);
        drop(taken);
        assert_eq!(idle(), KEPT);
    }

    #[test]
    fn only_what_fits() {
        let first = take().0.as_ref().expect("taken").0;
        let other = Lent::take(|context: &Numbered| context.0 != first, || Numbered(99));
        assert_eq!(other.0.as_ref().expect("taken").0, 99);
    }

    #[test]
    fn goes_to_the_thread_that_drops_it() {
        let taken = take();
        let kept = std::thread::spawn(move || {
            drop(taken);
            idle()
        });
        assert_eq!(kept.join().expect("no panic"), 1);
        assert_eq!(idle(), 0);
    }
}
