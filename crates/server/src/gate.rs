use std::collections::VecDeque;

use sockeye_protocol::{Event, OwnedArguments};

use crate::DisconnectReason;

/// What each waiting event weighs beyond its bytes.
const EVENT_WEIGHT: usize = 64;

/// How much may wait for a handler, in bytes.
const LIMIT: usize = 1024 * 1024;

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

/// Holds a socket's events back while its connect handler runs, or, if the namespace is sequential, any
/// handler.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    held: bool,
    waiting: VecDeque<Waiting>,
    weight: usize,
}

/// Too much waits.
#[derive(Debug)]
pub(crate) struct Overflow;

impl Gate {
    pub(crate) fn is_held(&self) -> bool {
        self.held
    }

    pub(crate) fn hold(&mut self) {
        self.held = true;
    }

    pub(crate) fn push_event(&mut self, event: &Event<'_>) -> Result<(), Overflow> {
        let arguments = event.args.to_owned();
        let weight = arguments.weight() + event.name.len() + EVENT_WEIGHT;
        if self.weight + weight > LIMIT && !self.waiting.is_empty() {
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

    pub(crate) fn push_disconnect(&mut self, reason: DisconnectReason) {
        self.waiting.push_back(Waiting::Disconnect(reason));
    }

    /// What comes next; without anything the gate opens.
    pub(crate) fn pop(&mut self) -> Option<Waiting> {
        let next = self.waiting.pop_front();
        match &next {
            Some(Waiting::Event {
                name, arguments, ..
            }) => {
                self.weight -= arguments.weight() + name.len() + EVENT_WEIGHT;
            }
            Some(Waiting::Disconnect(_)) => {}
            None => *self = Self::default(),
        }
        next
    }
}
