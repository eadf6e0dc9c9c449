//! Every interleaving of those who push with those who write: nothing is lost, doubled, reordered or
//! left lying, and one at a time writes.

use std::{io, mem};

use loom::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::{Budget, Flushed, Outbox, Pushed, Sink, Wire};
use crate::{Flags, sync::Mutex};

/// Takes `room` bytes, then refuses until it is drained.
#[derive(Clone)]
struct Narrow(Arc<(Mutex<(Vec<u8>, usize)>, AtomicBool)>);

impl Narrow {
    fn new(room: usize) -> Self {
        Self(Arc::new((
            Mutex::new((Vec::new(), room)),
            AtomicBool::new(false),
        )))
    }

    fn drain(&self) {
        self.0.0.lock().1 = usize::MAX;
    }

    fn written(&self) -> Vec<u8> {
        self.0.0.lock().0.clone()
    }
}

impl Wire for Narrow {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        assert!(
            !self.0.1.swap(true, Ordering::SeqCst),
            "two writers at once"
        );
        let mut wire = self.0.0.lock();
        let n = bytes.len().min(wire.1);
        wire.0.extend_from_slice(&bytes[..n]);
        wire.1 -= n;
        drop(wire);
        self.0.1.store(false, Ordering::SeqCst);
        if n == 0 {
            Err(io::ErrorKind::WouldBlock.into())
        } else {
            Ok(n)
        }
    }
}

fn budget() -> std::sync::Arc<Budget> {
    Budget::new(1 << 20, 0, usize::MAX)
}

/// The flusher: serves what was marked dirty, as often as it is told.
fn flusher(outbox: &Outbox<Narrow>, dirty: &Mutex<bool>) {
    while mem::take(&mut *dirty.lock()) {
        if outbox.flush() == Flushed::Dirty {
            *dirty.lock() = true;
        }
    }
}

fn push(outbox: &Outbox<Narrow>, dirty: &Mutex<bool>, frames: &[u8]) {
    if outbox.push_own(frames, 1, Flags::NONE) == Pushed::Dirty {
        *dirty.lock() = true;
    }
}

#[test]
fn an_emitter_beside_the_owner_loses_nothing() {
    loom::model(|| {
        let wire = Narrow::new(usize::MAX);
        let outbox = Arc::new(Outbox::new(Sink::Direct(wire.clone()), &budget()));
        let dirty = Arc::new(Mutex::new(false));
        let emitter = thread::spawn({
            let (outbox, dirty) = (Arc::clone(&outbox), Arc::clone(&dirty));
            move || {
                push(&outbox, &dirty, b"ab");
                flusher(&outbox, &dirty);
            }
        });
        outbox.cork();
        push(&outbox, &dirty, b"12");
        if outbox.flush() == Flushed::Dirty {
            *dirty.lock() = true;
        }
        emitter.join().expect("the emitter does not panic");
        flusher(&outbox, &dirty);
        let mut written = wire.written();
        assert!(written == b"ab12" || written == b"12ab", "{written:?}");
        written.sort_unstable();
        assert_eq!(written, b"12ab");
    });
}

#[test]
fn two_flushers_keep_the_order_of_one_emitter() {
    loom::model(|| {
        let wire = Narrow::new(usize::MAX);
        let outbox = Arc::new(Outbox::new(Sink::Direct(wire.clone()), &budget()));
        let dirty = Arc::new(Mutex::new(false));
        push(&outbox, &dirty, b"1");
        let other = thread::spawn({
            let (outbox, dirty) = (Arc::clone(&outbox), Arc::clone(&dirty));
            move || flusher(&outbox, &dirty)
        });
        push(&outbox, &dirty, b"2");
        flusher(&outbox, &dirty);
        other.join().expect("the flusher does not panic");
        flusher(&outbox, &dirty);
        assert_eq!(wire.written(), b"12");
    });
}

#[test]
fn what_the_transport_refused_leaves_first_when_it_takes_bytes_again() {
    loom::model(|| {
        let wire = Narrow::new(1);
        let outbox = Arc::new(Outbox::new(Sink::Direct(wire.clone()), &budget()));
        let dirty = Arc::new(Mutex::new(false));
        push(&outbox, &dirty, b"ab");
        let emitter = thread::spawn({
            let (outbox, dirty) = (Arc::clone(&outbox), Arc::clone(&dirty));
            move || {
                push(&outbox, &dirty, b"cd");
                flusher(&outbox, &dirty);
            }
        });
        flusher(&outbox, &dirty);
        emitter.join().expect("the emitter does not panic");
        wire.drain();
        outbox.unblock();
        if outbox.flush() == Flushed::Dirty {
            outbox.flush();
        }
        assert_eq!(wire.written(), b"abcd");
    });
}

#[test]
fn closing_beside_a_writer_ends_the_outbox() {
    loom::model(|| {
        let wire = Narrow::new(usize::MAX);
        let outbox = Arc::new(Outbox::new(Sink::Direct(wire.clone()), &budget()));
        let dirty = Arc::new(Mutex::new(false));
        push(&outbox, &dirty, b"ab");
        let closer = thread::spawn({
            let outbox = Arc::clone(&outbox);
            move || outbox.close()
        });
        flusher(&outbox, &dirty);
        closer.join().expect("closing does not panic");
        assert_eq!(outbox.push_own(b"cd", 1, Flags::NONE), Pushed::Closed);
        assert_eq!(outbox.lock().weight(), 0);
        assert!(matches!(&wire.written()[..], b"" | b"ab"));
    });
}
