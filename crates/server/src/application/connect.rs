//! How sockets come into their namespaces and leave them.

use std::{
    any::Any,
    cell::Cell,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use sockeye_engine::{CloseReason, Flags};
use sockeye_protocol::EncodeError;

use super::{
    App, Connection, Delivery,
    events::{call, release_after},
    running::spawn,
    version::{self, is_v2},
    watched::join,
};
use crate::{
    DisconnectReason, Reject, Socket, emit,
    handler::{
        AuthHandler, Decision, EventHandler, Incoming, Input, Panicked, Pending, caught, panicked,
        poll_once,
    },
    namespace::Live,
    recovery::{Claim, Claimed, NotRecovered, Sequencer},
    socket::{LISTENING, RATED, SocketInner},
    stats::count,
};

impl App {
    /// A client asks to be let into a namespace.
    pub(super) fn connect(
        &self,
        connection: &Arc<Connection>,
        name: &str,
        auth: Option<&str>,
    ) -> ControlFlow<CloseReason> {
        if !is_v2(connection) {
            return self.enter(connection, name, auth);
        }
        let (name, query) = version::split_query(name);
        let auth = query.map(version::query_as_auth);
        self.enter(connection, name, auth.as_deref())
    }

    fn enter(
        &self,
        connection: &Arc<Connection>,
        name: &str,
        auth: Option<&str>,
    ) -> ControlFlow<CloseReason> {
        let (is_in, taken) = connection.client().count(name);
        if is_in {
            return self.out_of_turn(connection, name);
        }
        if taken >= self.options.max_namespaces {
            count(&self.counters().namespace_limit);
            refuse(connection, name, &Reject::new("too many namespaces"));
            return ControlFlow::Continue(());
        }
        let Some(namespace) = self.namespaces.enter(name) else {
            count(&self.counters().unknown_namespace);
            refuse(connection, name, &Reject::new("Invalid namespace"));
            return ControlFlow::Continue(());
        };
        let claimed = match (namespace.rooms().recovery(), auth) {
            (Some(sequencer), Some(auth)) if !is_v2(connection) => {
                self.claim(&namespace, sequencer, auth)
            }
            _ => None,
        };
        let socket = SocketInner::new(Arc::clone(connection), namespace, auth, claimed);
        let socket = Socket(socket);
        let skips = socket.0.is_recovered() && {
            let rooms = socket.0.namespace.rooms();
            rooms.claimed_by(&socket);
            rooms.recovery().is_some_and(Sequencer::skips_middlewares)
        };
        if self.options.rate_limit.is_some() {
            socket.0.attend(RATED);
        }
        connection.client().add(&socket);
        let namespace = &socket.0.namespace;
        let table = namespace.table();
        let unasked = skips || (table.auth.is_none() && table.admit.is_empty());
        if unasked && namespace.is_confirmed() {
            accept(&socket);
            return ControlFlow::Continue(());
        }
        match poll_once(admit(socket.clone())) {
            Ok(decided) => settle(&socket, decided),
            Err(pending) => spawn(
                connection.engine(),
                Box::pin(async move { settle(&socket, pending.await) }),
            ),
        }
        ControlFlow::Continue(())
    }

    /// What a client gets back that was here before.
    fn claim(&self, namespace: &Live, sequencer: &Sequencer, auth: &str) -> Option<Claimed> {
        let claim = Claim::read(auth)?;
        let end = |old: &Socket| {
            let reason = CloseReason::TransportClose;
            tracing::debug!(socket = ?old.id(), "its client has come back by another connection");
            leave(old, DisconnectReason::Connection(reason));
            old.0.connection.close(reason);
        };
        let refusal = match namespace.rooms().claim(sequencer, &claim, end) {
            Ok(claimed) => return Some(claimed),
            Err(refusal) => refusal,
        };
        let counters = self.counters();
        count(match refusal {
            NotRecovered::UnknownSession => &counters.recovery_unknown,
            NotRecovered::UnknownOffset => &counters.recovery_offset,
            NotRecovered::LogTooShort => &counters.recovery_log,
            NotRecovered::MissedTooMuch => &counters.recovery_too_much,
        });
        let namespace = namespace.name();
        tracing::info!(namespace, reason = %refusal, "not recovered: a client begins anew");
        None
    }
}

fn settle(socket: &Socket, decided: Result<(), Reject>) {
    match decided {
        Ok(()) => accept(socket),
        Err(reject) => reject_socket(socket, &reject),
    }
}

/// Asks all who have a say: whether the namespace comes into being, the checks, and `auth`.
async fn admit(socket: Socket) -> Result<(), Reject> {
    let namespace = &socket.0.namespace;
    if let Some(child) = namespace.child()
        && !namespace.is_confirmed()
    {
        if let Some(check) = &child.check {
            let asked = catch_unwind(AssertUnwindSafe(|| {
                check(namespace.name().to_owned(), socket.handshake())
            }));
            let checked = match asked {
                Ok(pending) => caught(pending).await,
                Err(_) => Err(Panicked),
            };
            match checked {
                Ok(decided) => decided?,
                Err(Panicked) => {
                    panicked(&socket, None);
                    return Err(Reject::new("internal"));
                }
            }
        }
        let engine = socket.0.connection.engine();
        engine.application().namespaces().confirm(namespace);
    }
    let table = namespace.table();
    let sequencer = namespace.rooms().recovery();
    if socket.recovered() && sequencer.is_some_and(Sequencer::skips_middlewares) {
        return Ok(());
    }
    for check in &table.admit {
        ask(&socket, &**check).await?;
    }
    if let Some(auth) = &table.auth {
        let session = ask(&socket, &**auth).await?;
        socket.0.set_session(session);
    }
    Ok(())
}

async fn ask(
    socket: &Socket,
    handler: &dyn AuthHandler,
) -> Result<Arc<dyn Any + Send + Sync>, Reject> {
    let asked = begin_asking(socket, handler);
    match asked {
        Ok(session) => Ok(session),
        Err(Decision::Rejected(reject)) => Err(reject),
        Err(Decision::Pending(pending)) => pending.await,
    }
}

fn begin_asking(
    socket: &Socket,
    handler: &dyn AuthHandler,
) -> Result<Arc<dyn Any + Send + Sync>, Decision> {
    handler.call(&Incoming {
        socket,
        name: "connect",
        input: socket.0.auth().map_or(Input::None, Input::Json),
        ack: Cell::new(None),
        reason: None,
        failure: None,
    })
}

/// Lets a socket into its namespace: own room, CONNECT packet, connect handler, in this order.
fn accept(socket: &Socket) {
    let connection = &socket.0.connection;
    let namespace = &socket.0.namespace;
    let connect = namespace.table().connect.as_deref();
    if connect.is_some() {
        socket.0.hold();
    }
    let mut delivery = Delivery::new();
    let (rooms, id) = (namespace.rooms(), socket.0.id);
    let encoded = emit::with_frames(
        connection.engine().application().codec(),
        |encoder| match socket.0.pid() {
            _ if is_v2(connection) => encoder.connect_v2(namespace.name(), &socket.client_id()),
            None => encoder.connect(namespace.name(), id.as_str()),
            Some(pid) => encoder.connect_recoverable(namespace.name(), id.as_str(), pid.as_str()),
        },
        |frames, packets| match rooms.recovery() {
            None => {
                rooms.insert(socket, || delivery.push_own(connection, frames, packets));
                Ok(())
            }
            Some(sequencer) => rooms.admit(sequencer, socket, frames, packets, &mut delivery),
        },
    );
    if let Ok(Err(refusal)) = &encoded {
        // It was told nothing yet: it comes back once more, and begins anew.
        count(&socket.counters().recovery_log);
        tracing::info!(reason = %refusal, "connection closed: its client cannot be recovered any more");
        socket.0.end(DisconnectReason::ServerNamespaceDisconnect);
        connection.close(CloseReason::ForcedClose);
        return delivery.finish();
    }
    if let Err(error) = encoded {
        // Only a parser of one's own fails here; without its CONNECT packet the client would wait.
        unwritten(connection, &error);
        socket.0.end(DisconnectReason::ForcedServerClose);
        return delivery.finish();
    }
    if !socket.0.set_connected() || !connection.is_open() {
        // It has left while it was let in.
        let reason = DisconnectReason::Connection(CloseReason::TransportClose);
        socket.0.end(reason);
        socket.0.leave_rooms(reason);
        return delivery.finish();
    }
    delivery.finish();
    connection.set_deadline(None);
    count(&socket.counters().connected);
    if socket.recovered() {
        count(&socket.counters().recovered);
    }
    if let Some(handler) = connect {
        let auth = socket.0.auth().map_or(Input::None, Input::Json);
        let pending = call(socket, handler, "connect", auth, None);
        release_after(socket, pending);
    }
}

/// Tells a socket's namespace that its client has changed to another transport.
pub(super) fn upgraded(socket: &Socket) {
    let Some(handler) = socket.0.namespace.table().upgrade.as_deref() else {
        return;
    };
    if socket.is_connected()
        && let Some(pending) = call(socket, handler, "upgrade", Input::None, None)
    {
        spawn(socket.0.connection.engine(), pending);
    }
}

/// Ends a socket: its disconnecting handler runs, it leaves its rooms, and its disconnect handler runs,
/// after the events that wait.
pub(crate) fn leave(socket: &Socket, reason: DisconnectReason) {
    let Some(was_connected) = socket.0.begin_leaving() else {
        return;
    };
    if was_connected && let Some(pending) = disconnecting(socket, reason) {
        spawn(socket.0.connection.engine(), pending);
    }
    socket.0.finish_leaving(reason);
    if reason == DisconnectReason::ServerNamespaceDisconnect {
        socket.0.connection.client().put_out(socket);
    }
    if !was_connected {
        return socket.drop_listeners();
    }
    if socket.0.gate().push_disconnect(reason) {
        return;
    }
    if let Some(pending) = disconnected(socket, reason) {
        spawn(socket.0.connection.engine(), pending);
    }
}

fn disconnecting(socket: &Socket, reason: DisconnectReason) -> Option<Pending<()>> {
    let own = socket.0.namespace.table().disconnecting.as_deref();
    farewell(socket, own, "disconnecting", reason)
}

/// Calls the disconnect handlers; what was registered at the socket goes after them.
pub(super) fn disconnected(socket: &Socket, reason: DisconnectReason) -> Option<Pending<()>> {
    let own = socket.0.namespace.table().disconnect.as_deref();
    let pending = farewell(socket, own, "disconnect", reason);
    socket.drop_listeners();
    pending
}

fn farewell(
    socket: &Socket,
    own: Option<&dyn EventHandler>,
    name: &str,
    reason: DisconnectReason,
) -> Option<Pending<()>> {
    let incoming = Incoming {
        socket,
        name,
        input: Input::None,
        ack: Cell::new(None),
        reason: Some(reason),
        failure: None,
    };
    let pending = own.and_then(|handler| handler.call(&incoming));
    if socket.0.attention() & LISTENING == 0 {
        return pending;
    }
    let listeners = socket.handlers_of(name);
    let more = listeners
        .iter()
        .filter_map(|handler| handler.call(&incoming));
    join(pending.into_iter().chain(more).collect())
}

fn reject_socket(socket: &Socket, reject: &Reject) {
    let connection = &socket.0.connection;
    count(&socket.counters().rejected);
    connection.client().remove(socket);
    socket.0.end(DisconnectReason::ServerNamespaceDisconnect);
    if !is_v2(connection) {
        return refuse(connection, socket.namespace(), reject);
    }
    let sent = emit::send(connection, Flags::NONE, |encoder| {
        encoder.error_v2(socket.namespace(), &version::error(reject)?)
    });
    if let Err(error) = sent {
        unwritten(connection, &error);
    }
}

fn refuse(connection: &Arc<Connection>, namespace: &str, reject: &Reject) {
    let sent = emit::send(connection, Flags::NONE, |encoder| {
        encoder.connect_error(namespace, &reject.to_string(), reject.raw_data())
    });
    if let Err(error) = sent {
        unwritten(connection, &error);
    }
}

/// The client waits for a packet that cannot be written.
#[cold]
fn unwritten(connection: &Arc<Connection>, error: &EncodeError) {
    count(&connection.engine().application().counters().encode_errors);
    tracing::error!(%error, "connection closed: a packet cannot be written");
    connection.close(CloseReason::ForcedClose);
}
