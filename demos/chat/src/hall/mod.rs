//! Everything the chat knows, and every rule of it. Nothing here sends: the namespaces do, from what is returned.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::{BuildHasher, RandomState},
};

use crate::{
    message::{Message, MessageId, Text},
    name::{PersonName, RoomName},
    news::{Entered, Entrance, Joined, Left, Listed, Present, Said},
    recent::Recent,
    refusal::Refusal,
    room::Room,
};

const MOST_ROOMS: usize = 100;

#[derive(Debug)]
pub(crate) struct Hall {
    /// By socket id.
    seats: HashMap<String, Seat>,
    /// By public mark.
    people: HashMap<String, Person>,
    /// Who has which name, by its folded form.
    names: HashMap<String, String>,
    rooms: BTreeMap<RoomName, Room>,
    recent: Recent,
    last: u64,
    marks: RandomState,
}

/// One socket: one tab of somebody.
#[derive(Debug)]
struct Seat {
    by: String,
    rooms: BTreeSet<RoomName>,
}

#[derive(Debug)]
struct Person {
    name: PersonName,
    seats: usize,
}

impl Default for Hall {
    fn default() -> Self {
        Self {
            seats: HashMap::new(),
            people: HashMap::new(),
            names: HashMap::new(),
            rooms: BTreeMap::from([(RoomName::lobby(), Room::default())]),
            recent: Recent::default(),
            last: 0,
            marks: RandomState::new(),
        }
    }
}

impl Hall {
    /// Seats a socket; a second call changes nothing and answers the same.
    pub(crate) fn enter(&mut self, seat: &str, name: &str, key: &str) -> Result<Entered, Refusal> {
        if !(8..=128).contains(&key.len()) {
            return Err(Refusal::Key);
        }
        let name = PersonName::parse(name)?;
        let mark = || format!("{:016x}", self.marks.hash_one(key));
        let by = self
            .seats
            .get(seat)
            .map_or_else(mark, |seat| seat.by.clone());
        if !self.people.contains_key(&by) {
            let name = name.first_free(|name| self.names.contains_key(&name.folded()));
            self.names.insert(name.folded(), by.clone());
            self.people.insert(by.clone(), Person { name, seats: 0 });
        }
        let person = self.people.get_mut(&by).expect("inserted above");
        if !self.seats.contains_key(seat) {
            person.seats += 1;
            self.seats.insert(
                seat.to_owned(),
                Seat {
                    by: by.clone(),
                    rooms: BTreeSet::new(),
                },
            );
        }
        let name = person.name.clone();
        let rooms = self.rooms.keys().map(|room| self.listed(room)).collect();
        Ok(Entered { by, name, rooms })
    }

    /// Brings a socket into a room, which is made when it is new. Joining again answers the room as it is now.
    pub(crate) fn join(
        &mut self,
        seat: &str,
        room: &RoomName,
    ) -> Result<(Entrance, Joined), Refusal> {
        let by = self.who(seat)?.by;
        let removed = self.make(room)?;
        let fresh = self
            .seats
            .get_mut(seat)
            .is_some_and(|seat| seat.rooms.insert(room.clone()));
        let newcomer = fresh && self.rooms.get_mut(room).is_some_and(|room| room.sit(&by));
        let newcomer = newcomer.then(|| self.present(&by));
        let found = &self.rooms[room];
        let entrance = Entrance {
            room: room.clone(),
            people: found.people().map(|by| self.present(by)).collect(),
            messages: found.history.messages(),
        };
        Ok((entrance, Joined { newcomer, removed }))
    }

    /// Takes a socket out of a room; `None` when the person stays, in another tab, or was not here.
    pub(crate) fn leave(&mut self, seat: &str, room: &RoomName) -> Option<Left> {
        let seat = self.seats.get_mut(seat)?;
        if !seat.rooms.remove(room) {
            return None;
        }
        let by = seat.by.clone();
        self.rise(&by, room)
    }

    /// Takes a closed socket out of all its rooms.
    pub(crate) fn depart(&mut self, seat: &str) -> Vec<Left> {
        let Some(Seat { by, rooms }) = self.seats.remove(seat) else {
            return Vec::new();
        };
        let left = rooms
            .iter()
            .filter_map(|room| self.rise(&by, room))
            .collect();
        let person = self.people.get_mut(&by).expect("every seat is somebody's");
        person.seats -= 1;
        if person.seats == 0 {
            self.names.remove(&person.name.folded());
            self.people.remove(&by);
        }
        left
    }

