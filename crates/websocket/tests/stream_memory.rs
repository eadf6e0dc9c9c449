//! What a message costs in memory that is sent and received in parts.
#![cfg(feature = "tokio")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use sockeye_websocket::{Config, Kind, Limits, Negotiated, Role, WebSocket};

/// How many bytes are allocated, and how many were at most.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator is made of unsafe functions")]
// SAFETY: All is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: The caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: The caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MESSAGE: usize = 64 << 20;
const PIECE: usize = 16 * 1024;
/// What the stream between the two holds in each direction.
const STREAM: usize = 64 * 1024;
/// The reading buffer of the thread, the stream, and what waits in queues up to the high mark.
const ALLOWED: usize = 1 << 20;

/// 64 MiB in both directions at once, a thousand times the limit of a whole message.
#[tokio::test]
async fn a_message_of_64_mib_in_and_out() {
    let config = Config::new()
        .limits(Limits::default().max_message(64 * 1024))
        .marks(16 * 1024, 64 * 1024);
    let (near, far) = tokio::io::duplex(STREAM);
    let client = WebSocket::new(near, Role::Client, Negotiated::default(), &config);
    let server = WebSocket::new(far, Role::Server, Negotiated::default(), &config);
    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);

    let talk = |socket: WebSocket<tokio::io::DuplexStream>| async move {
        let (mut writer, mut reader) = socket.split();
        let send = async {
            let mut message = writer.send_stream(Kind::Binary).await.expect("open");
            for number in 0..MESSAGE / PIECE {
                let piece = [(number % 251) as u8; PIECE];
                message.write(&piece[..]).await.expect("open");
            }
            message.finish().await.expect("open");
        };
        let receive = async {
            let mut message = reader
                .recv_stream()
                .await
                .expect("open")
                .expect("a message");
            let mut length = 0;
            while let Some(piece) = message.next().await {
                for byte in piece.expect("a piece").as_bytes() {
                    assert_eq!(usize::from(*byte), length / PIECE % 251, "at {length}");
                    length += 1;
                }
            }
            length
        };
        tokio::join!(send, receive).1
    };
    assert_eq!(tokio::join!(talk(client), talk(server)), (MESSAGE, MESSAGE));
    let peak = PEAK.load(Ordering::Relaxed) - before;
    assert!(peak < ALLOWED, "{peak} bytes at most");
}
