//! What a TLS connection owns while it is idle, counted where it is allocated.
#![cfg(feature = "rustls")]
#![expect(unsafe_code, reason = "an allocator that counts has to be one")]
#![allow(
    clippy::print_stdout,
    reason = "the figures are for whoever reads the test"
)]

#[path = "tls/identity.rs"]
mod identity;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use identity::{Identity, meet_over};
use sockeye_websocket::tls::{
    TlsStream,
    rustls::version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    net::TcpStream,
};

thread_local! {
    /// Of this thread: the bytes that live.
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
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

/// The figure in the module's documentation.
const LIMIT: isize = 3_450;

#[tokio::test]
async fn an_idle_connection_owns_no_buffer() {
    let identity = Identity::new();
    let acceptor = identity.acceptor();
    for (version, length) in [
        (&TLS13, 0),
        (&TLS13, 32),
        (&TLS13, 100_000),
        (&TLS12, 100_000),
    ] {
        let (mut near, far) = duplex(1 << 20);
        let client = identity.client_of(&[version], None);
        let (server, client) = meet_over(&acceptor, &mut near, client, far).await;
        let (mut server, mut client) = (server.expect("welcome"), client.expect("trusted"));
        let mut bytes = vec![7; length];
        client.write_all(&bytes).await.expect("room");
        client.flush().await.expect("room");
        server.read_exact(&mut bytes).await.expect("it comes");
        server.write_all(&bytes).await.expect("room");
        server.flush().await.expect("room");
        client.read_exact(&mut bytes).await.expect("it comes");

        let before = LIVE.get();
        drop(server);
        let owned = before - LIVE.get() + size_of::<TlsStream<TcpStream>>() as isize;
        assert!(
            owned <= LIMIT,
            "{owned} bytes after {length} over {version:?}"
        );
    }
}

#[tokio::test]
async fn a_session_that_can_be_resumed_is_small() {
    let identity = Identity::new();
    let acceptor = identity.acceptor();
    let mut kept = Vec::new();
    for _ in 0..400 {
        let before = LIVE.get();
        let (near, far) = duplex(1 << 14);
        let client = identity.client_of(&[&TLS13], None);
        let (server, client) = meet_over(&acceptor, near, client, far).await;
        drop((server.expect("welcome"), client.expect("trusted")));
        kept.push(LIVE.get() - before);
    }
    let all: isize = kept.iter().sum();
    let last: isize = kept[300..].iter().sum();
    assert!(all < 256 * 1_024, "{all}");
    assert!(last.abs() < 4_096, "it goes on growing: {last}");
}
