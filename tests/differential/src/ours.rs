use sockeye_websocket::{Decoder, Event, Limits, ProtocolError, Role};

use crate::{End, MAX_MESSAGE, Message, Outcome};

/// What our decoder makes of the reads, and the rule that was broken, if one was.
pub fn ours(role: Role, reads: &[&[u8]]) -> (Outcome, Option<ProtocolError>) {
    let mut decoder = Decoder::new(role, Limits::default().max_message(MAX_MESSAGE));
    let mut outcome = Outcome::default();
    let mut broken = None;
    for read in reads {
        let mut read = read.to_vec();
        let mut feed = decoder.feed(&mut read);
        while let Some(event) = feed.next() {
            assert_eq!(outcome.end, End::Open, "an event behind the end");
            let message = match event {
                Ok(Event::Text(text)) => Message::Text(text.to_owned()),
                Ok(Event::Binary(bytes)) => Message::Binary(bytes.to_vec()),
                Ok(Event::Ping(payload)) => Message::Ping(payload.to_vec()),
                Ok(Event::Pong(payload)) => Message::Pong(payload.to_vec()),
                Ok(Event::Part(part)) => unreachable!("{part:?} without streaming"),
                Ok(Event::Close(close)) => {
                    let close = close.map(|close| (close.code, close.reason.to_owned()));
                    outcome.end = End::Close(close);
                    continue;
                }
                Err(error) => {
                    outcome.end = End::Violation(error.close_code());
                    broken = Some(error);
                    continue;
                }
            };
            outcome.messages.push(message);
        }
    }
    (outcome, broken)
}
