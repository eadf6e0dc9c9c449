use std::{fmt::Display, sync::OnceLock};

use serde::Serialize;

use super::Outcome;
use crate::{HandlerError, Payload, Socket, stats::count};

/// Acknowledges the event with a value, or with several as `Reply(Args((a, b)))`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply<T>(pub T);

/// What a handler returns: the acknowledgement, if the client asked for one.
#[diagnostic::on_unimplemented(
    message = "a handler cannot return `{Self}`",
    note = "return `()`, `Reply(value)`, or a `Result` of them whose error implements `Display`"
)]
pub trait IntoReply {
    /// Sends it.
    fn reply(self, to: Replier<'_>);
}

/// Where an acknowledgement goes.
#[derive(Debug)]
pub struct Replier<'a> {
    pub(crate) socket: &'a Socket,
    pub(crate) ack: Option<u64>,
    /// Where a middleware looks for what went wrong.
    pub(crate) failure: Option<&'a OnceLock<Outcome>>,
}

#[derive(Serialize)]
struct Failure {
    error: String,
}

impl Replier<'_> {
    /// Acknowledges with one value, or several as [`Args`](crate::Args).
    pub fn send(self, payload: &impl Payload) {
        if let Some(id) = self.ack {
            self.socket.acknowledge(id, payload);
        }
    }

    /// Acknowledges with `{"error": …}`.
    pub fn error(self, error: impl Display) {
        self.send(&Failure {
            error: error.to_string(),
        });
    }
}

impl IntoReply for () {
    fn reply(self, to: Replier<'_>) {
        to.send(&());
    }
}

impl<T: Payload> IntoReply for Reply<T> {
    fn reply(self, to: Replier<'_>) {
        to.send(&self.0);
    }
}

impl<T: IntoReply, E: Display> IntoReply for Result<T, E> {
    fn reply(self, to: Replier<'_>) {
        match self {
            Ok(reply) => reply.reply(to),
            Err(error) => {
                count(&to.socket.counters().handler_errors);
                let text = error.to_string();
                if let Some(failure) = to.failure {
                    let _ = failure.set(Outcome::Failed(text.clone()));
                }
                to.socket.report(&HandlerError::Failed(text));
                to.error(error);
            }
        }
    }
}
