use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;
use tokio::time::Sleep;

use crate::{AckCollector, AckError, EncodeError};

/// The acknowledgements of a broadcast, on their way: all of them as a future, or one by one by
/// [`next`](Self::next).
///
/// The event left when this was made. Dropping it gives up what has not arrived.
#[must_use = "futures do nothing unless they are awaited"]
pub struct BroadcastAcks<R> {
    collector: AckCollector,
    deadline: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
    /// What came first, and ends it.
    failed: Option<AckError>,
    over: bool,
    arrived: usize,
    /// What the future has collected.
    values: Vec<R>,
    /// What went wrong first with them.
    error: Option<AckError>,
}

/// Not everybody acknowledged a broadcast with a value of the type that was asked for.
#[derive(thiserror::Error)]
#[error("{error} ({} of {asked} answered)", values.len())]
#[non_exhaustive]
pub struct BroadcastAckError<R> {
    /// What happened first: [`AckError::Decode`], [`AckError::Encode`] or [`AckError::Timeout`]; when nothing of
    /// that did, [`AckError::TooManyPending`] if some were [not asked](Self::not_asked), and
    /// [`AckError::Disconnected`] if some have left without an answer.
    #[source]
    pub error: AckError,
    /// The values that did come.
    pub values: Vec<R>,
    /// How many were asked or were to be, as far as is known.
    pub asked: usize,
    /// How many of them were not, since they owe as many acknowledgements as
    /// [`max_pending_acks`](crate::ServerBuilder::max_pending_acks) allows.
    pub not_asked: usize,
}

impl<R> BroadcastAcks<R> {
    pub(crate) fn new(
        collector: AckCollector,
        timeout: Duration,
        error: Option<EncodeError>,
    ) -> Self {
        Self {
            collector,
            deadline: Instant::now() + timeout,
            sleep: None,
            failed: error.map(AckError::Encode),
            over: false,
            arrived: 0,
            values: Vec::new(),
            error: None,
        }
    }

    /// How many sockets were asked or were to be, as far as is known: those of this server at once, those of
    /// others when they have told.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.collector.asked_so_far()
    }
}

impl<R: DeserializeOwned> BroadcastAcks<R> {
    /// The next value, in the order of arrival; `None` after the last one. One that does not fit is an
    /// error in its place, and others may follow. The time-out, and that some were not asked or have left
    /// without an answer, is told once, at the end.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<R, AckError>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// As [`next`](Self::next), for streams of one's own.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<R, AckError>>> {
        if self.over {
            return Poll::Ready(None);
        }
        if let Some(error) = self.failed.take() {
            return self.end(Some(error));
        }
        match self.collector.poll_next(cx) {
            Poll::Ready(Some(answer)) => {
                self.arrived += 1;
                let value = answer.borrow().first().map_err(AckError::Decode);
                Poll::Ready(Some(value))
            }
            Poll::Ready(None) => {
                let missing = self.arrived < self.collector.asked_so_far();
                self.end(missing.then(|| match self.collector.not_asked_so_far() {
                    0 => AckError::Disconnected,
                    _ => AckError::TooManyPending,
                }))
            }
            Poll::Pending => {
                let deadline = self.deadline.into();
                let sleep = self
                    .sleep
                    .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
                match sleep.as_mut().poll(cx) {
                    Poll::Ready(()) => self.end(Some(AckError::Timeout)),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }

    fn end(&mut self, error: Option<AckError>) -> Poll<Option<Result<R, AckError>>> {
        self.over = true;
        self.collector.give_up();
        Poll::Ready(error.map(Err))
    }
}

impl<R: DeserializeOwned> Future for BroadcastAcks<R> {
    type Output = Result<Vec<R>, BroadcastAckError<R>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            match this.poll_next(cx) {
                Poll::Ready(Some(Ok(value))) => this.values.push(value),
                // It waits until all who answer have.
                Poll::Ready(Some(Err(error))) => {
                    this.error.get_or_insert(error);
                }
                Poll::Ready(None) => break,
                Poll::Pending => return Poll::Pending,
            }
        }
        let values = std::mem::take(&mut this.values);
        match this.error.take() {
            None => Poll::Ready(Ok(values)),
            Some(error) => Poll::Ready(Err(BroadcastAckError {
                error,
                values,
                asked: this.asked(),
                not_asked: this.collector.not_asked_so_far(),
            })),
        }
    }
}

impl<R> Unpin for BroadcastAcks<R> {}

impl<R> Drop for BroadcastAcks<R> {
    fn drop(&mut self) {
        self.collector.give_up();
    }
}

impl<R> fmt::Debug for BroadcastAcks<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BroadcastAcks")
            .field("collector", &self.collector)
            .finish_non_exhaustive()
    }
}

impl<R> fmt::Debug for BroadcastAckError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BroadcastAckError")
            .field("error", &self.error)
            .field("values", &self.values.len())
            .field("asked", &self.asked)
            .field("not_asked", &self.not_asked)
            .finish()
    }
}
