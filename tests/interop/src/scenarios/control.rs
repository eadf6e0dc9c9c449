//! The namespace `/control`: what a scenario can ask for besides sending events.

use std::sync::{Arc, Mutex, PoisonError};

use sockeye::{Args, DisconnectReason, Namespace, Reply, Socket};
use tokio::sync::{Mutex as AsyncMutex, mpsc, watch};

use super::value::Any;

/// What has happened, and whether WebSockets may begin.
pub(super) struct Notes {
    received: Mutex<Vec<Vec<Any>>>,
    left: mpsc::UnboundedSender<&'static str>,
    reasons: AsyncMutex<mpsc::UnboundedReceiver<&'static str>>,
    held: watch::Sender<bool>,
}

impl Notes {
    pub(super) fn new() -> Self {
        let (left, reasons) = mpsc::unbounded_channel();
        Self {
            received: Mutex::default(),
            left,
            reasons: AsyncMutex::new(reasons),
            held: watch::Sender::new(false),
        }
    }

    pub(super) fn receive(&self, values: Vec<Any>) {
        self.lock().push(values);
    }

    pub(super) fn disconnected(&self, reason: DisconnectReason) {
        // The other end is in here too.
        let _ = self.left.send(reason.as_str());
    }

    /// Waits while WebSockets are held.
    pub(super) async fn let_through(&self) {
        // The sender is in here too.
        let _ = self.held.subscribe().wait_for(|held| !held).await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Any>>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn namespace(notes: &Arc<Notes>) -> Namespace {
    let [received, left, hold, release] = [(); 4].map(|()| Arc::clone(notes));
    Namespace::new()
        .on("received", async move || {
            Reply(std::mem::take(&mut *received.lock()))
        })
        // The reason of the next disconnection that was not asked for yet.
        .on("disconnection", async move || {
            let reason = left.reasons.lock().await.recv().await;
            Reply(reason)
        })
        .on("hold upgrades", async move || {
            hold.held.send_replace(true);
        })
        .on("release upgrades", async move || {
            release.held.send_replace(false);
        })
        .on(
            "emit",
            async |socket: Socket, Args(mut values): Args<Vec<Any>>| {
                if let Any::Text(event) = values.remove(0) {
                    socket.server().emit(&event, Args(values));
                }
            },
        )
}
