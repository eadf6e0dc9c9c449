//! The namespaces beside `/`, and what several of them share.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockeye::{DisconnectReason, Namespace, Reject, Reply, Session, Socket};
use tokio::time::sleep;

#[derive(Deserialize)]
pub(crate) struct Work {
    n: u64,
    ms: u64,
}

pub(crate) async fn slow(socket: Socket, work: Work) {
    socket.emit("started", work.n);
    sleep(Duration::from_millis(work.ms)).await;
    socket.emit("done", work.n);
}

#[derive(Serialize)]
struct Left<'a> {
    id: &'a str,
    nsp: &'a str,
    reason: &'a str,
}

/// Tells the watchers of `/` that a socket has left.
pub(crate) fn left(socket: &Socket, reason: DisconnectReason) {
    let id = socket.client_id();
    let left = Left {
        id: &id,
        nsp: socket.namespace(),
        reason: reason.as_str(),
    };
    socket.server().to("watchers").emit("left", left);
}

pub(crate) fn custom() -> Namespace {
    Namespace::new()
        .on_connect(async |socket: Socket| {
            let name = socket.namespace().to_owned();
            socket.emit("hello", name);
        })
        .on("message", async |socket: Socket, value: Value| {
            socket.emit("message", value);
        })
        .on("ack one", async |value: Value| Reply(value))
        .on("id", async |socket: Socket| {
            Reply(socket.client_id().into_owned())
        })
        .on(
            "to",
            async |socket: Socket, (room, text): (String, String)| {
                socket.to(room).emit("heard", text);
            },
        )
        .on("leave me", async |socket: Socket| socket.disconnect())
        .on("close me", async |socket: Socket| socket.close())
        .on_disconnect(async |socket: Socket, reason: DisconnectReason| left(&socket, reason))
}

#[derive(Deserialize)]
struct Credentials {
    token: Option<String>,
    name: Option<String>,
}

#[derive(Clone, Serialize)]
struct User {
    name: Option<String>,
}

pub(crate) fn guarded() -> Namespace {
    Namespace::new()
        .auth(async |credentials: Credentials| {
            let Credentials { token, name } = credentials;
            match token.as_deref() {
                Some("secret") => {}
                Some("slow") => sleep(Duration::from_millis(150)).await,
                _ => {
                    return Err(
                        Reject::new("unauthorized").data(json!({ "code": 401, "name": name }))
                    );
                }
            }
            Ok(User { name })
        })
        .on("whoami", async |user: Session<User>| {
            Reply(User::clone(&user))
        })
}

pub(crate) fn early() -> Namespace {
    Namespace::new()
        .on_connect(async |socket: Socket| {
            sleep(Duration::from_millis(200)).await;
            socket.emit("ready", ());
        })
        .on("early", async |socket: Socket, n: u64| {
            socket.emit("early", n);
        })
}

pub(crate) fn sequential() -> Namespace {
    Namespace::new().sequential().on("slow", slow)
}
