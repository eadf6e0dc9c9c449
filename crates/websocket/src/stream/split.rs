//! Two halves of a connection, for two tasks.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use tokio::io::{AsyncRead, AsyncWrite};

use super::driver::{Driver, Wakers};
use super::fragments::Holder;
use super::{Error, MessageReader, MessageWriter, WebSocket};
use crate::{Closed, Kind, Message, PreparedMessage, SendError};

/// The half that sends. Made by [`WebSocket::split`].
///
/// It has the methods of [`WebSocket`] that send, with the same promises. What it could not write
/// leaves while the [`Reader`] is read. Dropping it closes nothing.
pub struct Writer<S> {
    pub(super) shared: Arc<Shared<S>>,
}

/// The half that receives. Made by [`WebSocket::split`].
///
/// It has the methods of [`WebSocket`] that receive, with the same promises.
pub struct Reader<S> {
    pub(super) shared: Arc<Shared<S>>,
}

pub(super) struct Shared<S> {
    /// Held for the length of a poll, never across an await.
    driver: Mutex<Driver<S>>,
    tasks: Arc<Tasks>,
    /// Wakes `tasks`.
    both: Waker,
}

/// The tasks of the two halves. A stream remembers one task that waits for it to take bytes, but
/// both halves write: so it wakes both.
#[derive(Default)]
struct Tasks {
    reader: Mutex<Option<Waker>>,
    writer: Mutex<Option<Waker>>,
}

impl Wake for Tasks {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        wake(&self.reader);
        wake(&self.writer);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wake(task: &Mutex<Option<Waker>>) {
    // Woken without the lock: waking may run anything.
    let waker = lock(task).take();
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn register(task: &Mutex<Option<Waker>>, cx: &Context<'_>) {
    match &mut *lock(task) {
        Some(registered) if registered.will_wake(cx.waker()) => {}
        task => *task = Some(cx.waker().clone()),
    }
}

pub(super) fn split<S>(driver: Driver<S>) -> (Writer<S>, Reader<S>) {
    let tasks = Arc::new(Tasks::default());
    let shared = Arc::new(Shared {
        driver: Mutex::new(driver),
        both: Waker::from(tasks.clone()),
        tasks,
    });
    let writer = Writer {
        shared: shared.clone(),
    };
    (writer, Reader { shared })
}

impl<S> Shared<S> {
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut Driver<S>, &Waker) -> R) -> R {
        f(&mut lock(&self.driver), &self.both)
    }

    /// A poll of the writer's task.
    pub(super) fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        f: impl FnOnce(&mut Driver<S>, Wakers<'_>) -> Poll<R>,
    ) -> Poll<R> {
        // Before the poll: what happens in between must not be missed.
        register(&self.tasks.writer, cx);
        self.with(|driver, both| {
            let (read, write) = (both, both);
            f(driver, Wakers { read, write })
        })
    }

    /// A poll of the reader's task, for what comes next.
    pub(super) fn poll_next<R>(
        &self,
        cx: &mut Context<'_>,
        f: impl FnOnce(&mut Driver<S>, Wakers<'_>) -> Poll<Option<Result<R, Error>>>,
    ) -> Poll<Option<Result<R, Error>>> {
        register(&self.tasks.reader, cx);
        let polled = self.with(|driver, both| {
            let (read, write) = (cx.waker(), both);
            f(driver, Wakers { read, write })
        });
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            // Nothing is accepted any more: a writer that waits has to hear of it.
            wake(&self.tasks.writer);
        }
        polled
    }

    /// A change that the reader's task has to hear of: it may concern its timer, or has to be
    /// written.
    pub(super) fn change<R>(&self, f: impl FnOnce(&mut Driver<S>) -> R) -> R {
        let result = self.with(|driver, _| f(driver));
        wake(&self.tasks.reader);
        result
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Writer<S> {
    /// As [`WebSocket::send`].
    ///
    /// # Errors
    /// As there.
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), SendError> {
        self.feed(message).await?;
        self.flush().await
    }

    /// As [`WebSocket::feed`].
    ///
    /// # Errors
    /// As there.
    pub async fn feed(&mut self, message: impl Into<Message>) -> Result<(), SendError> {
        let mut message = Some(message.into());
        poll_fn(|cx| {
            self.shared
                .poll(cx, |driver, wakers| driver.poll_feed(wakers, &mut message))
        })
        .await
    }

    /// As [`WebSocket::flush`].
    ///
    /// # Errors
    /// As there.
    pub async fn flush(&mut self) -> Result<(), SendError> {
        poll_fn(|cx| {
            self.shared
                .poll(cx, |driver, wakers| driver.poll_flush(wakers))
        })
        .await
    }

    /// Sends without waiting: the message is accepted now or not at all, and the reader's task
    /// writes what the stream does not take at once. For broadcasts, which one slow peer must not
    /// hold up.
    ///
    /// # Errors
    /// [`SendError::Full`] above the high mark with [`Overflow::Wait`](crate::Overflow::Wait),
    /// [`SendError::SlowPeer`] with [`Overflow::Close`](crate::Overflow::Close);
    /// [`SendError::Closed`].
    pub fn try_send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        let message = message.into();
        self.try_now(|outgoing| outgoing.send_owned(message))
    }

