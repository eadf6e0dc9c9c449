//! What a GET of long-polling is answered with.

use std::borrow::Cow;

use http::Response;
use sockeye_websocket::{Opcode, frame::Frames};

use crate::{
    Application, Body, Connection, Handshake, Protocol,
    outbox::Batch,
    packet::append_payload,
    request::polling_response,
    v3::{self, Part},
};

const TEXT: &str = "text/plain; charset=UTF-8";

const BINARY: &str = "application/octet-stream";

/// What there is to say.
pub(super) enum Answer {
    Packets(Batch),
    Noop,
    Close,
}

/// The index of the page's function, if a client of protocol 3 began with JSONP.
pub(super) fn jsonp_index(handshake: &Handshake, protocol: Protocol) -> Option<Cow<'_, str>> {
    match protocol {
        Protocol::V3 => handshake.query("j"),
        Protocol::V4 => None,
    }
}

/// The answer that begins a session.
pub(crate) fn open_response<A: Application>(connection: &Connection<A>) -> Response<Body> {
    let frames = connection.opening_for_polling();
    match connection.protocol() {
        Protocol::V4 => {
            let mut body = Vec::with_capacity(frames.len());
            append_payload(&mut body, &frames);
            polling_response(TEXT, body)
        }
        Protocol::V3 => {
            let packets: Vec<_> = parts(&frames).collect();
            v3_response(connection.handshake(), &packets)
        }
    }
}

/// The packets of frames, as a payload of protocol 3 has them.
fn parts(frames: &[u8]) -> impl Iterator<Item = Part<'_>> {
    Frames::new(frames).filter_map(|(opcode, payload)| match opcode {
        // Pings and pongs of RFC 6455 have no counterpart in a payload.
        Opcode::Ping | Opcode::Pong => None,
        Opcode::Binary => Some(Part::Binary(payload)),
        Opcode::Close => Some(Part::Text("1")),
        _ => std::str::from_utf8(payload).ok().map(Part::Text),
    })
}

impl Answer {
    /// Whether some of it may be compressed.
    pub(super) fn may_be_compressed(&self) -> bool {
        match self {
            Self::Packets(batch) => batch.may_be_compressed(),
            Self::Noop | Self::Close => false,
        }
    }

    /// Writes it as the client takes it.
    pub(super) fn response<A: Application>(self, connection: &Connection<A>) -> Response<Body> {
        match connection.protocol() {
            Protocol::V4 => polling_response(TEXT, self.payload()),
            Protocol::V3 => self.v3_response(connection.handshake()),
        }
    }

    fn payload(self) -> Vec<u8> {
        match self {
            Self::Noop => b"6".to_vec(),
            Self::Close => b"1".to_vec(),
            Self::Packets(batch) => {
                let mut body = Vec::new();
                for item in batch.into_items() {
                    append_payload(&mut body, item.frames());
                    item.recycle();
                }
                body
            }
        }
    }

    fn v3_response(self, handshake: &Handshake) -> Response<Body> {
        let batch = match self {
            Self::Noop => return v3_response(handshake, &[Part::Text("6")]),
            Self::Close => return v3_response(handshake, &[Part::Text("1")]),
            Self::Packets(batch) => batch,
        };
        let items: Vec<_> = batch.into_items().collect();
        let packets: Vec<_> = items.iter().flat_map(|item| parts(item.frames())).collect();
        let response = v3_response(handshake, &packets);
        drop(packets);
        for item in items {
            item.recycle();
        }
        response
    }
}

fn v3_response(handshake: &Handshake, packets: &[Part<'_>]) -> Response<Body> {
    let mut body = Vec::new();
    let binary = v3::encode(&mut body, packets.iter().copied());
    match jsonp_index(handshake, Protocol::V3) {
        Some(index) => {
            let payload = String::from_utf8_lossy(&body);
            polling_response(TEXT, v3::jsonp::script(&index, &payload))
        }
        None => polling_response(if binary { BINARY } else { TEXT }, body),
    }
}
