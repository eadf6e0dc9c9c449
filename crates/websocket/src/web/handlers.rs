//! Handlers, and events that wait for one.

use std::collections::VecDeque;

use super::event::{ErrorCause, MessageEvent};
use super::{EventKind, WebSocket};
use crate::{Closed, Message};

/// How many bytes of messages wait for the first handler.
const HELD: usize = 64 * 1024;

/// What a message costs to hold, beside its bytes.
pub(super) const COST: usize = 64;

pub(super) type OnMessage = Box<dyn FnMut(MessageEvent) + Send>;
pub(super) type OnOnce<P> = Box<dyn FnOnce(WebSocket, P) + Send>;

/// An event that happens at most once, with its handler. `P` is what happened.
#[derive(Default)]
pub(super) enum Once<P> {
    #[default]
    Unset,
    Set(OnOnce<P>),
    /// It happened, and nobody has heard of it.
    Waiting(P),
    /// The connection's task is about to call the handler.
    Ready(P, OnOnce<P>),
    /// It was handled, or will never happen.
    Over,
}

impl<P> Once<P> {
    /// Gives back the handler that is not needed any more: it must be dropped without the lock.
    pub(super) fn set(&mut self, handler: OnOnce<P>) -> Option<OnOnce<P>> {
        let (next, old) = match std::mem::replace(self, Self::Over) {
            Self::Unset => (Self::Set(handler), None),
            Self::Set(old) => (Self::Set(handler), Some(old)),
            Self::Waiting(payload) => (Self::Ready(payload, handler), None),
            Self::Ready(payload, old) => (Self::Ready(payload, handler), Some(old)),
            Self::Over => (Self::Over, Some(handler)),
        };
        *self = next;
        old
    }

    fn clear(&mut self) -> Option<OnOnce<P>> {
        let (next, old) = match std::mem::replace(self, Self::Over) {
            Self::Set(old) => (Self::Unset, Some(old)),
            Self::Ready(payload, old) => (Self::Waiting(payload), Some(old)),
            other => (other, None),
        };
        *self = next;
        old
    }

    pub(super) fn fire(&mut self, payload: P) {
        *self = match std::mem::replace(self, Self::Over) {
            Self::Unset => Self::Waiting(payload),
            Self::Set(handler) => Self::Ready(payload, handler),
            other => other,
        };
    }

    /// Says that it will not happen any more.
    pub(super) fn rule_out(&mut self) -> Option<OnOnce<P>> {
        match self {
            Self::Unset => {
                *self = Self::Over;
                None
            }
            Self::Set(_) => match std::mem::replace(self, Self::Over) {
                Self::Set(handler) => Some(handler),
                _ => None,
            },
            _ => None,
        }
    }

    fn take_ready(&mut self) -> Option<(P, OnOnce<P>)> {
        if !self.is_ready() {
            return None;
        }
        match std::mem::replace(self, Self::Over) {
            Self::Ready(payload, handler) => Some((payload, handler)),
            _ => None,
        }
    }

    const fn is_ready(&self) -> bool {
        matches!(self, Self::Ready(..))
    }

    const fn is_listening(&self) -> bool {
        matches!(self, Self::Set(_) | Self::Ready(..))
    }

    const fn is_over(&self) -> bool {
        matches!(self, Self::Over)
    }
}

/// All handlers of one object.
#[derive(Default)]
pub(super) struct Handlers {
    pub(super) open: Once<()>,
    pub(super) error: Once<ErrorCause>,
    pub(super) close: Once<Closed>,
    message: Option<OnMessage>,
    /// Counts the changes of `message`: a handler that is being called may change it.
    changes: u64,
    /// A handler for messages was set once: from then on none is held.
    heard: bool,
    inbox: VecDeque<Message>,
    held: usize,
}

/// What is to be called next, without the lock.
pub(super) enum Call {
    Open(OnOnce<()>),
    Message(OnMessage, Message, u64),
    Error(OnOnce<ErrorCause>, ErrorCause),
    Close(OnOnce<Closed>, Closed),
}

