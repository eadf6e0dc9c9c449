//! Memory of sessions over long-polling that wait: each holds a request that the server has not answered.

use std::time::Duration;

use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::{Fleet, Work};
use sockeye_bench::link::Link;
use sockeye_bench::process::Server;

use super::Outcome;
use crate::http;

/// Sessions opened before the first look: what a server allots once is none of a session's memory.
const FIRST: usize = 64;
const SESSIONS: usize = 4000;
const AT_ONCE: usize = 64;
const SETTLING: Duration = Duration::from_millis(500);
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) fn run(server: &Server) -> Result<Outcome, Fault> {
    let mut fleet = Fleet::new()?;
    let mut held = Held {
        host: server.host(),
        path: server.path.clone(),
        lanes: Vec::new(),
        waiting: 0,
    };
    held.open(&mut fleet, server, FIRST)?;
    let before = server.resident()?;
    held.open(&mut fleet, server, SESSIONS)?;
    let growth = server.resident()? as f64 - before as f64;
    Ok(Outcome::new(growth / SESSIONS as f64))
}

/// What a session waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The Engine.IO handshake.
    Open,
    /// `ok` for its CONNECT.
    Connect,
    /// The server's CONNECT.
    Accept,
    /// Something to hear.
    Waiting,
}

struct Lane {
    step: Step,
    sid: String,
}

struct Held {
    host: String,
    path: String,
    lanes: Vec<Lane>,
    waiting: usize,
}

impl Held {
    fn open(&mut self, fleet: &mut Fleet, server: &Server, count: usize) -> Result<(), Fault> {
        let owed = |held: &Self| format!("{} of {} sessions wait", held.waiting, held.lanes.len());
        for _ in 0..count {
            let index = fleet.open(server)?;
            self.lanes.push(Lane {
                step: Step::Open,
                sid: String::new(),
            });
            self.get(index, &mut fleet.links[index])?;
            let enough = self.lanes.len().saturating_sub(AT_ONCE);
            fleet.turn_until(self, LIMIT, |held| held.waiting >= enough, owed)?;
        }
        fleet.turn_until(self, LIMIT, |held| held.waiting == held.lanes.len(), owed)?;
        fleet.turn_for(self, SETTLING)
    }

    fn get(&self, index: usize, link: &mut Link) -> Result<(), Fault> {
        let head = self.head("GET", index);
        Ok(link.send(format!("{head}\r\n").as_bytes())?)
    }

    fn head(&self, method: &str, index: usize) -> String {
        let Self { host, path, .. } = self;
        let session = match self.lanes[index].sid.as_str() {
            "" => String::new(),
            sid => format!("&sid={sid}"),
        };
        format!("{method} {path}?EIO=4&transport=polling{session} HTTP/1.1\r\nHost: {host}\r\n")
    }

    fn answered(&mut self, index: usize, link: &mut Link, body: &[u8]) -> Result<(), Fault> {
        let text = String::from_utf8_lossy(body);
        match self.lanes[index].step {
            Step::Open => {
                let sid = text.split("\"sid\":\"").nth(1);
                let Some(sid) = sid.and_then(|rest| rest.split('"').next()) else {
                    return Err(Fault::protocol(index, "no handshake", body));
                };
                let lane = &mut self.lanes[index];
                lane.sid = sid.to_owned();
                lane.step = Step::Connect;
                let head = self.head("POST", index);
                let post = format!("{head}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n40");
                Ok(link.send(post.as_bytes())?)
            }
            Step::Connect if body == b"ok" => {
                self.lanes[index].step = Step::Accept;
                self.get(index, link)
            }
            Step::Accept if text.starts_with("40") => {
                self.lanes[index].step = Step::Waiting;
                self.waiting += 1;
                self.get(index, link)
            }
            // A run is over before a ping that is not answered ends a session.
            Step::Accept | Step::Waiting if body == b"2" => self.get(index, link),
            _ => Err(Fault::protocol(index, "unasked", body)),
        }
    }
}

impl Work for Held {
    fn received(&mut self, index: usize, link: &mut Link, bytes: &[u8]) -> Result<usize, Fault> {
        let response = http::split(bytes).map_err(|what| Fault::protocol(index, what, bytes))?;
        let Some(response) = response else {
            return Ok(0);
        };
        if response.status != 200 {
            let status = format!("status {}", response.status);
            return Err(Fault::protocol(index, &status, &response.body));
        }
        self.answered(index, link, &response.body)?;
        Ok(response.len)
    }
}
