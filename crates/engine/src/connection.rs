use std::{
    borrow::Cow,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Instant,
};

use sockeye_websocket::{Opcode, Role, frame};

use crate::{
    Application, CloseReason, Engine, Flags, Handshake, InitialPacket, Protocol, Sid, Transport,
    admission::{Admission, Entry},
    deflate::{self, Window},
    form::Form,
    outbox::{Flushed, Outbox, Pushed, Sink, wake},
    session::{Due, Session},
    stats::count,
    sync::{Mutex, MutexGuard},
    transport::{stream::Tcp, streaming::Stream},
};

/// A ping packet as a frame.
const PING: &[u8] = b"\x81\x012";

/// What became of a packet that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It will leave, unless the connection ends before.
    Queued,
    /// It was volatile, and the transport takes nothing now.
    Dropped,
    /// The connection has ended.
    Closed,
}

/// How frames are changed before they are queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Writing {
    form: Form,
    /// In bits; zero for no compression.
    window: u8,
}

impl Writing {
    /// Not at all: what nearly all connections want.
    pub(crate) const AS_IS: Self = Self {
        form: Form::V4,
        window: 0,
    };

    /// The frames as the client takes them.
    pub(crate) fn rewrite<'f, A: Application>(
        self,
        frames: &'f [u8],
        engine: &Engine<A>,
    ) -> Cow<'f, [u8]> {
        let frames = self.form.rewrite(frames);
        match &engine.config().per_message_deflate {
            Some(options) => deflate::compress(frames, self.window, options),
            None => frames,
        }
    }
}

/// One session of a client, on whatever transport it uses now.
///
/// Anybody may hold it and send; one at a time reads: the WebSocket's task, or the POST under way.
pub struct Connection<A: Application> {
    engine: Arc<Engine<A>>,
    sid: Sid,
    pub(crate) shard: usize,
    form: Form,
    pub(crate) window: Window,
    ended: AtomicBool,
    /// So much waits for the client that nothing more is to be read from it.
    behind: AtomicBool,
    pub(crate) outbox: Outbox<Tcp>,
    state: Mutex<State<A>>,
    handshake: Handshake,
    client: A::Client,
}

/// What changes together with the session.
pub(crate) struct State<A: Application> {
    pub(crate) session: Session,
    /// What reads the client's packets, while nobody does.
    pub(crate) reader: Option<A::Reader>,
    /// Who waits for the reader to be given back.
    pub(crate) reader_waiter: Option<Waker>,
    /// A GET waits for packets.
    pub(crate) getting: bool,
    /// A POST is being read.
    pub(crate) posting: bool,
    /// The answer of streaming that is under way, if one is.
    pub(crate) stream: Option<Stream>,
    /// The pending GET is to be answered with a noop.
    pub(crate) noop: bool,
    /// A WebSocket's task reads, and tells the application of the end.
    pub(crate) owned: bool,
    /// The task of the transport under trial.
    pub(crate) probe: Option<Waker>,
    /// The application has been told of the end, or is about to be.
    told: bool,
    /// Its place among the sessions of its address, as long as it lives.
    admission: Option<Box<Admission>>,
}

impl<A: Application> Connection<A> {
    /// Begins a session; none if another one has this identifier.
    pub(crate) fn new(
        engine: &Arc<Engine<A>>,
        entry: Entry,
        sink: Sink<Tcp>,
        transport: Transport,
        form: Form,
        handshake: Handshake,
    ) -> Option<Arc<Self>> {
        let now = Instant::now();
        let Entry { sid, admission } = entry;
        let (client, reader) = engine.application().open(&handshake);
        let session = Session::new(form.protocol(), transport, engine.timing(), now);
        let connection = Arc::new(Self {
            engine: Arc::clone(engine),
            sid,
            shard: sid.spread(engine.shards().len()),
            form,
            window: Window::default(),
            ended: AtomicBool::new(false),
            behind: AtomicBool::new(false),
            outbox: Outbox::new(sink, engine.budget()),
            state: Mutex::new(State {
                session,
                reader: Some(reader),
                reader_waiter: None,
                getting: false,
                posting: false,
                stream: None,
                noop: false,
                owned: transport == Transport::WebSocket,
                probe: None,
                told: false,
                admission,
            }),
            handshake,
            client,
        });
        if !engine.shard(connection.shard).insert(&connection) {
            tracing::error!(?sid, "`generate_id` gave the identifier of another session");
            return None;
        }
        engine.session_begins();
        connection.ensure_running();
        count(&engine.counters().opened);
        connection.arm();
        // A GET of polling is answered with it.
        if transport != Transport::Polling {
            connection.send_open(transport);
        }
        engine.application().opened(&connection);
        Some(connection)
    }

