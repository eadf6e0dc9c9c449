//! What a connection holds, counted where it is allocated.
#![expect(unsafe_code, reason = "an allocator that counts has to be one")]

mod support;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    net::SocketAddr,
    sync::mpsc,
    thread,
};

use sockeye::{Namespace, Reply, Server};
use support::{
    Client,
    client::{LIMIT, eventually},
    serve,
};
use tokio::{runtime, sync::oneshot};

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

const CONNECTIONS: usize = 500;
const MOST: isize = 5 * 1024;

/// A server on a thread of its own: what lives there is the server's alone.
struct Apart {
    address: SocketAddr,
    runtime: runtime::Handle,
}

impl Apart {
    fn start(io: &Server) -> Self {
        let io = io.clone();
        let (sender, started) = mpsc::channel();
        thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let address = serve(&io).await;
                let handle = runtime::Handle::current();
                sender.send((address, handle)).expect("the test waits");
                std::future::pending::<()>().await;
            });
        });
        let (address, runtime) = started.recv_timeout(LIMIT).expect("it starts");
        Self { address, runtime }
    }

    /// The bytes that live on the server's thread.
    async fn live(&self) -> isize {
        let (sender, live) = oneshot::channel();
        self.runtime.spawn(async move {
            // What is ready runs first: tasks that end, frames that leave.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            sender.send(LIVE.get()).expect("the test waits");
        });
        live.await.expect("it answers")
    }
}

#[tokio::test]
async fn an_idle_connection_holds_little_also_after_a_large_message() {
    let namespace = Namespace::new().on("big", async |text: String| Reply(text.len()));
    let io = Server::builder().namespace("/", namespace).build();
    let server = Apart::start(&io);

    // What is made once for all is there after the first.
    let (mut first, _) = Client::join(server.address).await;
    first.send(r#"20["big",""]"#).await;
    first.next().await;
    let before = server.live().await;

    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(Client::join(server.address).await.0);
    }
    eventually("all of them", || {
        io.stats().sockets == CONNECTIONS as u64 + 1
    })
    .await;
    let idle = (server.live().await - before) / CONNECTIONS as isize;
    assert!(idle <= MOST, "{idle} bytes a connection");
    assert!(idle > 100, "{idle} bytes a connection: nothing was counted");

    let big = format!(r#"20["big","{}"]"#, "x".repeat(16 * 1024));
    for client in &mut clients {
        assert_eq!(client.ask(&big).await, "30[16384]");
    }
    let after = (server.live().await - before) / CONNECTIONS as isize;
    assert!(
        after <= idle + 64,
        "{after} bytes a connection after a large message, {idle} before"
    );

    // What stays behind is room for the next ones, so that another round needs no more.
    drop(clients);
    eventually("all but one to go", || io.stats().engine.websocket == 1).await;
    let left = server.live().await;
    for _ in 0..3 {
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            clients.push(Client::join(server.address).await.0);
        }
        drop(clients);
        eventually("all but one to go", || io.stats().engine.websocket == 1).await;
    }
    let more = (server.live().await - left) / (3 * CONNECTIONS as isize);
    assert!(more <= 64, "{more} bytes of each connection stay behind");
}
