//! Sessions over streaming: each hears by an answer that goes on; one connection more posts for all of them.

use std::collections::VecDeque;
use std::mem;
use std::time::{Duration, Instant};

use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::{Fleet, Work};
use sockeye_bench::link::Link;
use sockeye_bench::packet;
use sockeye_bench::process::Server;
use sockeye_bench::ring::Ring;
use sockeye_bench::script;

use crate::expect::same_packet;
use crate::http;

/// The connection that posts.
const HAND: usize = 0;
/// Sessions that are being opened at a time: fewer than any server's backlog.
const AT_ONCE: usize = 64;
const LIMIT: Duration = Duration::from_secs(60);

/// How far a session has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The answer is asked for.
    Head,
    /// The Engine.IO handshake is awaited.
    Open,
    /// The server's CONNECT is awaited.
    Accept,
    /// It hears what is broadcast.
    Hearing,
}

struct Lane {
    step: Step,
    sid: String,
    /// A packet that the last chunk has not brought to its end.
    cut: Vec<u8>,
    /// Broadcasts received.
    heard: u64,
}

/// The sessions, on the connections from 1 on.
pub(crate) struct Streams {
    host: String,
    path: String,
    lanes: Vec<Lane>,
    accepted: usize,
    /// What is to be posted, one after the other.
    posts: VecDeque<Vec<u8>>,
    /// The last post is not yet answered.
    posting: bool,
    deliveries: Ring,
    /// Broadcasts asked for.
    pub(crate) asked: u64,
}

impl Streams {
    /// The connection that posts, and no sessions yet.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn new(fleet: &mut Fleet, server: &Server) -> Result<Self, Fault> {
        let hand = fleet.open(server)?;
        debug_assert_eq!(hand, HAND);
        Ok(Self {
            host: server.host(),
            path: server.path.clone(),
            lanes: Vec::new(),
            accepted: 0,
            posts: VecDeque::new(),
            posting: false,
            deliveries: script::streamed_deliveries(),
            asked: 0,
        })
    }

    /// Opens `count` more sessions and returns when all are accepted.
    ///
    /// # Errors
    /// What a right server never sends, or [`Fault::Stalled`].
    pub(crate) fn open(
        &mut self,
        fleet: &mut Fleet,
        server: &Server,
        count: usize,
    ) -> Result<(), Fault> {
        let owed = |all: &Self| format!("{} of {} sessions open", all.accepted, all.lanes.len());
        for _ in 0..count {
            let index = fleet.open(server)?;
            self.lanes.push(Lane {
                step: Step::Head,
                sid: String::new(),
                cut: Vec::new(),
                heard: 0,
            });
            let head = self.head("GET", "");
            fleet.links[index].send(format!("{head}\r\n").as_bytes())?;
            let enough = self.lanes.len().saturating_sub(AT_ONCE);
            fleet.turn_until(self, LIMIT, |all| all.accepted >= enough, owed)?;
        }
        fleet.turn_until(self, LIMIT, |all| all.accepted == all.lanes.len(), owed)
    }

    pub(crate) fn count(&self) -> usize {
        self.lanes.len()
    }

    /// Broadcasts that the session on this connection has received.
    pub(crate) fn heard(&self, index: usize) -> u64 {
        match index {
            HAND => 0,
            _ => self.lanes[index - 1].heard,
        }
    }

    /// The first session posts this packet, once the posts before are answered.
    pub(crate) fn ask(&mut self, packet: &[u8]) {
        self.asked += 1;
        self.post(0, packet);
    }

    fn post(&mut self, lane: usize, packet: &[u8]) {
        let mut request = self.head("POST", &self.lanes[lane].sid).into_bytes();
        request.extend_from_slice(b"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ");
        request.extend_from_slice(packet.len().to_string().as_bytes());
        request.extend_from_slice(b"\r\n\r\n");
        request.extend_from_slice(packet);
        self.posts.push_back(request);
    }

    fn head(&self, method: &str, sid: &str) -> String {
        let Self { host, path, .. } = self;
        let session = match sid {
            "" => String::new(),
            sid => format!("&sid={sid}"),
        };
        format!("{method} {path}?EIO=4&transport=streaming{session} HTTP/1.1\r\nHost: {host}\r\n")
    }

    /// The answer to a post.
    fn answered(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        let response = http::split(bytes).map_err(|what| Fault::protocol(HAND, what, bytes))?;
        let Some(response) = response else {
            return Ok(0);
        };
        if response.status != 200 || *response.body != *b"ok" {
            let status = format!("status {}", response.status);
            return Err(Fault::protocol(HAND, &status, &response.body));
        }
        self.posting = false;
        Ok(response.len)
    }

    /// Takes whole chunks of an answer that goes on.
    fn take(&mut self, index: usize, bytes: &[u8]) -> Result<usize, Fault> {
        let misread = |what| Fault::protocol(index, what, bytes);
        let mut at = 0;
        if self.lanes[index - 1].step == Step::Head {
            let Some(head) = http::head(bytes).map_err(misread)? else {
                return Ok(0);
            };
            if head.status != 200 || !head.chunked {
                return Err(misread("no answer that goes on"));
            }
            self.lanes[index - 1].step = Step::Open;
            at = head.len;
        }
        while let Some((data, len)) = http::chunk(&bytes[at..]).map_err(misread)? {
            if data.is_empty() {
                return Err(Fault::Closed { connection: index });
            }
            at += len;
            let mut cut = mem::take(&mut self.lanes[index - 1].cut);
            if cut.is_empty() {
                let taken = self.packets(index, data)?;
                cut.extend_from_slice(&data[taken..]);
            } else {
                cut.extend_from_slice(data);
                let taken = self.packets(index, &cut)?;
                cut.drain(..taken);
            }
            self.lanes[index - 1].cut = cut;
        }
        Ok(at)
    }

    /// Takes whole packets.
    fn packets(&mut self, index: usize, data: &[u8]) -> Result<usize, Fault> {
        let mut taken = 0;
        loop {
            let rest = &data[taken..];
            let lane = &mut self.lanes[index - 1];
            let due = self.deliveries.message(lane.heard);
            if lane.heard < self.asked && rest.starts_with(due) {
                lane.heard += 1;
                taken += due.len();
                continue;
            }
            let Some(range) = packet::split(rest) else {
                return Ok(taken);
            };
            taken += range.end;
            self.packet(index, &rest[range])?;
        }
    }

    /// A packet that is not the next broadcast byte by byte.
    fn packet(&mut self, index: usize, packet: &[u8]) -> Result<(), Fault> {
        let lane = &mut self.lanes[index - 1];
        match (lane.step, packet) {
            (_, b"2") => self.post(index - 1, b"3"),
            (Step::Open, [b'0', b'{', ..]) => {
                let text = String::from_utf8_lossy(packet);
                let sid = text.split("\"sid\":\"").nth(1);
                let Some(sid) = sid.and_then(|rest| rest.split('"').next()) else {
                    return Err(Fault::protocol(index, "no handshake", packet));
                };
                lane.sid = sid.to_owned();
                lane.step = Step::Accept;
                self.post(index - 1, b"40");
            }
            (Step::Accept, [b'4', b'0', ..]) => {
                lane.step = Step::Hearing;
                self.accepted += 1;
            }
            (Step::Hearing, _) => {
                let due = &self.deliveries.message(lane.heard)[1..];
                if lane.heard == self.asked {
                    return Err(Fault::order(index, b"nothing", packet));
                }
                if !same_packet(due, packet) {
                    return Err(Fault::order(index, due, packet));
                }
                lane.heard += 1;
            }
            _ => return Err(Fault::protocol(index, "unasked", packet)),
        }
        Ok(())
    }
}