    /// Says something in a room where the socket is, unless the id shows that it has been said.
    pub(crate) fn say(
        &mut self,
        seat: &str,
        room: &RoomName,
        id: MessageId,
        text: Text,
        now: u64,
    ) -> Result<Said, Refusal> {
        let Present { by, name } = self.who_in(seat, room)?;
        if let Some(at) = self.recent.at(&id) {
            return Ok(Said::Again(at));
        }
        let at = self.tick(now);
        self.recent.insert(id.clone(), at);
        Ok(Said::New(self.push(Message {
            id,
            room: room.clone(),
            by,
            name,
            text,
            at,
            delivered: false,
        })))
    }

    /// Writes into the lobby what a tutorial's client said, who sits nowhere.
    pub(crate) fn overhear(&mut self, name: PersonName, text: Text, now: u64) -> Message {
        let at = self.tick(now);
        let by = name.to_string();
        let id = MessageId::of_guest(at);
        self.push(Message {
            id,
            room: RoomName::lobby(),
            by,
            name,
            text,
            at,
            delivered: false,
        })
    }

    /// Marks what the socket's page received; returns author and id of what nobody had received before.
    pub(crate) fn received(
        &mut self,
        seat: &str,
        room: &RoomName,
        ids: &[String],
    ) -> Vec<(String, MessageId)> {
        let Ok(reader) = self.who_in(seat, room) else {
            return Vec::new();
        };
        self.rooms.get_mut(room).map_or_else(Vec::new, |room| {
            room.history.mark_delivered(&reader.by, ids)
        })
    }

    /// Whose socket this is, if it is in that room.
    pub(crate) fn who_in(&self, seat: &str, room: &RoomName) -> Result<Present, Refusal> {
        let who = self.who(seat)?;
        if self.seats[seat].rooms.contains(room) {
            Ok(who)
        } else {
            Err(Refusal::NotInRoom)
        }
    }

    /// How the list of rooms shows this one.
    pub(crate) fn listed(&self, room: &RoomName) -> Listed {
        Listed {
            room: room.clone(),
            people: self.rooms.get(room).map_or(0, Room::count),
        }
    }

    fn who(&self, seat: &str) -> Result<Present, Refusal> {
        self.seats
            .get(seat)
            .map(|seat| self.present(&seat.by))
            .ok_or(Refusal::Stranger)
    }

    fn present(&self, by: &str) -> Present {
        Present {
            by: by.to_owned(),
            name: self.people[by].name.clone(),
        }
    }

    /// Makes a room unless it is there; where there is no place for it, an empty one goes.
    fn make(&mut self, room: &RoomName) -> Result<Option<RoomName>, Refusal> {
        if self.rooms.contains_key(room) {
            return Ok(None);
        }
        let mut removed = None;
        if self.rooms.len() == MOST_ROOMS {
            let lobby = RoomName::lobby();
            let empty = self
                .rooms
                .iter()
                .find(|(name, room)| **name != lobby && room.count() == 0);
            removed = Some(
                empty
                    .map(|(name, _)| name.clone())
                    .ok_or(Refusal::TooManyRooms)?,
            );
        }
        if let Some(empty) = &removed {
            self.rooms.remove(empty);
        }
        self.rooms.insert(room.clone(), Room::default());
        Ok(removed)
    }

    fn rise(&mut self, by: &str, room: &RoomName) -> Option<Left> {
        let gone = self.rooms.get_mut(room)?.rise(by);
        gone.then(|| Left {
            by: by.to_owned(),
            listed: self.listed(room),
        })
    }

    fn push(&mut self, message: Message) -> Message {
        if let Some(room) = self.rooms.get_mut(&message.room) {
            room.history.push(message.clone());
        }
        message
    }

    /// The time of a message: later than every one before, so that it is an order too.
    fn tick(&mut self, now: u64) -> u64 {
        self.last = now.max(self.last + 1);
        self.last
    }
}

#[cfg(test)]
mod tests;
