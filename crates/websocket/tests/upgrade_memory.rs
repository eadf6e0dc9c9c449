//! What an idle connection owns after its handshake, through each way in.
#![cfg(feature = "hyper")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use sockeye_websocket::accept::{Policy, accept};
use sockeye_websocket::upgrade::service;
use sockeye_websocket::{Config, WebSocket};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// How many bytes are allocated.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator is made of unsafe functions")]
// SAFETY: All is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
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

const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
/// "hello", masked with zeros, and its echo.
const FRAME: &[u8] = b"\x81\x85\0\0\0\0hello";
const ECHO: &[u8] = b"\x81\x05hello";

/// A client that has said one thing, and holds no memory of this process.
fn client(address: SocketAddr) -> std::net::TcpStream {
    let mut stream = std::net::TcpStream::connect(address).expect("listening");
    stream.write_all(REQUEST).expect("writable");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a response");
        head.push(byte[0]);
    }
    stream.write_all(FRAME).expect("writable");
    let mut echo = [0; ECHO.len()];
    stream.read_exact(&mut echo).expect("an echo");
    assert_eq!(echo, ECHO);
    stream
}

async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocket<S>, open: mpsc::Sender<()>) {
    open.try_send(()).expect("room");
    let _ = socket
        .for_each(|message, answers| answers.send(message))
        .await;
}

/// Bytes a connection.
fn measure(serve: impl Fn(TcpStream, mpsc::Sender<()>)) -> usize {
    const CONNECTIONS: usize = 100;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (open, mut opened) = mpsc::channel(2);
        let mut clients = Vec::with_capacity(2 * CONNECTIONS);
        let mut add = async |count: usize| {
            for _ in 0..count {
                let connecting = tokio::task::spawn_blocking(move || client(address));
                let (stream, _) = listener.accept().await.expect("a client");
                serve(stream, open.clone());
                opened.recv().await.expect("open");
                clients.push(connecting.await.expect("no panic"));
            }
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            LIVE.load(Ordering::Relaxed)
        };
        // What is allocated once a process or thread is there by then.
        let before = add(CONNECTIONS).await;
        let after = add(CONNECTIONS).await;
        (after - before) / CONNECTIONS
    })
}

/// One test, since the count is the process's.
#[test]
fn an_idle_connection_is_small() {
    let config = Config::new();
    let by_hand = measure(|stream, open| {
        let config = config.clone();
        tokio::spawn(async move {
            let (socket, _) = accept(stream, &config).await.expect("granted");
            echo(socket, open).await;
        });
    });
    let policy = Policy::new().config(config);
    let upgraded = measure(|stream, open| {
        let service = service(move |socket, _head| echo(socket, open.clone()));
        let service = service.policy(policy.clone());
        tokio::spawn(async move {
            let service = TowerToHyperService::new(service);
            let builder = auto::Builder::new(TokioExecutor::new());
            let served = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
            served.await.expect("served");
        });
    });
    assert!(by_hand <= 1_500, "{by_hand} bytes a connection");
    assert!(upgraded <= 1_500, "{upgraded} bytes a connection");
}
