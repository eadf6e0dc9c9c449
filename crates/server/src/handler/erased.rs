//! Handlers without their types: called and polled once in place, and moved off the task only if they wait.

use std::{
    any::Any,
    future::{Future, poll_fn},
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{Arc, OnceLock},
    task::{Context, Poll, Waker},
};

use super::{ExtractError, Handler, Incoming, IntoReply, Outcome, Replier};
use crate::{HandlerError, Reject, Socket, stats::count};

/// The rest of a handler that waits for something.
pub(crate) type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Handles events, connections or their end.
pub(crate) trait EventHandler: Send + Sync {
    /// Calls the handler; returns its rest if it waits. What it returns is acknowledged by itself.
    fn call(&self, incoming: &Incoming<'_>) -> Option<Pending<()>>;
}

/// Decides on a connection to a namespace; what it returns is the session.
pub(crate) trait AuthHandler: Send + Sync {
    fn call(&self, incoming: &Incoming<'_>) -> Result<Arc<dyn Any + Send + Sync>, Decision>;
}

/// No session, or none yet.
pub(crate) enum Decision {
    Rejected(Reject),
    Pending(Pending<Result<Arc<dyn Any + Send + Sync>, Reject>>),
}

pub(crate) struct BoundEvent<H, M, S> {
    pub(crate) handler: H,
    pub(crate) state: S,
    pub(crate) marker: PhantomData<fn() -> M>,
}

pub(crate) struct BoundAuth<H, M, S> {
    pub(crate) handler: H,
    pub(crate) state: S,
    pub(crate) marker: PhantomData<fn() -> M>,
}

impl<H, M, S> EventHandler for BoundEvent<H, M, S>
where
    H: Handler<M, S, Output: IntoReply>,
    M: 'static,
    S: Send + Sync + 'static,
{
    fn call(&self, incoming: &Incoming<'_>) -> Option<Pending<()>> {
        let socket = incoming.socket;
        // All code of the user runs in here: parameters, the handler's first part, the reply's `Serialize`.
        let begun = catch_unwind(AssertUnwindSafe(|| {
            let future = self.handler.clone().call(incoming, &self.state)?;
            let mut future = Box::pin(future);
            match poll_in_place(future.as_mut()) {
                Poll::Ready(output) => {
                    let ack = incoming.ack.get();
                    output.reply(Replier {
                        socket,
                        ack,
                        failure: incoming.failure.map(|failure| &**failure),
                    });
                    Ok(None)
                }
                Poll::Pending => Ok(Some(future)),
            }
        }));
        match begun {
            Ok(Ok(None)) => None,
            Ok(Ok(Some(future))) => Some(Box::pin(finish(
                future,
                socket.clone(),
                incoming.ack.take(),
                incoming.failure.cloned(),
            ))),
            Ok(Err(error)) => {
                count(&socket.counters().invalid_arguments);
                socket.report(&HandlerError::Arguments(&error));
                incoming.fail(|| Outcome::Invalid(error.to_string()));
                refuse(socket, incoming.ack.take(), error);
                None
            }
            Err(_) => {
                incoming.fail(|| Outcome::Panicked);
                panicked(socket, incoming.ack.take());
                None
            }
        }
    }
}

/// The rest of an event's handler, and the reply.
async fn finish<F>(
    future: Pin<Box<F>>,
    socket: Socket,
    ack: Option<u64>,
    failure: Option<Arc<OnceLock<Outcome>>>,
) where
    F: Future<Output: IntoReply>,
{
    let replied = caught(async {
        let output = future.await;
        output.reply(Replier {
            socket: &socket,
            ack,
            failure: failure.as_deref(),
        });
    });
    if let Err(Panicked) = replied.await {
        if let Some(failure) = &failure {
            let _ = failure.set(Outcome::Panicked);
        }
        panicked(&socket, ack);
    }
}

impl<H, M, S, T> AuthHandler for BoundAuth<H, M, S>
where
    H: Handler<M, S, Output = Result<T, Reject>>,
    M: 'static,
    S: Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    fn call(&self, incoming: &Incoming<'_>) -> Result<Arc<dyn Any + Send + Sync>, Decision> {
        let future = match call_caught(self.handler.clone(), incoming, &self.state) {
            Called::Future(future) => future,
            Called::Refused(error) => {
                count(&incoming.socket.counters().invalid_arguments);
                incoming.socket.report(&HandlerError::Arguments(&error));
                return Err(Decision::Rejected(Reject::new(error.to_string())));
            }
            Called::Panicked => {
                panicked(incoming.socket, None);
                return Err(Decision::Rejected(Reject::new("internal")));
            }
        };
        let socket = incoming.socket.clone();
        let decided = poll_once(async move {
            match caught(future).await {
                Ok(Ok(session)) => Ok(Arc::new(session) as Arc<dyn Any + Send + Sync>),
                Ok(Err(reject)) => Err(reject),
                Err(Panicked) => {
                    panicked(&socket, None);
                    Err(Reject::new("internal"))
                }
            }
        });
        match decided {
            Ok(decided) => decided.map_err(Decision::Rejected),
            Err(pending) => Err(Decision::Pending(pending)),
        }
    }
}

enum Called<F> {
    Future(F),
    Refused(ExtractError),
    Panicked,
}

/// Extracts and calls: code of the user runs here too.
fn call_caught<H, M, S>(handler: H, incoming: &Incoming<'_>, state: &S) -> Called<H::Future>
where
    H: Handler<M, S>,
{
    match catch_unwind(AssertUnwindSafe(|| handler.call(incoming, state))) {
        Ok(Ok(future)) => Called::Future(future),
        Ok(Err(error)) => Called::Refused(error),
        Err(_) => Called::Panicked,
    }
}

/// Polls a future once in place. Most are done then; one that waits is returned.
pub(crate) fn poll_once<T>(
    future: impl Future<Output = T> + Send + 'static,
) -> Result<T, Pending<T>> {
    let mut future: Pending<T> = Box::pin(future);
    match poll_in_place(future.as_mut()) {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err(future),
    }
}

/// Polls a future for the first time. Whoever polls the rest gives it a waker, and a share of the runtime's
/// budget.
fn poll_in_place<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    let mut cx = Context::from_waker(Waker::noop());
    pin!(tokio::task::unconstrained(future)).poll(&mut cx)
}

pub(crate) struct Panicked;

/// Runs a future whose panic is a result.
pub(crate) async fn caught<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        },
    )
    .await
}

pub(crate) fn panicked(socket: &Socket, ack: Option<u64>) {
    count(&socket.counters().handler_panics);
    socket.report(&HandlerError::Panicked);
    refuse(socket, ack, "internal");
}

/// Acknowledges with an error, if the client waits for an acknowledgement.
pub(crate) fn refuse(socket: &Socket, ack: Option<u64>, error: impl std::fmt::Display) {
    Replier {
        socket,
        ack,
        failure: None,
    }
    .error(error);
}
