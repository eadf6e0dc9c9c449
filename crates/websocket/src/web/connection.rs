//! The task that owns the connection and calls the handlers.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use futures_sink::Sink;
use http::header::SEC_WEBSOCKET_EXTENSIONS;
use http::{HeaderMap, HeaderValue};
use tokio::task::coop;
use tokio::time::{Instant, Sleep, sleep};

use super::event::ErrorCause;
use super::outbox::Batch;
use super::shared::{Output, Shared};
use crate::client::{ClientStream, ConnectError, Connected};
use crate::{Closed, Error, Failure, Message, WebSocket};

/// After how many batches reading has its turn.
const BATCHES: usize = 16;

type Connecting =
    Pin<Box<dyn Future<Output = Result<Connected<ClientStream>, ConnectError>> + Send>>;

/// What to open, and what holds for it.
pub(super) struct Opening {
    pub(super) connecting: Connecting,
    /// Subprotocols were offered.
    pub(super) offered: bool,
    pub(super) close_timeout: Duration,
}

/// Lives until all events have been handled, or nobody is left to handle them.
pub(super) async fn run(shared: Arc<Shared>, opening: Opening) {
    let ended = Ended(shared);
    let shared = &ended.0;
    let close_timeout = opening.close_timeout;
    let (closed, cause) = match establish(shared, opening).await {
        Ok(websocket) => {
            shared.call_handlers();
            // Boxed, since the task outlives it.
            Box::pin(Link::new(websocket, close_timeout).run(shared)).await
        }
        Err(cause) => (Closed::default(), Some(cause)),
    };
    shared.end(closed, cause);
    shared.call_handlers();
    while poll_fn(|cx| late_call(shared, cx)).await {
        shared.call_handlers();
    }
}

/// True when a handler that came late is to be called.
fn late_call(shared: &Shared, cx: &Context<'_>) -> Poll<bool> {
    match shared.late_call(cx) {
        Some(true) => Poll::Ready(true),
        Some(false) => Poll::Pending,
        None => Poll::Ready(false),
    }
}

/// Also when the runtime drops the task: nobody waits for events any more.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// The standard's "establish a WebSocket connection".
async fn establish(
    shared: &Shared,
    opening: Opening,
) -> Result<WebSocket<ClientStream>, ErrorCause> {
    let Opening {
        mut connecting,
        offered,
        ..
    } = opening;
    let connected = poll_fn(|cx| {
        if shared.gives_up(cx) {
            return Poll::Ready(Err(ErrorCause::Aborted));
        }
        connecting.as_mut().poll(cx).map_err(ErrorCause::Connect)
    });
    let Connected {
        websocket,
        response,
        ..
    } = connected.await?;
    let protocol = websocket.protocol();
    // Opening handshake, step 11.2: stricter than RFC 6455
    if offered && protocol.is_none() {
        return Err(ErrorCause::NoProtocol);
    }
    let extensions = extensions(response.headers());
    match shared.open(protocol.unwrap_or_default(), extensions) {
        true => Ok(websocket),
        false => Err(ErrorCause::Aborted),
    }
}

/// The extensions in use, as the server wrote them.
fn extensions(headers: &HeaderMap) -> String {
    let lines = headers.get_all(SEC_WEBSOCKET_EXTENSIONS).into_iter();
    let lines: Vec<&str> = lines
        .filter_map(|line| HeaderValue::to_str(line).ok())
        .collect();
    lines.join(", ")
}

/// An open connection.
struct Link {
    websocket: WebSocket<ClientStream>,
    batch: Batch,
    messages: Vec<Message>,
    /// Nothing can be written any more.
    mute: bool,
    /// The close frame is among what is written.
    said_close: bool,
    close_timeout: Duration,
    stall: Option<Stall>,
}

/// How long nothing has left although the connection is to be closed.
struct Stall {
    waiting: usize,
    timer: Pin<Box<Sleep>>,
}

/// What happened on the connection.
enum Step {
    Message(Message),
    CallDue,
    Ended(Closed, Option<ErrorCause>),
}

impl Link {
    fn new(websocket: WebSocket<ClientStream>, close_timeout: Duration) -> Self {
        Self {
            websocket,
            batch: Batch::default(),
            messages: Vec::new(),
            mute: false,
            said_close: false,
            close_timeout,
            stall: None,
        }
    }

