use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sockeye_engine::Encoded;
use sockeye_protocol::Codec;

use super::{
    Budget, Claim, Claimed, Kept, NotRecovered, Recovery,
    log::{Log, Recipients},
    offset::Offset,
    session::{Presence, Session},
};
use crate::{Room, Socket, SocketId, socket::SocketInner};

/// The log of a namespace and the sockets that may come back, behind the one lock under which packets are
/// put in order.
#[derive(Debug)]
pub(crate) struct Sequencer {
    options: Recovery,
    state: Mutex<State>,
}

/// What the lock protects. It is taken before any shard's.
pub(crate) struct State {
    epoch: u32,
    log: Log,
    sessions: HashMap<SocketId, Session>,
    /// Which socket a private id belongs to, as long as it is good for coming back.
    pids: HashMap<SocketId, SocketId>,
    /// Who is away, those that left first at the front; some have come back since.
    away: VecDeque<(Instant, SocketId)>,
    max_away: Duration,
    max_sessions: usize,
    /// What may wait for a client.
    send_limit: usize,
}

impl Sequencer {
    /// `silence` is how long a client that is cut off may go unnoticed.
    pub(crate) fn new(
        options: &Recovery,
        silence: Duration,
        send_limit: usize,
        budget: &Arc<Budget>,
    ) -> Self {
        let keep = options.max_disconnection.saturating_add(silence);
        Self {
            options: options.clone(),
            state: Mutex::new(State {
                // 30 bits have five digits.
                epoch: rand::random::<u32>() >> 2,
                log: Log::new(keep, Arc::clone(budget)),
                sessions: HashMap::new(),
                pids: HashMap::new(),
                away: VecDeque::new(),
                max_away: options.max_disconnection,
                max_sessions: options.max_sessions,
                send_limit,
            }),
        }
    }

    pub(crate) fn skips_middlewares(&self) -> bool {
        self.options.skip_middlewares
    }

    /// No code of the user runs under this lock, so a panic leaves nothing half done.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The socket that goes by this private id now, if it is here.
    pub(crate) fn here(&self, pid: SocketId) -> Option<Socket> {
        let state = self.lock();
        let id = state.pids.get(&pid)?;
        match &state.sessions.get(id)?.presence {
            Presence::Here(socket) => socket.upgrade().map(Socket),
            _ => None,
        }
    }
}

impl State {
    /// Writes the offset into a packet, and the packet into the log.
    pub(super) fn log(&mut self, codec: &Codec, packet: &Encoded, to: Recipients) -> Encoded {
        let seen = self.log.next() + 1;
        let epoch = self.epoch;
        let Some(packet) = (Offset { epoch, seen }).written_into(codec, packet) else {
            // Its client could not tell that it has seen it: replayed, it might come twice.
            tracing::debug!("a packet without an offset is not logged");
            return packet.clone();
        };
        self.log.append(packet.clone(), to, Instant::now());
        packet
    }

    /// Writes into a packet that is not logged the offset of those before it, if it has a hole.
    pub(super) fn mark(&self, codec: &Codec, packet: &Encoded) -> Encoded {
        let offset = Offset {
            epoch: self.epoch,
            seen: self.log.next(),
        };
        offset
            .written_into(codec, packet)
            .unwrap_or_else(|| packet.clone())
    }

    /// Whether a socket is here, or may come back.
    pub(super) fn knows(&self, id: SocketId, pid: Option<SocketId>) -> bool {
        self.sessions
            .get(&id)
            .is_some_and(|session| Some(session.pid) == pid)
    }

    /// A socket is in its namespace now.
    pub(super) fn enter(&mut self, socket: &Socket, pid: SocketId) {
        let here = Presence::Here(Arc::downgrade(&socket.0));
        let begin = self.log.next();
        self.sessions
            .entry(socket.id())
            .and_modify(|session| session.presence = Presence::Here(Arc::downgrade(&socket.0)))
            .or_insert_with(|| Session::new(pid, begin, here));
        self.pids.insert(pid, socket.id());
    }

    pub(crate) fn joined(&mut self, id: SocketId, room: &Room) {
        let (next, first) = (self.log.next(), self.log.first());
        if let Some(session) = self.sessions.get_mut(&id) {
            session.join(Arc::clone(room), next, first);
        }
    }