impl Work for Streams {
    fn received(&mut self, index: usize, _: &mut Link, bytes: &[u8]) -> Result<usize, Fault> {
        if index == HAND {
            self.answered(bytes)
        } else {
            self.take(index, bytes)
        }
    }

    fn tick(&mut self, links: &mut [Link], _: Instant) -> Result<Option<Instant>, Fault> {
        if !self.posting
            && let Some(post) = self.posts.pop_front()
        {
            links[HAND].send(&post)?;
            self.posting = true;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

    /// One session that hears, and five broadcasts that were asked for.
    fn hearing() -> Streams {
        Streams {
            host: String::new(),
            path: String::new(),
            lanes: vec![Lane {
                step: Step::Hearing,
                sid: "A".to_owned(),
                cut: Vec::new(),
                heard: 0,
            }],
            accepted: 1,
            posts: VecDeque::new(),
            posting: false,
            deliveries: script::streamed_deliveries(),
            asked: 5,
        }
    }

    fn chunk(data: &[u8]) -> Vec<u8> {
        [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
    }

    #[test]
    fn a_session_opens_by_the_first_packets_of_its_answer() {
        let mut streams = hearing();
        streams.lanes[0].step = Step::Head;
        streams.accepted = 0;
        let open = packet::from_server(br#"0{"sid":"B"}"#);
        let bytes = [HEAD, &chunk(&open)].concat();
        assert_eq!(streams.take(1, &bytes[..20]).expect("cut"), 0);
        assert_eq!(streams.take(1, &bytes).expect("a handshake"), bytes.len());
        let connect = String::from_utf8_lossy(&streams.posts[0]);
        assert!(connect.starts_with("POST ?EIO=4&transport=streaming&sid=B "));
        assert!(connect.ends_with("\r\n\r\n40"));
        let accept = chunk(&packet::from_server(br#"40{"sid":"C"}"#));
        streams.take(1, &accept).expect("accepted");
        assert_eq!(streams.accepted, 1);
    }

    #[test]
    fn broadcasts_count_once_wherever_chunks_end_and_a_ping_is_answered() {
        let mut data = broadcasts(&[0, 1]);
        data.extend_from_slice(&packet::from_server(b"2"));
        data.extend_from_slice(&broadcasts(&[2]));
        for cut in 1..data.len() {
            let mut streams = hearing();
            let bytes = [chunk(&data[..cut]), chunk(&data[cut..])].concat();
            let taken = streams.take(1, &bytes).expect("in order");
            assert_eq!((taken, streams.heard(1)), (bytes.len(), 3), "{cut}");
            assert_eq!(streams.posts.len(), 1, "{cut}");
        }
    }

    #[test]
    fn what_is_lost_doubled_reordered_or_unasked_ends_the_run() {
        for numbers in [&[0, 2][..], &[0, 0], &[1, 0], &[0, 1, 2, 3, 4, 5]] {
            let fault = hearing()
                .take(1, &chunk(&broadcasts(numbers)))
                .expect_err("out of order");
            assert!(
                matches!(fault, Fault::Order { connection: 1, .. }),
                "{numbers:?}: {fault}"
            );
        }
    }

    #[test]
    fn an_answer_that_ends_ends_the_run() {
        let fault = hearing().take(1, b"0\r\n\r\n").expect_err("an end");
        assert!(matches!(fault, Fault::Closed { connection: 1 }), "{fault}");
    }

    fn broadcasts(numbers: &[u64]) -> Vec<u8> {
        let ring = script::streamed_deliveries();
        numbers
            .iter()
            .flat_map(|&number| ring.message(number).to_vec())
            .collect()
    }
}
