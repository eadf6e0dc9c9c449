use std::collections::HashMap;

use sockeye_protocol::{Arguments, OwnedArguments};
use tokio::sync::oneshot;

use super::{AckError, Ticket};

/// From so many on, those that nobody waits for any more are looked for.
const CROWDED: usize = 64;

/// The acknowledgements that a socket owes.
#[derive(Debug, Default)]
pub(crate) struct Acks {
    closed: bool,
    pending: HashMap<u64, Waiter>,
    /// How many there were after the last look for those that nobody waits for.
    wanted: usize,
}

/// Why a broadcast does not ask a socket.
#[must_use = "the broadcast is to be told"]
pub(crate) enum NotAsked {
    Gone(Ticket),
    OwesTooMany(Ticket),
}

impl NotAsked {
    /// Tells the broadcast, which may wake somebody: not for under a lock.
    pub(crate) fn tell(self) {
        match self {
            Self::Gone(ticket) => drop(ticket),
            Self::OwesTooMany(ticket) => ticket.not_asked(),
        }
    }
}

/// Who waits for an acknowledgement.
#[derive(Debug)]
pub(crate) enum Waiter {
    One(oneshot::Sender<OwnedArguments>),
    /// A broadcast collects it.
    Many(Ticket),
}

impl Acks {
    /// Expects an acknowledgement of this socket alone, if it owes fewer than `most`.
    pub(crate) fn expect(
        &mut self,
        most: usize,
        id: impl FnOnce() -> u64,
    ) -> Result<(u64, oneshot::Receiver<OwnedArguments>), AckError> {
        if self.closed {
            return Err(AckError::Disconnected);
        }
        if self.is_full(most) {
            return Err(AckError::TooManyPending);
        }
        let id = id();
        let (sender, receiver) = oneshot::channel();
        self.pending.insert(id, Waiter::One(sender));
        Ok((id, receiver))
    }

    /// Expects an acknowledgement for a broadcast. The ticket comes back if this is not possible.
    pub(crate) fn collect(&mut self, most: usize, id: u64, ticket: Ticket) -> Result<(), NotAsked> {
        if self.closed {
            return Err(NotAsked::Gone(ticket));
        }
        if self.is_full(most) {
            return Err(NotAsked::OwesTooMany(ticket));
        }
        self.pending.insert(id, Waiter::Many(ticket));
        Ok(())
    }

    fn is_full(&mut self, most: usize) -> bool {
        if self.pending.len() >= CROWDED.max(2 * self.wanted).min(most) {
            // A broadcast that is not waited for any more leaves its tickets where they are.
            self.pending.retain(|_, waiter| waiter.is_wanted());
            self.wanted = self.pending.len();
        }
        self.pending.len() >= most
    }

    /// Whether nobody waits for any.
    pub(crate) fn are_none(&self) -> bool {
        !self.pending.values().any(Waiter::is_wanted)
    }

    /// Who waits for an acknowledgement that has arrived; it is handed over outside the lock.
    pub(crate) fn take(&mut self, id: u64) -> Option<Waiter> {
        self.pending.remove(&id)
    }

    /// Nobody waits for this one any more. Returns what has to be dropped outside the lock.
    pub(crate) fn forget(&mut self, id: u64) -> impl Sized + use<> {
        self.pending.remove(&id)
    }

    /// Nothing more will come. Returns what has to be dropped outside the lock.
    pub(crate) fn close(&mut self) -> impl Sized + use<> {
        self.closed = true;
        std::mem::take(&mut self.pending)
    }
}

impl Waiter {
    fn is_wanted(&self) -> bool {
        match self {
            Self::One(sender) => !sender.is_closed(),
            Self::Many(ticket) => ticket.is_wanted(),
        }
    }

    /// Hands the acknowledgement to who waits for it. `false` if nobody does.
    pub(crate) fn receive(self, arguments: &Arguments<'_>) -> bool {
        match self {
            Self::One(sender) => sender.send(arguments.to_owned()).is_ok(),
            Self::Many(ticket) => ticket.answer(arguments),
        }
    }
}
