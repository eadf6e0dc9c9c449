//! Closing all connections of a program at once.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// Closes every connection whose [`Config`](crate::Config) names it, as a server does that is
/// shut down.
///
/// A connection counts from the first time it is read until it has ended.
///
/// ```
/// use sockeye_websocket::{Closer, Config, Negotiated, Role, WebSocket};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let closer = Closer::new();
/// let config = Config::new().closer(&closer);
/// let (near, far) = tokio::io::duplex(1024);
/// let mut server = WebSocket::new(near, Role::Server, Negotiated::default(), &config);
/// let mut client = WebSocket::new(far, Role::Client, Negotiated::default(), &Config::new());
///
/// let serving = tokio::spawn(async move { while server.recv().await.is_some() {} });
/// tokio::task::yield_now().await;
/// tokio::join!(closer.close_all(1001, "restarting"), async {
///     assert!(client.recv().await.is_none());
///     let closed = client.closed().cloned().unwrap_or_else(|| unreachable!());
///     assert_eq!((closed.code, &closed.reason[..]), (1001, "restarting"));
///     drop(client);
/// });
/// assert!(serving.await.is_ok());
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Closer(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    close: Option<(u16, Arc<str>)>,
    /// The connections; a free place is `None`.
    wakers: Vec<Option<Waker>>,
    free: Vec<usize>,
    waiting: Vec<Waker>,
}

impl State {
    fn len(&self) -> usize {
        self.wakers.len() - self.free.len()
    }
}

impl Closer {
    /// A closer with no connections.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the closing handshake on every connection, also on those that are made from now on,
    /// and waits until all have ended. Each ends within its close time-out, as long as somebody
    /// reads it.
    pub async fn close_all(&self, code: u16, reason: &str) {
        let wakers: Vec<Waker> = {
            let mut state = self.lock();
            state.close = Some((code, reason.into()));
            state.wakers.iter().flatten().cloned().collect()
        };
        wakers.into_iter().for_each(Waker::wake);
        poll_fn(|cx| {
            let mut state = self.lock();
            if state.len() == 0 {
                return Poll::Ready(());
            }
            state.waiting.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// How many connections there are.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.lock().len()
    }

    pub(crate) fn register(&self) -> Registration {
        let mut state = self.lock();
        let place = state.free.pop().unwrap_or_else(|| {
            state.wakers.push(None);
            state.wakers.len() - 1
        });
        Registration {
            closer: self.clone(),
            place,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one connection.
#[derive(Debug)]
pub(crate) struct Registration {
    closer: Closer,
    place: usize,
}

impl Registration {
    /// With what to close, if it is time; else `waker` is woken when it is.
    pub(crate) fn poll(&mut self, waker: &Waker) -> Option<(u16, Arc<str>)> {
        let mut state = self.closer.lock();
        if state.close.is_some() {
            return state.close.clone();
        }
        match &mut state.wakers[self.place] {
            Some(registered) if registered.will_wake(waker) => {}
            place => *place = Some(waker.clone()),
        }
        None
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let waiting = {
            let mut state = self.closer.lock();
            state.wakers[self.place] = None;
            state.free.push(self.place);
            match state.len() {
                0 => std::mem::take(&mut state.waiting),
                _ => Vec::new(),
            }
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}
