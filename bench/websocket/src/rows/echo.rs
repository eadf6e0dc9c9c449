//! Echo: every connection keeps a number of messages in flight.

use std::time::Duration;

use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::{Fleet, Work};
use sockeye_bench::link::Link;
use sockeye_bench::meter::Start;
use sockeye_bench::process::Server;

use super::{Outcome, Plan};
use crate::deflate::Inflater;
use crate::lane::Lane;
use crate::opening::{self, Manner};
use crate::speech::Speech;

const CONNECTIONS: usize = 64;
const LIMIT: Duration = Duration::from_secs(10);
/// Long enough for a doubled answer to arrive.
const SILENCE: Duration = Duration::from_millis(20);

pub(crate) fn run(
    server: &Server,
    plan: &Plan,
    speech: Speech,
    window: usize,
) -> Result<Outcome, Fault> {
    let mut fleet = Fleet::new()?;
    opening::open(&mut fleet, server, CONNECTIONS, &Manner::default())?;
    let mut echo = Echo::new(speech, CONNECTIONS);
    for index in 0..CONNECTIONS {
        echo.ask(index, &mut fleet.links[index], window as u64)?;
    }
    echo.refill = true;
    fleet.turn_for(&mut echo, plan.warm_up)?;
    let (start, before) = (Start::now(server), echo.completed);
    fleet.turn_for(&mut echo, plan.span)?;
    let cost = start.cost(server, echo.completed - before)?;
    echo.refill = false;
    echo.settle(&mut fleet)?;
    fleet.turn_for(&mut echo, SILENCE)?;
    Ok(Outcome {
        figures: vec![cost.figure],
        generator: Some(cost.generator),
    })
}

/// Connections that say something and want to hear it again; the memory rows use it too.
pub(super) struct Echo {
    speech: Speech,
    inflater: Inflater,
    lanes: Vec<Lane>,
    sent: Vec<u64>,
    /// Whether an answer is followed by the next request.
    refill: bool,
    completed: u64,
}

impl Echo {
    pub(super) fn new(speech: Speech, connections: usize) -> Self {
        Self {
            speech,
            inflater: Inflater::default(),
            lanes: (0..connections).map(Lane::new).collect(),
            sent: vec![0; connections],
            refill: false,
            completed: 0,
        }
    }

    /// Sends `count` more messages on one connection, in one write.
    pub(super) fn ask(&mut self, index: usize, link: &mut Link, count: u64) -> Result<(), Fault> {
        let sent = &mut self.sent[index];
        link.send(self.speech.requests.run(*sent, count as usize))?;
        *sent += count;
        Ok(())
    }

    /// Waits for all answers.
    pub(super) fn settle(&mut self, fleet: &mut Fleet) -> Result<(), Fault> {
        let owed = |echo: &Self| echo.sent.iter().sum::<u64>() - echo.completed;
        fleet.turn_until(
            self,
            LIMIT,
            |echo| owed(echo) == 0,
            |echo| format!("{} answers", owed(echo)),
        )
    }
}

impl Work for Echo {
    fn received(&mut self, index: usize, link: &mut Link, bytes: &[u8]) -> Result<usize, Fault> {
        let answers = &self.speech.answers;
        let unit = answers.message(0).len();
        let lane = &mut self.lanes[index];
        let before = lane.received(unit);
        let taken = lane.take(answers, &mut self.inflater, link, bytes)?;
        let received = lane.received(unit);
        if received > self.sent[index] {
            return Err(Fault::order(
                index,
                b"nothing",
                answers.message(received - 1),
            ));
        }
        self.completed += received - before;
        if self.refill && received > before {
            self.ask(index, link, received - before)?;
        }
        Ok(taken)
    }
}
