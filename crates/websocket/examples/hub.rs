//! A hub: whatever a client says goes to every client of the same path, encoded once. A client
//! that reads too slowly is disconnected and delays nobody.
//!
//! `cargo run --release -p sockeye-websocket --example hub -- --listen 127.0.0.1:9002 [--deflate]
//! [--tls-self-signed]`
#![expect(clippy::print_stderr, reason = "it is a program")]

mod certificate;

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Parser;
use sockeye_websocket::accept::{AcceptError, Acceptor, Policy};
use sockeye_websocket::{
    Config, Message, Overflow, PreparedMessage, SendError, WebSocket, Writer, deflate,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

/// Tells every client what one of them says.
#[derive(Debug, Parser)]
struct Options {
    /// Where to listen; port 0 lets the system pick one
    #[arg(long, default_value = "127.0.0.1:9002")]
    listen: SocketAddr,
    /// Compress messages, where the client agrees: each of them once for all
    #[arg(long)]
    deflate: bool,
    /// Serve wss with a certificate made for this run
    #[arg(long)]
    tls_self_signed: bool,
}

/// The writer halves of a path's clients, by a number of their own.
type Room<S> = HashMap<u64, Writer<S>>;

struct Hub<S> {
    rooms: Mutex<HashMap<String, Room<S>>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Hub<S> {
    fn new() -> Arc<Self> {
        let rooms = Mutex::default();
        Arc::new(Self { rooms })
    }

    fn join(&self, path: &str, client: u64, writer: Writer<S>) {
        self.with(|rooms| {
            rooms
                .entry(path.to_owned())
                .or_default()
                .insert(client, writer)
        });
    }

    fn leave(&self, path: &str, client: u64) {
        self.with(|rooms| {
            let Some(room) = rooms.get_mut(path) else {
                return;
            };
            room.remove(&client);
            if room.is_empty() {
                rooms.remove(path);
            }
        });
    }

    /// Nothing here waits: what a client's connection does not take at once is queued, and too
    /// long a queue is the end of that client only.
    fn publish(&self, path: &str, message: Message) {
        let message = PreparedMessage::new(message);
        self.with(|rooms| {
            for writer in rooms.get(path).into_iter().flat_map(HashMap::values) {
                match writer.try_send_prepared(&message) {
                    // Its own task ends it, and has it leave.
                    Ok(()) | Err(SendError::SlowPeer | SendError::Closed) => {}
                    Err(error) => eprintln!("not sent: {error}"),
                }
            }
        });
    }

    fn with<R>(&self, f: impl FnOnce(&mut HashMap<String, Room<S>>) -> R) -> R {
        f(&mut self.rooms.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let config = Config::new()
        .deflate(options.deflate.then(deflate::Options::default))
        .ping_interval(Some(Duration::from_secs(20)))
        .marks(64 * 1024, 1024 * 1024)
        .overflow(Overflow::Close);
    let acceptor = Acceptor::new(Policy::new().config(config));
    let tls = match options.tls_self_signed {
        true => Some(certificate::self_signed(options.listen)?),
        false => None,
    };

    let listener = TcpListener::bind(options.listen).await?;
    let scheme = if tls.is_some() { "wss" } else { "ws" };
    writeln!(
        io::stdout(),
        "listening on {scheme}://{}",
        listener.local_addr()?
    )?;
    let (plain, secure) = (Hub::new(), Hub::new());
    for client in 0.. {
        let (stream, _) = listener.accept().await?;
        // A frame is written when it is complete: waiting for more only delays it.
        stream.set_nodelay(true)?;
        let acceptor = acceptor.clone();
        if let Some(tls) = &tls {
            let (tls, hub) = (tls.clone(), Arc::clone(&secure));
            tokio::spawn(async move {
                match tls.accept(stream).await {
                    Ok(stream) => report(serve(&acceptor, &hub, client, stream).await),
                    Err(error) => eprintln!("no TLS: {error}"),
                }
            });
        } else {
            let hub = Arc::clone(&plain);
            tokio::spawn(async move { report(serve(&acceptor, &hub, client, stream).await) });
        }
    }
    Ok(())
}

fn report(served: Result<(), AcceptError>) {
    if let Err(error) = served {
        eprintln!("refused: {error}");
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    acceptor: &Acceptor,
    hub: &Hub<S>,
    client: u64,
    stream: S,
) -> Result<(), AcceptError> {
    let (socket, request): (WebSocket<_>, _) = acceptor.accept(stream).await?;
    let path = request.uri().path();
    let (writer, mut reader) = socket.split();
    hub.join(path, client, writer);
    while let Some(Ok(message)) = reader.recv().await {
        hub.publish(path, message);
    }
    hub.leave(path, client);
    Ok(())
}
