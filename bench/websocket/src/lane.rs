//! What a connection must receive next, and whether it did: every message of every run is compared.

use sockeye_bench::fault::Fault;
use sockeye_bench::frame::{self, CLOSE, PING, PONG, TEXT};
use sockeye_bench::link::Link;
use sockeye_bench::ring::Ring;

use crate::deflate::{Inflater, RSV1};

/// Messages compared at a time.
const RUN: usize = 16;

/// How far a connection has got in the messages that are owed to it.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    connection: usize,
    /// Bytes of uncompressed frames received, whole and unfinished.
    position: u64,
}

/// A whole frame that is not the expected one byte by byte.
enum Other {
    /// Answered, or of no interest.
    Control { len: usize },
    /// The expected message, compressed.
    Compressed { len: usize },
}

impl Lane {
    pub(crate) fn new(connection: usize) -> Self {
        Self {
            connection,
            position: 0,
        }
    }

    /// Messages received to their end, of which each takes `unit` bytes.
    pub(crate) fn received(&self, unit: usize) -> u64 {
        self.position / unit as u64
    }

    /// Takes what is the next of `ring`, whose messages have one length, and gives the number of bytes taken.
    ///
    /// # Errors
    /// [`Fault::Order`] at the first message that is not the next one.
    pub(crate) fn take(
        &mut self,
        ring: &Ring,
        inflater: &mut Inflater,
        link: &mut Link,
        bytes: &[u8],
    ) -> Result<usize, Fault> {
        let unit = ring.message(0).len();
        let mut taken = 0;
        while taken < bytes.len() {
            let rest = &bytes[taken..];
            let next = self.position / unit as u64;
            let offset = (self.position % unit as u64) as usize;
            let same = [RUN, 1].into_iter().find_map(|run| {
                let due = &ring.run(next, run)[offset..];
                let len = due.len().min(rest.len());
                (due[..len] == rest[..len]).then_some(len)
            });
            if let Some(len) = same {
                taken += len;
                self.position += len as u64;
                continue;
            }
            let due = ring.message(next);
            if offset > 0 {
                return Err(Fault::order(self.connection, &due[offset..], rest));
            }
            match self.other(due, inflater, link, rest)? {
                None => break,
                Some(Other::Control { len }) => taken += len,
                Some(Other::Compressed { len }) => {
                    taken += len;
                    self.position += unit as u64;
                }
            }
        }
        Ok(taken)
    }

    fn other(
        &self,
        due: &[u8],
        inflater: &mut Inflater,
        link: &mut Link,
        rest: &[u8],
    ) -> Result<Option<Other>, Fault> {
        let Some(payload) = frame::payload(rest) else {
            return Ok(None);
        };
        let len = payload.end;
        let payload = &rest[payload];
        match rest[0] & 0x7f {
            PING => {
                link.send(&frame::from_client(PONG, payload))?;
                Ok(Some(Other::Control { len }))
            }
            PONG => Ok(Some(Other::Control { len })),
            CLOSE => Err(Fault::Closed {
                connection: self.connection,
            }),
            first if first == RSV1 | TEXT => {
                let expected = frame::payload(due).map(|payload| &due[payload]);
                if inflater.message(payload) == expected {
                    Ok(Some(Other::Compressed { len }))
                } else {
                    Err(Fault::order(self.connection, due, payload))
                }
            }
            _ => Err(Fault::order(self.connection, due, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, TcpListener};
    use std::rc::Rc;

    use nix::sys::epoll::{Epoll, EpollCreateFlags};

    use super::*;
    use crate::deflate;
    use crate::speech::Speech;

    /// Feeds what a server sent, cut after each of `cuts`, and gives the messages it was taken for.
    fn feed(speech: &Speech, bytes: &[u8], cuts: usize) -> Result<u64, Fault> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let Ok(SocketAddr::V4(address)) = listener.local_addr() else {
            panic!("bound to IPv4")
        };
        let epoll = Rc::new(Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).expect("an epoll"));
        let mut link = Link::open(0, &epoll, address, 0).expect("a listener");
        let (mut lane, mut inflater) = (Lane::new(0), Inflater::default());
        let mut pending = Vec::new();
        for piece in bytes.chunks(cuts) {
            pending.extend_from_slice(piece);
            let taken = lane.take(&speech.answers, &mut inflater, &mut link, &pending)?;
            pending.drain(..taken);
        }
        Ok(lane.received(speech.answers.message(0).len()))
    }

    #[test]
    fn messages_are_counted_however_they_are_cut_and_control_frames_are_not() {
        let speech = Speech::texts(1024);
        let mut bytes = speech.answers.run(0, 20).to_vec();
        bytes.extend(frame::from_server(PING, b"there?"));
        bytes.extend_from_slice(speech.answers.run(20, 3));
        for cuts in [1, 1000, bytes.len()] {
            assert_eq!(feed(&speech, &bytes, cuts).expect("in order"), 23, "{cuts}");
        }
    }

    #[test]
    fn a_compressed_message_counts_if_it_says_the_same() {
        let speech = Speech::documents(4096);
        let compressed = |index| {
            let payload = deflate::compress(&crate::speech::document(index, 4096));
            frame::from_server(RSV1 | TEXT, &payload)
        };
        let right = [compressed(0), compressed(1)].concat();
        assert_eq!(feed(&speech, &right, 100).expect("in order"), 2);
        let fault = feed(&speech, &compressed(1), 100).expect_err("the second came first");
        assert!(
            matches!(fault, Fault::Order { connection: 0, .. }),
            "{fault}"
        );
    }

    #[test]
    fn what_is_lost_doubled_or_changed_ends_the_run() {
        let speech = Speech::texts(32);
        let of = |numbers: &[u64]| -> Vec<u8> {
            let messages = numbers.iter().map(|&number| speech.answers.message(number));
            messages.flatten().copied().collect()
        };
        let mut changed = of(&[0, 1]);
        changed[50] ^= 1;
        for bytes in [of(&[0, 2]), of(&[0, 0]), of(&[1, 0]), changed] {
            let fault = feed(&speech, &bytes, bytes.len()).expect_err("not what is due");
            assert!(
                matches!(fault, Fault::Order { connection: 0, .. }),
                "{fault}"
            );
        }
        let goodbye = frame::from_server(CLOSE, &[]);
        let fault = feed(&speech, &goodbye, goodbye.len()).expect_err("the end");
        assert!(matches!(fault, Fault::Closed { connection: 0 }), "{fault}");
    }
}
