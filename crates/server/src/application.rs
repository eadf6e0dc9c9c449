//! Socket.IO over the engine: packets of one connection go to the sockets of their namespaces.

use std::{
    cell::Cell,
    collections::HashMap,
    ops::ControlFlow,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use sockeye_engine::{Application, CloseReason};
use sockeye_protocol::{Arguments, DecodeError, Decoder, Event, Limits, Packet};
use tokio::{runtime::Handle, sync::Notify};

use crate::{
    DisconnectReason, Reject, Socket, emit,
    gate::Waiting,
    handler::{Decision, EventHandler, Incoming, Input, Pending},
    mount::Path,
    namespace::Live,
    socket::SocketInner,
    stats::{Counters, count},
};

pub(crate) type Connection = sockeye_engine::Connection<App>;
pub(crate) type Delivery = sockeye_engine::Delivery<App>;
pub(crate) type Engine = sockeye_engine::Engine<App>;

/// Breaks off a connection whose client sent what cannot be read. The reference closes the transport and
/// lets the sockets find out: they hear `forced close`.
const MALFORMED: ControlFlow<CloseReason> = ControlFlow::Break(CloseReason::ForcedClose);

/// What runs on the engine: the namespaces.
#[derive(Debug)]
pub(crate) struct App {
    namespaces: HashMap<Box<str>, Arc<Live>>,
    connect_timeout: Duration,
    limits: Limits,
    path: Path,
    serve_client: bool,
    counters: Counters,
    /// Handlers that are pending.
    running: AtomicUsize,
    idle: Notify,
}

/// What reads one client's packets.
#[derive(Debug)]
pub(crate) struct Reader {
    decoder: Decoder,
    /// The socket that the last packet was for: most often the next one is for it too.
    last: Option<Arc<SocketInner>>,
}

/// The namespaces that one client has joined or is joining.
#[derive(Debug, Default)]
pub(crate) struct Client(Mutex<Vec<Arc<SocketInner>>>);

impl Client {
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<SocketInner>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sockets(&self) -> Vec<Arc<SocketInner>> {
        self.lock().clone()
    }

    fn find(&self, namespace: &str) -> Option<Arc<SocketInner>> {
        self.lock()
            .iter()
            .find(|socket| socket.namespace.name() == namespace)
            .map(Arc::clone)
    }

    fn remove(&self, socket: &Arc<SocketInner>) {
        self.lock().retain(|other| !Arc::ptr_eq(other, socket));
    }
}

impl std::fmt::Debug for SocketInner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SocketInner")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl App {
    pub(crate) fn new(
        namespaces: HashMap<Box<str>, Arc<Live>>,
        connect_timeout: Duration,
        limits: Limits,
        path: Path,
        serve_client: bool,
    ) -> Self {
        Self {
            namespaces,
            connect_timeout,
            limits,
            path,
            serve_client,
            counters: Counters::default(),
            running: AtomicUsize::new(0),
            idle: Notify::new(),
        }
    }

    pub(crate) fn namespace(&self, name: &str) -> Option<&Arc<Live>> {
        self.namespaces.get(name)
    }

    pub(crate) fn namespaces(&self) -> impl Iterator<Item = &Arc<Live>> {
        self.namespaces.values()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn serves_client(&self) -> bool {
        self.serve_client
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn running(&self) -> usize {
        self.running.load(Ordering::Acquire)
    }

    /// Waits until no handler is pending.
    pub(crate) async fn idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.running() == 0 {
                return;
            }
            idle.await;
        }
    }

    fn packet(
        &self,
        connection: &Arc<Connection>,
        last: &mut Option<Arc<SocketInner>>,
        packet: &Packet<'_>,
    ) -> ControlFlow<CloseReason> {
        if let Packet::Connect { namespace, auth } = packet {
            return self.connect(connection, namespace, *auth);
        }
        if !last.as_ref().is_some_and(|socket| {
            socket.is_connected() && socket.namespace.name() == packet.namespace()
        }) {
            *last = connection.client().find(packet.namespace());
        }
        let Some(socket) = last else {
            return self.out_of_turn(connection, packet.namespace());
        };
        if socket.is_gone() {
            // It was put out, and the client could not know.
            count(&self.counters.late_events);
            if matches!(packet, Packet::Disconnect { .. }) {
                connection.client().remove(socket);
            }
            return ControlFlow::Continue(());
        }
        if !socket.is_connected() {
            return self.out_of_turn(connection, packet.namespace());
        }
        match packet {
            Packet::Event(event) => self.event(socket, event),
            Packet::Ack { id, args, .. } => {
                let socket = Socket(Arc::clone(socket));
                let expected = id.is_some_and(|id| socket.acks().receive(id, args));
                if !expected {
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

    fn connect(
        &self,
        connection: &Arc<Connection>,
        name: &str,
        auth: Option<&str>,
    ) -> ControlFlow<CloseReason> {
        let Some(namespace) = self.namespace(name) else {
            count(&self.counters.unknown_namespace);
            refuse(connection, name, &Reject::new("Invalid namespace"));
            return ControlFlow::Continue(());
        };
        let socket = SocketInner::new(Arc::clone(connection), Arc::clone(namespace), auth);
        {
            let mut sockets = connection.client().lock();
            if sockets
                .iter()
                .any(|other| other.namespace.name() == name && !other.is_gone())
            {
                drop(sockets);
                return self.out_of_turn(connection, name);
            }
            sockets.retain(|other| other.namespace.name() != name);
            sockets.push(Arc::clone(&socket));
        }
        let Some(handler) = &namespace.table().auth else {
            accept(&socket);
            return ControlFlow::Continue(());
        };
        let handle = Socket(Arc::clone(&socket));
        let incoming = Incoming {
            socket: &handle,
            name: "connect",
            input: socket.auth().map_or(Input::None, Input::Json),
            ack: Cell::new(None),
            reason: None,
        };
        match handler.call(&incoming) {
            Ok(session) => {
                socket.set_session(session);
                accept(&socket);
            }
            Err(Decision::Rejected(reject)) => reject_socket(&socket, &reject),
            Err(Decision::Pending(pending)) => {
                let deciding = Arc::clone(&socket);
                spawn(
                    connection.engine(),
                    Box::pin(async move {
                        match pending.await {
                            Ok(session) => {
                                deciding.set_session(session);
                                accept(&deciding);
                            }
                            Err(reject) => reject_socket(&deciding, &reject),
                        }
                    }),
                );
            }
        }
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

    /// An event arrived: its handler runs, unless it has to wait for another one.
    fn event(&self, socket: &Arc<SocketInner>, event: &Event<'_>) {
        let sequential = socket.namespace.table().sequential;
        if sequential || socket.may_be_held() {
            let mut gate = socket.gate();
            if gate.is_held() {
                if gate.push_event(event).is_err() {
                    drop(gate);
                    socket.connection.close(CloseReason::HandlerTooSlow);
                }
                return;
            }
            if sequential {
                gate.hold();
            }
        }
        let pending = dispatch(socket, &event.name, event.id, event.args);
        if sequential {
            release_after(socket, pending);
        } else if let Some(pending) = pending {
            spawn(socket.connection.engine(), pending);
        }
    }
}

impl Application for App {
    type Client = Client;
    type Reader = Reader;

    fn open(&self, _: &sockeye_engine::Handshake) -> (Client, Reader) {
        let decoder = Decoder::new(self.limits);
        (
            Client::default(),
            Reader {
                decoder,
                last: None,
            },
        )
    }

    fn opened(&self, connection: &Arc<Connection>) {
        connection.set_deadline(Some(Instant::now() + self.connect_timeout));
    }

    fn text(
        &self,
        connection: &Arc<Connection>,
        reader: &mut Reader,
        text: &str,
    ) -> ControlFlow<CloseReason> {
        match reader.decoder.text(text) {
            Ok(Some(packet)) => self.packet(connection, &mut reader.last, &packet),
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
                let flow = self.packet(connection, &mut reader.last, &packet);
                // Until the next packet the attachments would stay.
                reader.decoder.release();
                flow
            }
            Ok(None) => ControlFlow::Continue(()),
            Err(error) => self.malformed(error),
        }
    }

    fn timeout(&self, connection: &Arc<Connection>) {
        if connection.client().lock().is_empty() {
            count(&self.counters.connect_timeouts);
            connection.close(CloseReason::ForcedClose);
        }
    }

    fn slow(&self, connection: &Arc<Connection>, elapsed: Duration) {
        count(&self.counters.slow_handlers);
        tracing::warn!(sid = ?connection.sid(), ?elapsed, "handlers hold their worker");
    }

    fn closed(&self, connection: &Arc<Connection>, _: Reader, reason: CloseReason) {
        let sockets = std::mem::take(&mut *connection.client().lock());
        for socket in sockets {
            leave(&socket, DisconnectReason::Connection(reason));
        }
    }
}

/// Lets a socket into its namespace: own room, CONNECT packet, connect handler, in this order.
fn accept(socket: &Arc<SocketInner>) {
    let connection = &socket.connection;
    let connect = socket.namespace.table().connect.as_deref();
    if connect.is_some() {
        socket.hold();
    }
    let mut delivery = Delivery::new();
    let encoded = emit::with_frames(
        |encoder| Ok(encoder.connect(socket.namespace.name(), socket.id.as_str())),
        |frames, packets| {
            socket
                .namespace
                .rooms()
                .insert(socket, || delivery.push_own(connection, frames, packets));
        },
    );
    debug_assert!(encoded.is_ok(), "an id can be encoded");
    if !socket.set_connected() || !connection.is_open() {
        // It has left while it was let in.
        socket.end(DisconnectReason::Connection(CloseReason::TransportClose));
        socket.namespace.rooms().remove(socket.id);
        return delivery.finish();
    }
    delivery.finish();
    connection.set_deadline(None);
    count(&connection.engine().application().counters.connected);
    if let Some(handler) = connect {
        let pending = call(
            socket,
            handler,
            "connect",
            socket.auth().map_or(Input::None, Input::Json),
            None,
            None,
        );
        release_after(socket, pending);
    }
}

/// Ends a socket: it leaves its rooms, and its disconnect handler runs.
pub(crate) fn leave(socket: &Arc<SocketInner>, reason: DisconnectReason) {
    if !socket.end(reason) {
        return;
    }
    let mut gate = socket.gate();
    if gate.is_held() {
        return gate.push_disconnect(reason);
    }
    drop(gate);
    if let Some(pending) = disconnected(socket, reason) {
        spawn(socket.connection.engine(), pending);
    }
}

fn disconnected(socket: &Arc<SocketInner>, reason: DisconnectReason) -> Option<Pending<()>> {
    let handler = socket.namespace.table().disconnect.as_deref()?;
    call(
        socket,
        handler,
        "disconnect",
        Input::None,
        None,
        Some(reason),
    )
}

/// Finds the event's handler and calls it.
fn dispatch(
    socket: &Arc<SocketInner>,
    name: &str,
    id: Option<u64>,
    arguments: Arguments<'_>,
) -> Option<Pending<()>> {
    let table = socket.namespace.table();
    let handler = table.events.get(name).or(table.fallback.as_ref());
    let Some(handler) = handler else {
        count(&socket.connection.engine().application().counters.unhandled);
        tracing::trace!(
            event = name,
            namespace = socket.namespace.name(),
            "nobody handles this event"
        );
        return None;
    };
    call(
        socket,
        &**handler,
        name,
        Input::Arguments(arguments),
        id,
        None,
    )
}

fn call(
    socket: &Arc<SocketInner>,
    handler: &dyn EventHandler,
    name: &str,
    input: Input<'_>,
    ack: Option<u64>,
    reason: Option<DisconnectReason>,
) -> Option<Pending<()>> {
    let socket = Socket(Arc::clone(socket));
    handler.call(&Incoming {
        socket: &socket,
        name,
        input,
        ack: Cell::new(ack),
        reason,
    })
}

/// Opens the gate once the handler has ended: what waited comes first.
fn release_after(socket: &Arc<SocketInner>, pending: Option<Pending<()>>) {
    let mut pending = pending;
    if pending.is_none() {
        pending = release(socket);
    }
    if let Some(first) = pending {
        let waiting = Arc::clone(socket);
        spawn(
            socket.connection.engine(),
            Box::pin(async move {
                let mut next = Some(first);
                while let Some(pending) = next {
                    pending.await;
                    next = release(&waiting);
                }
            }),
        );
    }
}

/// Handles what waits until nothing does, or a handler has to be waited for.
fn release(socket: &Arc<SocketInner>) -> Option<Pending<()>> {
    let sequential = socket.namespace.table().sequential;
    loop {
        let next = socket.next_waiting()?;
        let pending = match next {
            Waiting::Event {
                name,
                id,
                arguments,
            } => dispatch(socket, &name, id, arguments.borrow()),
            Waiting::Disconnect(reason) => disconnected(socket, reason),
        };
        match pending {
            Some(pending) if sequential => return Some(pending),
            Some(pending) => spawn(socket.connection.engine(), pending),
            None => {}
        }
    }
}

fn reject_socket(socket: &Arc<SocketInner>, reject: &Reject) {
    let connection = &socket.connection;
    count(&connection.engine().application().counters.rejected);
    connection.client().remove(socket);
    socket.end(DisconnectReason::ServerNamespaceDisconnect);
    refuse(connection, socket.namespace.name(), reject);
}

fn refuse(connection: &Arc<Connection>, namespace: &str, reject: &Reject) {
    let sent = emit::send(connection, false, |encoder| {
        Ok(encoder.connect_error(namespace, &reject.to_string(), reject.raw_data()))
    });
    debug_assert!(sent.is_ok(), "a message and checked JSON can be encoded");
}

/// Runs the rest of a handler; a shutdown waits for it.
pub(crate) fn spawn(engine: &Arc<Engine>, pending: Pending<()>) {
    let Ok(runtime) = Handle::try_current() else {
        tracing::error!("a handler is dropped: its runtime has ended");
        return;
    };
    let running = Running::new(Arc::clone(engine));
    runtime.spawn(async move {
        pending.await;
        drop(running);
    });
}

struct Running(Arc<Engine>);

impl Running {
    fn new(engine: Arc<Engine>) -> Self {
        engine.application().running.fetch_add(1, Ordering::AcqRel);
        Self(engine)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let app = self.0.application();
        if app.running.fetch_sub(1, Ordering::AcqRel) == 1 {
            app.idle.notify_waiters();
        }
    }
}
