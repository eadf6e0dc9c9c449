//! Events that are types: a name, what the event carries, and what answers it, said once for both
//! sides.

mod form;
#[cfg(feature = "typescript")]
pub mod typescript;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use form::{Bare, Empty, Form, Several, Single};

use crate::{Arity, Payload};

/// A type that is an event: `#[derive(Event)]` makes it one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event",
    label = "this has to be a type with `#[derive(Event)]`",
    note = "or use the method that takes the event's name and any value: `emit`, `emit_with_ack`, `on`"
)]
pub trait Event {
    /// The name on the wire.
    const NAME: &'static str;

    /// How many arguments it is: [`Single`], [`Several`] or [`Empty`].
    type Form: Form;

    /// The type that the other side answers with: `()` for an answer without a value,
    /// [`NoReply`] if there is none.
    type Reply;
}

impl<E: Event + ?Sized> Event for &E {
    const NAME: &'static str = E::NAME;
    type Form = E::Form;
    type Reply = E::Reply;
}

/// The reply of an event that is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoReply {}

/// What an event can be answered with.
#[diagnostic::on_unimplemented(
    message = "this event is not answered: its reply is `{Self}`",
    label = "nothing to wait for",
    note = "say what the other side answers: `#[event(reply = Type)]`, where `Type` can be read by serde, or `()`"
)]
pub trait Answer: DeserializeOwned {}

impl<T: DeserializeOwned> Answer for T {}

/// A typed event, as what a packet carries.
#[derive(Debug, Clone, Copy)]
pub struct Typed<E>(pub E);

impl<E: Event + Serialize> Payload for Typed<E> {
    type Value = E;

    fn value(&self) -> &E {
        &self.0
    }

    fn arity(&self) -> Arity {
        E::Form::ARITY
    }
}
