//! What the browser client's scenarios talk to: the handlers of `browser/test/server.mjs`, on Sockeye.

mod control;
mod garble;
mod value;

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::Request,
    http::header,
    middleware::{Next, from_fn},
    response::IntoResponse,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sockeye::{
    AckSender, Args, Codec, DisconnectReason, Handshake, Namespace, Reject, Reply, Server,
    ServerBuilder, Session, Socket,
};
use tokio::{net::TcpListener, signal::unix::Signal, time::sleep};

use self::{control::Notes, garble::Garbling, value::Any};

/// How many events of a flood leave at a time, and how long after the ones before.
const AT_A_TIME: u64 = 10;
const PAUSE: Duration = Duration::from_millis(1);

/// How often a socket has asked for what is answered at the third try.
type Tries = AtomicU32;

/// Adds the namespaces.
fn namespaces(builder: ServerBuilder, notes: &Arc<Notes>) -> ServerBuilder {
    let open = || Namespace::new().auth(async || Ok(Tries::default()));
    builder
        .namespace("/", handlers(open(), notes))
        .namespace("/chat", handlers(open(), notes))
        .namespace("/admin", handlers(Namespace::new().auth(admin), notes))
        .namespace("/control", control::namespace(notes))
}

#[derive(Deserialize)]
struct Credentials {
    token: Option<Value>,
}

async fn admin(Credentials { token }: Credentials) -> Result<Tries, Reject> {
    if token.as_ref().is_some_and(|token| token == "secret") {
        return Ok(Tries::default());
    }
    Err(Reject::new("not authorized").data(json!({ "token": token })))
}

fn handlers(namespace: Namespace, notes: &Arc<Notes>) -> Namespace {
    let (noted, tried, left) = (Arc::clone(notes), Arc::clone(notes), Arc::clone(notes));
    namespace
        .on_disconnect(async move |reason: DisconnectReason| left.disconnected(reason))
        // Whoever takes the acknowledgement and drops it never gives it.
        .on(
            "note",
            async move |_ack: AckSender, Args(values): Args<Vec<Any>>| noted.receive(values),
        )
        .on("silent", async |_ack: AckSender| {})
        .on("echo", async |values: Args<Vec<Any>>| Reply(values))
        .on("reply", reply)
        .on("whoami", who)
        .on("ask", ask)
        .on("kick", async |socket: Socket, all: bool| {
            if all {
                socket.close();
            } else {
                socket.disconnect();
            }
        })
        .on("drop", async |socket: Socket| socket.close_connection())
        .on(
            "flaky",
            async move |ack: AckSender, tries: Session<Tries>, Args((number,)): Args<(u64,)>| {
                tried.receive(vec![Any::Text("try".to_owned()), Any::Unsigned(number)]);
                if tries.fetch_add(1, Ordering::Relaxed) >= 2 {
                    ack.send(format!("done {number}"));
                }
            },
        )
        .on("flood", flood)
}

async fn reply(socket: Socket, Args(mut values): Args<Vec<Any>>) {
    if let Any::Text(event) = values.remove(0) {
        socket.emit(&event, Args(values));
    }
}

async fn who(socket: Socket, handshake: Handshake) -> Reply<Args<(String, String, Value, Value)>> {
    let query: Map<_, _> = handshake
        .queries()
        .map(|(name, value)| (name.into_owned(), value.into()))
        .collect();
    Reply(Args((
        socket.client_id().into_owned(),
        socket.namespace().to_owned(),
        handshake.auth().unwrap_or_else(|| json!({})),
        query.into(),
    )))
}

async fn ask(socket: Socket, Args(mut values): Args<Vec<Any>>) -> Reply<Args<Vec<Any>>> {
    let Any::Unsigned(timeout) = values.remove(0) else {
        return Reply(Args(vec![Any::Text("no time-out".to_owned())]));
    };
    let asked = socket
        .emit_with_ack::<Any>("question", Args(values))
        .timeout(Duration::from_millis(timeout));
    Reply(Args(match asked.await {
        Ok(value) => vec![Any::Null, value],
        Err(error) => vec![Any::Text(error.to_string())],
    }))
}

/// Numbers events until the client has seen enough, and at least `count` of them.
async fn flood(socket: Socket, count: u64) {
    let enough = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&enough);
    socket.once("enough", async move || seen.store(1, Ordering::Relaxed));
    let mut sent = 0;
    while socket.is_connected() && (sent < count || enough.load(Ordering::Relaxed) == 0) {
        for number in sent..sent + AT_A_TIME {
            socket.emit("tick", number);
        }
        sent += AT_A_TIME;
        sleep(PAUSE).await;
    }
    socket.emit("ticked", sent);
}

/// Serves the scenarios until the signal comes: the namespaces, a server that says rubbish below `/garbled`, and
/// the files of the browser client's `folder`.
pub(crate) async fn serve(
    builder: ServerBuilder,
    codec: Codec,
    folder: PathBuf,
    listener: TcpListener,
    mut terminate: Signal,
) -> io::Result<()> {
    let notes = Arc::new(Notes::new());
    let server = namespaces(builder, &notes).build();
    let garbled = Server::builder()
        .path("/garbled")
        .parser(Garbling(codec))
        .namespace("/", Namespace::new().on("garble", garble::garble))
        .build();
    let folder = Arc::new(folder);
    let app = Router::new()
        .fallback(move |request: Request| file(Arc::clone(&folder), request))
        .layer(garbled.layer())
        .layer(server.layer())
        .layer(from_fn(move |request: Request, next: Next| {
            let notes = Arc::clone(&notes);
            async move {
                let query = request.uri().query().unwrap_or_default();
                if query.contains("transport=websocket") {
                    notes.let_through().await;
                }
                next.run(request).await
            }
        }));
    tokio::select! {
        served = axum::serve(listener, app).into_future() => served,
        () = async {
            terminate.recv().await;
            garbled.shutdown().over(Duration::ZERO).await;
            server.shutdown().over(Duration::ZERO).await;
        } => Ok(()),
    }
}

/// A script of the client or of its tests; anything else is an empty page.
async fn file(folder: Arc<PathBuf>, request: Request) -> impl IntoResponse {
    let path = request.uri().path();
    let known = path
        .strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .filter(|(part, name)| ["dist", "test"].contains(part) && !name.contains(['/', '\\']));
    let text = match known {
        Some((part, name)) => std::fs::read_to_string(folder.join(part).join(name)).ok(),
        None => None,
    };
    match text {
        Some(text) => ([(header::CONTENT_TYPE, "text/javascript")], text),
        None => {
            let page = "<!DOCTYPE html><title>test</title>".to_owned();
            ([(header::CONTENT_TYPE, "text/html")], page)
        }
    }
}
