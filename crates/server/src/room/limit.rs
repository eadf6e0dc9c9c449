use super::Room;

/// The longest name of a room, in bytes.
const LONGEST_NAME: usize = 255;

/// Why a socket has not joined the rooms that it was to join: it is in none of them by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// It would be in more rooms than [`max_rooms`](crate::ServerBuilder::max_rooms) allows.
    #[error("a socket may be in {limit} rooms besides its own")]
    TooMany {
        /// How many it may be in.
        limit: usize,
    },
    /// A name has more than 255 bytes.
    #[error("a room's name has {length} bytes, and at most 255 are allowed")]
    NameTooLong {
        /// The length of the first such name.
        length: usize,
    },
}

impl JoinError {
    /// Whether a socket that is in `present` rooms may join those of `rooms` that are new to it.
    pub(super) fn check(
        present: &[Room],
        rooms: &[Room],
        own: &str,
        limit: usize,
    ) -> Result<(), Self> {
        if let Some(long) = rooms.iter().find(|room| room.len() > LONGEST_NAME) {
            return Err(Self::NameTooLong { length: long.len() });
        }
        // Nearly always there is room for all, and none has to be compared.
        if present.len().saturating_add(rooms.len()) <= limit {
            return Ok(());
        }
        let mut new: Vec<_> = rooms
            .iter()
            .filter(|room| &***room != own && !present.contains(room))
            .collect();
        new.sort_unstable();
        new.dedup();
        if present.len() + new.len() > limit {
            return Err(Self::TooMany { limit });
        }
        Ok(())
    }
}
