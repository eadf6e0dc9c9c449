//! Handlers and emits by the type of an event.

use serde::Serialize;
use sockeye_protocol::typed::{Answer, Bare, Event, NoReply, Several, Typed};

use crate::{
    Acknowledgement, Args, Broadcast, Emitter, Handler, IntoReply, Namespace, Reply, Server,
    Socket, ViaParts, ViaPayload,
};

/// The parameters of a handler whose last one is a typed event.
#[diagnostic::on_unimplemented(
    message = "this handler takes no typed event",
    note = "its last parameter has to be a type with `#[derive(Event)]`, in `Args` if it is a tuple struct; \
            `on` takes a name and any handler"
)]
pub trait TakesEvent {
    /// The event.
    type Event: Event;
}

/// What a handler of a typed event returns.
#[diagnostic::on_unimplemented(
    message = "a handler of the event `{E}` cannot return `{Self}`",
    note = "it returns `Reply<…>` with the type that the event's `#[event(reply = …)]` says, or `()` if it says \
            none; or a `Result` of that, whose error implements `Display`"
)]
pub trait Answers<E: Event> {}

/// What says that an answer has no value.
#[diagnostic::on_unimplemented(
    message = "this event is answered with `{Self}`, but the handler returns nothing",
    note = "return `Reply(…)`"
)]
pub trait Nothing {}

impl Nothing for () {}
impl Nothing for NoReply {}

/// What says that an answer has the type that the event wants.
#[diagnostic::on_unimplemented(
    message = "this event is answered with `{Self}`, but the handler returns `Reply<{T}>`",
    label = "the reply has another type",
    note = "change what the handler returns, or the `#[event(reply = …)]` of the event; one without it has `NoReply`, \
            and its handler returns `()`"
)]
pub trait AnsweredBy<T> {}

impl<T> AnsweredBy<T> for T {}

impl<E: Event<Reply: Nothing>> Answers<E> for () {}
impl<T, E: Event<Reply: AnsweredBy<T>>> Answers<E> for Reply<T> {}
impl<A: Answers<E>, E: Event, F> Answers<E> for Result<A, F> {}

macro_rules! impl_takes_event {
    ($($part:ident)*) => {
        impl<E: Event<Form: Bare>, $($part,)*> TakesEvent for (ViaPayload, $($part,)* E,) {
            type Event = E;
        }

        impl<E: Event<Form = Several>, $($part,)*> TakesEvent for (ViaParts, $($part,)* Args<E>,) {
            type Event = E;
        }
    };
}

impl_takes_event!();
impl_takes_event!(T1);
impl_takes_event!(T1 T2);
impl_takes_event!(T1 T2 T3);
impl_takes_event!(T1 T2 T3 T4);
impl_takes_event!(T1 T2 T3 T4 T5);
impl_takes_event!(T1 T2 T3 T4 T5 T6);
impl_takes_event!(T1 T2 T3 T4 T5 T6 T7);

impl<S> Namespace<S>
where
    S: Clone + Send + Sync + 'static,
{
    /// Handles the event that the handler's last parameter is; what the handler returns is the event's
    /// reply.
    ///
    /// ```
    /// use serde::{Deserialize, Serialize};
    /// use sockeye::{Event, Namespace, Reply, Socket};
    ///
    /// #[derive(Event, Deserialize)]
    /// #[event(reply = Accepted)]
    /// struct Say {
    ///     text: String,
    /// }
    ///
    /// #[derive(Serialize)]
    /// struct Accepted {
    ///     length: usize,
    /// }
    ///
    /// #[derive(Event, Serialize)]
    /// struct Message<'a> {
    ///     text: &'a str,
    /// }
    ///
    /// async fn say(socket: Socket, say: Say) -> Reply<Accepted> {
    ///     socket.broadcast().emit_event(Message { text: &say.text });
    ///     Reply(Accepted { length: say.text.len() })
    /// }
    ///
    /// let namespace: Namespace = Namespace::new().event(say);
    /// # let _ = namespace;
    /// ```
    ///
    /// # Panics
    ///
    /// At [`ServerBuilder::build`](crate::ServerBuilder::build) if the event has two handlers.
    #[must_use]
    pub fn event<H, M>(self, handler: H) -> Self
    where
        M: TakesEvent + 'static,
        H: Handler<M, S, Output: IntoReply + Answers<M::Event>>,
    {
        self.on(M::Event::NAME, handler)
    }
}

impl Socket {
    /// Sends a typed event to this client; see [`emit`](Self::emit).
    pub fn emit_event<E: Event + Serialize>(&self, event: E) {
        self.emit(E::NAME, Typed(event));
    }

    /// Sends a typed event to this client and waits for its reply; see
    /// [`emit_with_ack`](Self::emit_with_ack).
    ///
    /// ```
    /// # use sockeye::{AckError, Event, Socket};
    /// #[derive(Event, serde::Serialize)]
    /// #[event(reply = bool)]
    /// struct Confirm {
    ///     question: String,
    /// }
    ///
    /// async fn confirm(socket: Socket) -> Result<bool, AckError> {
    ///     socket.ask(Confirm { question: "Really?".into() }).await
    /// }
    /// ```
    pub fn ask<E>(&self, event: E) -> Acknowledgement<E::Reply>
    where
        E: Event<Reply: Answer> + Serialize,
    {
        self.emit_with_ack(E::NAME, Typed(event))
    }
}

impl Emitter<'_> {
    /// Sends a typed event; see [`emit`](Self::emit).
    pub fn emit_event<E: Event + Serialize>(self, event: E) {
        self.emit(E::NAME, Typed(event));
    }
}

impl Broadcast {
    /// Sends a typed event; see [`emit`](Self::emit).
    pub fn emit_event<E: Event + Serialize>(&self, event: E) {
        self.emit(E::NAME, Typed(event));
    }
}

impl Server {
    /// Sends a typed event to all sockets of the namespace `/`; see [`emit`](Self::emit).
    pub fn emit_event<E: Event + Serialize>(&self, event: E) {
        self.emit(E::NAME, Typed(event));
    }
}
