use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

use hyper::rt::Executor;
use tokio::sync::Notify;

/// Runs hyper's futures as tasks, and tells after each poll of one: the connection may have read
/// something by then. hyper itself wakes nobody when it has read the peer's SETTINGS.
#[derive(Clone)]
pub(super) struct Runner {
    pub(super) polled: Arc<Notify>,
}

impl<F> Executor<F> for Runner
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        let polled = Arc::clone(&self.polled);
        tokio::spawn(async move {
            let mut future = pin!(future);
            poll_fn(|cx| {
                let poll = future.as_mut().poll(cx);
                polled.notify_one();
                poll
            })
            .await;
        });
    }
}
