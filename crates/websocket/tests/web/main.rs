//! The browser's object, rule by rule of the WHATWG's WebSockets Standard.
//!
//! Steps are cited as the standard's review draft of September 2023 counts them.
#![cfg(feature = "client")]

mod buffered;
mod closing;
mod collection;
mod constructor;
mod events;
mod handlers;
mod log;
mod opening;
mod sending;
mod sequences;
mod server;

use std::time::Duration;

use tokio::time::timeout;

/// The value, unless it takes far too long.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), future)
        .await
        .expect("it takes too long")
}

/// Waits until a condition holds.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..2000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}
