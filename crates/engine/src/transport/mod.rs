//! The transports: long-polling over HTTP, and WebSocket. They move bytes; the session decides.

pub(crate) mod polling;
pub(crate) mod stream;
pub(crate) mod websocket;

use std::{
    ops::ControlFlow,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    Application, CloseReason, Connection,
    packet::{Kind, Packet, message},
    session::Received,
};

/// How many events are handled between two looks at the clock.
pub(crate) const EVENTS_A_LOOK: usize = 16;

/// Handling that takes longer between two looks is reported.
const SLOW: Duration = Duration::from_millis(50);

/// Watches how long input holds the worker.
pub(crate) struct Watch(Instant);

impl Watch {
    pub(crate) fn new(now: Instant) -> Self {
        Self(now)
    }

    /// Looks at the clock; what took too long since the last look is reported.
    pub(crate) fn look<A: Application>(&mut self, connection: &Arc<Connection<A>>) -> Instant {
        let now = Instant::now();
        let elapsed = now - self.0;
        if elapsed > SLOW {
            connection.engine().application().slow(connection, elapsed);
        }
        self.0 = now;
        now
    }
}

/// Hands on one text of the session's own transport: nearly always a message.
#[inline]
pub(crate) fn receive_text<A: Application>(
    connection: &Arc<Connection<A>>,
    reader: &mut A::Reader,
    text: &str,
    now: Instant,
) -> ControlFlow<CloseReason> {
    if let Some(message) = message(text) {
        let application = connection.engine().application();
        return application.text(connection, reader, message);
    }
    match Packet::decode(text) {
        Ok(packet) => receive(connection, reader, &packet, now),
        Err(_) => ControlFlow::Break(CloseReason::ParseError),
    }
}

/// Hands one packet of the session's own transport to the session, or its message to the application.
fn receive<A: Application>(
    connection: &Arc<Connection<A>>,
    reader: &mut A::Reader,
    packet: &Packet<'_>,
    now: Instant,
) -> ControlFlow<CloseReason> {
    let engine = connection.engine();
    match packet {
        Packet::Text(Kind::Message, text) => engine.application().text(connection, reader, text),
        Packet::Binary(data) => engine.application().binary(connection, reader, data),
        Packet::Text(kind, _) => {
            let received = connection
                .state()
                .session
                .handle_packet(*kind, engine.timing(), now);
            if *kind == Kind::Pong {
                // If the interval is shorter than the timeout, the next ping is due before what was armed.
                connection.arm();
            }
            match received {
                Received::Close(reason) => ControlFlow::Break(reason),
                Received::Message | Received::Ignored => ControlFlow::Continue(()),
            }
        }
    }
}
