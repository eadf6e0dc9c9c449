//! What compression allocates, counted where it is allocated.
#![cfg(feature = "deflate")]
#![expect(unsafe_code, reason = "an allocator that counts has to be one")]

mod wire;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use sockeye_websocket::deflate::{Compressor, Options, Params};
use sockeye_websocket::{Decoder, Event, Limits, Opcode, ProtocolError, Role};
use wire::frame_to;
use zlib_rs::{Deflate, DeflateFlush};

thread_local! {
    /// Of this thread: how many allocations there were, the bytes that live and the most that did.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

fn count(bytes: isize) {
    // A thread that ends frees what it kept after its counters are gone.
    let _ = LIVE.try_with(|live| {
        live.set(live.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(live.get())));
    });
    if bytes > 0 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
    }
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller's promises are the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller's promises are the same.
        unsafe { System.dealloc(block, layout) }
    }

    // A block that grows is moved by its pages, not copied beside itself.
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        // SAFETY: the caller's promises are the same.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn takeover() -> Params {
    Params {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        ..Params::default()
    }
}

/// 200 MiB of zeros, compressed without the tail.
fn bomb() -> Vec<u8> {
    let mut context = Deflate::new(9, false, 15);
    let mut out = vec![0; 10_000];
    let zeros = vec![0; 1 << 20];
    context
        .compress(&zeros, &mut out, DeflateFlush::FullFlush)
        .expect("room");
    assert_eq!(context.total_in(), 1 << 20);
    out.truncate(context.total_out() as usize);
    // After a full flush nothing refers to what was before.
    let mut bomb = out.repeat(200);
    bomb.truncate(bomb.len() - 4);
    bomb
}

#[test]
fn a_bomb_costs_the_limit() {
    let payload = bomb();
    for limit in [100_000, 1_000_000] {
        for params in [Params::default(), takeover()] {
            for first in [0xC1, 0xC2] {
                // In one read, and in reads of 1 KiB; with a thread that has no context yet.
                for read in [payload.len() + 14, 1_024] {
                    let mut frame = frame_to(Role::Server, first, &payload);
                    std::thread::spawn(move || {
                        let limits = Limits::default().max_message(limit);
                        let mut decoder = Decoder::new(Role::Server, limits).with_deflate(params);
                        let before = LIVE.get();
                        PEAK.set(before);
                        let error = frame.chunks_mut(read).find_map(|read| {
                            let mut feed = decoder.feed(read);
                            feed.next().map(|event| event.map(|_| ()))
                        });
                        let expected = ProtocolError::MessageTooBig { limit };
                        assert_eq!(error, Some(Err(expected)));
                        let cost = PEAK.get() - before;
                        // The window of context takeover is the connection's and not the bomb's.
                        let window = if params == takeover() { 33_000 } else { 0 };
                        let most = (limit + 64 * 1024 + window) as isize;
                        assert!(cost < most, "{cost} bytes for a limit of {limit}");
                    })
                    .join()
                    .expect("no panic");
                }
            }
        }
    }
}

/// Reads one message and gives its length.
fn read(decoder: &mut Decoder, frame: &mut [u8]) -> usize {
    let mut feed = decoder.feed(frame);
    let len = match feed.next() {
        Some(Ok(Event::Text(text))) => text.len(),
        Some(Ok(Event::Binary(bytes))) => bytes.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(feed.next(), None);
    len
}

#[test]
fn an_idle_connection_owns_nothing() {
    let message = b"{\"id\":17,\"text\":\"hello\"}".repeat(100);
    let params = Params::default();
    let mut out = Vec::with_capacity(10_000);
    // The thread's contexts exist from the first message on.
    let mut first = Compressor::new(Role::Client, params, &Options::new());
    first.append(&mut out, Opcode::Text, &message);
    let mut decoder = Decoder::new(Role::Server, Limits::default()).with_deflate(params);
    assert_eq!(read(&mut decoder, &mut out), message.len());

    let before = (LIVE.get(), ALLOCATIONS.get());
    for _ in 0..100 {
        let mut compressor = Compressor::new(Role::Client, params, &Options::new());
        let mut decoder = Decoder::new(Role::Server, Limits::default()).with_deflate(params);
        for opcode in [Opcode::Text, Opcode::Binary] {
            out.clear();
            compressor.append(&mut out, opcode, &message);
            assert_eq!(out[0] & 0x40, 0x40);
            assert_eq!(read(&mut decoder, &mut out), message.len());
            assert_eq!(decoder.buffered(), 0);
            assert_eq!(LIVE.get(), before.0);
        }
    }
    assert_eq!(
        ALLOCATIONS.get(),
        before.1,
        "whole messages allocate nothing"
    );
    assert!(size_of::<Decoder>() <= 64, "{}", size_of::<Decoder>());
    assert!(size_of::<Compressor>() <= 32, "{}", size_of::<Compressor>());
}

#[test]
fn idle_after_a_long_message() {
    let params = Params::default();
    let message = b"0123456789abcdef".repeat(50_000);
    let mut compressor = Compressor::new(Role::Client, params, &Options::new());
    let mut frame = Vec::new();
    compressor.append(&mut frame, Opcode::Binary, &message);
    let mut decoder = Decoder::new(Role::Server, Limits::default()).with_deflate(params);
    assert_eq!(read(&mut decoder, &mut frame.clone()), message.len());
    let before = LIVE.get();
    // in two reads, of which the first leaves a context with the connection
    let (head, tail) = frame.split_at_mut(1_000);
    assert_eq!(decoder.feed(head).next(), None);
    assert!(decoder.buffered() > 40_000);
    assert_eq!(read(&mut decoder, tail), message.len());
    assert_eq!(decoder.buffered(), 0);
    assert_eq!(LIVE.get(), before);
}

#[test]
fn takeover_owns_what_it_has_to() {
    let message = b"0123456789abcdef".repeat(100);
    for bits in [9, 15] {
        let mut params = takeover();
        params.client_max_window_bits = bits;
        let before = LIVE.get();
        let mut compressor = Compressor::new(Role::Client, params, &Options::new());
        let mut decoder = Decoder::new(Role::Server, Limits::default()).with_deflate(params);
        assert_eq!(LIVE.get(), before, "nothing before the first message");
        let mut out = Vec::with_capacity(2_000_000);
        compressor.append(&mut out, Opcode::Binary, b"short");
        assert_eq!(read(&mut decoder, &mut out), 5);
        assert_eq!(decoder.buffered(), 0, "nothing for a plain one");
        for _ in 0..50 {
            out.clear();
            compressor.append(&mut out, Opcode::Binary, &message);
            assert_eq!(read(&mut decoder, &mut out), message.len());
        }
        assert!(
            decoder.buffered() <= (1 << bits) + 100,
            "{}",
            decoder.buffered()
        );
    }
}

#[test]
fn a_dropped_connection_gives_its_context_back() {
    let params = Params::default();
    let frame = frame_to(Role::Server, 0x41, b"\xf2\x48\xcd");
    let interrupted = || {
        let mut decoder = Decoder::new(Role::Server, Limits::default()).with_deflate(params);
        assert_eq!(decoder.feed(&mut frame.clone()).next(), None);
        decoder
    };
    drop(interrupted());
    let before = LIVE.get();
    drop(interrupted());
    assert_eq!(LIVE.get(), before);
    // Many at once: the thread keeps few of them.
    let many: Vec<_> = (0..50).map(|_| interrupted()).collect();
    let held = LIVE.get() - before;
    drop(many);
    let kept = LIVE.get() - before;
    assert!(kept * 12 < held, "{kept} of {held} are kept");
}
