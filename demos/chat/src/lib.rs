//! A chat: names, rooms, who is here, who is typing, history, delivered marks, and a line that comes back.
//!
//! Two namespaces share one conversation. `/` takes the contract of the Socket.IO tutorial: whoever emits
//! `chat message` with a string is heard by everybody else there. `/chat` is what the page under `/chat/` speaks;
//! its room `lobby` and the namespace `/` hear each other.
//!
//! | `/chat`, client to server | answer (any of them may be `{error}`) |
//! |---|---|
//! | `enter` `{name, key}` | `{by, name, rooms: [{room, people}]}` |
//! | `join` `{room}` | `{room, people: [{by, name}], messages: [message]}` |
//! | `leave` `{room}` | nothing |
//! | `say` `{id, room, text}` | `{at}`: the server has it, once, however often it comes |
//! | `received` `{room, ids}` | nothing |
//! | `typing` `{room, typing}` | nothing |
//!
//! | server to client | when |
//! |---|---|
//! | `message` `{id, room, by, name, text, at, delivered}` | somebody else said something in a joined room |
//! | `delivered` `{room, id}` | the page of at least one other person received what you said |
//! | `typing` `{room, by, name, typing}` | somebody began or stopped |
//! | `joined` `{room, by, name}`, `left` `{room, by}` | in a joined room |
//! | `room` `{room, people}`, `removed` `{room}` | the list of rooms changed |
//!
//! `key` is a secret of one tab. Whoever shows it is the same person, so a line that comes back before the server saw
//! it break does not find its own name taken. `by` stands for the key in public. `at` is in milliseconds since 1970,
//! never twice the same, and is the order of a room's messages.
//!
//! The types of all of them are in `events.rs`, and for the page in `page/events.d.ts`, which a test makes of those.
//!
//! ```
//! let io = sockeye_demo_chat::namespaces(sockeye::Server::builder()).build();
//! let app = sockeye_demo_chat::pages().merge(io.router());
//! # let _: axum::Router = app;
//! ```

mod events;
mod hall;
mod history;
mod message;
mod name;
mod news;
mod pages;
mod recent;
mod refusal;
mod room;
mod talk;
mod tutorial;

pub use pages::pages;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use sockeye::ServerBuilder;

use hall::Hall;

/// Registers the namespaces `/` and `/chat`, which share one conversation.
pub fn namespaces(builder: ServerBuilder) -> ServerBuilder {
    let chat = Chat::default();
    builder
        .namespace("/", tutorial::namespace(chat.clone()))
        .namespace(talk::NAMESPACE, talk::namespace(chat))
}

/// The state behind both namespaces.
#[derive(Clone, Default)]
struct Chat(Arc<Mutex<Hall>>);

impl Chat {
    /// The lock is held for one look or change, never over an emit or an await.
    fn hall(&self) -> MutexGuard<'_, Hall> {
        // a handler that panicked leaves at worst one person out of place: no reason to end the chat
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
