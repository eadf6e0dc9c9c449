//! How sockets come into their namespaces and leave them.

use std::{cell::Cell, ops::ControlFlow, sync::Arc};

use sockeye_engine::CloseReason;

use super::{
    App, Connection, Delivery,
    events::{call, release_after},
    running::spawn,
};
use crate::{
    DisconnectReason, Reject, Socket, emit,
    handler::{Decision, Incoming, Input, Pending},
    socket::SocketInner,
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
        let Some(namespace) = self.namespace(name) else {
            count(&self.counters().unknown_namespace);
            refuse(connection, name, &Reject::new("Invalid namespace"));
            return ControlFlow::Continue(());
        };
        let socket = SocketInner::new(Arc::clone(connection), Arc::clone(namespace), auth);
        let socket = Socket(socket);
        {
            let mut sockets = connection.client().lock();
            if sockets
                .iter()
                .any(|other| other.0.namespace.is(name) && !other.0.is_gone())
            {
                drop(sockets);
                return self.out_of_turn(connection, name);
            }
            sockets.retain(|other| !other.0.namespace.is(name));
            sockets.push(socket.clone());
        }
        let Some(handler) = &namespace.table().auth else {
            accept(&socket);
            return ControlFlow::Continue(());
        };
        let incoming = Incoming {
            socket: &socket,
            name: "connect",
            input: socket.0.auth().map_or(Input::None, Input::Json),
            ack: Cell::new(None),
            reason: None,
        };
        match handler.call(&incoming) {
            Ok(session) => {
                socket.0.set_session(session);
                accept(&socket);
            }
            Err(Decision::Rejected(reject)) => reject_socket(&socket, &reject),
            Err(Decision::Pending(pending)) => {
                let deciding = socket.clone();
                spawn(
                    connection.engine(),
                    Box::pin(async move {
                        match pending.await {
                            Ok(session) => {
                                deciding.0.set_session(session);
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
        |encoder| Ok(encoder.connect(namespace.name(), socket.0.id.as_str())),
        |frames, packets| {
            namespace.rooms().insert(socket, || {
                delivery.push_own(connection, frames, packets);
            });
        },
    );
    debug_assert!(encoded.is_ok(), "an id can be encoded");
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
        let pending = call(socket, handler, "connect", auth, None, None);
        release_after(socket, pending);
    }
}

/// Ends a socket: it leaves its rooms, and its disconnect handler runs, after the events that wait.
pub(crate) fn leave(socket: &Socket, reason: DisconnectReason) {
    if !socket.0.end(reason) || socket.0.gate().push_disconnect(reason) {
        return;
    }
    if let Some(pending) = disconnected(socket, reason) {
        spawn(socket.0.connection.engine(), pending);
    }
}

pub(super) fn disconnected(socket: &Socket, reason: DisconnectReason) -> Option<Pending<()>> {
    let handler = socket.0.namespace.table().disconnect.as_deref()?;
    call(
        socket,
        handler,
        "disconnect",
        Input::None,
        None,
        Some(reason),
    )
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
        Ok(encoder.connect_error(namespace, &reject.to_string(), reject.raw_data()))
    });
    debug_assert!(sent.is_ok(), "a message and checked JSON can be encoded");
}
