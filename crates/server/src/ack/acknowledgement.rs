use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;
use sockeye_protocol::OwnedArguments;
use tokio::{sync::oneshot, time::Sleep};

use super::TIMEOUT;
use crate::{AckError, Socket, stats::count};

/// An acknowledgement on its way: a future of the client's first value, as `R`.
///
/// The event left when this was made. Dropping it gives up the acknowledgement.
#[must_use = "futures do nothing unless they are awaited"]
#[derive(Debug)]
pub struct Acknowledgement<R> {
    socket: Socket,
    waiting: Result<(u64, oneshot::Receiver<OwnedArguments>), Option<AckError>>,
    deadline: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
    marker: PhantomData<fn() -> R>,
}

impl<R> Acknowledgement<R> {
    pub(crate) fn new(
        socket: Socket,
        send: impl FnOnce(&Socket, u64) -> Result<(), AckError>,
    ) -> Self {
        let app = socket.0.connection.engine().application();
        let waiting = socket
            .acks()
            .expect(app.max_pending_acks(), || {
                socket.0.namespace.rooms().next_ack()
            })
            .map_err(Some);
        if matches!(waiting, Err(Some(AckError::TooManyPending))) {
            count(&socket.counters().ack_limit);
            tracing::debug!(id = %socket.id(), "it owes too many acknowledgements");
        }
        let mut this = Self {
            waiting,
            socket,
            deadline: Instant::now() + TIMEOUT,
            sleep: None,
            marker: PhantomData,
        };
        if let Ok((id, _)) = &this.waiting
            && let Err(error) = send(&this.socket, *id)
        {
            this.give_up();
            this.waiting = Err(Some(error));
        }
        this
    }

    /// Waits for so long instead of 30 seconds, from now on.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.deadline = Instant::now() + timeout;
        self.sleep = None;
        self
    }

    fn give_up(&mut self) {
        if let Ok((id, _)) = &self.waiting {
            let sender = self.socket.acks().forget(*id);
            drop(sender);
        }
    }
}

impl<R: DeserializeOwned> Future for Acknowledgement<R> {
    type Output = Result<R, AckError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let receiver = match &mut this.waiting {
            Ok((_, receiver)) => receiver,
            Err(error) => return Poll::Ready(Err(error.take().unwrap_or(AckError::Disconnected))),
        };
        if let Poll::Ready(received) = Pin::new(receiver).poll(cx) {
            return Poll::Ready(match received {
                Ok(arguments) => arguments.borrow().first().map_err(AckError::Decode),
                Err(_) => Err(AckError::Disconnected),
            });
        }
        let deadline = this.deadline.into();
        let sleep = this
            .sleep
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if sleep.as_mut().poll(cx).is_ready() {
            this.give_up();
            return Poll::Ready(Err(AckError::Timeout));
        }
        Poll::Pending
    }
}

impl<R> Unpin for Acknowledgement<R> {}

impl<R> Drop for Acknowledgement<R> {
    fn drop(&mut self) {
        self.give_up();
    }
}