/// What is to be dropped without the lock, since a handler may own anything.
#[derive(Default)]
#[expect(dead_code, reason = "it is only kept to be dropped")]
pub(super) struct Discarded(
    Option<OnOnce<()>>,
    Option<OnMessage>,
    Option<OnOnce<ErrorCause>>,
    Option<OnOnce<Closed>>,
    VecDeque<Message>,
);

impl Handlers {
    pub(super) fn set_message(&mut self, handler: OnMessage) -> Option<OnMessage> {
        self.changes += 1;
        self.heard = true;
        self.message.replace(handler)
    }

    pub(super) fn clear(&mut self, kind: EventKind) -> Discarded {
        let mut discarded = Discarded::default();
        match kind {
            EventKind::Open => discarded.0 = self.open.clear(),
            EventKind::Message => {
                self.changes += 1;
                discarded.1 = self.message.take();
            }
            EventKind::Error => discarded.2 = self.error.clear(),
            EventKind::Close => discarded.3 = self.close.clear(),
        }
        discarded
    }

    /// Keeps a message for its handler, unless there is none and will be none.
    pub(super) fn receive(&mut self, message: Message) -> VecDeque<Message> {
        if self.message.is_none() {
            let cost = message.as_bytes().len() + COST;
            if self.heard || self.held + cost > HELD {
                // Nobody means to listen, or nobody does any more.
                self.heard = true;
                let mut dropped = std::mem::take(&mut self.inbox);
                dropped.push_back(message);
                return dropped;
            }
            self.held += cost;
        }
        self.inbox.push_back(message);
        VecDeque::new()
    }

    pub(super) fn forget_messages(&mut self) -> VecDeque<Message> {
        std::mem::take(&mut self.inbox)
    }

    /// The next handler to call: in the order of the events, as far as they have one.
    pub(super) fn next_call(&mut self) -> Option<Call> {
        if let Some(((), handler)) = self.open.take_ready() {
            return Some(Call::Open(handler));
        }
        if !self.inbox.is_empty()
            && let Some(handler) = self.message.take()
        {
            match self.inbox.pop_front() {
                Some(message) => return Some(Call::Message(handler, message, self.changes)),
                None => self.message = Some(handler),
            }
        }
        if let Some((cause, handler)) = self.error.take_ready() {
            return Some(Call::Error(handler, cause));
        }
        let (closed, handler) = self.close.take_ready()?;
        Some(Call::Close(handler, closed))
    }

    pub(super) fn is_call_due(&self) -> bool {
        self.open.is_ready()
            || (!self.inbox.is_empty() && self.message.is_some())
            || self.error.is_ready()
            || self.close.is_ready()
    }

    /// Takes a handler back that was called, unless another took its place, or none.
    pub(super) fn put_back(&mut self, handler: OnMessage, changes: u64) -> Option<OnMessage> {
        if self.changes != changes || self.message.is_some() {
            return Some(handler);
        }
        self.message = Some(handler);
        None
    }

    /// Garbage collection: who keeps a connection alive that is not open yet.
    pub(super) fn listens_while_connecting(&self) -> bool {
        self.open.is_listening() || self.listens_while_open()
    }

    /// Garbage collection: who keeps an open connection alive.
    pub(super) fn listens_while_open(&self) -> bool {
        self.message.is_some() || self.error.is_listening() || self.close.is_listening()
    }

    /// Whether nothing is left to be told, whoever comes to listen.
    pub(super) fn are_done(&self) -> bool {
        self.open.is_over() && self.error.is_over() && self.close.is_over() && self.inbox.is_empty()
    }

    /// No message will come any more.
    pub(super) fn rule_messages_out(&mut self) -> Option<OnMessage> {
        if self.inbox.is_empty() {
            self.changes += 1;
            self.message.take()
        } else {
            None
        }
    }

    /// Ends it all.
    pub(super) fn discard(&mut self) -> Self {
        let over = Self {
            open: Once::Over,
            error: Once::Over,
            close: Once::Over,
            heard: true,
            changes: self.changes + 1,
            ..Self::default()
        };
        std::mem::replace(self, over)
    }
}