    /// Sends a message that was encoded once for many connections, without waiting. As
    /// [`try_send`](Self::try_send).
    ///
    /// # Errors
    /// As [`try_send`](Self::try_send).
    pub fn try_send_prepared(&self, message: &PreparedMessage) -> Result<(), SendError> {
        self.try_now(|outgoing| outgoing.send_prepared(message))
    }

    fn try_now(
        &self,
        send: impl FnOnce(&mut crate::Outgoing) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        self.shared.with(|driver, both| {
            let (read, write) = (both, both);
            driver.try_send(Wakers { read, write }, send)
        })
    }

    /// As [`WebSocket::send_prepared`].
    ///
    /// # Errors
    /// As there.
    pub async fn send_prepared(&mut self, message: &PreparedMessage) -> Result<(), SendError> {
        poll_fn(|cx| {
            self.shared
                .poll(cx, |driver, wakers| driver.poll_accept(wakers))
        })
        .await?;
        self.shared
            .with(|driver, _| driver.endpoint.outgoing().send_prepared(message))?;
        self.flush().await
    }

    /// As [`WebSocket::send_stream`].
    ///
    /// # Errors
    /// As there.
    pub async fn send_stream(&mut self, kind: Kind) -> Result<MessageWriter<'_, S>, SendError> {
        poll_fn(|cx| {
            self.shared
                .poll(cx, |driver, wakers| driver.poll_accept(wakers))
        })
        .await?;
        Ok(MessageWriter::new(Holder::Half(&self.shared), kind))
    }

    /// As [`WebSocket::ping`].
    ///
    /// # Errors
    /// As there.
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.shared
            .with(|driver, _| driver.endpoint.outgoing().ping(payload))?;
        self.flush().await
    }

    /// Begins to close, and waits until the close frame has been written. The reader gets what
    /// still comes, and then the end.
    ///
    /// # Errors
    /// [`SendError::Closed`] if the stream failed before.
    pub async fn close(&mut self, code: u16, reason: &str) -> Result<(), SendError> {
        self.shared
            .change(|driver| driver.close(Some((code, reason))));
        self.flush().await
    }

    /// As [`WebSocket::drained`].
    ///
    /// # Errors
    /// As there.
    pub async fn drained(&mut self) -> Result<(), SendError> {
        poll_fn(|cx| {
            self.shared
                .poll(cx, |driver, wakers| driver.poll_drained(wakers))
        })
        .await
    }

    /// As [`WebSocket::buffered_amount`].
    pub fn buffered_amount(&self) -> usize {
        self.shared
            .with(|driver, _| driver.endpoint.buffered_amount())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Reader<S> {
    /// As [`WebSocket::recv`].
    ///
    /// # Errors
    /// As there.
    pub async fn recv(&mut self) -> Option<Result<Message, Error>> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// As [`WebSocket::recv_stream`].
    ///
    /// # Errors
    /// As there.
    pub async fn recv_stream(&mut self) -> Option<Result<MessageReader<'_, S>, Error>> {
        MessageReader::begin(Holder::Half(&self.shared)).await
    }

    pub(super) fn poll_recv(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Message, Error>>> {
        self.shared
            .poll_next(cx, |driver, wakers| driver.poll_recv(wakers))
    }

    /// How the connection ended, once it has.
    pub fn closed(&self) -> Option<Closed> {
        self.shared.with(|driver, _| driver.closed().cloned())
    }

    /// Puts the halves of one connection together again.
    ///
    /// # Errors
    /// Gives both back if they are of different connections.
    pub fn unite(self, writer: Writer<S>) -> Result<WebSocket<S>, (Self, Writer<S>)> {
        if !Arc::ptr_eq(&self.shared, &writer.shared) {
            return Err((self, writer));
        }
        drop(writer);
        match Arc::try_unwrap(self.shared) {
            Ok(shared) => Ok(WebSocket {
                driver: shared
                    .driver
                    .into_inner()
                    .unwrap_or_else(PoisonError::into_inner),
            }),
            // There are two halves and no more.
            Err(_) => unreachable!("a third half"),
        }
    }
}

impl<S> fmt::Debug for Writer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for Reader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}
