//! Where the two differ, and why ours is right.

use sockeye_websocket::ProtocolError;

use crate::{End, Outcome};

/// One kind of difference.
pub struct Difference {
    /// In a few words.
    pub name: &'static str,
    /// Why the library does as it does.
    pub reason: &'static str,
    /// Whether these two ends, with the rule that ours found broken, are of this kind.
    pub explains: fn(ours: &End, theirs: &End, broken: Option<ProtocolError>) -> bool,
}

/// All that is known; anything else is a bug of one of the two.
pub const DIFFERENCES: [Difference; 6] = [
    Difference {
        name: "length not in its shortest form",
        reason: "RFC 6455 5.2: the minimal number of bytes MUST be used; they take any form",
        explains: |_, _, broken| broken == Some(ProtocolError::NonMinimalLength),
    },
    Difference {
        name: "64-bit length with its top bit set",
        reason: "RFC 6455 5.2: it MUST be 0, so it is a violation (1002); they see a message too long (1009)",
        explains: |_, theirs, broken| {
            broken == Some(ProtocolError::LengthTopBit) && *theirs == End::Violation(1009)
        },
    },
    Difference {
        name: "close code 1014",
        reason: "IANA's registry (RFC 6455 11.7) assigned it after RFC 6455; they refuse it with 1002",
        explains: |ours, theirs, _| {
            matches!(ours, End::Close(Some((1014, _)))) && *theirs == End::Violation(1002)
        },
    },
    Difference {
        name: "many empty fragments",
        reason: "no message needs them and no limit in bytes counts them; they take any number",
        explains: |_, _, broken| broken == Some(ProtocolError::TooManyEmptyFragments),
    },
    Difference {
        name: "a frame that is too long and wrong in its first bytes",
        reason: "what is wrong in the first two bytes is told (1002) before the length is known; they look at the length first (1009)",
        explains: |ours, theirs, _| {
            (ours, theirs) == (&End::Violation(1002), &End::Violation(1009))
        },
    },
    Difference {
        name: "a close frame with a wrong code and a wrong reason",
        reason: "the code comes first (1002); they look at the reason first (1007)",
        explains: |_, theirs, broken| {
            matches!(broken, Some(ProtocolError::InvalidCloseCode(_)))
                && *theirs == End::Violation(1007)
        },
    },
];

impl Difference {
    /// The row that explains these two, which differ.
    pub fn of(ours: &Outcome, theirs: &Outcome, broken: Option<ProtocolError>) -> Option<usize> {
        // Where ours ended earlier, theirs may have told more.
        if !theirs.messages.starts_with(&ours.messages) {
            return None;
        }
        DIFFERENCES
            .iter()
            .position(|row| (row.explains)(&ours.end, &theirs.end, broken))
    }
}
