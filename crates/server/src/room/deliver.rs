//! What is done to many sockets of this server at once.

use std::sync::atomic::Ordering;

use sockeye_engine::Encoded;
use sockeye_protocol::DecodeError;

use super::{
    LocalRooms, Room, Target,
    shard::{Member, lock},
};
use crate::{
    Socket,
    ack::{AckCollector, NotAsked},
    adapter::NumberedEvent,
    application::Delivery,
    emit, frames,
    stats::count,
};

impl LocalRooms {
    /// Queues a packet for everybody it is for.
    pub fn broadcast(&self, packet: &Encoded, target: &Target) {
        let mut delivery = Delivery::new();
        if let Some(sequencer) = self.recovery() {
            let mut listening = Vec::new();
            let packet = self.broadcast_in_order(sequencer, packet, target, |member, packet| {
                delivery.push(&member.connection, packet, target.flags());
                if member.socket.0.listens_outgoing() {
                    listening.push(member.socket.clone());
                }
            });
            delivery.finish();
            return self.tell_outgoing(&listening, &packet);
        }
        if self.outgoing.load(Ordering::Relaxed) == 0 {
            self.each(target, |member| {
                delivery.push(&member.connection, packet, target.flags());
            });
            return delivery.finish();
        }
        let mut listening = Vec::new();
        self.each(target, |member| {
            delivery.push(&member.connection, packet, target.flags());
            if member.socket.0.listens_outgoing() {
                listening.push(member.socket.clone());
            }
        });
        delivery.finish();
        self.tell_outgoing(&listening, packet);
    }

    /// Queues an event for everybody it is for, and collects their acknowledgements.
    ///
    /// Sockets that owe too many acknowledgements already are not asked, and the collector is
    /// [told](AckCollector::not_asked); each is counted in [`Stats::ack_limit`](crate::Stats::ack_limit).
    pub fn broadcast_with_ack(
        &self,
        event: &NumberedEvent,
        target: &Target,
        answers: &AckCollector,
    ) {
        let mut delivery = Delivery::new();
        let mut asked = 0;
        let mut refused = Vec::new();
        let mut listening = Vec::new();
        self.each(target, |member| {
            asked += 1;
            let app = member.connection.engine().application();
            let ticket = answers.ticket();
            let expected = member
                .socket
                .acks()
                .collect(app.max_pending_acks(), event.id, ticket);
            match expected {
                Ok(()) => delivery.push(&member.connection, &event.packet, target.flags()),
                Err(not_asked) => {
                    if let NotAsked::OwesTooMany(_) = not_asked {
                        count(&app.counters().ack_limit);
                    }
                    return refused.push(not_asked);
                }
            }
            if member.socket.0.listens_outgoing() {
                listening.push(member.socket.clone());
            }
        });
        delivery.finish();
        answers.asked(asked);
        refused.into_iter().for_each(NotAsked::tell);
        self.tell_outgoing(&listening, &event.packet);
    }

    /// Numbers an event that came from another server, whose own count of ids differs.
    ///
    /// # Errors
    ///
    /// If there is no event in the packet.
    pub fn number(&self, packet: &Encoded) -> Result<NumberedEvent, DecodeError> {
        let id = self.next_ack();
        let encoded = frames::read_event(&self.codec, packet, |event| {
            let arguments = sockeye_protocol::Args(event.args);
            emit::shared(&self.codec, |encoder| {
                encoder.event(&self.name, Some(id), &event.name, &arguments)
            })
        })?;
        let packet = encoded.map_err(|_| DecodeError::InvalidPayload)?;
        Ok(NumberedEvent { packet, id })
    }

    pub(crate) fn next_ack(&self) -> u64 {
        self.next_ack.fetch_add(1, Ordering::Relaxed)
    }

    /// A socket begins or ends to listen to what it is sent.
    pub(crate) fn listen_outgoing(&self, begins: bool) {
        if begins {
            self.outgoing.fetch_add(1, Ordering::Relaxed);
        } else {
            self.outgoing.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn tell_outgoing(&self, listening: &[Socket], packet: &Encoded) {
        if listening.is_empty() {
            return;
        }
        let told = frames::read_event(&self.codec, packet, |event| {
            for socket in listening {
                socket.tell_outgoing(&event.name, &event.args);
            }
        });
        debug_assert!(told.is_ok(), "this server encoded it");
    }

    /// Adds everybody it is for to rooms.
    pub fn join_all(&self, target: &Target, rooms: &[Room]) {
        for socket in self.sockets(target) {
            if let Err(refused) = self.join(socket.id(), rooms) {
                tracing::debug!(socket = ?socket.id(), %refused, "joins none of the rooms");
            }
        }
    }

    /// Takes everybody it is for out of rooms.
    pub fn leave_all(&self, target: &Target, rooms: &[Room]) {
        for socket in self.sockets(target) {
            self.leave(socket.id(), rooms);
        }
    }

    /// Puts everybody it is for out of the namespace, and closes their connections if `close` says so.
    pub fn disconnect_all(&self, target: &Target, close: bool) {
        for socket in self.sockets(target) {
            if close {
                socket.close();
            } else {
                socket.disconnect();
            }
        }
    }

    /// Visits each shard once, and in it each socket at most once. `visit` runs under the shard's lock.
    pub(crate) fn each(&self, target: &Target, mut visit: impl FnMut(&Member)) {
        for shard in &self.shards {
            let shard = lock(shard);
            let excluded = shard.excluded(target);
            let mut visit_key = |key: usize| {
                if excluded.binary_search(&key).is_err() {
                    visit(&shard.members[key]);
                }
            };
            match &target.rooms[..] {
                [] => shard.members.iter().for_each(|(key, _)| visit_key(key)),
                [room] => match (shard.rooms.get(room), shard.own(room)) {
                    (Some(keys), None) => keys.iter().copied().for_each(&mut visit_key),
                    (None, own) => own.into_iter().for_each(&mut visit_key),
                    (Some(_), Some(_)) => {
                        shard
                            .union(&target.rooms)
                            .into_iter()
                            .for_each(&mut visit_key);
                    }
                },
                rooms => shard.union(rooms).into_iter().for_each(&mut visit_key),
            }
        }
    }
}
