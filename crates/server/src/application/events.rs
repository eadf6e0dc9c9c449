//! Events on their way to their handlers.

use std::{cell::Cell, time::Instant};

use sockeye_engine::CloseReason;
use sockeye_protocol::{Arguments, Event};

use super::{
    connect::{disconnected, leave},
    running::{spawn, spawn_limited},
    watched::watched,
};
use crate::{
    DisconnectReason, HandlerError, Socket,
    gate::Waiting,
    handler::{EventHandler, Incoming, Input, Pending, refuse},
    rate::Verdict,
    socket::{HELD, LISTENING, RATED},
    stats::count,
};

/// An event arrived: its handler runs, unless it has to wait for others.
#[inline]
pub(super) fn event(socket: &Socket, event: &Event<'_>) {
    let sequential = socket.0.namespace.table().sequential;
    let attention = socket.0.attention();
    if attention & RATED != 0 && !within_rate(socket, event) {
        return;
    }
    if (sequential || attention & HELD != 0) && !pass_gate(socket, event, sequential) {
        return;
    }
    let pending = dispatch(socket, &event.name, event.id, event.args);
    if sequential {
        release_after(socket, pending);
    } else if let Some(pending) = pending {
        spawn_limited(socket, pending);
    }
}

/// `false` if the event has to wait.
#[cold]
fn pass_gate(socket: &Socket, event: &Event<'_>, sequential: bool) -> bool {
    let mut gate = socket.0.gate();
    if !gate.is_closed() {
        if sequential {
            gate.hold();
        }
        return true;
    }
    if gate.is_crowded() {
        count(&socket.counters().deferred_events);
    }
    let app = socket.0.connection.engine().application();
    let pushed = gate.push_event(event, app.max_waiting_bytes());
    drop(gate);
    if pushed.is_err() {
        socket.0.connection.close(CloseReason::HandlerTooSlow);
    } else {
        // Handlers whose runtime ended have made room without handling what waits.
        resume(socket);
    }
    false
}

/// Counts an event against its socket's rate. `false` if it is refused.
#[cold]
fn within_rate(socket: &Socket, event: &Event<'_>) -> bool {
    let Some(limit) = socket.0.connection.engine().application().rate_limit() else {
        return true;
    };
    let verdict = socket.0.extras().bucket().take(limit, Instant::now());
    if verdict == Verdict::Taken {
        return true;
    }
    count(&socket.counters().rate_limited);
    if verdict == Verdict::Incorrigible {
        count(&socket.counters().rate_limit_disconnects);
        tracing::warn!(id = %socket.id(), "disconnected: it sends too many events");
        leave(socket, DisconnectReason::RateLimited);
        socket.0.connection.close(CloseReason::ForcedClose);
    } else {
        socket.report(&HandlerError::RateLimited);
        refuse(socket, event.id, HandlerError::RateLimited);
    }
    false
}

/// Finds the event's handler and calls it.
#[inline]
fn dispatch(
    socket: &Socket,
    name: &str,
    id: Option<u64>,
    arguments: Arguments<'_>,
) -> Option<Pending<()>> {
    let table = socket.0.namespace.table();
    if !table.middleware.is_empty() || socket.0.attention() & LISTENING != 0 {
        return watched(socket, name, id, arguments);
    }
    let Some(handler) = table.events.get(name).or(table.fallback.as_deref()) else {
        unhandled(socket, name);
        return None;
    };
    call(socket, handler, name, Input::Arguments(arguments), id)
}

pub(super) fn unhandled(socket: &Socket, event: &str) {
    count(&socket.counters().unhandled);
    tracing::trace!(
        event,
        namespace = socket.namespace(),
        "nobody handles this event"
    );
}

#[inline]
pub(super) fn call(
    socket: &Socket,
    handler: &dyn EventHandler,
    name: &str,
    input: Input<'_>,
    ack: Option<u64>,
) -> Option<Pending<()>> {
    handler.call(&Incoming {
        socket,
        name,
        input,
        ack: Cell::new(ack),
        reason: None,
        failure: None,
    })
}

/// Opens the gate once the handler has ended: what waited comes first.
pub(super) fn release_after(socket: &Socket, pending: Option<Pending<()>>) {
    let Some(first) = pending.or_else(|| release(socket)) else {
        return;
    };
    let waiting = socket.clone();
    spawn(
        socket.0.connection.engine(),
        Box::pin(async move {
            let mut next = Some(first);
            while let Some(pending) = next {
                pending.await;
                next = release(&waiting);
            }
        }),
    );
}

/// Lets events go on that wait because too many handlers are pending, if there are fewer now.
pub(super) fn resume(socket: &Socket) {
    if socket.0.take_gate() {
        // Nothing is to be awaited here: a sequential namespace never has more than one handler pending.
        let pending = release(socket);
        debug_assert!(pending.is_none(), "the namespace is not sequential");
    }
}

/// Handles what waits until nothing does, or a handler has to be waited for.
fn release(socket: &Socket) -> Option<Pending<()>> {
    let sequential = socket.0.namespace.table().sequential;
    loop {
        let pending = match socket.0.next_waiting()? {
            Waiting::Event {
                name,
                id,
                arguments,
            } => dispatch(socket, &name, id, arguments.borrow()),
            Waiting::Disconnect(reason) => disconnected(socket, reason),
        };
        match pending {
            Some(pending) if sequential => return Some(pending),
            Some(pending) => spawn_limited(socket, pending),
            None => {}
        }
    }
}