    /// The open packet comes before whatever the application sends.
    fn send_open(self: &Arc<Self>, transport: Transport) {
        let packets = 1 + usize::from(self.engine.config().initial_packet.is_some());
        self.send(&self.opening(transport), packets, Flags::NONE);
    }

    /// What a session begins with, as frames of protocol 4: its open packet, and what goes with it.
    fn opening(&self, transport: Transport) -> Vec<u8> {
        let config = self.engine.config();
        let packet = config.open_packet(self.sid.as_str(), transport);
        let initial = config.initial_packet.as_ref();
        let initial = initial.map_or(&[][..], InitialPacket::frame);
        let size = packet.len() + frame::MAX_SERVER_HEADER + initial.len();
        let mut frames = Vec::with_capacity(size);
        frame::append(&mut frames, Opcode::Text, packet.as_bytes());
        frames.extend_from_slice(initial);
        frames
    }

    /// What a session begins with, as frames that the client takes.
    pub(crate) fn opening_for_polling(&self) -> Vec<u8> {
        let frames = self.opening(Transport::Polling);
        self.form.rewrite(&frames).into_owned()
    }

    /// The identifier of the transport's session. It gives access to the session: keep it secret.
    #[must_use]
    pub fn sid(&self) -> Sid {
        self.sid
    }

