use std::collections::VecDeque;

use crate::message::{Message, MessageId};

const KEPT: usize = 100; // messages

/// The last messages of a room, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct History(VecDeque<Message>);

impl History {
    pub(crate) fn push(&mut self, message: Message) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(message);
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.0.iter().cloned().collect()
    }

    /// Marks what `reader` received of others; returns author and id of what nobody had received before.
    pub(crate) fn mark_delivered(
        &mut self,
        reader: &str,
        ids: &[String],
    ) -> Vec<(String, MessageId)> {
        let ids = &ids[..ids.len().min(KEPT)];
        let fresh = self.0.iter_mut().filter(|message| {
            !message.delivered && message.by != reader && ids.iter().any(|id| message.id == *id)
        });
        fresh
            .map(|message| {
                message.delivered = true;
                (message.by.clone(), message.id.clone())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        message::Text,
        name::{PersonName, RoomName},
    };

    fn message(number: u64) -> Message {
        Message {
            id: MessageId::parse(format!("message{number}")).expect("a good id"),
            room: RoomName::lobby(),
            by: "ada".to_owned(),
            name: PersonName::parse("Ada").expect("a good name"),
            text: Text::parse("hello").expect("a good text"),
            at: number,
            delivered: false,
        }
    }

    #[test]
    fn the_oldest_go_first() {
        let mut history = History::default();
        (0..250).for_each(|number| history.push(message(number)));
        let kept: Vec<u64> = history
            .messages()
            .iter()
            .map(|message| message.at)
            .collect();
        assert_eq!(kept, (150..250).collect::<Vec<_>>());
    }

    #[test]
    fn delivered_once_and_only_by_others() {
        let mut history = History::default();
        (0..3).for_each(|number| history.push(message(number)));
        let ids = ["message1".to_owned(), "unknown".to_owned()];
        assert_eq!(history.mark_delivered("ada", &ids), []);
        assert_eq!(
            history.mark_delivered("bob", &ids),
            [("ada".to_owned(), message(1).id)]
        );
        assert_eq!(history.mark_delivered("kim", &ids), []);
        let marks: Vec<bool> = history
            .messages()
            .iter()
            .map(|message| message.delivered)
            .collect();
        assert_eq!(marks, [false, true, false]);
    }
}
