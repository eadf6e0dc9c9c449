//! Sending to a namespace, or to a part of its sockets, and asking them.

mod acks;
mod remote;

use std::{sync::Arc, time::Duration};

pub use acks::{BroadcastAckError, BroadcastAcks};
pub use remote::RemoteSocket;
use serde::de::DeserializeOwned;
use sockeye_protocol::OwnedArguments;

use crate::{
    AckCollector, AdapterError, IntoRooms, LocalRooms, Payload, Room, Server, Socket, SocketId,
    Target, ack, adapter::NumberedEvent, emit, namespace::Live, stats::count,
};

/// A namespace, or a part of its sockets, to send to.
///
/// It is a value: each method gives a new one, which may be kept and used again.
///
/// ```
/// # fn example(io: sockeye::Server) {
/// io.to(["news", "sports"]).except("muted").emit("headline", "Sockeye runs");
/// # }
/// ```
#[must_use = "nothing is sent before `emit`"]
#[derive(Debug, Clone)]
pub struct Broadcast {
    server: Server,
    namespace: Arc<Live>,
    target: Target,
    timeout: Duration,
}

impl Broadcast {
    pub(crate) fn new(server: Server, namespace: Arc<Live>) -> Self {
        Self {
            server,
            namespace,
            target: Target::default(),
            timeout: ack::TIMEOUT,
        }
    }

    pub(crate) fn but(mut self, sender: SocketId) -> Self {
        self.target.sender = Some(sender);
        self
    }

