use std::collections::HashMap;

use crate::history::History;

/// A room: what was said in it, and who is here.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) history: History,
    /// With how many sockets each person is here: two tabs are one person.
    seats: HashMap<String, usize>,
}

impl Room {
    /// Takes one more seat; tells whether the person is new here.
    pub(crate) fn sit(&mut self, by: &str) -> bool {
        let seats = self.seats.entry(by.to_owned()).or_default();
        *seats += 1;
        *seats == 1
    }

    /// Gives one seat back; tells whether the person is gone from here.
    pub(crate) fn rise(&mut self, by: &str) -> bool {
        let Some(seats) = self.seats.get_mut(by) else {
            return false;
        };
        *seats -= 1;
        let gone = *seats == 0;
        if gone {
            self.seats.remove(by);
        }
        gone
    }

    /// How many people are here.
    pub(crate) fn count(&self) -> usize {
        self.seats.len()
    }

    /// Who is here, as their public marks.
    pub(crate) fn people(&self) -> impl Iterator<Item = &str> {
        self.seats.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tabs_are_one_person() {
        let mut room = Room::default();
        assert!(room.sit("ada"));
        assert!(!room.sit("ada"));
        assert!(room.sit("bob"));
        assert_eq!(room.count(), 2);
        assert!(!room.rise("ada"));
        assert!(room.rise("ada"));
        assert!(!room.rise("ada"));
        assert_eq!(room.people().collect::<Vec<_>>(), ["bob"]);
    }
}
