//! The events of `/chat`, said once for both sides: `page/events.d.ts` is made of them.

use serde::{Deserialize, Serialize};
use sockeye::Event;
#[cfg(test)]
use ts_rs::TS;

use crate::{
    message::MessageId,
    name::RoomName,
    news::{Entered, Entrance, Present},
};

/// Says who the page belongs to.
#[derive(Debug, Event, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[event(reply = Entered)]
pub(crate) struct Enter {
    pub(crate) name: String,
    pub(crate) key: String,
}

#[derive(Debug, Event, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[event(reply = Entrance)]
pub(crate) struct Join {
    pub(crate) room: String,
}

#[derive(Debug, Event, Deserialize)]
#[cfg_attr(test, derive(TS))]
pub(crate) struct Leave {
    pub(crate) room: String,
}

#[derive(Debug, Event, Deserialize)]
#[cfg_attr(test, derive(TS))]
#[event(reply = Accepted)]
pub(crate) struct Say {
    pub(crate) id: String,
    pub(crate) room: String,
    pub(crate) text: String,
}

/// The server has a message, once, however often it comes.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(TS))]
pub(crate) struct Accepted {
    pub(crate) at: u64,
}

/// The page shows these messages.
#[derive(Debug, Event, Deserialize)]
#[cfg_attr(test, derive(TS))]
pub(crate) struct Received {
    pub(crate) room: String,
    pub(crate) ids: Vec<String>,
}

#[derive(Debug, Event, Deserialize)]
#[cfg_attr(test, derive(TS))]
pub(crate) struct Typing {
    pub(crate) room: String,
    pub(crate) typing: bool,
}

#[derive(Debug, Event, Serialize)]
#[cfg_attr(test, derive(TS))]
#[event(name = "joined")]
pub(crate) struct Newcomer<'a> {
    pub(crate) room: &'a RoomName,
    #[serde(flatten)]
    pub(crate) newcomer: &'a Present,
}

/// A room is no longer on the list.
#[derive(Debug, Event, Serialize)]
#[cfg_attr(test, derive(TS))]
pub(crate) struct Removed {
    pub(crate) room: RoomName,
}

#[derive(Debug, Event, Serialize)]
#[cfg_attr(test, derive(TS))]
#[event(name = "left")]
pub(crate) struct Gone<'a> {
    pub(crate) room: &'a RoomName,
    pub(crate) by: &'a str,
}

/// The page of at least one other person received what the reader said.
#[derive(Debug, Event, Serialize)]
#[cfg_attr(test, derive(TS))]
pub(crate) struct Delivered<'a> {
    pub(crate) room: &'a RoomName,
    pub(crate) id: MessageId,
}

#[derive(Debug, Event, Serialize)]
#[cfg_attr(test, derive(TS))]
#[event(name = "typing")]
pub(crate) struct Typist<'a> {
    pub(crate) room: &'a RoomName,
    #[serde(flatten)]
    pub(crate) who: Present,
    pub(crate) typing: bool,
}

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    use sockeye::typescript::Contract;

    use super::*;
    use crate::{message::Message, news::Listed};

    #[test]
    fn the_page_has_the_declarations_of_these_types() {
        let generated = Contract::new()
            .client_to_server::<Enter>()
            .client_to_server::<Join>()
            .client_to_server::<Leave>()
            .client_to_server::<Say>()
            .client_to_server::<Received>()
            .client_to_server::<Typing>()
            .server_to_client::<Message>()
            .server_to_client::<Delivered<'static>>()
            .server_to_client::<Typist<'static>>()
            .server_to_client::<Newcomer<'static>>()
            .server_to_client::<Gone<'static>>()
            .server_to_client::<Listed>()
            .server_to_client::<Removed>()
            .to_string();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("page/events.d.ts");
        if env::var_os("SOCKEYE_WRITE").is_some() {
            fs::write(&path, &generated).expect("written");
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            committed, generated,
            "run this test with SOCKEYE_WRITE=1 to write the file anew"
        );
    }
}
