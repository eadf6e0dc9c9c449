//! Opening Socket.IO sessions over WebSocket: upgrade, Engine.IO open, CONNECT to `/`.

use std::time::Duration;

use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::{Fleet, Work};
use sockeye_bench::frame::{self, TEXT};
use sockeye_bench::link::Link;
use sockeye_bench::process::Server;
use sockeye_bench::script::{self, ACCEPT};

use crate::expect::{heartbeat, whole_frame};

/// Handshakes under way at a time: fewer than any server's backlog.
const AT_ONCE: usize = 64;
const LIMIT: Duration = Duration::from_secs(60);

/// How far the opening of a session has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Greeting {
    /// The upgrade is asked for.
    Upgrade,
    /// The Engine.IO handshake is awaited.
    Open,
    /// CONNECT is sent.
    Connect,
    /// The server has accepted.
    Done,
}

impl Greeting {
    /// Takes what belongs to the opening, answers it, and says how many bytes that were.
    pub(crate) fn take(
        &mut self,
        connection: usize,
        link: &mut Link,
        bytes: &[u8],
    ) -> Result<usize, Fault> {
        let mut taken = 0;
        while *self != Self::Done {
            let rest = &bytes[taken..];
            if *self == Self::Upgrade {
                let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") else {
                    break;
                };
                let head = String::from_utf8_lossy(&rest[..end]);
                if !head.starts_with("HTTP/1.1 101") || !head.contains(ACCEPT) {
                    return Err(Fault::protocol(connection, "upgrade refused", rest));
                }
                taken += end + 4;
                *self = Self::Open;
                continue;
            }
            let Some(frame) = whole_frame(connection, rest)? else {
                break;
            };
            taken += frame.len;
            match (*self, frame.opcode, frame.payload) {
                (Self::Open, TEXT, [b'0', b'{', ..]) => {
                    link.send(&frame::from_client(TEXT, b"40"))?;
                    *self = Self::Connect;
                }
                (Self::Connect, TEXT, [b'4', b'0', ..]) => *self = Self::Done,
                _ if heartbeat(connection, &frame, link)? => {}
                _ => return Err(Fault::protocol(connection, "handshake", frame.payload)),
            }
        }
        Ok(taken)
    }
}

/// Opens `count` more sessions and returns when all are accepted.
pub(crate) fn open(fleet: &mut Fleet, server: &Server, count: usize) -> Result<(), Fault> {
    let request = script::upgrade_request(&server.host(), &server.path);
    let before = fleet.links.len();
    let mut opening = Opening {
        greetings: vec![Greeting::Done; before],
        done: before,
    };
    while fleet.links.len() < before + count {
        let index = fleet.open(server)?;
        opening.greetings.push(Greeting::Upgrade);
        fleet.links[index].send(&request)?;
        let enough = opening.greetings.len().saturating_sub(AT_ONCE);
        fleet.turn_until(
            &mut opening,
            LIMIT,
            |opening| opening.done > enough || enough == 0,
            Opening::owed,
        )?;
    }
    fleet.turn_until(
        &mut opening,
        LIMIT,
        |opening| opening.done == before + count,
        Opening::owed,
    )
}

struct Opening {
    greetings: Vec<Greeting>,
    done: usize,
}

impl Opening {
    fn owed(&self) -> String {
        format!("{} of {} sessions open", self.done, self.greetings.len())
    }
}

impl Work for Opening {
    fn received(&mut self, index: usize, link: &mut Link, bytes: &[u8]) -> Result<usize, Fault> {
        let greeting = &mut self.greetings[index];
        if *greeting == Greeting::Done {
            let Some(frame) = whole_frame(index, bytes)? else {
                return Ok(0);
            };
            return match heartbeat(index, &frame, link)? {
                true => Ok(frame.len),
                false => Err(Fault::protocol(index, "unasked", frame.payload)),
            };
        }
        let taken = greeting.take(index, link, bytes)?;
        self.done += usize::from(*greeting == Greeting::Done);
        Ok(taken)
    }
}
