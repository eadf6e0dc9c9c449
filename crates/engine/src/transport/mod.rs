//! The transports: long-polling over HTTP, and WebSocket. They move bytes; the session decides.

pub(crate) mod polling;
pub(crate) mod stream;
pub(crate) mod websocket;

use std::{ops::ControlFlow, sync::Arc, time::Instant};

use crate::{
    Application, CloseReason, Connection,
    packet::{Kind, Packet},
    session::Received,
};

/// Hands one packet of the session's own transport to the session, or its message to the application.
pub(crate) fn receive<A: Application>(
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
            match connection
                .state()
                .session
                .handle_packet(*kind, engine.timing(), now)
            {
                Received::Close(reason) => ControlFlow::Break(reason),
                Received::Message | Received::Ignored => ControlFlow::Continue(()),
            }
        }
    }
}
