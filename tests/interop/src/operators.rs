//! What is done to many sockets at once, what is registered at a socket while it lives, and namespaces that
//! come into being when a client asks for them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sockeye::{
    Broadcast, DisconnectReason, Namespace, NamespaceMatch, Reply, Server, Session, Socket,
};

/// Names of events, in order.
#[derive(Debug, Clone, Default)]
struct Names(Arc<Mutex<Vec<String>>>);

impl Names {
    fn add(&self, name: &str) {
        // Nobody panics under this lock.
        if let Ok(mut names) = self.0.lock() {
            names.push(name.to_owned());
        }
    }

    fn all(&self) -> Vec<String> {
        self.0
            .lock()
            .map_or_else(|_| Vec::new(), |names| names.clone())
    }
}

/// What a socket was sent and has sent.
#[derive(Debug, Default)]
struct Seen {
    incoming: Names,
    outgoing: Names,
}

#[derive(Deserialize)]
struct Target {
    #[serde(default)]
    rooms: Vec<String>,
    #[serde(default)]
    into: String,
    #[serde(default)]
    ms: u64,
    #[serde(default)]
    close: bool,
}

impl Target {
    fn of(&self, io: &Server) -> Broadcast {
        io.of("/operators")
            .to(self.rooms.clone())
            .timeout(Duration::from_millis(self.ms))
    }
}

#[derive(Serialize)]
struct Votes {
    values: Vec<u64>,
    timeout: bool,
}

async fn vote(io: Server, target: Target) -> Reply<Votes> {
    let (mut values, timeout) = match target.of(&io).emit_with_ack::<u64>("vote", ()).await {
        Ok(values) => (values, false),
        Err(error) => (error.values, error.error.is_timeout()),
    };
    values.sort_unstable();
    Reply(Votes { values, timeout })
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

async fn fetch(io: Server, target: Target) -> Result<Reply<Vec<(String, usize)>>, String> {
    let found = target.of(&io).fetch_sockets().await;
    let found = found.map_err(|error| error.to_string())?;
    let mut all: Vec<_> = found
        .iter()
        .map(|socket| {
            let name = socket
                .data::<Named>()
                .map_or_else(String::new, |data| data.name);
            (name, socket.rooms().len())
        })
        .collect();
    all.sort();
    Ok(Reply(all))
}

async fn connected(socket: Socket, seen: Session<Seen>) {
    let (incoming, outgoing) = (seen.incoming.clone(), seen.outgoing.clone());
    socket.on_any(move |event| incoming.add(event.name()));
    socket.on_any_outgoing(move |name, _| outgoing.add(name));
}

async fn leaving(socket: Socket, reason: DisconnectReason) {
    let rooms = socket.rooms().len();
    let leaving = json!({ "rooms": rooms, "reason": reason.as_str() });
    socket.to("watchers").emit("leaving", leaving);
}

pub(crate) fn operators() -> Namespace {
    Namespace::new()
        .auth(async || Ok(Seen::default()))
        .on_connect(connected)
        .on_disconnecting(leaving)
        .on("join", async |socket: Socket, room: String| {
            socket.join(room);
            Reply(socket.rooms().len())
        })
        .on("name", async |socket: Socket, name: String| {
            socket
                .set_data(&json!({ "name": name }))
                .map(|()| Reply(true))
        })
        .on("vote", vote)
        .on("fetch", fetch)
        .on("sockets join", async |io: Server, target: Target| {
            target.of(&io).sockets_join(target.into.as_str());
        })
        .on("sockets leave", async |io: Server, target: Target| {
            target.of(&io).sockets_leave(target.into.as_str());
        })
        .on("disconnect sockets", async |io: Server, target: Target| {
            target.of(&io).disconnect_sockets(target.close);
        })
        .on("listen once", async |socket: Socket, event: String| {
            socket.once(event, async || Reply("heard"));
        })
        .on("seen", async |seen: Session<Seen>| {
            Reply((seen.incoming.all(), seen.outgoing.all()))
        })
        .on("say", async |socket: Socket, event: String| {
            socket.emit(&event, ());
            socket.server().of("/operators").emit(&event, ());
        })
}

/// `/rooms/` and a word of small letters.
pub(crate) fn rooms() -> (NamespaceMatch, Namespace) {
    let matches = NamespaceMatch::when(|name| {
        name.strip_prefix("/rooms/").is_some_and(|word| {
            !word.is_empty() && word.bytes().all(|letter| letter.is_ascii_lowercase())
        })
    });
    let namespace = Namespace::new()
        .on("where", async |socket: Socket| {
            Reply(socket.namespace().to_owned())
        })
        .on("news", async |socket: Socket, text: String| {
            socket.server().of(socket.namespace()).emit("heard", text);
        });
    (matches, namespace)
}
