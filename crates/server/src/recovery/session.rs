use std::{any::Any, sync::Arc, time::Instant};

use super::log::Recipients;
use crate::{Room, SocketId, Target, socket::SocketInner};

/// What is kept of a socket while its client is away.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) data: Option<crate::RawJson>,
    pub(crate) session: Option<Arc<dyn Any + Send + Sync>>,
}

/// What a client that comes back gets back.
pub(crate) struct Claimed {
    pub(crate) id: SocketId,
    pub(crate) pid: SocketId,
    /// How much of the log it has seen.
    pub(crate) seen: u64,
    pub(crate) rooms: Vec<Room>,
    pub(crate) kept: Kept,
}

/// Where the client of a session is.
pub(super) enum Presence {
    /// In its namespace, as this socket.
    Here(std::sync::Weak<SocketInner>),
    /// Cut off.
    Away { since: Instant, kept: Kept },
    /// Coming back: it has been recognised, and is not in its namespace yet.
    Claimed(std::sync::Weak<SocketInner>),
}

/// A socket's being in a room: from this packet on, up to that one.
#[derive(Debug)]
struct Membership {
    room: Room,
    from: u64,
    until: u64,
}

/// A socket that may come back, and what was for it.
pub(super) struct Session {
    pub(super) pid: SocketId,
    /// The first packet that can have been for it.
    pub(super) begin: u64,
    pub(super) presence: Presence,
    memberships: Vec<Membership>,
    /// How many of them were left after the last look for those that do not matter any more.
    settled: usize,
}

impl Session {
    pub(super) fn new(pid: SocketId, begin: u64, presence: Presence) -> Self {
        Self {
            pid,
            begin,
            presence,
            memberships: Vec::new(),
            settled: 0,
        }
    }

    /// Whether it is this socket's.
    pub(super) fn is_of(&self, socket: *const SocketInner) -> bool {
        match &self.presence {
            Presence::Here(owner) | Presence::Claimed(owner) => {
                std::ptr::eq(owner.as_ptr(), socket)
            }
            Presence::Away { .. } => false,
        }
    }

    /// It joins a room before packet `at`. The log begins with packet `first`.
    pub(super) fn join(&mut self, room: Room, at: u64, first: u64) {
        if self.memberships.len() >= 2 * self.settled.max(8) {
            self.memberships
                .retain(|membership| membership.until > first);
            self.settled = self.memberships.len();
        }
        self.memberships.push(Membership {
            room,
            from: at,
            until: u64::MAX,
        });
    }

    /// It leaves a room before packet `at`.
    pub(super) fn leave(&mut self, room: &str, at: u64) {
        let is_in = |membership: &&mut Membership| {
            membership.until == u64::MAX && *membership.room == *room
        };
        if let Some(membership) = self.memberships.iter_mut().find(is_in) {
            membership.until = at;
        }
    }

    /// The rooms that it is in.
    pub(super) fn rooms(&self) -> Vec<Room> {
        self.memberships
            .iter()
            .filter(|membership| membership.until == u64::MAX)
            .map(|membership| Arc::clone(&membership.room))
            .collect()
    }

    /// Whether a packet was for it.
    pub(super) fn takes(&self, id: SocketId, number: u64, to: &Recipients) -> bool {
        if number < self.begin {
            return false;
        }
        match to {
            Recipients::One(one) => *one == id,
            Recipients::Many(target) => self.is_meant(id, number, target),
        }
    }

    fn is_meant(&self, id: SocketId, number: u64, target: &Target) -> bool {
        let was_in = |rooms: &[Room]| {
            self.memberships.iter().any(|membership| {
                (membership.from..membership.until).contains(&number)
                    && rooms.contains(&membership.room)
            })
        };
        target.sender != Some(id)
            && (target.rooms.is_empty() || was_in(&target.rooms))
            && (target.except.is_empty() || !was_in(&target.except))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        let away = Presence::Away {
            since: Instant::now(),
            kept: Kept::default(),
        };
        Session::new(SocketId::random(), 10, away)
    }

    fn to(rooms: &[&str], except: &[&str]) -> Recipients {
        let names = |rooms: &[&str]| rooms.iter().map(|room| Room::from(*room)).collect();
        Recipients::Many(Target {
            rooms: names(rooms),
            except: names(except),
            ..Target::default()
        })
    }

    #[test]
    fn what_came_before_it_is_not_for_it() {
        let id = SocketId::random();
        assert!(!session().takes(id, 9, &to(&[], &[])));
        assert!(session().takes(id, 10, &to(&[], &[])));
    }

    #[test]
    fn a_room_counts_from_joining_to_leaving() {
        let id = SocketId::random();
        let mut session = session();
        session.join("a".into(), 12, 0);
        session.leave("a", 15);
        session.join("a".into(), 20, 0);
        let taken: Vec<_> = (10..22)
            .filter(|n| session.takes(id, *n, &to(&["a", "b"], &[])))
            .collect();
        assert_eq!(taken, [12, 13, 14, 20, 21]);
        assert!(!session.takes(id, 13, &to(&[], &["a"])));
        assert!(session.takes(id, 16, &to(&[], &["a"])));
        assert_eq!(session.rooms(), ["a".into()] as [Room; 1]);
    }

    #[test]
    fn what_was_for_another_or_by_itself_is_not_for_it() {
        let (id, other) = (SocketId::random(), SocketId::random());
        assert!(session().takes(id, 11, &Recipients::One(id)));
        assert!(!session().takes(id, 11, &Recipients::One(other)));
        let own = Recipients::Many(Target {
            sender: Some(id),
            ..Target::default()
        });
        assert!(!session().takes(id, 11, &own));
        assert!(session().takes(other, 11, &own));
    }

    #[test]
    fn rooms_left_long_ago_are_forgotten() {
        let mut session = session();
        for at in 0..10_000 {
            session.join("a".into(), at, at);
            session.leave("a", at + 1);
        }
        assert!(session.memberships.len() < 64);
    }
}