    /// The namespace's name.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.namespace.name()
    }

    /// To the members of these rooms, and of those named before: each once.
    pub fn to(mut self, rooms: impl IntoRooms) -> Self {
        rooms.append_to(&mut self.target.rooms);
        self
    }

    /// But not to the members of these.
    pub fn except(mut self, rooms: impl IntoRooms) -> Self {
        rooms.append_to(&mut self.target.except);
        self
    }

    /// Only to those whose transport takes it now.
    pub fn volatile(mut self) -> Self {
        self.target.volatile = true;
        self
    }

    /// Whether it is compressed for those who agreed to that; see [`Socket::compress`].
    pub fn compress(mut self, compress: bool) -> Self {
        self.target.uncompressed = !compress;
        self
    }

    /// Only to those on this server.
    pub fn local(mut self) -> Self {
        self.target.local = true;
        self
    }

    /// How long acknowledgements, and the answers of other servers, are waited for. Default: 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends an event: one value, `()` for none, or several as [`Args`](crate::Args). It is encoded once.
    ///
    /// What cannot be encoded is counted and traced.
    pub fn emit(&self, event: &str, payload: impl Payload) {
        let codec = self.server.engine.application().codec();
        let name = self.namespace.name();
        let encoded = if self.rooms().recovery().is_some() {
            emit::recoverable(codec, name, event, &payload, self.target.volatile)
        } else {
            emit::shared(codec, |encoder| encoder.event(name, None, event, &payload))
        };
        match encoded {
            Ok(packet) => self.namespace.adapter().broadcast(&packet, &self.target),
            Err(error) => {
                count(&self.server.counters().encode_errors);
                tracing::error!(event, %error, "not sent: the payload cannot be encoded");
            }
        }
    }

    /// Sends an event to all of them and collects the acknowledgements: of each, the first value as `R`.
    ///
    /// The event leaves at once. What is returned is a future of all the values, or by its
    /// [`next`](BroadcastAcks::next) a stream of them, in the order of their arrival. It ends when each
    /// socket that was asked has answered or left, or after the [`timeout`](Self::timeout). Has to be
    /// awaited on a tokio runtime.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # async fn example(io: sockeye::Server) {
    /// let votes = io.to("jury").timeout(Duration::from_secs(5)).emit_with_ack::<u8>("vote", "now");
    /// match votes.await {
    ///     Ok(votes) => println!("{} have voted", votes.len()),
    ///     Err(error) => println!("{} of {} have voted: {error}", error.values.len(), error.asked),
    /// }
    /// # }
    /// ```
    pub fn emit_with_ack<R: DeserializeOwned>(
        &self,
        event: &str,
        payload: impl Payload,
    ) -> BroadcastAcks<R> {
        let collector = AckCollector::new();
        let codec = self.server.engine.application().codec();
        let id = self.rooms().next_ack();
        let encoded = emit::shared(codec, |encoder| {
            encoder.event(self.namespace.name(), Some(id), event, &payload)
        });
        let error = match encoded {
            Ok(packet) => {
                let event = NumberedEvent { packet, id };
                let adapter = self.namespace.adapter();
                adapter.broadcast_with_ack(&event, &self.target, &collector);
                None
            }
            Err(error) => {
                count(&self.server.counters().encode_errors);
                Some(error)
            }
        };
        BroadcastAcks::new(collector, self.timeout, error)
    }

    /// The sockets on this server that it would reach, at some moment during the call.
    #[must_use]
    pub fn sockets(&self) -> Vec<Socket> {
        self.namespace.rooms().sockets(&self.target)
    }

    /// The sockets on all servers that it would reach.
    ///
    /// # Errors
    ///
    /// If other servers do not answer within the [`timeout`](Self::timeout).
    pub async fn fetch_sockets(&self) -> Result<Vec<RemoteSocket>, AdapterError> {
        let all = Self::new(self.server.clone(), Arc::clone(&self.namespace));
        let mut found: Vec<_> = self
            .sockets()
            .into_iter()
            .map(|socket| RemoteSocket::here(all.clone(), socket))
            .collect();
        if !self.target.local {
            let adapter = self.namespace.adapter();
            let others = adapter.fetch_sockets(&self.target, self.timeout).await?;
            let elsewhere = |details| RemoteSocket::elsewhere(all.clone(), details);
            found.extend(others.into_iter().map(elsewhere));
        }
        Ok(found)
    }

    /// Adds all of them to rooms.
    pub fn sockets_join(&self, rooms: impl IntoRooms) {
        let rooms = names(rooms);
        self.namespace.adapter().join_all(&self.target, &rooms);
    }

    /// Takes all of them out of rooms.
    pub fn sockets_leave(&self, rooms: impl IntoRooms) {
        let rooms = names(rooms);
        self.namespace.adapter().leave_all(&self.target, &rooms);
    }

    /// Puts all of them out of the namespace; if `close` says so, their connections end too.
    pub fn disconnect_sockets(&self, close: bool) {
        self.namespace.adapter().disconnect_all(&self.target, close);
    }

    /// Sends an event to the **other servers** of the cluster, for their
    /// [`Namespace::on_server_event`](crate::Namespace::on_server_event). The rooms do not matter.
    ///
    /// On a server alone nobody hears it. What cannot be encoded is counted and traced.
    pub fn server_side_emit(&self, event: &str, payload: impl Payload) {
        match server_arguments(event, &payload) {
            Ok(arguments) => {
                let adapter = self.namespace.adapter();
                adapter.server_side_emit(event, &arguments, None);
            }
            Err(error) => {
                count(&self.server.counters().encode_errors);
                tracing::error!(event, %error, "not sent to other servers");
            }
        }
    }

    /// Sends an event to the **other servers** of the cluster and collects their answers.
    ///
    /// On a server alone there are none, at once.
    pub fn server_side_emit_with_ack<R: DeserializeOwned>(
        &self,
        event: &str,
        payload: impl Payload,
    ) -> BroadcastAcks<R> {
        let collector = AckCollector::new();
        let error = match server_arguments(event, &payload) {
            Ok(arguments) => {
                let adapter = self.namespace.adapter();
                adapter.server_side_emit(event, &arguments, Some(&collector));
                None
            }
            Err(error) => {
                count(&self.server.counters().encode_errors);
                Some(error)
            }
        };
        BroadcastAcks::new(collector, self.timeout, error)
    }

    /// How many servers the cluster has, this one counted.
    ///
    /// # Errors
    ///
    /// If the adapter cannot tell.
    pub async fn server_count(&self) -> Result<usize, AdapterError> {
        self.namespace.adapter().server_count().await
    }

    /// The rooms of the namespace on this server.
    #[must_use]
    pub fn rooms(&self) -> &LocalRooms {
        self.namespace.rooms()
    }
}

fn names(rooms: impl IntoRooms) -> Vec<Room> {
    let mut names = Vec::new();
    rooms.append_to(&mut names);
    names
}

fn server_arguments(
    event: &str,
    payload: &impl Payload,
) -> Result<OwnedArguments, crate::EncodeError> {
    if matches!(event, "connect" | "connection" | "new_namespace") {
        return Err(crate::EncodeError::ReservedName);
    }
    OwnedArguments::new(payload)
}
