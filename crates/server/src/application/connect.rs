//! How sockets come into their namespaces and leave them.

use std::{
    any::Any,
    cell::Cell,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use sockeye_engine::CloseReason;
use sockeye_protocol::EncodeError;

use super::{
    App, Connection, Delivery,
    events::{call, release_after},
    running::spawn,
    watched::join,
};
use crate::{
    DisconnectReason, Reject, Socket, emit,
    handler::{
        AuthHandler, Decision, EventHandler, Incoming, Input, Panicked, Pending, caught, panicked,
        poll_once,
    },
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
        let taken = {
            let sockets = connection.client().lock();
            if sockets
                .iter()
                .any(|other| other.0.namespace.is(name) && !other.0.is_gone())
            {
                drop(sockets);
                return self.out_of_turn(connection, name);
            }
            sockets.iter().filter(|other| !other.0.is_gone()).count()
        };
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
        let socket = Socket(SocketInner::new(Arc::clone(connection), namespace, auth));
        if self.options.rate_limit.is_some() {
            socket.0.attend(RATED);
        }
        {
            let mut sockets = connection.client().lock();
            sockets.retain(|other| !other.0.namespace.is(name));
            sockets.push(socket.clone());
        }
        let namespace = &socket.0.namespace;
        let table = namespace.table();
        if table.auth.is_none() && table.admit.is_empty() && namespace.is_confirmed() {
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
    let encoded = emit::with_frames(
        connection.engine().application().codec(),
        |encoder| encoder.connect(namespace.name(), socket.0.id.as_str()),
        |frames, packets| {
            namespace.rooms().insert(socket, || {
                delivery.push_own(connection, frames, packets);
            });
        },
    );
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
        namespace.rooms().remove(socket.0.id);
        return delivery.finish();
    }
    delivery.finish();
    connection.set_deadline(None);
    count(&socket.counters().connected);
    if let Some(handler) = connect {
        let auth = socket.0.auth().map_or(Input::None, Input::Json);
        let pending = call(socket, handler, "connect", auth, None);
        release_after(socket, pending);
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
    refuse(connection, socket.namespace(), reject);
}

fn refuse(connection: &Arc<Connection>, namespace: &str, reject: &Reject) {
    let sent = emit::send(connection, false, |encoder| {
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