    pub(crate) fn left(&mut self, id: SocketId, room: &str) {
        let next = self.log.next();
        if let Some(session) = self.sessions.get_mut(&id) {
            session.leave(room, next);
        }
    }

    /// A socket has ended; something is kept of it if its client may come back.
    pub(super) fn ended(&mut self, id: SocketId, socket: *const SocketInner, kept: Option<Kept>) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        if !session.is_of(socket) {
            return;
        }
        let Some(kept) = kept else {
            return self.forget(id);
        };
        let since = Instant::now();
        session.presence = Presence::Away { since, kept };
        self.pids.insert(session.pid, id);
        self.away.push_back((since, id));
        while self.away.len() > self.max_sessions {
            self.forget_first();
        }
    }

    fn forget(&mut self, id: SocketId) {
        if let Some(session) = self.sessions.remove(&id) {
            self.pids.remove(&session.pid);
        }
    }

    fn forget_first(&mut self) {
        if let Some((left, id)) = self.away.pop_front()
            && let Some(Session {
                presence: Presence::Away { since, .. },
                ..
            }) = self.sessions.get(&id)
            && *since == left
        {
            self.forget(id);
        }
    }

    /// Forgets who is away for too long, and what nobody can miss.
    pub(super) fn expire(&mut self, now: Instant) {
        while let Some((left, _)) = self.away.front()
            && now.saturating_duration_since(*left) > self.max_away
        {
            self.forget_first();
        }
        self.log.expire(now);
    }

    /// Whether somebody may come back, or something is in the log.
    pub(super) fn is_idle(&self) -> bool {
        self.away.is_empty() && self.log.is_empty()
    }

    pub(super) fn is_awaiting(&self) -> bool {
        !self.away.is_empty()
    }

    /// A client comes back. Its private id is good for nobody else from now on.
    pub(super) fn claim(&mut self, claim: &Claim) -> Result<Claimed, NotRecovered> {
        self.expire(Instant::now());
        let id = self
            .pids
            .remove(&claim.pid)
            .ok_or(NotRecovered::UnknownSession)?;
        let claimed = self.try_claim(id, claim);
        if claimed.is_err() {
            self.forget(id);
        }
        claimed
    }

    fn try_claim(&mut self, id: SocketId, claim: &Claim) -> Result<Claimed, NotRecovered> {
        let session = self
            .sessions
            .get_mut(&id)
            .ok_or(NotRecovered::UnknownSession)?;
        let begin = session.begin;
        let seen = match claim.offset.as_deref() {
            // It has received nothing since it joined.
            None => begin,
            Some(text) => match Offset::parse(text) {
                // A client keeps an offset of the session before, or of the server before.
                Some(offset) if offset.epoch != self.epoch => begin,
                Some(offset) => offset.seen.max(begin),
                None => return Err(NotRecovered::UnknownOffset),
            },
        };
        let presence = Presence::Claimed(std::sync::Weak::new());
        let kept = match std::mem::replace(&mut session.presence, presence) {
            Presence::Away { kept, .. } => kept,
            Presence::Here(_) | Presence::Claimed(_) => Kept::default(),
        };
        let rooms = session.rooms();
        let pid = session.pid;
        let mut weight = 0;
        self.missed(id, seen)?
            .for_each(|entry| weight += entry.queued());
        if weight > self.send_limit {
            return Err(NotRecovered::MissedTooMuch);
        }
        Ok(Claimed {
            id,
            pid,
            seen,
            rooms,
            kept,
        })
    }

    /// The socket by which a client comes back.
    pub(super) fn claimed_by(&mut self, socket: &Socket) {
        if let Some(session) = self.sessions.get_mut(&socket.id()) {
            session.presence = Presence::Claimed(Arc::downgrade(&socket.0));
        }
    }

    /// What a client has missed.
    pub(super) fn missed(
        &self,
        id: SocketId,
        seen: u64,
    ) -> Result<impl Iterator<Item = &super::log::Entry>, NotRecovered> {
        let session = self.sessions.get(&id).ok_or(NotRecovered::UnknownSession)?;
        let entries = self.log.since(seen)?;
        Ok(entries
            .filter(move |(number, entry)| session.takes(id, *number, &entry.to))
            .map(|(_, entry)| entry))
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("log", &self.log.next())
            .field("sessions", &self.sessions.len())
            .finish_non_exhaustive()
    }
}
