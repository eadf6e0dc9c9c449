//! What the hall tells: answers to the one who asked, and what others have to hear.

use serde::Serialize;
use sockeye::Event;

use crate::{
    message::Message,
    name::{PersonName, RoomName},
};

/// A room as the list of rooms shows it.
#[derive(Debug, Event, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[event(name = "room")]
pub(crate) struct Listed {
    pub(crate) room: RoomName,
    pub(crate) people: usize,
}

/// The answer to `enter`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Entered {
    pub(crate) by: String,
    pub(crate) name: PersonName,
    pub(crate) rooms: Vec<Listed>,
}

/// Somebody who is here.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Present {
    pub(crate) by: String,
    pub(crate) name: PersonName,
}

/// What somebody finds in a room.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Entrance {
    pub(crate) room: RoomName,
    pub(crate) people: Vec<Present>,
    pub(crate) messages: Vec<Message>,
}

/// What others have to hear of somebody who joined.
#[derive(Debug)]
pub(crate) struct Joined {
    /// `None`: the person was here already, in another tab.
    pub(crate) newcomer: Option<Present>,
    /// The empty room that made place for a new one.
    pub(crate) removed: Option<RoomName>,
}

/// Somebody is gone from a room.
#[derive(Debug, PartialEq)]
pub(crate) struct Left {
    pub(crate) by: String,
    pub(crate) listed: Listed,
}

/// What became of a message.
#[derive(Debug)]
pub(crate) enum Said {
    New(Message),
    /// It came before, and has this time.
    Again(u64),
}
