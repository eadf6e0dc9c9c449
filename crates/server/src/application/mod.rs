//! Socket.IO over the engine: packets of one connection go to the sockets of their namespaces.

mod client;
mod connect;
mod events;
mod namespaces;
mod running;
mod version;
mod watched;

use std::{
    ops::ControlFlow,
    sync::Arc,
    time::{Duration, Instant},
};

use sockeye_engine::{Application, CloseReason};
use sockeye_protocol::{Codec, DecodeError, Decoder, Limits, Packet};

pub(crate) use self::{
    client::Client,
    connect::leave,
    namespaces::{Namespaces, Registered},
    running::{Running, spawn},
    version::is_v2,
    watched::handle,
};
use crate::{
    DisconnectReason, RateLimit, Socket,
    mount::Path,
    namespace::Live,
    recovery::Sweeper,
    stats::{Counters, count},
};

pub use self::namespaces::NamespaceEvent;

pub(crate) type Connection = sockeye_engine::Connection<App>;
pub(crate) type Delivery = sockeye_engine::Delivery<App>;
pub(crate) type Engine = sockeye_engine::Engine<App>;

/// Breaks off a connection whose client sent what cannot be read. The reference closes the transport and
/// lets the sockets find out: they hear `forced close`.
const MALFORMED: ControlFlow<CloseReason> = ControlFlow::Break(CloseReason::ForcedClose);

/// The application's options.
#[derive(Debug)]
pub(crate) struct Options {
    /// How long a client may stay without joining a namespace.
    pub(crate) connect_timeout: Duration,
    pub(crate) limits: Limits,
    pub(crate) codec: Codec,
    /// How many handlers of one socket may be pending before its events wait.
    pub(crate) max_pending_handlers: usize,
    /// How many bytes of events of one socket may wait for its handlers.
    pub(crate) max_waiting_bytes: usize,
    /// How many acknowledgements a socket may owe.
    pub(crate) max_pending_acks: usize,
    /// How many namespaces a client may be in.
    pub(crate) max_namespaces: usize,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) path: Path,
    pub(crate) serve_client: bool,
    /// How long a client may be cut off and come back as the same socket.
    pub(crate) max_away: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(45),
            limits: Limits::default(),
            codec: Codec::Json,
            max_pending_handlers: 1024,
            max_waiting_bytes: 1024 * 1024,
            max_pending_acks: 1024,
            max_namespaces: 1000,
            rate_limit: None,
            path: Path::default(),
            serve_client: true,
            max_away: None,
        }
    }
}

/// What runs on the engine: the namespaces.
#[derive(Debug)]
pub(crate) struct App {
    namespaces: Namespaces,
    options: Options,
    counters: Counters,
    running: Running,
    sweeper: Sweeper,
}

/// What reads one client's packets.
#[derive(Debug)]
pub(crate) struct Reader {
    decoder: Decoder,
    /// The socket that the last packet was for: most often the next one is for it too.
    last: Option<Socket>,
}

impl App {
    pub(crate) fn new(namespaces: Namespaces, options: Options) -> Self {
        Self {
            namespaces,
            options,
            counters: Counters::default(),
            running: Running::default(),
            sweeper: Sweeper::default(),
        }
    }

    pub(crate) fn namespace(&self, name: &str) -> Option<Arc<Live>> {
        self.namespaces.get(name)
    }

    pub(crate) fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    pub(crate) fn rate_limit(&self) -> Option<&RateLimit> {
        self.options.rate_limit.as_ref()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.options.path
    }

    pub(crate) fn serves_client(&self) -> bool {
        self.options.serve_client
    }

    pub(crate) fn max_pending_handlers(&self) -> usize {
        self.options.max_pending_handlers
    }

    pub(crate) fn max_waiting_bytes(&self) -> usize {
        self.options.max_waiting_bytes
    }

    pub(crate) fn max_pending_acks(&self) -> usize {
        self.options.max_pending_acks
    }

