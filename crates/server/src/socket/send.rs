use serde::de::DeserializeOwned;
use sockeye_engine::{Flags, Sent};
use sockeye_protocol::{EncodeError, OwnedArguments};

use super::Socket;
use crate::{AckError, Acknowledgement, Payload, emit, recovery::Sequencer, stats::count};

/// Why an event was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmitError {
    /// The socket has left the namespace, or its connection has ended.
    #[error("socket has been disconnected")]
    Disconnected,
    /// The event was volatile, and the transport takes nothing now.
    #[error("dropped: the transport takes nothing now")]
    Dropped,
    /// The event could not be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl Socket {
    /// Sends an event to this client: one value, `()` for none, or several as [`Args`](crate::Args).
    ///
    /// What cannot be sent is counted and traced; [`Socket::try_emit`] tells.
    pub fn emit(&self, event: &str, payload: impl Payload) {
        self.trace(event, self.send(event, &payload, Flags::NONE));
    }

    /// Sends an event to this client, and says if that is not possible.
    ///
    /// # Errors
    ///
    /// If the socket has left or the payload cannot be encoded.
    pub fn try_emit(&self, event: &str, payload: impl Payload) -> Result<(), EmitError> {
        self.send(event, &payload, Flags::NONE)
    }

    /// Sends events only if the transport takes them now.
    pub fn volatile(&self) -> Emitter<'_> {
        Emitter::new(self).volatile()
    }

    /// Whether the events sent are compressed, as they are otherwise: in answers of long-polling
    /// ([`http_compression`](crate::ServerBuilder::http_compression)), and over WebSocket if
    /// [`per_message_deflate`](crate::ServerBuilder::per_message_deflate) is on.
    ///
    /// An answer of long-polling is compressed if any event in it may be. What is compressed already, such
    /// as pictures, is not worth it; and the length of what is compressed tells something about it.
    ///
    /// ```
    /// # fn example(socket: sockeye::Socket, picture: Vec<u8>) {
    /// socket.compress(false).emit("picture", &picture);
    /// # }
    /// ```
    pub fn compress(&self, compress: bool) -> Emitter<'_> {
        Emitter::new(self).compress(compress)
    }

    /// Sends an event to this client and waits for its acknowledgement: the client's first value, as `R`.
    ///
    /// The event leaves at once; the future waits 30 seconds, or as its `timeout` says. Has to be awaited
    /// on a tokio runtime.
    pub fn emit_with_ack<R: DeserializeOwned>(
        &self,
        event: &str,
        payload: impl Payload,
    ) -> Acknowledgement<R> {
        Emitter::new(self).emit_with_ack(event, payload)
    }

    fn send(&self, event: &str, payload: &impl Payload, flags: Flags) -> Result<(), EmitError> {
        if let Some(sequencer) = self.0.namespace.rooms().recovery() {
            return self.send_in_order(sequencer, event, payload, flags);
        }
        if !self.is_connected() {
            return Err(EmitError::Disconnected);
        }
        let sent = emit::send(&self.0.connection, flags, |encoder| {
            encoder.event(self.namespace(), None, event, payload)
        })?;
        self.show_outgoing(event, payload);
        match sent {
            Sent::Queued => Ok(()),
            Sent::Dropped => Err(EmitError::Dropped),
            Sent::Closed => Err(EmitError::Disconnected),
        }
    }

    /// What is sent to a client that is cut off waits for it in the log.
    fn send_in_order(
        &self,
        sequencer: &Sequencer,
        event: &str,
        payload: &impl Payload,
        flags: Flags,
    ) -> Result<(), EmitError> {
        if flags.volatile && !self.is_connected() {
            return Err(EmitError::Disconnected);
        }
        let codec = self.0.connection.engine().application().codec();
        let packet = emit::recoverable(codec, self.namespace(), event, payload, flags.volatile)?;
        let rooms = self.0.namespace.rooms();
        if !rooms.send_in_order(sequencer, self, &packet, flags) {
            return Err(EmitError::Disconnected);
        }
        self.show_outgoing(event, payload);
        Ok(())
    }

    /// Shows an event to those who listen to what this socket is sent.
    #[inline]
    fn show_outgoing(&self, event: &str, payload: &impl Payload) {
        if self.0.listens_outgoing()
            && let Ok(arguments) = OwnedArguments::new(payload)
        {
            self.tell_outgoing(event, &arguments.borrow());
        }
    }

    fn trace(&self, event: &str, sent: Result<(), EmitError>) {
        match sent {
            Ok(()) | Err(EmitError::Dropped) => {}
            Err(EmitError::Disconnected) => {
                count(&self.counters().emits_to_gone);
                tracing::trace!(socket = ?self.id(), event, "not sent: the socket has left");
            }
            Err(EmitError::Encode(error)) => {
                count(&self.counters().encode_errors);
                tracing::error!(event, %error, "not sent: the payload cannot be encoded");
            }
        }
    }

    /// Sends an acknowledgement.
    pub(crate) fn acknowledge(&self, id: u64, payload: &impl Payload) {
        if !self.is_connected() {
            return count(&self.counters().emits_to_gone);
        }
        let sent = emit::send(&self.0.connection, Flags::NONE, |encoder| {
            encoder.ack(self.namespace(), id, payload)
        });
        if let Err(error) = sent {
            count(&self.counters().encode_errors);
            tracing::error!(%error, "acknowledgement not sent: it cannot be encoded");
        }
    }
}

