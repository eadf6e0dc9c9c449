//! What is said.

use serde::Serialize;
use sockeye::Event;

use crate::{
    name::{PersonName, RoomName},
    refusal::Refusal,
};

const LONGEST: usize = 2_000; // characters

/// One message of a room, as clients see it.
#[derive(Clone, Debug, Event, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Message {
    pub(crate) id: MessageId,
    pub(crate) room: RoomName,
    pub(crate) by: String,
    pub(crate) name: PersonName,
    pub(crate) text: Text,
    pub(crate) at: u64,
    pub(crate) delivered: bool,
}

/// Made by the client, at random, before it sends; so a message that comes again is known.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct MessageId(String);

impl MessageId {
    pub(crate) fn parse(raw: String) -> Result<Self, Refusal> {
        let known = (8..=64).contains(&raw.len()) && raw.bytes().all(|b| b.is_ascii_alphanumeric());
        if known {
            Ok(Self(raw))
        } else {
            Err(Refusal::Id)
        }
    }

    /// For what a tutorial's client said, which has no id. The hyphen keeps it apart from every id of a client.
    pub(crate) fn of_guest(at: u64) -> Self {
        Self(format!("guest-{at}"))
    }
}

impl PartialEq<String> for MessageId {
    fn eq(&self, other: &String) -> bool {
        self.0 == *other
    }
}

/// A message's text: not blank, without control characters but tabs and new lines.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Text(String);

impl Text {
    pub(crate) fn parse(raw: &str) -> Result<Self, Refusal> {
        let text: String = raw
            .chars()
            .filter(|&c| matches!(c, '\n' | '\t') || !c.is_control())
            .collect();
        let text = text.trim();
        if text
            .chars()
            .all(|c| c.is_whitespace() || crate::name::is_hidden(c))
        {
            return Err(Refusal::EmptyText);
        }
        if text.chars().count() > LONGEST {
            return Err(Refusal::LongText);
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_its_lines_and_loses_controls() {
        let text = |raw: &str| Text::parse(raw).map(|text| text.0);
        assert_eq!(text("  one\r\n\ttwo\0 \n").as_deref(), Ok("one\n\ttwo"));
        assert_eq!(text("<b>👩‍👩‍👧</b>").as_deref(), Ok("<b>👩‍👩‍👧</b>"));
        assert_eq!(text(" \n\u{200b}"), Err(Refusal::EmptyText));
        assert_eq!(text(&"é".repeat(2_000)), Ok("é".repeat(2_000)));
        assert_eq!(text(&"é".repeat(2_001)), Err(Refusal::LongText));
    }

    #[test]
    fn ids_are_plain_and_bounded() {
        for id in ["", "short", "has-hyphen", "späße123", &"a".repeat(65)] {
            assert_eq!(MessageId::parse(id.to_owned()), Err(Refusal::Id), "{id}");
        }
        assert!(MessageId::parse("0123456789abcdef".to_owned()).is_ok());
    }
}
