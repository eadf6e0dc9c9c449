//! Memory of connections that do nothing, before and after each has sent something and got it back.

use std::time::Duration;

use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::Fleet;
use sockeye_bench::process::Server;

use super::Outcome;
use super::echo::Echo;
use crate::opening::{self, Manner};
use crate::speech::Speech;

/// Connections opened before the first look: what a server allots once is none of a connection's memory.
const FIRST: usize = 8;
const AT_ONCE: usize = 64;
const SETTLING: Duration = Duration::from_millis(300);
const SHORT: usize = 32;
const LONG: usize = 16 * 1024;

pub(crate) fn run(server: &Server, manner: &Manner, count: usize) -> Result<Outcome, Fault> {
    let mut fleet = Fleet::new()?;
    opening::open(&mut fleet, server, FIRST, manner)?;
    exchange(&mut fleet, 0, SHORT, manner)?;
    exchange(&mut fleet, 0, LONG, manner)?;
    let before = server.resident()?;
    let growth = || -> Result<f64, Fault> {
        Ok((server.resident()? as f64 - before as f64) * 1024.0 / count as f64)
    };
    opening::open(&mut fleet, server, count, manner)?;
    let mut nothing = Echo::new(Speech::texts(SHORT), FIRST + count);
    fleet.turn_for(&mut nothing, SETTLING)?;
    let mut figures = vec![growth()?];
    for len in [SHORT, LONG, SHORT] {
        exchange(&mut fleet, FIRST, len, manner)?;
        figures.push(growth()?);
    }
    Ok(Outcome {
        figures,
        generator: None,
    })
}

/// One message of each connection from `first` on, and its echo.
fn exchange(fleet: &mut Fleet, first: usize, len: usize, manner: &Manner) -> Result<(), Fault> {
    // Short messages are below every server's threshold.
    let speech = if manner.deflate && len == LONG {
        Speech::compressed_texts(len)
    } else {
        Speech::texts(len)
    };
    let mut echo = Echo::new(speech, fleet.links.len());
    for index in first..fleet.links.len() {
        echo.ask(index, &mut fleet.links[index], 1)?;
        if index % AT_ONCE == 0 {
            echo.settle(fleet)?;
        }
    }
    echo.settle(fleet)?;
    fleet.turn_for(&mut echo, SETTLING)
}