    #[inline]
    pub(crate) fn codec(&self) -> &Codec {
        &self.options.codec
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn sweeper(&self) -> &Sweeper {
        &self.sweeper
    }

    pub(crate) fn running(&self) -> &Running {
        &self.running
    }

    #[inline]
    fn packet(
        &self,
        connection: &Arc<Connection>,
        last: &mut Option<Socket>,
        packet: Packet<'_>,
    ) -> ControlFlow<CloseReason> {
        if let Packet::Connect { namespace, auth } = packet {
            return self.connect(connection, namespace, auth);
        }
        if !last.as_ref().is_some_and(|socket| {
            socket.is_connected() && socket.0.namespace.is(packet.namespace())
        }) {
            *last = find(connection, packet.namespace());
        }
        let Some(socket) = last.as_ref().filter(|socket| socket.is_connected()) else {
            return self.not_connected(connection, last.as_ref(), &packet);
        };
        match packet {
            Packet::Event(event) => events::event(socket, &event),
            Packet::Ack { id, args, .. } => {
                let waiter = id.and_then(|id| socket.acks().take(id));
                if !waiter.is_some_and(|waiter| waiter.receive(&args)) {
                    count(&self.counters.unexpected_acks);
                }
            }
            Packet::Disconnect { .. } => {
                connection.client().remove(socket);
                leave(socket, DisconnectReason::ClientNamespaceDisconnect);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    /// A packet for a socket that is not in its namespace yet, or not any more.
    fn not_connected(
        &self,
        connection: &Arc<Connection>,
        socket: Option<&Socket>,
        packet: &Packet<'_>,
    ) -> ControlFlow<CloseReason> {
        let namespace = packet.namespace();
        let client = connection.client();
        let leaves = matches!(packet, Packet::Disconnect { .. });
        // It was put out, and the client could not know.
        let late = match socket {
            Some(socket) => socket.0.is_gone(),
            None if is_v2(connection) => {
                client.was_put_out(version::split_query(namespace).0, leaves)
            }
            None => client.was_put_out(namespace, leaves),
        };
        if !late {
            return self.out_of_turn(connection, namespace);
        }
        count(&self.counters.late_events);
        ControlFlow::Continue(())
    }

    fn malformed(&self, error: DecodeError) -> ControlFlow<CloseReason> {
        count(&self.counters.malformed);
        tracing::debug!(%error, "malformed packet");
        MALFORMED
    }

    /// A packet that its namespace's state does not allow: all of the client's sockets end at once.
    fn out_of_turn(
        &self,
        connection: &Arc<Connection>,
        namespace: &str,
    ) -> ControlFlow<CloseReason> {
        count(&self.counters.out_of_turn);
        tracing::debug!(namespace, "packet out of turn");
        for socket in connection.client().sockets() {
            leave(&socket, DisconnectReason::ForcedServerClose);
        }
        ControlFlow::Break(CloseReason::ForcedClose)
    }
}

/// The client's socket in the namespace that a packet names.
fn find(connection: &Arc<Connection>, namespace: &str) -> Option<Socket> {
    let socket = connection.client().find(namespace);
    if socket.is_some() || !is_v2(connection) {
        return socket;
    }
    connection.client().find(version::split_query(namespace).0)
}

impl Application for App {
    type Client = Client;
    type Reader = Reader;

    fn open(&self, _: &sockeye_engine::Handshake) -> (Client, Reader) {
        let reader = Reader {
            decoder: self.options.codec.decoder(self.options.limits),
            last: None,
        };
        (Client::default(), reader)
    }

    fn opened(&self, connection: &Arc<Connection>) {
        if let Some(max_away) = self.options.max_away {
            self.sweeper.ensure(connection.engine(), max_away);
        }
        connection.set_deadline(Some(Instant::now() + self.options.connect_timeout));
        if is_v2(connection)
            && let ControlFlow::Break(reason) = self.connect(connection, "/", None)
        {
            connection.close(reason);
        }
    }

    fn text(
        &self,
        connection: &Arc<Connection>,
        reader: &mut Reader,
        text: &str,
    ) -> ControlFlow<CloseReason> {
        match reader.decoder.text(text) {
            Ok(Some(packet)) => {
                let flow = self.packet(connection, &mut reader.last, packet);
                reader.decoder.release();
                flow
            }
            Ok(None) => ControlFlow::Continue(()),
            Err(error) => self.malformed(error),
        }
    }

    fn binary(
        &self,
        connection: &Arc<Connection>,
        reader: &mut Reader,
        data: &[u8],
    ) -> ControlFlow<CloseReason> {
        match reader.decoder.binary(data) {
            Ok(Some(packet)) => {
                let flow = self.packet(connection, &mut reader.last, packet);
                // Until the next packet the attachments would stay.
                reader.decoder.release();
                flow
            }
            Ok(None) => ControlFlow::Continue(()),
            Err(error) => self.malformed(error),
        }
    }

    fn timeout(&self, connection: &Arc<Connection>) {
        // One that waits for its `auth` has not joined anything yet.
        let joined = |socket: &Socket| socket.is_connected();
        if !connection.client().sockets().iter().any(joined) {
            count(&self.counters.connect_timeouts);
            connection.close(CloseReason::ForcedClose);
        }
    }

    fn upgraded(&self, connection: &Arc<Connection>) {
        for socket in connection.client().sockets() {
            connect::upgraded(&socket);
        }
    }

    fn slow(&self, connection: &Arc<Connection>, elapsed: Duration) {
        count(&self.counters.slow_handlers);
        tracing::warn!(sid = ?connection.sid(), ?elapsed, "handlers hold their worker");
    }

    fn closed(&self, connection: &Arc<Connection>, _: Reader, reason: CloseReason) {
        for socket in connection.client().take() {
            leave(&socket, DisconnectReason::Connection(reason));
        }
    }
}