/// Sends to one client in a way of its own: volatile, or not compressed.
#[must_use = "nothing is sent before `emit`"]
#[derive(Debug, Clone, Copy)]
pub struct Emitter<'a> {
    socket: &'a Socket,
    flags: Flags,
}

impl<'a> Emitter<'a> {
    fn new(socket: &'a Socket) -> Self {
        Self {
            socket,
            flags: Flags::NONE,
        }
    }

    /// Only if the transport takes it now.
    pub fn volatile(mut self) -> Self {
        self.flags.volatile = true;
        self
    }

    /// Whether it is compressed; see [`Socket::compress`].
    pub fn compress(mut self, compress: bool) -> Self {
        self.flags.uncompressed = !compress;
        self
    }

    /// Sends an event; see [`Socket::emit`]. The server's statistics count the volatile ones dropped.
    pub fn emit(self, event: &str, payload: impl Payload) {
        let Self { socket, flags } = self;
        socket.trace(event, socket.send(event, &payload, flags));
    }

    /// Sends an event, and says if that is not possible; see [`Socket::try_emit`].
    ///
    /// # Errors
    ///
    /// As [`Socket::try_emit`], or [`EmitError::Dropped`] for a volatile one. With
    /// [recovery](crate::ServerBuilder::connection_state_recovery) on, a volatile one that is dropped is not
    /// told of here; it is counted as the others are.
    pub fn try_emit(self, event: &str, payload: impl Payload) -> Result<(), EmitError> {
        self.socket.send(event, &payload, self.flags)
    }

    /// Sends an event and waits for its acknowledgement; see [`Socket::emit_with_ack`]. A volatile one that
    /// is dropped ends with [`AckError::Dropped`].
    pub fn emit_with_ack<R: DeserializeOwned>(
        self,
        event: &str,
        payload: impl Payload,
    ) -> Acknowledgement<R> {
        let Self { socket, flags } = self;
        Acknowledgement::new(socket.clone(), |socket, id| {
            if !socket.is_connected() {
                return Err(AckError::Disconnected);
            }
            let sent = emit::send(&socket.0.connection, flags, |encoder| {
                encoder.event(socket.namespace(), Some(id), event, &payload)
            })?;
            socket.show_outgoing(event, &payload);
            match sent {
                Sent::Queued => Ok(()),
                Sent::Dropped => Err(AckError::Dropped),
                Sent::Closed => Err(AckError::Disconnected),
            }
        })
    }
}
