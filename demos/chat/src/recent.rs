use std::collections::{HashMap, VecDeque};

use crate::message::MessageId;

const KEPT: usize = 10_000; // ids

/// When the last messages were said, by id: so one that is sent again is not said again.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    said: HashMap<MessageId, u64>,
    order: VecDeque<MessageId>,
}

impl Recent {
    pub(crate) fn at(&self, id: &MessageId) -> Option<u64> {
        self.said.get(id).copied()
    }

    pub(crate) fn insert(&mut self, id: MessageId, at: u64) {
        if self.said.insert(id.clone(), at).is_some() {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.said.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_the_oldest() {
        let id = |number: usize| MessageId::parse(format!("message{number}")).expect("a good id");
        let mut recent = Recent::default();
        (0..KEPT + 5).for_each(|number| recent.insert(id(number), number as u64));
        assert_eq!(recent.at(&id(4)), None);
        assert_eq!(recent.at(&id(5)), Some(5));
        assert_eq!(recent.at(&id(KEPT + 4)), Some(KEPT as u64 + 4));
        assert_eq!((recent.said.len(), recent.order.len()), (KEPT, KEPT));
    }
}
