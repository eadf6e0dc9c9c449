//! A hub: whatever a client says goes to every client of the same path, encoded once. A client
//! that reads too slowly is disconnected and delays nobody.
//!
//! `cargo run --release -p sockeye-websocket --example hub -- 127.0.0.1:9002`
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sockeye_websocket::accept::{AcceptError, Acceptor, Policy};
use sockeye_websocket::{
    Config, Message, Overflow, PreparedMessage, SendError, WebSocket, Writer, deflate,
};
use tokio::net::{TcpListener, TcpStream};

/// The writer halves of a path's clients, by a number of their own.
type Room = HashMap<u64, Writer<TcpStream>>;

#[derive(Default)]
struct Hub {
    rooms: Mutex<HashMap<String, Room>>,
}

impl Hub {
    fn join(&self, path: &str, client: u64, writer: Writer<TcpStream>) {
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

    fn with<R>(&self, f: impl FnOnce(&mut HashMap<String, Room>) -> R) -> R {
        f(&mut self.rooms.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let config = Config::new()
        .deflate(Some(deflate::Options::default()))
        .ping_interval(Some(Duration::from_secs(20)))
        .marks(64 * 1024, 1024 * 1024)
        .overflow(Overflow::Close);
    let acceptor = Acceptor::new(Policy::new().config(config));
    let hub = Arc::new(Hub::default());

    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:9002")).await?;
    println!("listening on {}", listener.local_addr()?);
    for client in 0.. {
        let (stream, _) = listener.accept().await?;
        let (acceptor, hub) = (acceptor.clone(), Arc::clone(&hub));
        tokio::spawn(async move {
            if let Err(error) = serve(&acceptor, &hub, client, stream).await {
                eprintln!("refused: {error}");
            }
        });
    }
    Ok(())
}

async fn serve(
    acceptor: &Acceptor,
    hub: &Hub,
    client: u64,
    stream: TcpStream,
) -> Result<(), AcceptError> {
    // A frame is written when it is complete: waiting for more only delays it.
    stream.set_nodelay(true)?;
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
