//! What a connection must receive next, and whether it did: the check of order that every run carries.

use serde_json::Value;
use sockeye_bench::fault::Fault;
use sockeye_bench::frame::{self, CLOSE, PING, PONG, TEXT};
use sockeye_bench::link::Link;
use sockeye_bench::ring::Ring;

/// How far a connection has got in the messages that are owed to it.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    connection: usize,
    next: u64,
}

/// What one look at the received bytes gave.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Bytes of whole frames.
    pub(crate) bytes: usize,
    /// Messages among them, each the one that was due.
    pub(crate) messages: usize,
}

impl Expected {
    pub(crate) fn new(connection: usize) -> Self {
        Self {
            connection,
            next: 0,
        }
    }

    /// Messages received so far.
    pub(crate) fn received(&self) -> u64 {
        self.next
    }

    /// Takes every whole frame from `bytes`, answering heartbeats on the way.
    ///
    /// # Errors
    /// [`Fault::Order`] at the first message that is not the next one of `ring`.
    pub(crate) fn take(
        &mut self,
        ring: &Ring,
        link: &mut Link,
        bytes: &[u8],
    ) -> Result<Taken, Fault> {
        let mut taken = Taken {
            bytes: 0,
            messages: 0,
        };
        loop {
            let rest = &bytes[taken.bytes..];
            let due = ring.message(self.next);
            if ring.begins(rest, due) {
                taken.bytes += due.len();
            } else {
                let Some(len) = self.take_other(due, link, rest)? else {
                    return Ok(taken);
                };
                taken.bytes += len.bytes;
                if len.messages == 0 {
                    continue;
                }
            }
            self.next += 1;
            taken.messages += 1;
        }
    }

    /// A frame that is not the expected one byte by byte: a heartbeat, or the same message written differently.
    fn take_other(&self, due: &[u8], link: &mut Link, rest: &[u8]) -> Result<Option<Taken>, Fault> {
        let Some(frame) = whole_frame(self.connection, rest)? else {
            return Ok(None);
        };
        if heartbeat(self.connection, &frame, link)? {
            return Ok(Some(Taken {
                bytes: frame.len,
                messages: 0,
            }));
        }
        let expected = whole_frame(self.connection, due)?.map_or(due, |frame| frame.payload);
        if frame.opcode == TEXT && same_packet(expected, frame.payload) {
            return Ok(Some(Taken {
                bytes: frame.len,
                messages: 1,
            }));
        }
        Err(Fault::order(self.connection, expected, frame.payload))
    }
}

/// The first frame of `bytes`, if it is there to its end.
pub(crate) fn whole_frame(
    connection: usize,
    bytes: &[u8],
) -> Result<Option<frame::Frame<'_>>, Fault> {
    frame::split(bytes)
        .map_err(|unexpected| Fault::protocol(connection, "frame header", &unexpected.head))
}

/// Answers a ping of either layer; `false` if the frame is none.
pub(crate) fn heartbeat(
    connection: usize,
    frame: &frame::Frame<'_>,
    link: &mut Link,
) -> Result<bool, Fault> {
    match (frame.opcode, frame.payload) {
        (TEXT, b"2") => link.send(&frame::from_client(TEXT, b"3"))?,
        (PING, payload) => link.send(&frame::from_client(PONG, payload))?,
        (CLOSE, _) => return Err(Fault::Closed { connection }),
        _ => return Ok(false),
    }
    Ok(true)
}

/// Whether two packets mean the same: equal up to their JSON, and the JSON equal as a value.
pub(crate) fn same_packet(expected: &[u8], got: &[u8]) -> bool {
    if expected == got {
        return true;
    }
    let json_of = |packet: &[u8]| packet.iter().position(|byte| matches!(byte, b'[' | b'{'));
    let (Some(left), Some(right)) = (json_of(expected), json_of(got)) else {
        return false;
    };
    if expected[..left] != got[..right] {
        return false;
    }
    let value = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    value(&expected[left..]).is_some_and(|expected| Some(expected) == value(&got[right..]))
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, TcpListener};
    use std::rc::Rc;

    use nix::sys::epoll::{Epoll, EpollCreateFlags};
    use sockeye_bench::script;

    use super::*;

    /// Feeds what a server sent, here as numbers of deliveries, and tells how it was taken.
    fn feed(numbers: &[u64]) -> Result<Taken, Fault> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let Ok(SocketAddr::V4(address)) = listener.local_addr() else {
            panic!("bound to IPv4")
        };
        let epoll = Rc::new(Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).expect("an epoll"));
        let mut link = Link::open(0, &epoll, address, 0).expect("a listener");
        let ring = script::broadcast_deliveries();
        let mut bytes = frame::from_server(TEXT, b"2");
        for &number in numbers {
            bytes.extend_from_slice(ring.message(number));
        }
        bytes.extend_from_slice(&ring.message(9)[..5]);
        Expected::new(0).take(&ring, &mut link, &bytes)
    }

    #[test]
    fn messages_in_order_are_counted_and_a_heartbeat_and_an_unfinished_frame_are_not() {
        let ring = script::broadcast_deliveries();
        let bytes = 3 + 3 * ring.message(0).len();
        assert_eq!(
            feed(&[0, 1, 2]).expect("in order"),
            Taken { bytes, messages: 3 }
        );
    }

    #[test]
    fn what_is_lost_doubled_or_reordered_ends_the_run() {
        for numbers in [&[0, 2][..], &[0, 0], &[1, 0], &[0, 1, 3, 2]] {
            let fault = feed(numbers).expect_err("out of order");
            assert!(
                matches!(fault, Fault::Order { connection: 0, .. }),
                "{numbers:?}: {fault}"
            );
        }
    }

    #[test]
    fn packets_are_compared_as_values_behind_equal_heads() {
        assert!(same_packet(
            br#"43100[{"a":1,"b":2}]"#,
            br#"43100[{"b":2, "a":1}]"#
        ));
        assert!(!same_packet(br#"43100[{"a":1}]"#, br#"43101[{"a":1}]"#));
        assert!(!same_packet(br#"43100[{"a":1}]"#, br#"43100[{"a":2}]"#));
        assert!(!same_packet(br#"43100["a"]"#, br#"43100["a""#));
    }
}
