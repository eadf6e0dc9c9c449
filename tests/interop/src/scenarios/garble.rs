//! A server that says what is no packet.

use serde::Deserialize;
use sockeye::{
    Codec, EncodeError, Socket,
    parser::{DecodeError, Limits, Messages, Packet, Parser, ReadPackets},
};
use sockeye_protocol::Decoder;

/// The parser's packets, but for events of the name `garble`: their text alone.
#[derive(Debug)]
pub(super) struct Garbling(pub(super) Codec);

struct Read(Decoder);

/// What a client is told that joins.
#[derive(Deserialize)]
struct Welcome<'a> {
    sid: &'a str,
}

impl Parser for Garbling {
    fn decoder(&self, limits: Limits) -> Box<dyn ReadPackets> {
        Box::new(Read(self.0.decoder(limits)))
    }

    fn encode(&self, packet: &Packet<'_>, to: &mut Messages<'_>) -> Result<(), EncodeError> {
        let mut encoder = self.0.encoder(0);
        match packet {
            Packet::Event(event) if event.name == "garble" => {
                let text: String = event
                    .args
                    .first()
                    .map_err(|_| EncodeError::Refused("no text"))?;
                to.text(&text);
            }
            Packet::Connect { namespace, auth } => {
                let welcome: Option<Welcome<'_>> =
                    auth.and_then(|auth| serde_json::from_str(auth).ok());
                let welcome = welcome.ok_or(EncodeError::Refused("no id"))?;
                let packet = encoder.connect(namespace, welcome.sid)?;
                match (&self.0, std::str::from_utf8(packet.message())) {
                    (Codec::Json, Ok(text)) => to.text(text),
                    _ => to.binary(packet.message()),
                }
            }
            _ => return Err(EncodeError::Refused("only rubbish is told")),
        }
        Ok(())
    }
}

impl ReadPackets for Read {
    fn text<'a>(&'a mut self, text: &'a str) -> Result<Option<Packet<'a>>, DecodeError> {
        self.0.text(text)
    }

    fn binary<'a>(&'a mut self, data: &'a [u8]) -> Result<Option<Packet<'a>>, DecodeError> {
        self.0.binary(data)
    }

    fn release(&mut self) {
        self.0.release();
    }
}

pub(super) async fn garble(socket: Socket, text: String) {
    socket.emit("garble", text);
}
