//! The namespace `/chat`: the page's side of the conversation.

use sockeye::{DisconnectReason, Namespace, Reply, Socket, State};

use crate::{
    Chat,
    events::{
        Accepted, Delivered, Enter, Gone, Join, Leave, Newcomer, Received, Removed, Say, Typing,
        Typist,
    },
    message::{MessageId, Text},
    name::RoomName,
    news::{Entered, Entrance, Left, Said},
    now,
    refusal::Refusal,
    tutorial,
};

/// Where the page connects to.
pub(crate) const NAMESPACE: &str = "/chat";

pub(crate) fn namespace(chat: Chat) -> Namespace {
    Namespace::new()
        .event(enter)
        .event(join)
        .event(leave)
        .event(say)
        .event(received)
        .event(typing)
        .on_disconnect(disconnected)
        .with_state(chat)
}

/// All tabs of a person, who hears there what became of own messages.
fn tabs(by: &str) -> String {
    format!("person:{by}")
}

async fn enter(
    socket: Socket,
    State(chat): State<Chat>,
    who: Enter,
) -> Result<Reply<Entered>, Refusal> {
    let entered = chat
        .hall()
        .enter(socket.id().as_str(), &who.name, &who.key)?;
    socket.join(tabs(&entered.by));
    // it may have gone while it entered: then nobody else takes it off the list
    if !socket.is_connected() {
        depart(&socket, &chat);
    }
    Ok(Reply(entered))
}

async fn join(
    socket: Socket,
    State(chat): State<Chat>,
    which: Join,
) -> Result<Reply<Entrance>, Refusal> {
    let room = RoomName::parse(&which.room)?;
    let (entrance, joined) = {
        let mut hall = chat.hall();
        let found = hall.join(socket.id().as_str(), &room)?;
        // under the lock: what is said is either in the history just read, or emitted after this
        socket.join(room.members());
        found
    };
    if let Some(newcomer) = joined.newcomer {
        let news = Newcomer {
            room: &room,
            newcomer: &newcomer,
        };
        socket.to(room.members()).emit_event(news);
        let listed = chat.hall().listed(&room);
        socket.server().of(NAMESPACE).emit_event(listed);
    }
    if let Some(room) = joined.removed {
        socket.server().of(NAMESPACE).emit_event(Removed { room });
    }
    Ok(Reply(entrance))
}

async fn leave(socket: Socket, State(chat): State<Chat>, which: Leave) -> Result<(), Refusal> {
    let room = RoomName::parse(&which.room)?;
    let left = chat.hall().leave(socket.id().as_str(), &room);
    socket.leave(room.members());
    tell(&socket, left);
    Ok(())
}

async fn disconnected(socket: Socket, State(chat): State<Chat>, _: DisconnectReason) {
    depart(&socket, &chat);
}

fn depart(socket: &Socket, chat: &Chat) {
    let left = chat.hall().depart(socket.id().as_str());
    tell(socket, left);
}

fn tell(socket: &Socket, left: impl IntoIterator<Item = Left>) {
    let server = socket.server();
    for Left { by, listed } in left {
        server
            .of(NAMESPACE)
            .to(listed.room.members())
            .emit_event(Gone {
                room: &listed.room,
                by: &by,
            });
        server.of(NAMESPACE).emit_event(listed);
    }
}

async fn say(
    socket: Socket,
    State(chat): State<Chat>,
    said: Say,
) -> Result<Reply<Accepted>, Refusal> {
    let (id, room) = (MessageId::parse(said.id)?, RoomName::parse(&said.room)?);
    let text = Text::parse(&said.text)?;
    let said = chat
        .hall()
        .say(socket.id().as_str(), &room, id, text, now())?;
    let message = match said {
        Said::New(message) => message,
        Said::Again(at) => return Ok(Reply(Accepted { at })),
    };
    socket.to(room.members()).emit_event(&message);
    if room == RoomName::lobby() {
        let text = message.text.as_str().into();
        socket.server().emit_event(tutorial::ChatMessage(text));
    }
    Ok(Reply(Accepted { at: message.at }))
}

async fn received(socket: Socket, State(chat): State<Chat>, what: Received) -> Result<(), Refusal> {
    let room = RoomName::parse(&what.room)?;
    let fresh = chat.hall().received(socket.id().as_str(), &room, &what.ids);
    for (author, id) in fresh {
        let author = socket.server().of(NAMESPACE).to(tabs(&author));
        author.emit_event(Delivered { room: &room, id });
    }
    Ok(())
}

async fn typing(socket: Socket, State(chat): State<Chat>, what: Typing) -> Result<(), Refusal> {
    let room = RoomName::parse(&what.room)?;
    let who = chat.hall().who_in(socket.id().as_str(), &room)?;
    socket.to(room.members()).volatile().emit_event(Typist {
        room: &room,
        who,
        typing: what.typing,
    });
    Ok(())
}
