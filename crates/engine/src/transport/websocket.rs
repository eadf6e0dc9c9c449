//! A WebSocket's task: it reads, and writes what others could not. It begins either with a session of its
//! own or on trial for one that polls.

use std::{
    future::Future,
    mem,
    ops::ControlFlow,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use sockeye_websocket::{
    Decoder, Event, Limits, Opcode, ProtocolError, Role, deflate::Params, frame, read_buffer,
};

use super::{EVENTS_A_LOOK, Watch, receive_binary, receive_text, stream::Stream, upgrade::Pending};
use crate::{
    Application, CloseReason, Connection, Engine, Flags, Handshake, Lasting, Transport,
    admission::Entry,
    form::Form,
    outbox::{Phase, wake},
    packet::Packet,
    session::Probed,
    stats::count,
};

/// How much is read at once: what a turn leaves of it is copied, and kept for the next one.
const AT_ONCE: usize = 64 * 1024;

/// How many events are handled before other tasks get their turn.
const EVENTS_A_TURN: usize = 256;

/// How long events are handled before other tasks get their turn.
const TURN: Duration = Duration::from_millis(1);

/// The answer to `2probe`, as a frame.
const PROBE_ANSWER: &[u8] = b"\x81\x063probe";

/// Begins a session once the request has been upgraded.
pub(crate) fn spawn<A: Application>(
    engine: Arc<Engine<A>>,
    entry: Entry,
    handshake: Handshake,
    form: Form,
    upgrade: Pending,
    deflate: Option<Params>,
) {
    tokio::spawn(async move {
        let lasting = upgrade.lasting.clone();
        match upgrade.stream().await {
            Ok((stream, read)) => {
                let sink = stream.sink();
                let transport = Transport::WebSocket;
                let connection = Connection::new(&engine, entry, sink, transport, form, handshake);
                drop(engine);
                // Another session had the same identifier meanwhile, which has been told.
                let Some(connection) = connection else { return };
                let driver =
                    Driver::new(connection, stream, read, Mode::Takeover, deflate, lasting);
                driver.connection.window.agree(deflate.as_ref());
                driver.await;
            }
            Err(error) => tracing::debug!(%error, "upgrade to websocket failed"),
        }
    });
}

/// Tries a WebSocket for a session that polls, once the request has been upgraded.
pub(crate) fn spawn_probe<A: Application>(
    connection: Arc<Connection<A>>,
    upgrade: Pending,
    deflate: Option<Params>,
) {
    tokio::spawn(async move {
        let lasting = upgrade.lasting.clone();
        match upgrade.stream().await {
            Ok((stream, read)) => {
                Driver::probe(connection, stream, read, deflate, lasting).await;
            }
            Err(error) => tracing::debug!(%error, "upgrade to websocket failed"),
        }
    });
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// On trial for a session that polls.
    Probe,
    /// The session has changed to this transport; a POST may still be at work.
    Takeover,
    /// The session's transport.
    Open,
    /// The session has ended; what is queued leaves.
    Draining,
    /// All has left; the peer closes.
    Lingering,
    Done,
}

/// What handling input led to.
enum Input {
    /// All was handled.
    Handled,
    /// It was enough for one turn; the rest waits.
    Enough,
}

struct Driver<A: Application> {
    connection: Arc<Connection<A>>,
    stream: Stream,
    decoder: Decoder,
    deflate: Option<Params>,
    reader: Option<A::Reader>,
    mode: Mode,
    /// The trial that the session knows of is this one.
    on_trial: bool,
    /// The session uses this transport.
    owns: bool,
    stalled: bool,
    /// Input that waits for the next turn.
    rest: Vec<u8>,
    /// What a transport on trial has to write.
    answer: Vec<u8>,
    /// The latest ping that waits to be answered (RFC 6455 5.5.3).
    pong: Option<Box<[u8]>>,
    /// Dropped with the stream.
    _lasting: Option<Lasting>,
}

impl<A: Application> Driver<A> {
    fn new(
        connection: Arc<Connection<A>>,
        stream: Stream,
        rest: Vec<u8>,
        mode: Mode,
        deflate: Option<Params>,
        lasting: Option<Lasting>,
    ) -> Self {
        let limits = Limits::default().max_message(connection.engine().config().max_payload);
        let decoder = Decoder::new(Role::Server, limits);
        Self {
            connection,
            stream,
            decoder: match deflate {
                Some(params) => decoder.with_deflate(params),
                None => decoder,
            },
            deflate,
            reader: None,
            mode,
            on_trial: false,
            owns: mode == Mode::Takeover,
            stalled: false,
            rest,
            answer: Vec::new(),
            pong: None,
            _lasting: lasting,
        }
    }

    fn probe(
        connection: Arc<Connection<A>>,
        stream: Stream,
        rest: Vec<u8>,
        deflate: Option<Params>,
        lasting: Option<Lasting>,
    ) -> Self {
        let engine = connection.engine();
        let accepted = connection.state().session.handle_upgrade_request(
            Transport::WebSocket,
            engine.timing(),
            Instant::now(),
        );
        let mut driver = Self::new(connection, stream, rest, Mode::Probe, deflate, lasting);
        if accepted {
            driver.on_trial = true;
            driver.connection.arm();
        } else {
            driver.refuse();
        }
        driver
    }

    /// Turns the transport on trial down; its session goes on without it.
    fn refuse(&mut self) {
        frame::append_close(&mut self.answer, Role::Server, None);
        self.mode = Mode::Lingering;
    }

    /// The trial is over, and it was this side that began it.
    fn abandon(&mut self) {
        if !mem::take(&mut self.on_trial) {
            return;
        }
        let mut state = self.connection.state();
        if state.session.is_upgrading_to(Transport::WebSocket) {
            state.session.end_upgrade();
            count(&self.connection.engine().counters().probes_abandoned);
        }
        state.probe = None;
    }

    fn poll_probe(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.poll_answer(cx));
            {
                let mut state = self.connection.state();
                if !state.session.is_upgrading_to(Transport::WebSocket) {
                    drop(state);
                    self.refuse();
                    return Poll::Ready(());
                }
                state.probe = Some(cx.waker().clone());
            }
            let mut rest = mem::take(&mut self.rest);
            if !rest.is_empty() {
                self.handle_probe(&mut rest);
            } else {
                let read = read_buffer::with(|buffer| {
                    let read = self.stream.poll_read(cx, buffer)?;
                    Poll::Ready(Ok(match ready!(read) {
                        0 => false,
                        n => {
                            self.handle_probe(&mut buffer[..n]);
                            true
                        }
                    }))
                });
                let read: std::io::Result<bool> = ready!(read);
                if !matches!(read, Ok(true)) {
                    self.abandon();
                    self.mode = Mode::Done;
                }
            }
            if self.mode != Mode::Probe {
                return Poll::Ready(());
            }
        }
    }

    fn handle_probe(&mut self, input: &mut [u8]) {
        let mut feed = self.decoder.feed(input);
        let refused = loop {
            let verdict = match feed.next() {
                None => return,
                Some(Ok(Event::Text(text))) => match Packet::decode(text) {
                    Ok(Packet::Text(kind, data)) => {
                        let mut state = self.connection.state();
                        let on = Transport::WebSocket;
                        state.session.handle_probe(on, kind, data, Instant::now())
                    }
                    _ => Probed::Refuse,
                },
                Some(Ok(Event::Ping(data))) => {
                    frame::append(&mut self.answer, Opcode::Pong, data);
                    continue;
                }
                Some(Ok(Event::Pong(_))) => continue,
                Some(Ok(_) | Err(_)) => Probed::Refuse,
            };
            match verdict {
                Probed::Answer => {
                    self.answer.extend_from_slice(PROBE_ANSWER);
                    self.connection.arm();
                }
                Probed::Upgrade => break false,
                Probed::Refuse => break true,
            }
        };
        if refused {
            self.abandon();
            self.refuse();
        } else {
            self.rest = feed.remaining().to_vec();
            self.take_over();
        }
    }

    /// The session uses this transport from now on; what is queued leaves here, in order.
    fn take_over(&mut self) {
        self.mode = Mode::Takeover;
        self.on_trial = false;
        self.owns = true;
        let mut state = self.connection.state();
        state.owned = true;
        state.probe = None;
        // A GET that still waits is answered with a noop.
        let mut queue = self.connection.outbox.lock();
        let get = queue.change_sink(self.stream.sink());
        drop(queue);
        drop(state);
        self.connection.window.agree(self.deflate.as_ref());
        wake(get);
        let engine = self.connection.engine();
        count(&engine.counters().upgraded);
        engine.application().upgraded(&self.connection);
        self.connection.arm();
    }

    fn poll_takeover(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.connection.poll_reader(cx) {
            Poll::Ready(reader) => self.reader = Some(reader),
            // The session was closing when it changed to this transport.
            Poll::Pending if self.connection.is_told() => {}
            Poll::Pending => return Poll::Pending,
        }
        self.mode = Mode::Open;
        // What was queued for a GET has nobody else to write it.
        self.connection.flush();
        Poll::Ready(())
    }

    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.connection.ensure_running();
        loop {
            let mut blocked = self.connection.outbox.register(cx.waker()) == Phase::Blocked;
            if !self.connection.is_open() {
                self.mode = Mode::Draining;
                return Poll::Ready(());
            }
            if blocked || matches!(self.stream, Stream::Boxed(_)) {
                blocked = self.poll_write(cx).is_pending();
            }
            let looks = blocked || self.connection.was_behind();
            let behind = looks && self.connection.look_behind();
            if blocked && behind {
                return Poll::Pending;
            }
            let handled = if self.rest.is_empty() {
                read_buffer::with(|buffer| {
                    match ready!(self.stream.poll_read(cx, &mut buffer[..AT_ONCE])) {
                        Ok(0) => Poll::Ready(Err(CloseReason::TransportClose)),
                        Ok(n) => Poll::Ready(Ok(self.handle(&mut buffer[..n]))),
                        Err(error) => {
                            tracing::debug!(%error, "reading failed");
                            Poll::Ready(Err(CloseReason::TransportClose))
                        }
                    }
                })
            } else {
                let mut rest = mem::take(&mut self.rest);
                Poll::Ready(Ok(self.handle(&mut rest)))
            };
            match ready!(handled) {
                Ok(Input::Handled) => {}
                Ok(Input::Enough) => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Err(reason) => {
                    self.connection.abort(reason);
                }
            }
        }
    }

    /// Writes what the transport refused before, or what only this task may write. Pending while it
    /// refuses.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let before = self.connection.buffered();
        let written = self.poll_flush(cx);
        let blocked = written.is_pending();
        let connection = &self.connection;
        if blocked != self.stalled || (blocked && connection.buffered() < before) {
            let now = Instant::now();
            let timing = connection.engine().timing();
            let mut state = connection.state();
            state.session.handle_stall(timing, false, now);
            state.session.handle_stall(timing, blocked, now);
            drop(state);
            connection.arm();
            self.stalled = blocked;
        }
        if blocked {
            connection.engine().keep_budget();
        }
        if !blocked && let Some(pong) = self.pong.take() {
            send_pong(connection, &pong);
        }
        written
    }

    /// Writes until nothing is left that this task has to write, or the stream refuses.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let outbox = &self.connection.outbox;
        match &mut self.stream {
            Stream::Tcp(_) => {
                while outbox.register(cx.waker()) == Phase::Blocked {
                    ready!(self.stream.poll_write_ready(cx));
                    outbox.unblock();
                    self.connection.flush();
                }
                Poll::Ready(())
            }
            stream => {
                let written = outbox.poll_flush(cx, |cx, bytes| stream.poll_write(cx, bytes));
                // A failure shows at the next write or read.
                let _ = stream.poll_flush(cx);
                outbox.register(cx.waker());
                written
            }
        }
    }

    /// Handles what was read. All that it causes to be sent leaves in one write.
    fn handle(&mut self, input: &mut [u8]) -> Input {
        let Some(reader) = &mut self.reader else {
            return Input::Handled;
        };
        let connection = &self.connection;
        let now = Instant::now();
        connection.outbox.cork();
        connection
            .state()
            .session
            .handle_traffic(connection.engine().timing(), now);
        let mut feed = self.decoder.feed(input);
        let mut events = 0;
        let mut watch = Watch::new(now);
        let mut outcome = Input::Handled;
        while let Some(event) = feed.next() {
            let flow = match event {
                Ok(Event::Text(text)) => receive_text(connection, reader, text, now),
                Ok(Event::Binary(data)) => receive_binary(connection, reader, data, now),
                Ok(Event::Ping(data)) => {
                    self.pong = Some(data.into());
                    ControlFlow::Continue(())
                }
                Ok(Event::Pong(_) | Event::Part(_)) => ControlFlow::Continue(()),
                Ok(Event::Close(close)) => {
                    let code = close.as_ref().map(|close| (close.code, ""));
                    connection.close_with(CloseReason::TransportClose, code);
                    break;
                }
                Err(error) => {
                    tracing::debug!(%error, "websocket protocol violated");
                    let reason = CloseReason::TransportError(describe(&error));
                    connection.close_with(reason, Some((error.close_code(), "")));
                    break;
                }
            };
            if let ControlFlow::Break(reason) = flow {
                connection.close(reason);
            }
            if !connection.is_open() {
                break;
            }
            if connection.was_behind() {
                self.rest = feed.remaining().to_vec();
                break;
            }
            events += 1;
            if events == EVENTS_A_TURN
                || (events % EVENTS_A_LOOK == 0 && watch.look(connection) - now > TURN)
            {
                if !feed.remaining().is_empty() {
                    self.rest = feed.remaining().to_vec();
                }
                outcome = Input::Enough;
                break;
            }
        }
        if !events.is_multiple_of(EVENTS_A_LOOK) {
            watch.look(connection);
        }
        if !self.stalled
            && let Some(pong) = self.pong.take()
        {
            send_pong(connection, &pong);
        }
        if matches!(self.stream, Stream::Tcp(_)) {
            connection.flush();
        }
        outcome
    }

    /// The session has ended: tells the application, and writes what is left.
    fn poll_draining(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(reader) = self.reader.take()
            && self.connection.take_told()
        {
            self.connection.tell(reader);
        }
        while self.connection.outbox.register(cx.waker()) != Phase::Closed {
            ready!(self.poll_flush(cx));
            self.connection.flush();
            if self.connection.outbox.register(cx.waker()) == Phase::Writing {
                // Whoever writes wakes this task at the end.
                return Poll::Pending;
            }
        }
        self.mode = Mode::Lingering;
        Poll::Ready(())
    }

    /// Says that nothing more comes, and reads until the peer says so too.
    fn poll_lingering(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(self.poll_answer(cx));
        ready!(self.stream.poll_shutdown(cx));
        if !self.is_peer_gone() {
            ready!(read_buffer::with(|buffer| {
                while !matches!(ready!(self.stream.poll_read(cx, buffer)), Ok(0) | Err(_)) {}
                Poll::Ready(())
            }));
        }
        self.mode = Mode::Done;
        Poll::Ready(())
    }

    /// Whether the peer closed first, or the time for it to close is over.
    fn is_peer_gone(&self) -> bool {
        let state = self.connection.state();
        let session = &state.session;
        self.owns && (session.is_closed() || session.reason() == Some(&CloseReason::TransportClose))
    }

    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.answer.is_empty() {
            match ready!(self.stream.poll_write(cx, &self.answer)) {
                Ok(n) => drop(self.answer.drain(..n)),
                // The read that follows finds the same.
                Err(_) => self.answer.clear(),
            }
        }
        self.answer = Vec::new();
        Poll::Ready(())
    }
}

