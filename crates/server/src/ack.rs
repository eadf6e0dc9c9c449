use std::{
    collections::HashMap,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;
use sockeye_protocol::{ArgumentError, Arguments, OwnedArguments};
use tokio::{sync::oneshot, time::Sleep};

use crate::Socket;

/// How many acknowledgements a socket may owe.
const MAX_PENDING: usize = 1024;

/// How long one is waited for unless told otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Why an acknowledgement did not come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AckError {
    /// The client took too long.
    #[error("operation has timed out")]
    Timeout,
    /// The socket has left, or left meanwhile.
    #[error("socket has been disconnected")]
    Disconnected,
    /// The client owes 1,024 acknowledgements already.
    #[error("too many acknowledgements pending")]
    TooManyPending,
    /// The event could not be encoded.
    #[error(transparent)]
    Encode(#[from] sockeye_protocol::EncodeError),
    /// The acknowledgement does not fit the type.
    #[error(transparent)]
    Decode(#[from] ArgumentError),
}

impl AckError {
    /// Whether the client took too long.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout)
    }

    /// Whether the socket has left.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        matches!(self, Self::Disconnected)
    }
}

/// The acknowledgements that a socket waits for.
#[derive(Debug, Default)]
pub(crate) struct Acks {
    next: u64,
    closed: bool,
    pending: HashMap<u64, oneshot::Sender<OwnedArguments>>,
}

impl Acks {
    fn expect(&mut self) -> Result<(u64, oneshot::Receiver<OwnedArguments>), AckError> {
        if self.closed {
            return Err(AckError::Disconnected);
        }
        if self.pending.len() >= MAX_PENDING {
            return Err(AckError::TooManyPending);
        }
        let id = self.next;
        self.next += 1;
        let (sender, receiver) = oneshot::channel();
        self.pending.insert(id, sender);
        Ok((id, receiver))
    }

    /// Hands an acknowledgement to who waits for it. `false` if nobody does.
    pub(crate) fn receive(&mut self, id: u64, arguments: &Arguments<'_>) -> bool {
        let sender = self.pending.remove(&id);
        sender.is_some_and(|sender| sender.send(arguments.to_owned()).is_ok())
    }

    /// Nothing more will come. Returns what has to be dropped outside the lock.
    pub(crate) fn close(&mut self) -> impl Drop + use<> {
        self.closed = true;
        Pending(std::mem::take(&mut self.pending))
    }
}

struct Pending(HashMap<u64, oneshot::Sender<OwnedArguments>>);

impl Drop for Pending {
    fn drop(&mut self) {
        // Each receiver learns by the end of its sender.
        self.0.clear();
    }
}

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
        let waiting = socket.acks().expect().map_err(Some);
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
            let sender = self.socket.acks().pending.remove(id);
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
