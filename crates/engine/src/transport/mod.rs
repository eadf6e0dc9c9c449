//! The transports: long-polling and streaming over HTTP, and WebSocket. They move bytes; the session decides.

pub(crate) mod answer;
pub(crate) mod polling;
pub(crate) mod stream;
pub(crate) mod streaming;
pub(crate) mod upgrade;
pub(crate) mod websocket;

use std::{
    ops::ControlFlow,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    Application, CloseReason, Connection, Flags, Protocol,
    packet::{Kind, Packet, message},
    session::Received,
    v3,
};

/// A pong packet as a frame.
const PONG: &[u8] = b"\x81\x013";

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
    if connection.protocol() == Protocol::V3 {
        return receive_v3(connection, reader, v3::Packet::from_text(text), now);
    }
    match Packet::decode(text) {
        Ok(Packet::Binary(data)) => {
            let application = connection.engine().application();
            application.binary(connection, reader, &data)
        }
        Ok(Packet::Text(kind, _)) => control(connection, kind, now),
        Err(_) => ControlFlow::Break(CloseReason::ParseError),
    }
}

/// Hands on one binary frame of a WebSocket.
#[inline]
pub(crate) fn receive_binary<A: Application>(
    connection: &Arc<Connection<A>>,
    reader: &mut A::Reader,
    data: &[u8],
    now: Instant,
) -> ControlFlow<CloseReason> {
    if connection.protocol() == Protocol::V3 {
        return receive_v3(connection, reader, v3::Packet::from_bytes(data), now);
    }
    let application = connection.engine().application();
    application.binary(connection, reader, data)
}

/// Hands on what was read as a packet of protocol 3.
pub(crate) fn receive_v3<A: Application>(
    connection: &Arc<Connection<A>>,
    reader: &mut A::Reader,
    packet: Result<v3::Packet<'_>, v3::Malformed>,
    now: Instant,
) -> ControlFlow<CloseReason> {
    let Ok(v3::Packet { kind, data }) = packet else {
        return ControlFlow::Break(CloseReason::ParseError);
    };
    let application = connection.engine().application();
    match (kind, data) {
        (Kind::Message, v3::Data::Text(text)) => application.text(connection, reader, text),
        (Kind::Message, v3::Data::Binary(data)) => application.binary(connection, reader, &data),
        (kind, _) => control(connection, kind, now),
    }
}

/// Hands a packet that is no message to the session.
fn control<A: Application>(
    connection: &Arc<Connection<A>>,
    kind: Kind,
    now: Instant,
) -> ControlFlow<CloseReason> {
    let timing = connection.engine().timing();
    let received = connection.state().session.handle_packet(kind, timing, now);
    if kind == Kind::Pong {
        // If the interval is shorter than the timeout, the next ping is due before what was armed.
        connection.arm();
    }
    match received {
        Received::Close(reason) => ControlFlow::Break(reason),
        Received::Ping => {
            connection.send(PONG, 1, Flags::NONE);
            ControlFlow::Continue(())
        }
        Received::Message | Received::Ignored => ControlFlow::Continue(()),
    }
}
