//! What a decoder tells, in a form that outlives the bytes it was read from.

use sockeye_websocket::deflate::Params;
use sockeye_websocket::{Decoder, Event, Limits, PartData, ProtocolError, Role};

/// An event or an error. The parts of a message are one event, at the last of them.
#[derive(Debug, PartialEq)]
pub(crate) enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
    Error(ProtocolError),
}

/// How a decoder is set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) role: Role,
    pub(crate) limits: Limits,
    pub(crate) deflate: Option<Params>,
    pub(crate) streaming: bool,
}

impl Setup {
    pub(crate) fn decoder(&self) -> Decoder {
        let mut decoder = Decoder::new(self.role, self.limits);
        if let Some(params) = self.deflate {
            decoder = decoder.with_deflate(params);
        }
        decoder.set_streaming(self.streaming);
        decoder
    }

    /// The most that a decoder may hold after so many bytes.
    fn bound(&self, came: usize) -> usize {
        match self.deflate {
            None => 2 * came + 512,
            // A context to inflate, two windows, and what came out of it.
            Some(_) => 192 * 1024 + 2 * self.limits.max_message,
        }
    }

    /// All that the reads bring.
    pub(crate) fn decode(&self, reads: &[&[u8]]) -> Vec<Seen> {
        let mut decoder = self.decoder();
        let mut seen: Vec<Seen> = Vec::new();
        let mut open = None;
        let mut came = 0;
        for read in reads {
            came += read.len();
            let mut read = read.to_vec();
            let mut feed = decoder.feed(&mut read);
            while let Some(found) = feed.next() {
                assert!(
                    !matches!(seen.last(), Some(Seen::Close(_) | Seen::Error(_))),
                    "behind the end"
                );
                seen.extend(gather(&mut open, found).inspect(|found| self.judge(found)));
            }
            let held = decoder.buffered();
            assert!(held <= self.bound(came), "{held} bytes held for {came}");
        }
        seen
    }

    /// What holds for an event alone.
    fn judge(&self, found: &Seen) {
        let limit = if self.streaming {
            usize::MAX
        } else {
            self.limits.max_message
        };
        match found {
            Seen::Text(text) => assert!(text.len() <= limit),
            Seen::Binary(bytes) => assert!(bytes.len() <= limit),
            Seen::Ping(payload) | Seen::Pong(payload) => assert!(payload.len() <= 125),
            Seen::Close(None) => {}
            Seen::Close(Some((code, reason))) => {
                assert!((1000..5000).contains(code) && ![1004, 1005, 1006, 1015].contains(code));
                assert!(reason.len() <= 123);
            }
            Seen::Error(error) => assert!([1002, 1007, 1008, 1009].contains(&error.close_code())),
        }
    }
}

/// Puts parts together in `open`; gives what is complete.
fn gather(open: &mut Option<Seen>, found: Result<Event<'_>, ProtocolError>) -> Option<Seen> {
    Some(match found {
        Ok(Event::Text(text)) => Seen::Text(text.to_owned()),
        Ok(Event::Binary(bytes)) => Seen::Binary(bytes.to_vec()),
        Ok(Event::Part(part)) => {
            match (part.data, &mut *open) {
                (PartData::Text(text), None) => *open = Some(Seen::Text(text.to_owned())),
                (PartData::Binary(bytes), None) => *open = Some(Seen::Binary(bytes.to_vec())),
                (PartData::Text(text), Some(Seen::Text(before))) => before.push_str(text),
                (PartData::Binary(bytes), Some(Seen::Binary(before))) => before.extend(bytes),
                (data, before) => panic!("{data:?} after {before:?}"),
            }
            if !part.last {
                return None;
            }
            return open.take();
        }
        Ok(Event::Ping(payload)) => Seen::Ping(payload.to_vec()),
        Ok(Event::Pong(payload)) => Seen::Pong(payload.to_vec()),
        Ok(Event::Close(close)) => {
            Seen::Close(close.map(|close| (close.code, close.reason.to_owned())))
        }
        Err(error) => Seen::Error(error),
    })
}
