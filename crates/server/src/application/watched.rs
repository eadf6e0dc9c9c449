//! Events that more than one handler of the namespace has to do with: those of sockets with listeners of
//! their own, and those of namespaces with middleware.

use std::{cell::Cell, future::poll_fn, sync::atomic::Ordering, task::Poll};

use sockeye_protocol::Arguments;

use super::events::unhandled;
use crate::{
    HandlerError, Outcome, Socket,
    handler::{
        EventCall, Incoming, Input, Next, Panicked, Pending, caught, panicked, poll_once, refuse,
    },
    stats::count,
};

/// Shows an event to those who see all, and runs its middleware and handlers.
#[cold]
pub(super) fn watched(
    socket: &Socket,
    name: &str,
    id: Option<u64>,
    arguments: Arguments<'_>,
) -> Option<Pending<()>> {
    let incoming = Incoming {
        socket,
        name,
        input: Input::Arguments(arguments),
        ack: Cell::new(id),
        reason: None,
        failure: None,
    };
    socket.tell_incoming(&incoming);
    let mut chain = socket.0.namespace.table().middleware.clone();
    chain.extend(socket.own_middleware());
    if chain.is_empty() {
        return handle(&incoming);
    }
    let event = EventCall::new(&incoming, &arguments);
    poll_once(through(event, Next::new(chain), id)).err()
}

/// An event's way through its middleware; what nobody has acknowledged is acknowledged here.
async fn through(event: EventCall, next: Next, id: Option<u64>) {
    let socket = event.socket().clone();
    let reached = event.reached();
    let ended = caught(async move { next.run(event).await }).await;
    // Once the handlers have begun, they acknowledge.
    let id = id.filter(|_| !reached.load(Ordering::Acquire));
    match ended {
        Ok(Outcome::Refused(error)) => {
            count(&socket.counters().refused_events);
            refuse(&socket, id, &error);
            socket.report(&HandlerError::Refused(error));
        }
        Ok(_) => {}
        Err(Panicked) => panicked(&socket, id),
    }
}

/// Runs the handlers of an event: the namespace's, and those of the socket.
pub(crate) fn handle(incoming: &Incoming<'_>) -> Option<Pending<()>> {
    let socket = incoming.socket;
    let table = socket.0.namespace.table();
    let listeners = socket.handlers_of(incoming.name);
    let own = table.events.get(incoming.name);
    if listeners.is_empty() {
        let Some(handler) = own.or(table.fallback.as_deref()) else {
            incoming.fail(|| Outcome::Unhandled);
            unhandled(socket, incoming.name);
            return None;
        };
        return handler.call(incoming);
    }
    let all = own
        .into_iter()
        .chain(listeners.iter().map(|listener| &**listener));
    let mut pending = Vec::new();
    for (n, handler) in all.enumerate() {
        pending.extend(match n {
            0 => handler.call(incoming),
            _ => handler.call(&incoming.again()),
        });
    }
    join(pending)
}

/// Waits for all of them.
pub(super) fn join(mut all: Vec<Pending<()>>) -> Option<Pending<()>> {
    if all.len() < 2 {
        return all.pop();
    }
    Some(Box::pin(poll_fn(move |cx| {
        all.retain_mut(|pending| pending.as_mut().poll(cx).is_pending());
        if all.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })))
}
