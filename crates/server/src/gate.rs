use std::collections::VecDeque;

use sockeye_protocol::{Event, OwnedArguments};

use crate::DisconnectReason;

/// What each waiting event weighs beyond its bytes.
const EVENT_WEIGHT: usize = 64;

/// Something that came in while a handler had to be waited for.
#[derive(Debug)]
pub(crate) enum Waiting {
    Event {
        name: Box<str>,
        id: Option<u64>,
        arguments: OwnedArguments,
    },
    Disconnect(DisconnectReason),
}

/// Whether a socket's events may pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    /// Somebody holds it, and opens it: a handler that is waited for, or whoever handles what waited.
    Held,
    /// Too many handlers are pending: the next one that ends handles what waited.
    Full,
}

/// Holds a socket's events back: while its connect handler runs; if the namespace is sequential, while any
/// handler runs; and while too many handlers are pending.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: State,
    /// Handlers that were begun and wait for something.
    pending: usize,
    /// It was full, and has not been open since.
    crowded: bool,
    waiting: VecDeque<Waiting>,
    weight: usize,
}

/// Too much waits.
#[derive(Debug)]
pub(crate) struct Overflow;

impl Gate {
    pub(crate) fn is_closed(&self) -> bool {
        self.state != State::Open
    }

    /// Whether events wait because too many handlers are pending.
    pub(crate) fn is_crowded(&self) -> bool {
        self.crowded
    }

    /// Whether handlers are pending, or events wait.
    pub(crate) fn is_busy(&self) -> bool {
        self.is_closed() || self.pending > 0
    }

    pub(crate) fn hold(&mut self) {
        self.state = State::Held;
    }

    /// A handler waits for something. It closes the gate if it is one of `most`.
    pub(crate) fn begin(&mut self, most: usize) {
        self.pending += 1;
        if self.state == State::Open && self.pending >= most {
            self.fill();
        }
    }

    fn fill(&mut self) {
        self.state = State::Full;
        self.crowded = true;
    }

    /// A handler that waited has ended, or never will.
    pub(crate) fn end(&mut self) {
        self.pending -= 1;
    }

    /// Takes a full gate if fewer than `most` handlers are pending by now: the caller handles what waits.
    pub(crate) fn take(&mut self, most: usize) -> bool {
        let taken = self.state == State::Full && self.pending < most;
        if taken {
            self.state = State::Held;
        }
        taken
    }

    /// Keeps an event, if no more than `most` bytes wait with it, or it alone.
    pub(crate) fn push_event(&mut self, event: &Event<'_>, most: usize) -> Result<(), Overflow> {
        let arguments = event.args.to_owned();
        let weight = arguments.weight() + event.name.len() + EVENT_WEIGHT;
        if self.weight + weight > most && !self.waiting.is_empty() {
            return Err(Overflow);
        }
        self.weight += weight;
        self.waiting.push_back(Waiting::Event {
            name: event.name.as_ref().into(),
            id: event.id,
            arguments,
        });
        Ok(())
    }

    /// The disconnect comes after what waits. `false` if nothing does but handlers that are pending anyhow.
    pub(crate) fn push_disconnect(&mut self, reason: DisconnectReason) -> bool {
        let waits = match self.state {
            State::Open => false,
            State::Held => true,
            State::Full => !self.waiting.is_empty(),
        };
        if waits {
            self.waiting.push_back(Waiting::Disconnect(reason));
        }
        waits
    }

    /// What comes next, for the one who holds the gate. With nothing left it opens; with `most` handlers
    /// pending it waits for one of them.
    pub(crate) fn pop(&mut self, most: usize) -> Option<Waiting> {
        if self.pending >= most && !matches!(self.waiting.front(), Some(Waiting::Disconnect(_))) {
            self.fill();
            return None;
        }
        let next = self.waiting.pop_front();
        match &next {
            Some(Waiting::Event {
                name, arguments, ..
            }) => {
                self.weight -= arguments.weight() + name.len() + EVENT_WEIGHT;
            }
            Some(Waiting::Disconnect(_)) => {}
            None => {
                self.state = State::Open;
                self.crowded = false;
                self.waiting = VecDeque::new();
            }
        }
        next
    }
}
