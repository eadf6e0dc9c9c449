//! The namespace `/recovery`: numbered events in both directions.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sockeye::{Args, Namespace, Reply, Server, Socket};

/// How often everybody is sent a number.
const TICK: Duration = Duration::from_millis(5);

/// The numbers of each client, in the order of their arrival.
type Work = Arc<Mutex<HashMap<String, Vec<u64>>>>;

pub(crate) fn namespace() -> Namespace {
    let work = Work::default();
    Namespace::new()
        .on_connect(async |socket: Socket| {
            if !socket.recovered() {
                socket.join("ticks");
            }
        })
        .on("work", {
            let work = Arc::clone(&work);
            async move |Args((client, n)): Args<(String, u64)>| {
                let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
                work.entry(client).or_default().push(n);
                Reply(n)
            }
        })
        .on("done", async move |client: String| {
            let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
            Reply(work.remove(&client).unwrap_or_default())
        })
}

/// Sends numbers, every other one to a room; and volatile events, which no client misses.
pub(crate) async fn tick(server: Server) {
    let mut interval = tokio::time::interval(TICK);
    let all = server.of("/recovery");
    let room = all.clone().to("ticks");
    for n in 0u64.. {
        interval.tick().await;
        if n.is_multiple_of(2) {
            all.emit("tick", n);
        } else {
            room.emit("tick", n);
        }
        if n.is_multiple_of(7) {
            all.clone().volatile().emit("noise", "a text at the end");
        }
    }
}
