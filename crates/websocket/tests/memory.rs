//! What a decoder allocates, counted where it is allocated.
#![expect(unsafe_code, reason = "an allocator that counts has to be one")]

mod wire;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use sockeye_websocket::{Decoder, Event, Limits, Role};
use wire::frame_to;

thread_local! {
    /// Of this thread: how many allocations there were, and the bytes that live.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        LIVE.set(LIVE.get() + layout.size() as isize);
        // SAFETY: the caller's promises are the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.set(LIVE.get() - layout.size() as isize);
        // SAFETY: the caller's promises are the same.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn a_decoder_is_small() {
    assert!(size_of::<Decoder>() <= 64, "{} bytes", size_of::<Decoder>());
}

#[test]
fn whole_messages_allocate_nothing() {
    for role in [Role::Client, Role::Server] {
        let mut bytes = [
            frame_to(role, 0x81, &[b'a'; 32]),
            frame_to(role, 0x81, "\u{20ac}".repeat(20_000).as_bytes()),
            frame_to(role, 0x82, &[1; 1024]),
            frame_to(role, 0x89, b"ping"),
            frame_to(role, 0x88, b"\x03\xe8bye"),
        ]
        .concat();
        let before = ALLOCATIONS.get();
        let mut decoder = Decoder::new(role, Limits::default());
        let mut feed = decoder.feed(&mut bytes);
        let mut events = 0;
        while let Some(event) = feed.next() {
            assert!(event.is_ok());
            events += 1;
        }
        assert_eq!(events, 5);
        assert_eq!(ALLOCATIONS.get(), before, "{role:?}");
    }
}

#[test]
fn idle_after_a_long_message() {
    for first in [0x81, 0x82] {
        let mut frame = frame_to(Role::Server, first, &[b'a'; 1_000_000]);
        let before = LIVE.get();
        let mut decoder = Decoder::new(Role::Server, Limits::default());
        let mut delivered = 0;
        for read in frame.chunks_mut(10_000) {
            let mut feed = decoder.feed(read);
            match feed.next() {
                None => {}
                Some(Ok(Event::Text(text))) => delivered = text.len(),
                Some(Ok(Event::Binary(bytes))) => delivered = bytes.len(),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(delivered, 1_000_000);
        assert_eq!(decoder.buffered(), 0);
        assert_eq!(LIVE.get(), before);
    }
}

#[test]
fn the_message_is_freed_before_the_next_one() {
    let mut bytes = [
        frame_to(Role::Server, 0x82, &[1; 60_000]),
        frame_to(Role::Server, 0x89, b""),
    ]
    .concat();
    let (head, tail) = bytes.split_at_mut(30_000);
    let before = LIVE.get();
    let mut decoder = Decoder::new(Role::Server, Limits::default());
    assert_eq!(decoder.feed(head).next(), None);
    let mut feed = decoder.feed(tail);
    assert!(matches!(feed.next(), Some(Ok(Event::Binary(bytes))) if bytes.len() == 60_000));
    assert!(LIVE.get() - before >= 60_000);
    assert_eq!(feed.next(), Some(Ok(Event::Ping(b""))));
    assert_eq!(LIVE.get(), before);
}

#[test]
fn memory_follows_what_came() {
    for first in [0x81, 0x82] {
        let mut frame = frame_to(Role::Server, first, &[b'a'; 900_000]);
        let before = LIVE.get();
        let mut decoder = Decoder::new(Role::Server, Limits::default());
        let mut came = 0;
        let (header, payload) = frame.split_at_mut(14);
        assert_eq!(decoder.feed(header).next(), None);
        assert_eq!(LIVE.get(), before, "nothing for an announcement");
        for read in payload.chunks_mut(1_000).take(899) {
            came += read.len();
            assert_eq!(decoder.feed(read).next(), None);
            let held = LIVE.get() - before;
            assert_eq!(held, decoder.buffered() as isize);
            assert!(
                held as usize <= 2 * came + 200,
                "{held} bytes held for {came}"
            );
        }
    }
}

#[test]
fn a_message_in_two_reads_is_allocated_once() {
    let mut frame = frame_to(Role::Server, 0x82, &[1; 65_536]);
    let (head, tail) = frame.split_at_mut(65_500);
    let before = ALLOCATIONS.get();
    let mut decoder = Decoder::new(Role::Server, Limits::default());
    assert_eq!(decoder.feed(head).next(), None);
    assert!(matches!(
        decoder.feed(tail).next(),
        Some(Ok(Event::Binary(_)))
    ));
    assert_eq!(
        ALLOCATIONS.get() - before,
        2,
        "the state, and the message where it stays"
    );
}
