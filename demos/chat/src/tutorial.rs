//! The namespace `/`: what the Socket.IO tutorial's clients say is heard by everybody else, and in the lobby.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sockeye::{Event, Namespace, Socket, State};

use crate::{
    Chat,
    message::Text,
    name::{PersonName, RoomName},
    now,
    refusal::Refusal,
    talk,
};

/// The tutorial's one event; its argument is the text.
#[derive(Debug, Event, Serialize, Deserialize)]
#[event(name = "chat message")]
pub(crate) struct ChatMessage<'a>(pub(crate) Cow<'a, str>);

pub(crate) fn namespace(chat: Chat) -> Namespace {
    Namespace::new().event(said).with_state(chat)
}

async fn said(
    socket: Socket,
    State(chat): State<Chat>,
    message: ChatMessage<'static>,
) -> Result<(), Refusal> {
    let cleaned = Text::parse(&message.0)?;
    socket.broadcast().emit_event(&message);
    let message = chat
        .hall()
        .overhear(guest(socket.id().as_str()), cleaned, now());
    socket
        .server()
        .of(talk::NAMESPACE)
        .to(RoomName::lobby().members())
        .emit_event(message);
    Ok(())
}

/// A name for somebody who never gave one. An id begins with anything, so only letters and digits are taken.
fn guest(id: &str) -> PersonName {
    let short: String = id
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(4)
        .collect();
    PersonName::parse(&format!("guest-{short}")).expect("short, and not empty")
}
