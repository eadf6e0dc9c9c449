//! The body of an answer that goes on.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};

use super::Format;
use crate::{
    Application, CloseReason, Connection, Transport,
    outbox::{Batch, Finished, Phase, Sink, wake_all},
    stats::count,
};

/// The packets of a session, as they are queued. Whoever writes them asks for the next ones when the client has taken
/// enough of those before: until then they wait in the outbox, whose limit holds.
pub(super) struct Packets<A: Application> {
    connection: Arc<Connection<A>>,
    format: Format,
    /// What comes before the first packet has left.
    begun: bool,
    /// Bytes of packets that have left by this answer.
    sent: usize,
    ended: bool,
}

impl<A: Application> Packets<A> {
    pub(super) fn new(connection: Arc<Connection<A>>, format: Format) -> Self {
        Self {
            connection,
            format,
            begun: false,
            sent: 0,
            ended: false,
        }
    }

    /// What leaves next; `None` at the end.
    fn poll_packets(&mut self, cx: &mut Context<'_>) -> Poll<Option<Vec<u8>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let begins = !std::mem::replace(&mut self.begun, true);
        if begins && let Some(beginning) = self.format.beginning() {
            return Poll::Ready(Some(beginning));
        }
        let connection = &self.connection;
        let mut state = connection.state();
        let owns = state.session.transport() == Transport::Streaming;
        let on_trial = state.session.is_upgrading_to(Transport::Streaming);
        let Some(stream) = &mut state.stream else {
            self.ended = true;
            return Poll::Ready(None);
        };
        let probes = std::mem::take(&mut stream.probes);
        if probes > 0 {
            let mut out = Vec::new();
            (0..probes).for_each(|_| self.format.append_text(&mut out, b"3probe"));
            return Poll::Ready(Some(out));
        }
        if !owns {
            if on_trial && begins {
                // Firefox tells nobody of an answer before its first bytes, and `2probe` waits for that.
                return Poll::Ready(Some(self.format.text(b"6")));
            }
            if on_trial {
                state.probe = Some(cx.waker().clone());
                return Poll::Pending;
            }
            state.stream = None;
            self.ended = true;
            return Poll::Ready(None);
        }
        let rotate = stream.rotate || self.sent >= connection.engine().config().stream_bytes;
        let mut queue = connection.outbox.lock();
        if rotate && !queue.is_ending() && queue.phase() != Phase::Closed {
            drop(queue);
            state.stream = None;
            self.ended = true;
            return Poll::Ready(Some(self.format.text(b"6")));
        }
        drop(state);
        queue.unblock();
        if let Some(batch) = queue.begin() {
            drop(queue);
            let out = self.write(batch);
            return Poll::Ready(Some(out));
        }
        if queue.phase() == Phase::Closed {
            drop(queue);
            self.end();
            return Poll::Ready(None);
        }
        queue.sink = Sink::Poll {
            pending: Some(cx.waker().clone()),
        };
        Poll::Pending
    }

    /// Writes a batch in this answer's format; it has left then.
    fn write(&mut self, batch: Batch) -> Vec<u8> {
        let mut out = Vec::new();
        let len = batch.with_bytes(|frames| {
            // A header is one byte shorter than a WebSocket's: a lone packet fills the buffer, and `Bytes` takes it as it
            // is.
            if matches!(self.format, Format::Frames) {
                out.reserve_exact(frames.len().saturating_sub(1));
            } else {
                out.reserve(frames.len() + frames.len() / 8);
            }
            self.format.append(&mut out, frames);
            frames.len()
        });
        self.sent += out.len();
        let mut queue = self.connection.outbox.lock();
        let finished = queue.finish(batch, len, false);
        let drained = queue.take_drained();
        drop(queue);
        wake_all(drained);
        if matches!(finished, Finished::Ended(_)) {
            self.end();
        }
        out
    }

    /// The session has ended, and its last packets have left.
    fn end(&mut self) {
        self.ended = true;
        self.connection.state().stream = None;
        self.connection.forget();
    }
}

impl<A: Application> HttpBody for Packets<A> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let packets = self.get_mut().poll_packets(cx);
        packets.map(|out| out.map(|out| Ok(Frame::data(Bytes::from(out)))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}

/// An answer that the client cuts off ends the session: what it has missed of it, nobody knows.
impl<A: Application> Drop for Packets<A> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let connection = &self.connection;
        let mut state = connection.state();
        state.stream = None;
        if state.session.transport() == Transport::Streaming {
            drop(state);
            let reason = CloseReason::TransportError("stream closed prematurely");
            connection.abort(reason);
        } else if state.session.is_upgrading_to(Transport::Streaming) {
            state.session.end_upgrade();
            count(&connection.engine().counters().probes_abandoned);
        }
    }
}