impl<A: Application> Future for Driver<A> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.mode {
                Mode::Probe => ready!(self.poll_probe(cx)),
                Mode::Takeover => ready!(self.poll_takeover(cx)),
                Mode::Open => ready!(self.poll_open(cx)),
                Mode::Draining => ready!(self.poll_draining(cx)),
                Mode::Lingering => ready!(self.poll_lingering(cx)),
                Mode::Done => return Poll::Ready(()),
            }
        }
    }
}

impl<A: Application> Unpin for Driver<A> {}

impl<A: Application> Drop for Driver<A> {
    /// Also when the runtime ends before the session: nobody else would end it.
    fn drop(&mut self) {
        if self.owns {
            self.connection.abort(CloseReason::TransportClose);
            if let Some(reader) = self.reader.take()
                && self.connection.take_told()
            {
                self.connection.tell(reader);
            }
            self.connection.forget();
        } else {
            self.abandon();
        }
    }
}

fn send_pong<A: Application>(connection: &Arc<Connection<A>>, data: &[u8]) {
    let mut pong = Vec::with_capacity(data.len() + 2);
    frame::append(&mut pong, Opcode::Pong, data);
    connection.send(&pong, 1, Flags::NONE);
}

fn describe(error: &ProtocolError) -> &'static str {
    match error.close_code() {
        1007 => "invalid UTF-8",
        1008 => "too many empty fragments",
        1009 => "message too big",
        _ => "invalid frame",
    }
}

#[cfg(test)]
mod tests;
