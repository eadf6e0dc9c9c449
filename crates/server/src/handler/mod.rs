//! Handlers: ordinary async functions and closures whose parameters say what they need.

mod erased;
mod extract;
mod incoming;
mod middleware;
mod reply;

use std::future::Future;

pub(crate) use erased::{
    AuthHandler, BoundAuth, BoundEvent, Decision, EventHandler, Panicked, Pending, caught,
    panicked, poll_once, refuse,
};
pub use extract::{
    AckSender, EventName, ExtractError, FromEvent, FromParts, FromRef, Session, State,
};
pub use incoming::Incoming;
pub(crate) use incoming::Input;
pub(crate) use middleware::Middleware;
pub use middleware::{EventCall, Next, Outcome};
pub use reply::{IntoReply, Replier, Reply};

/// Marks a last parameter that is an extractor.
#[derive(Debug, Clone, Copy)]
pub enum ViaParts {}

/// Marks a last parameter that is the event's payload.
#[derive(Debug, Clone, Copy)]
pub enum ViaPayload {}

/// An async function or closure that handles an event, a connection or its end.
///
/// Up to eight parameters: extractors ([`Socket`](crate::Socket), [`Session`], [`State`],
/// [`Handshake`](crate::Handshake), [`Args`](crate::Args), [`RawJson`](crate::RawJson), [`AckSender`],
/// [`EventName`], [`Server`](crate::Server)), and last the payload: any type that serde can read, taken
/// from the event's first argument. What it returns is the acknowledgement.
///
/// ```
/// use sockeye::{Namespace, Reply, Socket};
///
/// async fn add(_socket: Socket, numbers: Vec<i64>) -> Reply<i64> {
///     Reply(numbers.iter().sum())
/// }
///
/// let namespace: Namespace = Namespace::new().on("add", add).on("ping", async || Reply("pong"));
/// # let _ = namespace;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot handle events",
    note = "a handler is an async function whose parameters are extractors such as `Socket`, `Session<T>`, \
            `State<T>` or `Args<(A, B)>`, and last a payload that implements `serde::Deserialize`; its \
            future is `Send`"
)]
pub trait Handler<M, S>: Clone + Send + Sync + 'static {
    /// What the function returns.
    type Output: Send;
    /// The function's future.
    type Future: Future<Output = Self::Output> + Send + 'static;

    /// Takes the parameters out of what came in, and calls the function.
    ///
    /// # Errors
    ///
    /// If one of the parameters cannot be had.
    fn call(self, incoming: &Incoming<'_>, state: &S) -> Result<Self::Future, ExtractError>;
}

impl<F, Fut, S> Handler<((),), S> for F
where
    F: FnOnce() -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output: Send> + Send + 'static,
{
    type Output = Fut::Output;
    type Future = Fut;

    fn call(self, _: &Incoming<'_>, _: &S) -> Result<Fut, ExtractError> {
        Ok(self())
    }
}

macro_rules! impl_handler {
    ($($part:ident)* ; $last:ident) => {
        #[allow(non_snake_case)]
        impl<F, Fut, S, M, $($part,)* $last> Handler<(M, $($part,)* $last,), S> for F
        where
            F: FnOnce($($part,)* $last) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future<Output: Send> + Send + 'static,
            $($part: FromParts<S>,)*
            $last: FromEvent<M, S>,
        {
            type Output = Fut::Output;
            type Future = Fut;

            fn call(self, incoming: &Incoming<'_>, state: &S) -> Result<Fut, ExtractError> {
                $(let $part = $part::from_parts(incoming, state)?;)*
                let $last = $last::from_event(incoming, state)?;
                Ok(self($($part,)* $last))
            }
        }
    };
}

impl_handler!(; T1);
impl_handler!(T1; T2);
impl_handler!(T1 T2; T3);
impl_handler!(T1 T2 T3; T4);
impl_handler!(T1 T2 T3 T4; T5);
impl_handler!(T1 T2 T3 T4 T5; T6);
impl_handler!(T1 T2 T3 T4 T5 T6; T7);
impl_handler!(T1 T2 T3 T4 T5 T6 T7; T8);
