//! The namespace `/`.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sockeye::{AckError, Args, DisconnectReason, Handshake, Namespace, Reply, Socket};

use crate::spaces::{left, slow};

/// How long the client is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

pub(crate) fn namespace() -> Namespace {
    let namespace = Namespace::new()
        .on_disconnect(
            |socket: Socket, reason: DisconnectReason| async move { left(&socket, reason) },
        )
        .on("leave me", async |socket: Socket| socket.disconnect())
        .on("close me", async |socket: Socket| socket.close());
    acks(rooms(messages(namespace)))
}

fn messages(namespace: Namespace) -> Namespace {
    namespace
        .on("message", async |socket: Socket, value: Value| {
            socket.emit("message", value);
        })
        .on(
            "pair",
            async |socket: Socket, Args((a, b)): Args<(Value, Value)>| {
                socket.emit("pair", Args((b, a)));
            },
        )
        .on("nothing", async |socket: Socket| socket.emit("nothing", ()))
        .on("number", async |socket: Socket, n: u64| {
            socket.emit("number", n);
        })
        .on("flood", async |socket: Socket, count: u64| {
            for n in 0..count {
                socket.emit("number", n);
            }
        })
        .on("volatile", async |socket: Socket, text: String| {
            socket.volatile().emit("volatile", &text);
            socket.emit("message", &text);
        })
        .on("blob", async |socket: Socket, bytes: Bytes| {
            socket.emit("blob", bytes);
        })
        .on("blob all", async |socket: Socket, bytes: Bytes| {
            socket.server().emit("blob", bytes);
        })
        .on("parcel", async |socket: Socket, parcel: Parcel| {
            socket.emit("parcel", parcel.reversed());
        })
        .on("large back", async |socket: Socket, n: usize| {
            socket.emit("large", "x".repeat(n));
        })
        .on("large plain", async |socket: Socket, n: usize| {
            socket.compress(false).emit("large", "x".repeat(n));
        })
        .on("slow", slow)
}

fn rooms(namespace: Namespace) -> Namespace {
    namespace
        .on("join", async |socket: Socket, rooms: OneOrMany| {
            socket.join(rooms.into_vec());
            Reply(sorted_rooms(&socket))
        })
        .on("leave", async |socket: Socket, room: String| {
            socket.leave(room);
            Reply(sorted_rooms(&socket))
        })
        .on("to", async |socket: Socket, to: Target| {
            socket.to(to.rooms).except(to.except).emit("heard", to.text);
        })
        .on("all", async |socket: Socket, to: Target| {
            socket
                .server()
                .to(to.rooms)
                .except(to.except)
                .emit("heard", to.text);
        })
        .on("broadcast", async |socket: Socket, text: String| {
            socket.broadcast().emit("heard", text);
        })
        .on("news", async |socket: Socket, text: String| {
            socket.server().emit("heard", text);
        })
        .on("twice", async |socket: Socket, to: Target| {
            for n in 1..=2 {
                let text = format!("{} {n}", to.text);
                socket.server().to(to.rooms.clone()).emit("heard", text);
            }
        })
}

fn acks(namespace: Namespace) -> Namespace {
    namespace
        .on("ack one", async |value: Value| Reply(value))
        .on("ack two", async |Args((a, b)): Args<(Value, Value)>| {
            Reply(Args((b, a)))
        })
        .on("ack none", async || ())
        .on("ack error", async |text: String| {
            Err::<(), String>(format!("refused: {text}"))
        })
        .on("blob ack", async |bytes: Bytes| Reply(bytes))
        .on("parcel ack", async |parcel: Parcel| {
            Reply(parcel.reversed())
        })
        .on("large", async |text: String| Reply(text.len()))
        .on("id", async |socket: Socket| {
            Reply(socket.client_id().into_owned())
        })
        .on("handshake", handshake)
        .on("ask one", async |socket: Socket, value: Value| {
            let asked = socket
                .emit_with_ack::<Value>("question", value)
                .timeout(PATIENCE);
            answer(&socket, asked.await);
        })
        .on(
            "ask two",
            async |socket: Socket, both: Args<(Value, Value)>| {
                let asked = socket
                    .emit_with_ack::<Value>("question two", both)
                    .timeout(PATIENCE);
                answer(&socket, asked.await);
            },
        )
        .on("ask none", async |socket: Socket| {
            let asked = socket
                .emit_with_ack::<()>("question none", ())
                .timeout(PATIENCE);
            answer(&socket, asked.await);
        })
        .on("ask blob", async |socket: Socket, bytes: Bytes| {
            let asked = socket
                .emit_with_ack::<Bytes>("question blob", bytes)
                .timeout(PATIENCE);
            answer(&socket, asked.await);
        })
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Answer<T> {
    Value(T),
    Error(String),
}

fn answer<T: Serialize>(socket: &Socket, asked: Result<T, AckError>) {
    let answer = match asked {
        Ok(value) => Answer::Value(value),
        Err(error) if error.is_timeout() => Answer::Error("timeout".to_owned()),
        Err(error) if error.is_disconnected() => Answer::Error("disconnected".to_owned()),
        Err(error) => Answer::Error(error.to_string()),
    };
    socket.emit("answer", answer);
}

#[derive(Serialize)]
struct Brought {
    header: Option<String>,
    query: Option<String>,
    address: bool,
    auth: Option<Value>,
}

async fn handshake(handshake: Handshake) -> Reply<Brought> {
    Reply(Brought {
        header: handshake.header("x-probe").map(str::to_owned),
        query: handshake.query("probe").map(String::from),
        address: handshake
            .address()
            .is_some_and(|address| address.ip().is_loopback()),
        auth: handshake.auth::<Value>(),
    })
}

fn sorted_rooms(socket: &Socket) -> Vec<String> {
    let mut rooms: Vec<String> = socket.rooms().iter().map(|room| room.to_string()).collect();
    rooms.sort();
    rooms
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(room) => vec![room],
            Self::Many(rooms) => rooms,
        }
    }
}

#[derive(Deserialize)]
struct Target {
    #[serde(default)]
    rooms: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Parcel {
    name: String,
    parts: Vec<Part>,
}

#[derive(Serialize, Deserialize)]
struct Part {
    n: u32,
    #[serde(with = "serde_bytes")]
    data: Vec<u8>,
}

impl Parcel {
    fn reversed(mut self) -> Self {
        self.parts.reverse();
        self
    }
}
