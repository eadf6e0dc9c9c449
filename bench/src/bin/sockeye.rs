//! The contract of bench/README.md on Sockeye.

#![cfg_attr(
    target_os = "linux",
    expect(
        clippy::print_stdout,
        reason = "the contract of the bench servers: the address on stdout"
    )
)]

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

    use axum::serve::ListenerExt;
    use clap::{Parser, ValueEnum};
    use sockeye::{Args, DisconnectReason, Namespace, RawJson, Recovery, Reply, Server, Socket};
    use tokio::net::TcpListener;
    use tokio::runtime::Builder;

    const FLOOD_BYTES: usize = 64 * 1024;
    const FLOOD_COUNT: u64 = 2000;
    const FLOOD_PERIOD: Duration = Duration::from_millis(2);

    /// From the first member of the room `flood` on, the reasons of disconnects are kept.
    static FLOODED: AtomicBool = AtomicBool::new(false);
    static REASONS: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[derive(Debug, Parser)]
    struct Options {
        /// Port to listen on; the system picks one for 0.
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Threads; one is a current-thread runtime.
        #[arg(long, default_value_t = 1)]
        workers: usize,
        /// Who accepts the connections.
        #[arg(long, value_enum, default_value_t = Mount::Serve)]
        mount: Mount,
        /// Clients that are cut off may come back.
        #[arg(long)]
        recovery: bool,
    }

    #[derive(Debug, Clone, Copy, ValueEnum)]
    enum Mount {
        Serve,
        Axum,
    }

    pub(super) fn main() -> io::Result<()> {
        let options = Options::parse();
        let runtime = if options.workers == 1 {
            Builder::new_current_thread().enable_all().build()
        } else {
            Builder::new_multi_thread()
                .worker_threads(options.workers)
                .enable_all()
                .build()
        };
        runtime?.block_on(serve(&options))
    }

    async fn serve(options: &Options) -> io::Result<()> {
        let namespace = Namespace::new()
            .on("echo", echo)
            .on("broadcast", broadcast)
            .on("burst", burst)
            .on("join", join)
            .on("leave", leave)
            .on("flood", flood)
            .on("reasons", reasons)
            .on_disconnect(left);
        let mut builder = Server::builder().namespace("/", namespace);
        if options.recovery {
            builder = builder.connection_state_recovery(Recovery::new());
        }
        let io = builder.build();
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
        println!("listening on {}", listener.local_addr()?);
        match options.mount {
            Mount::Serve => io.serve(listener).await,
            Mount::Axum => {
                let listener =
                    listener.tap_io(|stream| stream.set_nodelay(true).expect("an open stream"));
                axum::serve(listener, axum::Router::new().merge(io.router())).await
            }
        }
    }

    async fn echo(value: RawJson) -> Reply<RawJson> {
        Reply(value)
    }

    async fn broadcast(io: Server, value: RawJson) {
        io.emit("broadcast", value);
    }

    async fn burst(io: Server, count: u32) {
        for number in 0..count {
            io.emit("burst", number);
        }
    }

    async fn join(socket: Socket, room: String) {
        if room == "flood" {
            FLOODED.store(true, Ordering::Relaxed);
        }
        socket.join(room);
    }

    async fn leave(socket: Socket, room: String) {
        socket.leave(room);
    }

    async fn left(_: Socket, reason: DisconnectReason) {
        if FLOODED.load(Ordering::Relaxed) {
            REASONS
                .lock()
                .expect("no panic under the lock")
                .push(reason.to_string());
        }
    }

    async fn reasons() -> Reply<Vec<String>> {
        Reply(REASONS.lock().expect("no panic under the lock").clone())
    }

    async fn flood(io: Server) {
        tokio::spawn(async move {
            let body = "x".repeat(FLOOD_BYTES);
            let started = Instant::now();
            let mut tick = tokio::time::interval(FLOOD_PERIOD);
            let mut next = 0;
            while next < FLOOD_COUNT {
                tick.tick().await;
                let due = (started.elapsed().as_micros() / FLOOD_PERIOD.as_micros()) as u64;
                while next < due.min(FLOOD_COUNT) {
                    let now = SystemTime::now()
                        .duration_since(UNIX_EPOCH)
                        .unwrap_or_default();
                    io.to("flood")
                        .emit("flood", Args((next, now.as_micros() as u64, body.as_str())));
                    next += 1;
                }
            }
        });
    }
}
