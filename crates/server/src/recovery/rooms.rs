//! What recovery changes in a namespace's rooms.

use std::time::Instant;

use sockeye_engine::{Encoded, Flags, Transport};

use super::{Claim, Claimed, Kept, NotRecovered, Sequencer, log::Recipients};
use crate::{
    LocalRooms, Room, Socket, Target,
    application::Delivery,
    room::{Member, Moved},
    socket::SocketInner,
};

impl LocalRooms {
    /// Whether clients may come back.
    #[inline]
    pub(crate) fn recovery(&self) -> Option<&Sequencer> {
        self.sequencer.as_deref()
    }

    /// A broadcast gets its place in the log, and goes into the queues in the same order.
    pub(crate) fn broadcast_in_order(
        &self,
        sequencer: &Sequencer,
        packet: &Encoded,
        target: &Target,
        mut visit: impl FnMut(&Member, &Encoded),
    ) -> Encoded {
        let mut state = sequencer.lock();
        let packet = if target.volatile {
            state.mark(&self.codec, packet)
        } else {
            state.log(&self.codec, packet, Recipients::Many(target.clone()))
        };
        self.each(target, |member| visit(member, &packet));
        packet
    }

    /// Sends a packet to one socket, or keeps it for its client if that is cut off. `false` if the socket
    /// has left for good.
    pub(crate) fn send_in_order(
        &self,
        sequencer: &Sequencer,
        socket: &Socket,
        packet: &Encoded,
        flags: Flags,
    ) -> bool {
        let id = socket.id();
        let mut delivery = Delivery::new();
        let mut state = sequencer.lock();
        if !state.knows(id, socket.0.pid()) {
            return false;
        }
        let packet = if flags.volatile {
            state.mark(&self.codec, packet)
        } else {
            state.log(&self.codec, packet, Recipients::One(id))
        };
        let shard = self.shard(id);
        if let Some(&key) = shard.ids.get(&id) {
            delivery.push(&shard.members[key].connection, &packet, flags);
        }
        drop(shard);
        drop(state);
        delivery.finish();
        true
    }

    /// A client says that it was here before.
    ///
    /// If its socket still looks alive, that ends now: its client knows better.
    pub(crate) fn claim(
        &self,
        sequencer: &Sequencer,
        claim: &Claim,
        end: impl FnOnce(&Socket),
    ) -> Result<Claimed, NotRecovered> {
        let old = sequencer.here(claim.pid);
        if let Some(old) = &old {
            // Outside the lock: handlers of the user run.
            end(old);
        }
        let mut state = sequencer.lock();
        let claimed = state.claim(claim)?;
        drop(state);
        if let Some(old) = old {
            // Somebody else may have begun to end it, and not have come so far.
            let (_, moved) = self.remove(&old.0);
            self.tell_left(old.id(), &moved);
        }
        Ok(claimed)
    }

    /// Adds a socket, what it has missed first; `frames` is its CONNECT packet.
    ///
    /// # Errors
    ///
    /// If what it has missed had to make room since it was recognised.
    pub(crate) fn admit(
        &self,
        sequencer: &Sequencer,
        socket: &Socket,
        frames: &[u8],
        packets: usize,
        delivery: &mut Delivery,
    ) -> Result<(), NotRecovered> {
        let (id, connection) = (socket.id(), &socket.0.connection);
        let Some(pid) = socket.0.pid() else {
            return Err(NotRecovered::UnknownSession);
        };
        // A body arrives whole or not at all, as the reference orders it. Of frames some may arrive: the
        // reference's client then keeps events that came before a CONNECT that never did, and would have
        // them twice.
        let connect_first = connection.transport() != Transport::Polling;
        let mut all = Vec::new();
        let mut count = packets;
        if connect_first {
            all.extend_from_slice(frames);
        }
        let mut state = sequencer.lock();
        let (rooms, has_own) = match socket.0.claimed() {
            None => (Vec::new(), true),
            Some((seen, rooms)) => {
                for entry in state.missed(id, seen)? {
                    all.extend_from_slice(entry.packet.frames());
                    count += entry.packet.packets();
                }
                let has_own = rooms.iter().any(|room| **room == *id.as_str());
                (rooms, has_own)
            }
        };
        if !connect_first {
            all.extend_from_slice(frames);
        }
        state.enter(socket, pid);
        if !socket.0.is_recovered() {
            state.joined(id, &id.as_str().into());
        }
        let mut shard = self.shard(id);
        let joined: Vec<Room> = rooms
            .into_iter()
            .filter(|room| **room != *id.as_str())
            .collect();
        let key = shard.add(socket, has_own);
        for room in &joined {
            shard.join(room, key);
        }
        delivery.push_own(connection, &all, count);
        let moved = self
            .watch
            .as_ref()
            .map_or_else(Moved::default, |watch| watch.joined(joined));
        drop(shard);
        drop(state);
        self.tell_joined(id, &moved);
        Ok(())
    }

    /// Removes a socket; returns the rooms that it was in. What is `kept` waits for its client.
    pub(crate) fn remove_keeping(
        &self,
        sequencer: &Sequencer,
        socket: &SocketInner,
        kept: Option<Kept>,
    ) -> Vec<Room> {
        let mut state = sequencer.lock();
        let (rooms, moved) = self.remove(socket);
        state.ended(socket.id, socket, kept);
        drop(state);
        self.tell_left(socket.id, &moved);
        rooms
    }

    /// Forgets what nobody can miss any more. `false` if nothing is left.
    pub(crate) fn expire(&self, now: Instant) -> bool {
        self.recovery().is_some_and(|sequencer| {
            let mut state = sequencer.lock();
            state.expire(now);
            !state.is_idle()
        })
    }

    /// Whether clients that are cut off may come back.
    pub(crate) fn is_awaiting(&self) -> bool {
        self.recovery()
            .is_some_and(|sequencer| sequencer.lock().is_awaiting())
    }

    /// A socket that was recognised stands for its client from now on.
    pub(crate) fn claimed_by(&self, socket: &Socket) {
        if let Some(sequencer) = self.recovery() {
            sequencer.lock().claimed_by(socket);
        }
    }
}
