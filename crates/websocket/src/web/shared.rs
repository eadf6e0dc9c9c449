//! What the handles and the connection's task share.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use super::event::{CloseEvent, ErrorCause, ErrorEvent, MessageEvent, OpenEvent};
use super::handlers::{COST, Call, Handlers};
use super::{BinaryType, InvalidState, WebSocket};
use crate::{Closed, Message, Text};

/// How many bytes of messages are handed over to be encoded at once.
const BATCH: usize = 64 * 1024;

/// With what to close: nothing, or a code and a reason.
pub(super) type CloseWith = Option<(u16, String)>;

pub(super) struct Shared {
    pub(super) url: String,
    origin: Text,
    /// Above how many waiting bytes sending fails the connection.
    limit: usize,
    handles: AtomicUsize,
    /// Never held while a handler, a waker or a destructor of the user's runs.
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) ready_state: u16,
    pub(super) buffered_amount: u64,
    pub(super) protocol: String,
    pub(super) extensions: String,
    pub(super) binary_type: BinaryType,
    pub(super) handlers: Handlers,
    queue: VecDeque<Message>,
    /// With what to close once the queue has left.
    close: Option<CloseWith>,
    full: bool,
    waker: Option<Waker>,
}

/// What the task has to know before it goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wishes {
    pub(super) call_due: bool,
    pub(super) full: bool,
    /// A close frame is to follow what waits.
    pub(super) closing: bool,
}

/// What to write next.
pub(super) enum Output {
    Nothing,
    /// They are in the given list.
    Messages,
    Close(CloseWith),
}

