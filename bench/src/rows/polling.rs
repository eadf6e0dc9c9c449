//! Echo with ack over long-polling: each session posts a payload of events, then fetches the acks, on one connection.

use std::time::{Duration, Instant};

use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::{Fleet, Work};
use sockeye_bench::link::Link;
use sockeye_bench::meter::{self, Latency, Metered};
use sockeye_bench::process::Server;
use sockeye_bench::ring::Ring;
use sockeye_bench::script::Argument;

use super::{Outcome, Plan};
use crate::expect::same_packet;
use crate::http;

const SESSIONS: usize = 64;
const BATCH: usize = 16;
/// Between the packets of a payload.
const SEPARATOR: u8 = 0x1e;
const LIMIT: Duration = Duration::from_secs(10);

pub(crate) fn run(server: &Server, plan: &Plan) -> Result<Outcome, Fault> {
    let mut fleet = Fleet::new()?;
    let mut polling = Polling::new(server);
    for _ in 0..SESSIONS {
        let index = fleet.open(server)?;
        polling.lanes.push(Lane::new());
        polling.get(index, &mut fleet.links[index])?;
    }
    let cost = meter::cost(&mut fleet, &mut polling, server, plan.warm_up, plan.span)?;
    polling.again = false;
    let latency = polling.latency.clone();
    let settled = |polling: &Polling| polling.lanes.iter().all(|lane| lane.step == Step::Idle);
    let owed = |polling: &Polling| {
        format!(
            "sessions at {:?}",
            polling
                .lanes
                .iter()
                .map(|lane| lane.step)
                .collect::<Vec<_>>()
        )
    };
    fleet.turn_until(&mut polling, LIMIT, settled, owed)?;
    Ok(Outcome::of(cost).with_latency(latency))
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
    /// `ok` for its events.
    Post,
    /// Their acks.
    Acks,
    /// Nothing: the run is over.
    Idle,
}

struct Lane {
    step: Step,
    sid: String,
    sent: u64,
    received: u64,
    pong_due: bool,
    posted: Instant,
}

impl Lane {
    fn new() -> Self {
        Self {
            step: Step::Open,
            sid: String::new(),
            sent: 0,
            received: 0,
            pong_due: false,
            posted: Instant::now(),
        }
    }
}

struct Polling {
    host: String,
    path: String,
    payloads: Vec<Vec<u8>>,
    answers: Ring,
    lanes: Vec<Lane>,
    again: bool,
    latency: Latency,
    completed: u64,
}

impl Polling {
    fn new(server: &Server) -> Self {
        Self {
            host: server.host(),
            path: server.path.clone(),
            payloads: Argument::Short.request_payloads(BATCH),
            answers: Argument::Short.answer_packets(),
            lanes: Vec::new(),
            again: true,
            latency: Latency::new(),
            completed: 0,
        }
    }

    fn get(&self, index: usize, link: &mut Link) -> Result<(), Fault> {
        let head = self.head("GET", index);
        Ok(link.send(format!("{head}\r\n").as_bytes())?)
    }

    fn post(&self, index: usize, link: &mut Link, body: &[u8]) -> Result<(), Fault> {
        let mut request = self.head("POST", index).into_bytes();
        request.extend_from_slice(b"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ");
        request.extend_from_slice(body.len().to_string().as_bytes());
        request.extend_from_slice(b"\r\n\r\n");
        request.extend_from_slice(body);
        Ok(link.send(&request)?)
    }

    fn head(&self, method: &str, index: usize) -> String {
        let Self { host, path, .. } = self;
        let sid = &self.lanes[index].sid;
        let session = if sid.is_empty() {
            String::new()
        } else {
            format!("&sid={sid}")
        };
        format!("{method} {path}?EIO=4&transport=polling{session} HTTP/1.1\r\nHost: {host}\r\n")
    }

    fn post_events(&mut self, index: usize, link: &mut Link) -> Result<(), Fault> {
        let lane = &mut self.lanes[index];
        let batch = (lane.sent / BATCH as u64) as usize % self.payloads.len();
        lane.sent += BATCH as u64;
        lane.posted = Instant::now();
        lane.step = Step::Post;
        if std::mem::take(&mut lane.pong_due) {
            let body = [b"3\x1e", self.payloads[batch].as_slice()].concat();
            return self.post(index, link, &body);
        }
        self.post(index, link, &self.payloads[batch])
    }

    fn answered(&mut self, index: usize, link: &mut Link, body: &[u8]) -> Result<(), Fault> {
        match self.lanes[index].step {
            Step::Open => {
                let text = String::from_utf8_lossy(body);
                let sid = text
                    .split("\"sid\":\"")
                    .nth(1)
                    .and_then(|rest| rest.split('"').next());
                let Some(sid) = sid else {
                    return Err(Fault::protocol(index, "no handshake", body));
                };
                self.lanes[index].sid = sid.to_owned();
                self.lanes[index].step = Step::Connect;
                self.post(index, link, b"40")
            }
            Step::Connect | Step::Post => {
                if body != b"ok" {
                    return Err(Fault::protocol(index, "answer to POST", body));
                }
                let lane = &mut self.lanes[index];
                lane.step = if lane.step == Step::Connect {
                    Step::Accept
                } else {
                    Step::Acks
                };
                self.get(index, link)
            }
            Step::Accept => {
                let mut packets = body.split(|&byte| byte == SEPARATOR);
                self.lanes[index].pong_due |= packets.clone().any(|packet| packet == b"2");
                if packets.any(|packet| packet.starts_with(b"40")) {
                    return self.post_events(index, link);
                }
                if !body.starts_with(b"2") {
                    return Err(Fault::protocol(index, "no CONNECT", body));
                }
                self.get(index, link)
            }
            Step::Acks => {
                self.take_acks(index, body)?;
                let lane = &mut self.lanes[index];
                if lane.received < lane.sent {
                    return self.get(index, link);
                }
                if self.again {
                    return self.post_events(index, link);
                }
                lane.step = Step::Idle;
                Ok(())
            }
            Step::Idle => Err(Fault::protocol(index, "unasked", body)),
        }
    }

    fn take_acks(&mut self, index: usize, body: &[u8]) -> Result<(), Fault> {
        let lane = &mut self.lanes[index];
        for packet in body.split(|&byte| byte == SEPARATOR) {
            match packet {
                b"2" => lane.pong_due = true,
                b"6" => {}
                packet => {
                    let due = self.answers.message(lane.received);
                    if lane.received == lane.sent || !same_packet(due, packet) {
                        return Err(Fault::order(index, due, packet));
                    }
                    lane.received += 1;
                    self.completed += 1;
                    self.latency.record(lane.posted.elapsed());
                }
            }
        }
        Ok(())
    }
}

impl Work for Polling {
    fn received(&mut self, index: usize, link: &mut Link, bytes: &[u8]) -> Result<usize, Fault> {
        let response = http::split(bytes).map_err(|what| Fault::protocol(index, what, bytes))?;
        let Some(response) = response else {
            return Ok(0);
        };
        if response.status != 200 {
            return Err(Fault::protocol(
                index,
                &format!("status {}", response.status),
                &response.body,
            ));
        }
        self.answered(index, link, &response.body)?;
        Ok(response.len)
    }
}

impl Metered for Polling {
    fn units(&self) -> u64 {
        self.completed
    }

    fn latency(&mut self) -> &mut Latency {
        &mut self.latency
    }
}