    /// What the first request brought.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        &self.handshake
    }

    /// What the application keeps for this connection.
    #[must_use]
    pub fn client(&self) -> &A::Client {
        &self.client
    }

    /// The engine that the connection belongs to.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine<A>> {
        &self.engine
    }

    /// The version of the protocol that the client speaks.
    #[inline]
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.form.protocol()
    }

    /// The transport that is used now.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.state.lock().session.transport()
    }

    /// Whether packets are still exchanged.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.ended.load(Ordering::Acquire)
    }

    /// What waits for the transport, in bytes, each packet counted as its bytes and 64 more.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.outbox.lock().weight()
    }

    /// Waits until nothing waits for the transport any more, or the connection has ended.
    pub async fn drained(&self) {
        std::future::poll_fn(|cx| self.outbox.poll_drained(cx)).await;
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State<A>> {
        self.state.lock()
    }

    /// Sends complete frames of a server that hold `packets` packets, to this connection alone.
    pub fn send(self: &Arc<Self>, frames: &[u8], packets: usize, flags: Flags) -> Sent {
        let pushed = self.push(frames, packets, flags);
        self.settle(pushed)
    }

    pub(crate) fn push(&self, frames: &[u8], packets: usize, flags: Flags) -> Pushed {
        match self.writing(flags) {
            Writing::AS_IS => self.outbox.push_own(frames, packets, flags),
            writing => {
                let frames = writing.rewrite(frames, &self.engine);
                self.outbox.push_own(&frames, packets, flags)
            }
        }
    }

    /// What becomes of frames that are queued now.
    #[inline]
    pub(crate) fn writing(&self, flags: Flags) -> Writing {
        Writing {
            form: self.form,
            window: if flags.uncompressed {
                0
            } else {
                self.window.bits()
            },
        }
    }

    /// Does what a push left to be done.
    pub(crate) fn settle(self: &Arc<Self>, pushed: Pushed) -> Sent {
        match pushed {
            Pushed::Queued => Sent::Queued,
            Pushed::Dirty => {
                self.mark_dirty();
                Sent::Queued
            }
            Pushed::Overfull => {
                self.relieve();
                Sent::Queued
            }
            Pushed::OverBudget => {
                self.relieve();
                self.engine.keep_budget();
                Sent::Queued
            }
            Pushed::Dropped => {
                count(&self.engine.counters().volatile_dropped);
                tracing::trace!(sid = ?self.sid, "volatile packet dropped");
                Sent::Dropped
            }
            Pushed::Slow => {
                self.abort(CloseReason::SlowConsumer);
                Sent::Closed
            }
            Pushed::Closed => {
                count(&self.engine.counters().late_dropped);
                Sent::Closed
            }
        }
    }

    /// Writes until the queue is well within its limit or the transport refuses.
    fn relieve(self: &Arc<Self>) {
        loop {
            let flushed = self.outbox.flush();
            let behind = self.look_behind();
            match flushed {
                Flushed::Dirty if behind => {}
                Flushed::Dirty => return self.mark_dirty(),
                Flushed::Done => return,
            }
        }
    }

    /// Looks at the queue, and remembers whether the client is behind.
    pub(crate) fn look_behind(&self) -> bool {
        let behind = self.outbox.lock().is_behind();
        self.behind.store(behind, Ordering::Relaxed);
        behind
    }

    /// Whether the client was behind at the last look.
    pub(crate) fn was_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }

    pub(crate) fn mark_dirty(self: &Arc<Self>) {
        self.engine.shard(self.shard).mark_dirty([Arc::clone(self)]);
    }

    /// Writes what is queued; the flusher does it again later if more is left.
    pub(crate) fn flush(self: &Arc<Self>) {
        if self.outbox.flush() == Flushed::Dirty {
            self.mark_dirty();
        }
    }

    /// The flusher's turn for this connection.
    pub(crate) fn serve(self: &Arc<Self>) {
        self.flush();
        self.engine.keep_budget();
        if self.ended.load(Ordering::Acquire) {
            self.tell_if_unowned();
        }
    }

    /// A polling session has no task of its own: one is made to tell the application of the end.
    fn tell_if_unowned(self: &Arc<Self>) {
        let mut state = self.state.lock();
        if state.owned || state.told {
            return;
        }
        state.told = true;
        drop(state);
        let connection = Arc::clone(self);
        tokio::spawn(async move {
            let reader = std::future::poll_fn(|cx| connection.poll_reader(cx)).await;
            connection.tell(reader);
        });
    }

    /// Waits until nobody reads, and takes the reader.
    pub(crate) fn poll_reader(&self, cx: &mut Context<'_>) -> Poll<A::Reader> {
        let mut state = self.state.lock();
        match state.reader.take() {
            Some(reader) => Poll::Ready(reader),
            None => {
                state.reader_waiter = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Gives the reader back.
    pub(crate) fn return_reader(&self, reader: A::Reader) {
        let mut state = self.state.lock();
        state.reader = Some(reader);
        let waiter = state.reader_waiter.take();
        drop(state);
        wake(waiter);
    }

    /// Tells the application of the end.
    pub(crate) fn tell(self: &Arc<Self>, reader: A::Reader) {
        let reason = self
            .state
            .lock()
            .session
            .reason()
            .copied()
            .unwrap_or(CloseReason::ForcedClose);
        drop(self.state.lock().admission.take());
        self.engine.application().closed(self, reader, reason);
        self.engine.session_ends();
    }

    pub(crate) fn is_told(&self) -> bool {
        self.state.lock().told
    }

    /// Whether the owner is to tell the application of the end: it is, once.
    pub(crate) fn take_told(&self) -> bool {
        !std::mem::replace(&mut self.state.lock().told, true)
    }

    /// Ends the session: what is queued leaves first, and then a Close frame or a close packet.
    pub fn close(self: &Arc<Self>, reason: CloseReason) {
        self.close_with(reason, None);
    }

    /// Ends the session with a code and a reason for the WebSocket's peer.
    pub(crate) fn close_with(self: &Arc<Self>, reason: CloseReason, close: Option<(u16, &str)>) {
        if !self.begin_close(reason) {
            return;
        }
        if self.is_given_up(reason) {
            return self.give_up();
        }
        let mut frames = Vec::new();
        frame::append_close(&mut frames, Role::Server, close);
        // Even if the queue takes no more, its owner has to look.
        let _ = self.outbox.lock().end(&frames);
        self.wake_owner();
        self.mark_dirty();
    }

    /// Ends the session at once; what is queued is lost.
    ///
    /// `false` if it has ended before.
    pub(crate) fn abort(self: &Arc<Self>, reason: CloseReason) -> bool {
        let ends = self.begin_close(reason);
        if ends {
            self.give_up();
        }
        ends
    }

    /// Nothing more leaves; the flusher sees to it that the application is told.
    fn give_up(self: &Arc<Self>) {
        self.forget();
        self.mark_dirty();
    }

    /// A client that failed, and has no GET pending, is not waited for.
    fn is_given_up(&self, reason: CloseReason) -> bool {
        let state = self.state.lock();
        let asked_for = matches!(
            reason,
            CloseReason::ForcedClose | CloseReason::ServerShuttingDown
        );
        let waits = match state.session.transport() {
            Transport::Polling => state.getting,
            Transport::Streaming => state.stream.is_some(),
            Transport::WebSocket => true,
        };
        !waits && !asked_for
    }

    fn begin_close(self: &Arc<Self>, reason: CloseReason) -> bool {
        let mut state = self.state.lock();
        if !state.session.close(reason, Instant::now()) {
            return false;
        }
        self.ended.store(true, Ordering::Release);
        drop(state);
        self.engine.counters().count_closed(reason);
        match reason {
            CloseReason::SlowConsumer | CloseReason::HandlerTooSlow => {
                tracing::warn!(sid = ?self.sid, %reason, waiting = self.buffered(), "session ends");
            }
            _ => tracing::debug!(sid = ?self.sid, %reason, "session ends"),
        }
        self.arm();
        true
    }

    /// The last packets have left, or never will: the session is not known any more.
    pub(crate) fn forget(&self) {
        let mut state = self.state.lock();
        let first = state.session.forget();
        let probe = state.probe.take();
        drop(state);
        wake(probe);
        if first {
            self.engine.shard(self.shard).remove(self.sid);
        }
        self.outbox.close();
    }

    /// Wakes the task that reads, if there is one.
    pub(crate) fn wake_owner(&self) {
        let owner = self.outbox.lock().owner.take();
        wake(owner);
    }

    /// Sets the application's own deadline, or clears it; [`Application::timeout`] is called when it passes.
    pub fn set_deadline(&self, deadline: Option<Instant>) {
        self.state.lock().session.set_application_deadline(deadline);
        if deadline.is_some() {
            self.arm();
        }
    }

    pub(crate) fn arm(&self) {
        let deadline = self.state.lock().session.next_timeout();
        if let Some(deadline) = deadline {
            self.engine.shard(self.shard).arm(self.sid, deadline);
        }
    }

    pub(crate) fn ensure_running(&self) {
        self.engine
            .shard(self.shard)
            .ensure_running(&self.engine, self.shard);
    }

    /// Does what is due; returns when something is due next.
    pub(crate) fn handle_timeout(self: &Arc<Self>, now: Instant) -> Option<Instant> {
        loop {
            let mut state = self.state.lock();
            let Some(due) = state.session.handle_timeout(self.engine.timing(), now) else {
                return state.session.next_timeout();
            };
            let noop = due == Due::Noop && state.getting;
            state.noop |= noop;
            let probe = if due == Due::AbandonProbe {
                state.probe.take()
            } else {
                None
            };
            if due == Due::Rotate
                && let Some(stream) = &mut state.stream
            {
                stream.rotate = true;
            }
            drop(state);
            match due {
                Due::Ping => {
                    self.send(PING, 1, Flags::NONE);
                }
                Due::Noop if noop => self.wake_get(),
                Due::Noop => {}
                Due::AbandonProbe => {
                    count(&self.engine.counters().probes_abandoned);
                    wake(probe);
                }
                Due::Rotate => self.wake_get(),
                Due::Application => self.engine.application().timeout(self),
                Due::Close(reason @ CloseReason::SlowConsumer) => {
                    self.abort(reason);
                }
                Due::Close(reason) => self.close(reason),
                Due::Forget => self.forget(),
            }
        }
    }

    /// Wakes the pending GET, if there is one.
    pub(crate) fn wake_get(&self) {
        let mut queue = self.outbox.lock();
        let get = match &mut queue.sink {
            Sink::Poll { pending } => pending.take(),
            Sink::Direct(_) | Sink::Owner => None,
        };
        drop(queue);
        wake(get);
    }
}

impl<A: Application> fmt::Debug for Connection<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("sid", &self.sid)
            .finish_non_exhaustive()
    }
}