impl Shared {
    pub(super) fn new(url: String, origin: &str, limit: usize) -> Self {
        Self {
            url,
            origin: origin.into(),
            limit,
            handles: AtomicUsize::new(0),
            state: Mutex::new(State {
                ready_state: WebSocket::CONNECTING,
                buffered_amount: 0,
                protocol: String::new(),
                extensions: String::new(),
                binary_type: BinaryType::default(),
                handlers: Handlers::default(),
                queue: VecDeque::new(),
                close: None,
                full: false,
                waker: None,
            }),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        let waker = self.lock().waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn add_handle(&self) {
        self.handles.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn remove_handle(&self) {
        // Acquire and release: whoever sees the last one go sees all that it did.
        if self.handles.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.wake();
        }
    }

    fn is_abandoned(&self) -> bool {
        self.handles.load(Ordering::Acquire) == 0
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Changes the handlers, and drops without the lock what `change` gives back.
    pub(super) fn change_handlers<D>(&self, change: impl FnOnce(&mut Handlers) -> D) {
        let mut state = self.lock();
        let dropped = change(&mut state.handlers);
        // A handler for messages that cannot come would only keep alive what it owns.
        let useless = match state.ready_state {
            WebSocket::CLOSED => state.handlers.rule_messages_out(),
            _ => None,
        };
        let due = state.handlers.is_call_due();
        drop(state);
        drop((dropped, useless));
        if due {
            self.wake();
        }
    }

    /// The steps of send.
    pub(super) fn send(&self, message: Message) -> Result<(), InvalidState> {
        let len = message.as_bytes().len() as u64;
        let mut state = self.lock();
        if state.ready_state == WebSocket::CONNECTING {
            drop(state);
            return Err(InvalidState);
        }
        let waiting = state.buffered_amount + (state.queue.len() * COST) as u64;
        state.buffered_amount = state.buffered_amount.saturating_add(len);
        let mut dropped = VecDeque::new();
        if state.ready_state != WebSocket::OPEN {
            dropped.push_back(message);
        } else if waiting > self.limit as u64 {
            state.full = true;
            state.ready_state = WebSocket::CLOSING;
            dropped = std::mem::take(&mut state.queue);
            dropped.push_back(message);
        } else {
            state.queue.push_back(message);
        }
        let waker = state.waker.take();
        drop(state);
        drop(dropped);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    /// The steps of close, once its arguments have been checked.
    pub(super) fn close(&self, with: CloseWith) {
        let mut state = self.lock();
        if matches!(state.ready_state, WebSocket::CLOSING | WebSocket::CLOSED) {
            return;
        }
        // Before the connection is open, the task sees by the state that it has to give up.
        state.ready_state = WebSocket::CLOSING;
        state.close = Some(with);
        // "If ready state is not OPEN (1), then return."
        let dropped = state.handlers.forget_messages();
        drop(state);
        drop(dropped);
        self.wake();
    }

    /// Whether to stop connecting; the task is woken when that changes.
    pub(super) fn gives_up(&self, cx: &Context<'_>) -> bool {
        let mut state = self.lock();
        state.register(cx);
        state.ready_state != WebSocket::CONNECTING
            || (self.is_abandoned() && !state.handlers.listens_while_connecting())
    }

    /// The connection is established. False if nobody wants it any more.
    pub(super) fn open(&self, protocol: &str, extensions: String) -> bool {
        let mut state = self.lock();
        if state.ready_state != WebSocket::CONNECTING {
            return false;
        }
        state.ready_state = WebSocket::OPEN;
        state.extensions = extensions;
        protocol.clone_into(&mut state.protocol);
        state.handlers.open.fire(());
        true
    }

    /// What there is to do; the task is woken when that changes.
    pub(super) fn wishes(&self, cx: &Context<'_>) -> Wishes {
        let mut state = self.lock();
        state.register(cx);
        let call_due = state.handlers.is_call_due();
        // Garbage collection: "start the WebSocket closing handshake, with no status code"
        if !call_due
            && state.ready_state == WebSocket::OPEN
            && self.is_abandoned()
            && !state.handlers.listens_while_open()
        {
            state.ready_state = WebSocket::CLOSING;
            state.close = Some(None);
        }
        Wishes {
            call_due,
            full: state.full,
            closing: state.close.is_some(),
        }
    }

    /// The next messages, as many as make a batch, or the close frame behind the last of them.
    pub(super) fn next_output(&self, messages: &mut Vec<Message>) -> Output {
        let mut state = self.lock();
        let mut bytes = 0;
        while bytes < BATCH
            && let Some(message) = state.queue.pop_front()
        {
            bytes += message.as_bytes().len() + COST;
            messages.push(message);
        }
        if !messages.is_empty() {
            return Output::Messages;
        }
        match state.close.take() {
            Some(with) => Output::Close(with),
            None => Output::Nothing,
        }
    }

    /// Says how many bytes of messages have been given to the network.
    pub(super) fn release(&self, bytes: u64) {
        if bytes > 0 {
            let mut state = self.lock();
            state.buffered_amount = state.buffered_amount.saturating_sub(bytes);
        }
    }

    /// A message has been received.
    pub(super) fn receive(&self, message: Message) {
        let mut state = self.lock();
        let dropped = match state.ready_state {
            WebSocket::OPEN => state.handlers.receive(message),
            _ => VecDeque::from([message]),
        };
        drop(state);
        drop(dropped);
    }

    /// The closing handshake is started, by the server or by a failure.
    pub(super) fn start_closing(&self) {
        let mut state = self.lock();
        if state.ready_state == WebSocket::OPEN {
            state.ready_state = WebSocket::CLOSING;
        }
    }

    /// The connection is closed.
    pub(super) fn end(&self, closed: Closed, cause: Option<ErrorCause>) {
        let mut state = self.lock();
        state.ready_state = WebSocket::CLOSED;
        state.close = None;
        let queue = std::mem::take(&mut state.queue);
        let handlers = &mut state.handlers;
        let open = handlers.open.rule_out();
        let message = handlers.rule_messages_out();
        let error = match cause {
            Some(cause) => {
                handlers.error.fire(cause);
                None
            }
            None => handlers.error.rule_out(),
        };
        handlers.close.fire(closed);
        drop(state);
        drop((queue, open, message, error));
    }

    /// Calls the handlers of what has happened, one after the other.
    pub(super) fn call_handlers(self: &Arc<Self>) {
        while let Some(call) = self.next_call() {
            let target = WebSocket::of(self);
            // As in a browser, what is wrong in a handler is reported, here by the panic hook,
            // and is not the end of the connection.
            match call {
                Call::Open(handler) => run(move || handler(target, ())),
                Call::Error(handler, cause) => run(move || handler(target, cause)),
                Call::Close(handler, closed) => run(move || handler(target, closed)),
                Call::Message(mut handler, data, changes) => {
                    let origin = self.origin.clone();
                    let event = MessageEvent {
                        data,
                        origin,
                        target,
                    };
                    run(|| handler(event));
                    let mut state = self.lock();
                    let dropped = state.handlers.put_back(handler, changes);
                    drop(state);
                    drop(dropped);
                }
            }
        }
    }

    fn next_call(&self) -> Option<Call> {
        self.lock().handlers.next_call()
    }

    /// After the end: whether a handler that came late is to be called, `None` if there is no
    /// need to wait for any more.
    pub(super) fn late_call(&self, cx: &Context<'_>) -> Option<bool> {
        let mut state = self.lock();
        state.register(cx);
        let useless = state.handlers.rule_messages_out();
        let due = state.handlers.is_call_due();
        let done = !due && (self.is_abandoned() || state.handlers.are_done());
        drop(state);
        drop(useless);
        (!done).then_some(due)
    }

    /// The task ends, maybe because its runtime does: nothing more will be told.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.ready_state = WebSocket::CLOSED;
        let handlers = state.handlers.discard();
        let queue = std::mem::take(&mut state.queue);
        let waker = state.waker.take();
        drop(state);
        drop((handlers, queue, waker));
    }
}

impl State {
    fn register(&mut self, cx: &Context<'_>) {
        match &mut self.waker {
            Some(registered) if registered.will_wake(cx.waker()) => {}
            waker => *waker = Some(cx.waker().clone()),
        }
    }
}

fn run(handler: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(handler));
}

/// The handlers that take what happened instead of an event, for [`Handlers`].
pub(super) fn on_open(
    handler: impl FnOnce(OpenEvent) + Send + 'static,
) -> super::handlers::OnOnce<()> {
    Box::new(move |target, ()| handler(OpenEvent { target }))
}

pub(super) fn on_error(
    handler: impl FnOnce(ErrorEvent) + Send + 'static,
) -> super::handlers::OnOnce<ErrorCause> {
    Box::new(move |target, cause| handler(ErrorEvent { cause, target }))
}

pub(super) fn on_close(
    handler: impl FnOnce(CloseEvent) + Send + 'static,
) -> super::handlers::OnOnce<Closed> {
    Box::new(move |target, closed| {
        let Closed {
            code,
            reason,
            was_clean,
        } = closed;
        handler(CloseEvent {
            code,
            reason,
            was_clean,
            target,
        });
    })
}
