//! The two sides of every exchange: what a client says, and what a right server answers, byte for byte.

use crate::frame::{self, TEXT};
use crate::packet;
use crate::ring::Ring;

/// Ack ids and sequence numbers start here and stay below 1,000: three digits each, so that messages have one length.
const FIRST: usize = 100;
const IDS: usize = 128;

/// The argument of an `echo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// A string of 32 bytes.
    Short,
    /// An object of 1 KiB with strings, numbers and nesting, its keys sorted as serde_json's map sorts them.
    Json,
    /// A string of 16 KiB.
    Long,
}

impl Argument {
    /// Every argument there is.
    pub const ALL: [Self; 3] = [Self::Short, Self::Json, Self::Long];

    /// The argument as JSON text.
    #[must_use]
    pub fn json(self) -> String {
        match self {
            Self::Short => format!("\"{}\"", "x".repeat(32)),
            Self::Json => order(),
            Self::Long => format!("\"{}\"", "x".repeat(16 * 1024)),
        }
    }

    fn ids(self) -> usize {
        if self == Self::Long { 1 } else { IDS }
    }

    /// Packets that ask for the echo, as frames of a client.
    #[must_use]
    pub fn requests(self) -> Ring {
        let json = self.json();
        Ring::new(self.ids(), |index| {
            frame::from_client(TEXT, &request(index, &json))
        })
    }

    /// Packets that acknowledge it, as frames of a server.
    #[must_use]
    pub fn answers(self) -> Ring {
        let json = self.json();
        Ring::new(self.ids(), |index| {
            frame::from_server(TEXT, &answer(index, &json))
        })
    }

    /// Request payloads of long-polling, `batch` packets each, joined as Engine.IO 4 wants it.
    #[must_use]
    pub fn request_payloads(self, batch: usize) -> Vec<Vec<u8>> {
        let json = self.json();
        let first = (0..self.ids()).step_by(batch);
        first
            .map(|first| {
                let packets: Vec<_> = (first..first + batch)
                    .map(|index| request(index, &json))
                    .collect();
                packets.join(&0x1e)
            })
            .collect()
    }

    /// Packets that acknowledge it, as texts.
    #[must_use]
    pub fn answer_packets(self) -> Ring {
        let json = self.json();
        Ring::new(self.ids(), |index| answer(index, &json))
    }
}

/// Events `broadcast` of a client.
#[must_use]
pub fn broadcast_requests() -> Ring {
    Ring::new(IDS, |index| {
        frame::from_client(TEXT, broadcast(index).as_bytes())
    })
}

/// The same events as the server emits them to everybody.
#[must_use]
pub fn broadcast_deliveries() -> Ring {
    Ring::new(IDS, |index| {
        frame::from_server(TEXT, broadcast(index).as_bytes())
    })
}

/// The same with an offset behind their arguments, as recovery writes it.
#[must_use]
pub fn recoverable_deliveries() -> Ring {
    const OFFSET: &str = "________________";
    Ring::new(IDS, |index| {
        let event = broadcast(index);
        let event = event.trim_end_matches(']');
        frame::from_server(TEXT, format!(r#"{event},"{OFFSET}"]"#).as_bytes())
    })
    .with_hole(OFFSET.len())
}

/// The same events as packets, which a POST carries as they are.
#[must_use]
pub fn broadcast_packets() -> Ring {
    Ring::new(IDS, |index| broadcast(index).into_bytes())
}

/// The same events as an answer of streaming brings them to everybody.
#[must_use]
pub fn streamed_deliveries() -> Ring {
    Ring::new(IDS, |index| {
        packet::from_server(broadcast(index).as_bytes())
    })
}

/// The event that asks for `count` broadcasts in one handler.
#[must_use]
pub fn burst_request(count: usize) -> Vec<u8> {
    event(&format!(r#"42["burst",{count}]"#))
}

/// The `count` events that a burst brings to everybody.
#[must_use]
pub fn burst_deliveries(count: usize) -> Ring {
    Ring::new(count, |index| {
        frame::from_server(TEXT, format!(r#"42["burst",{index}]"#).as_bytes())
    })
}

/// A Socket.IO packet as a client's text frame.
#[must_use]
pub fn event(packet: &str) -> Vec<u8> {
    frame::from_client(TEXT, packet.as_bytes())
}

/// The request that opens a session over WebSocket.
#[must_use]
pub fn upgrade_request(host: &str, path: &str) -> Vec<u8> {
    format!(
        "GET {path}?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes()
}

/// What a server derives from the key of [`upgrade_request`] (the sample of RFC 6455 section 1.3).
pub const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

fn request(index: usize, json: &str) -> Vec<u8> {
    format!(r#"42{}["echo",{json}]"#, FIRST + index).into_bytes()
}

fn answer(index: usize, json: &str) -> Vec<u8> {
    format!("43{}[{json}]", FIRST + index).into_bytes()
}

fn broadcast(index: usize) -> String {
    format!(r#"42["broadcast","{} {}"]"#, FIRST + index, "x".repeat(48))
}

/// An order as a shop would send it, cut to 1 KiB by its note.
fn order() -> String {
    let lines: Vec<_> = (0..8)
        .map(|line| {
            format!(
                r#"{{"article":"A-{:05}","count":{},"price":{}.25,"tags":["new","blue"]}}"#,
                line * 371,
                line + 1,
                line * 7 + 3
            )
        })
        .collect();
    let body = format!(
        r#"{{"customer":{{"city":"Köln","name":"Zoë \"Z\" Doe","vip":true}},"id":48213,"lines":[{}],"note":"","total":null}}"#,
        lines.join(",")
    );
    let note = "n".repeat(1024 - body.len());
    body.replace(r#""note":"""#, &format!(r#""note":"{note}""#))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_have_the_length_that_the_table_names() {
        assert_eq!(Argument::Short.json().len(), 32 + 2);
        assert_eq!(Argument::Json.json().len(), 1024);
        assert_eq!(Argument::Long.json().len(), 16 * 1024 + 2);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_order_is_json_that_serde_json_writes_the_same() {
        let value: serde_json::Value = serde_json::from_str(&order()).expect("valid JSON");
        assert_eq!(value.to_string(), order());
    }

    #[test]
    fn requests_and_answers_of_one_argument_have_one_length() {
        for argument in Argument::ALL {
            let (requests, answers) = (argument.requests(), argument.answers());
            for index in 0..requests.count() as u64 {
                assert_eq!(requests.message(index).len(), requests.message(0).len());
                assert_eq!(answers.message(index).len(), answers.message(0).len());
            }
        }
    }
}