    async fn run(mut self, shared: &Arc<Shared>) -> (Closed, Option<ErrorCause>) {
        loop {
            match poll_fn(|cx| self.poll_step(cx, shared)).await {
                Step::Message(message) => {
                    shared.receive(message);
                    shared.call_handlers();
                    // One read may bring thousands.
                    coop::consume_budget().await;
                }
                Step::CallDue => shared.call_handlers(),
                Step::Ended(closed, cause) => return (closed, cause),
            }
        }
    }

    fn poll_step(&mut self, cx: &mut Context<'_>, shared: &Shared) -> Poll<Step> {
        let wishes = shared.wishes(cx);
        if wishes.call_due {
            return Poll::Ready(Step::CallDue);
        }
        if wishes.full {
            let limit = shared.limit();
            let cause = ErrorCause::Full { limit };
            return Poll::Ready(Step::Ended(Closed::default(), Some(cause)));
        }
        self.write(cx, shared);
        let step = match Pin::new(&mut self.websocket).poll_next(cx) {
            Poll::Ready(Some(Ok(message))) => Step::Message(message),
            Poll::Ready(Some(Err(error))) => Step::Ended(self.closed(), failed(error)),
            Poll::Ready(None) => Step::Ended(self.closed(), None),
            Poll::Pending => {
                if self.websocket.closed().is_some() {
                    shared.start_closing();
                }
                if wishes.closing && !self.said_close {
                    ready!(self.poll_stall(cx));
                    return Poll::Ready(Step::Ended(Closed::default(), None));
                }
                return Poll::Pending;
            }
        };
        Poll::Ready(step)
    }

    /// Writes what was sent, batch by batch, and the close frame behind it.
    fn write(&mut self, cx: &mut Context<'_>, shared: &Shared) {
        for _ in 0..BATCHES {
            if self.mute {
                return;
            }
            match Pin::new(&mut self.websocket).poll_flush(cx) {
                Poll::Pending => {
                    let waiting = self.websocket.buffered_amount();
                    return shared.release(self.batch.progress(waiting));
                }
                Poll::Ready(Ok(())) => shared.release(self.batch.finish()),
                // Reading tells how it ends.
                Poll::Ready(Err(_)) => {
                    self.mute = true;
                    return;
                }
            }
            match shared.next_output(&mut self.messages) {
                Output::Nothing => return,
                Output::Messages => self.encode(),
                Output::Close(with) => {
                    self.said_close = true;
                    match with {
                        Some((code, reason)) => self.websocket.start_close(code, &reason),
                        // It makes a frame without code.
                        None => self.websocket.start_close(1005, ""),
                    }
                }
            }
        }
        cx.waker().wake_by_ref();
    }

    fn encode(&mut self) {
        let mut payload = 0;
        for message in self.messages.drain(..) {
            let len = message.as_bytes().len() as u64;
            // Without asking whether it is ready: the marks are not kept here but by `send`.
            if Pin::new(&mut self.websocket).start_send(message).is_err() {
                self.mute = true;
                break;
            }
            payload += len;
        }
        self.batch = Batch::new(payload, self.websocket.buffered_amount());
    }

    /// Ready when the server has taken nothing for so long that closing is given up.
    fn poll_stall(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (waiting, after) = (self.websocket.buffered_amount(), self.close_timeout);
        let stall = self.stall.get_or_insert_with(|| Stall {
            waiting,
            timer: Box::pin(sleep(after)),
        });
        if stall.waiting != waiting {
            stall.waiting = waiting;
            stall.timer.as_mut().reset(Instant::now() + after);
        }
        stall.timer.as_mut().poll(cx)
    }

    fn closed(&self) -> Closed {
        self.websocket.closed().cloned().unwrap_or_default()
    }
}

/// What of an error is a failure in the standard's sense: a connection that breaks off, or whose
/// close frame is not answered, is closed without being failed (RFC 6455 7.1.4, 7.1.7).
fn failed(error: Error) -> Option<ErrorCause> {
    match error {
        Error::Failed(Failure::Lost | Failure::CloseTimeout) | Error::Io(_) | Error::Send(_) => {
            None
        }
        Error::Failed(failure) => Some(ErrorCause::Failed(failure)),
    }
}
