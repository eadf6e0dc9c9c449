//! The namespace `/chat`: the page's side of the conversation.

use serde::{Deserialize, Serialize};
use sockeye::{DisconnectReason, Namespace, Reply, Socket, State};

use crate::{
    Chat,
    message::{MessageId, Text},
    name::RoomName,
    news::{Entered, Entrance, Left, Present, Said},
    now,
    refusal::Refusal,
    tutorial,
};

/// Where the page connects to.
pub(crate) const NAMESPACE: &str = "/chat";

pub(crate) fn namespace(chat: Chat) -> Namespace {
    Namespace::new()
        .on("enter", enter)
        .on("join", join)
        .on("leave", leave)
        .on("say", say)
        .on("received", received)
        .on("typing", typing)
        .on_disconnect(disconnected)
        .with_state(chat)
}

#[derive(Deserialize)]
struct Enter {
    name: String,
    key: String,
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

#[derive(Deserialize)]
struct Which {
    room: String,
}

async fn join(
    socket: Socket,
    State(chat): State<Chat>,
    which: Which,
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
        socket.to(room.members()).emit("joined", news);
        let listed = chat.hall().listed(&room);
        socket.server().of(NAMESPACE).emit("room", listed);
    }
    if let Some(room) = joined.removed {
        socket
            .server()
            .of(NAMESPACE)
            .emit("removed", Removed { room });
    }
    Ok(Reply(entrance))
}

#[derive(Serialize)]
struct Newcomer<'a> {
    room: &'a RoomName,
    #[serde(flatten)]
    newcomer: &'a Present,
}

#[derive(Serialize)]
struct Removed {
    room: RoomName,
}

async fn leave(socket: Socket, State(chat): State<Chat>, which: Which) -> Result<(), Refusal> {
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

#[derive(Serialize)]
struct Gone<'a> {
    room: &'a RoomName,
    by: &'a str,
}

fn tell(socket: &Socket, left: impl IntoIterator<Item = Left>) {
    let server = socket.server();
    for Left { by, listed } in left {
        server.of(NAMESPACE).to(listed.room.members()).emit(
            "left",
            Gone {
                room: &listed.room,
                by: &by,
            },
        );
        server.of(NAMESPACE).emit("room", listed);
    }
}

#[derive(Deserialize)]
struct Say {
    id: String,
    room: String,
    text: String,
}

#[derive(Serialize)]
struct Accepted {
    at: u64,
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
    socket.to(room.members()).emit("message", &message);
    if room == RoomName::lobby() {
        socket.server().emit(tutorial::EVENT, &message.text);
    }
    Ok(Reply(Accepted { at: message.at }))
}

#[derive(Deserialize)]
struct Received {
    room: String,
    ids: Vec<String>,
}

#[derive(Serialize)]
struct Delivered<'a> {
    room: &'a RoomName,
    id: MessageId,
}

async fn received(socket: Socket, State(chat): State<Chat>, what: Received) -> Result<(), Refusal> {
    let room = RoomName::parse(&what.room)?;
    let fresh = chat.hall().received(socket.id().as_str(), &room, &what.ids);
    for (author, id) in fresh {
        let author = socket.server().of(NAMESPACE).to(tabs(&author));
        author.emit("delivered", Delivered { room: &room, id });
    }
    Ok(())
}

#[derive(Deserialize)]
struct Typing {
    room: String,
    typing: bool,
}

#[derive(Serialize)]
struct Typist<'a> {
    room: &'a RoomName,
    #[serde(flatten)]
    who: Present,
    typing: bool,
}

async fn typing(socket: Socket, State(chat): State<Chat>, what: Typing) -> Result<(), Refusal> {
    let room = RoomName::parse(&what.room)?;
    let who = chat.hall().who_in(socket.id().as_str(), &room)?;
    socket.to(room.members()).volatile().emit(
        "typing",
        Typist {
            room: &room,
            who,
            typing: what.typing,
        },
    );
    Ok(())
}
