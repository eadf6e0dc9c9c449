//! The contract of bench/README.md on socketioxide, used as its documentation advises.
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::serve::ListenerExt;
use serde_json::Value;
use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Data, SocketRef};
use socketioxide::socket::DisconnectReason;

const FLOOD_BYTES: usize = 64 * 1024;
const FLOOD_COUNT: u32 = 2000;
const FLOOD_PERIOD: Duration = Duration::from_millis(2);

static REASONS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn option(name: &str) -> Option<usize> {
    let mut args = std::env::args().skip_while(|arg| arg != name);
    args.nth(1)?.parse().ok()
}

fn main() {
    let workers = option("--workers").unwrap_or(1);
    let runtime = if workers == 1 {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
    } else {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers)
            .enable_all()
            .build()
    };
    runtime
        .expect("a runtime")
        .block_on(serve(option("--port").unwrap_or(0)));
}

async fn serve(port: usize) {
    let (layer, io) = SocketIo::new_layer();
    io.ns("/", connected);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port as u16))
        .await
        .expect("a free port");
    println!(
        "listening on {}",
        listener.local_addr().expect("a bound listener")
    );
    // As Node does by itself.
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("an open stream"));
    axum::serve(listener, axum::Router::new().layer(layer))
        .await
        .expect("the server runs");
}

async fn connected(socket: SocketRef) {
    socket.on("echo", async |Data::<Value>(value), ack: AckSender| {
        ack.send(&value).ok();
    });
    socket.on("broadcast", async |Data::<Value>(value), io: SocketIo| {
        io.emit("broadcast", &value).await.ok();
    });
    socket.on("burst", async |Data::<u32>(count), io: SocketIo| {
        for i in 0..count {
            io.emit("burst", &i).await.ok();
        }
    });
    socket.on(
        "join",
        async |socket: SocketRef, Data::<String>(room), ack: AckSender| {
            if room == "flood" {
                socket.on_disconnect(async |reason: DisconnectReason| {
                    REASONS
                        .lock()
                        .expect("no panic under the lock")
                        .push(reason.to_string());
                });
            }
            socket.join(room);
            ack.send(&()).ok();
        },
    );
    socket.on(
        "leave",
        async |socket: SocketRef, Data::<String>(room), ack: AckSender| {
            socket.leave(room);
            ack.send(&()).ok();
        },
    );
    socket.on("flood", async |io: SocketIo| {
        tokio::spawn(flood(io));
    });
    socket.on("reasons", async |ack: AckSender| {
        let reasons = REASONS.lock().expect("no panic under the lock").clone();
        ack.send(&(reasons,)).ok();
    });
}

async fn flood(io: SocketIo) {
    let body = "x".repeat(FLOOD_BYTES);
    let started = Instant::now();
    let mut tick = tokio::time::interval(FLOOD_PERIOD);
    let mut next = 0;
    while next < FLOOD_COUNT {
        tick.tick().await;
        let due = (started.elapsed().as_micros() / FLOOD_PERIOD.as_micros()) as u32;
        while next < due.min(FLOOD_COUNT) {
            let micros = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .expect("after 1970")
                .as_micros() as u64;
            io.to("flood")
                .emit("flood", &(next, micros, body.as_str()))
                .await
                .ok();
            next += 1;
        }
    }
}
