//! The namespace `/`: what the Socket.IO tutorial's clients say is heard by everybody else, and in the lobby.

use sockeye::{Namespace, Socket, State};

use crate::{
    Chat,
    message::Text,
    name::{PersonName, RoomName},
    now,
    refusal::Refusal,
    talk,
};

/// The tutorial's one event; its argument is the text.
pub(crate) const EVENT: &str = "chat message";

pub(crate) fn namespace(chat: Chat) -> Namespace {
    Namespace::new().on(EVENT, said).with_state(chat)
}

async fn said(socket: Socket, State(chat): State<Chat>, text: String) -> Result<(), Refusal> {
    let cleaned = Text::parse(&text)?;
    socket.broadcast().emit(EVENT, &text);
    let message = chat
        .hall()
        .overhear(guest(socket.id().as_str()), cleaned, now());
    socket
        .server()
        .of(talk::NAMESPACE)
        .to(RoomName::lobby().members())
        .emit("message", message);
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
