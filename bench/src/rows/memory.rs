//! Memory of sessions that do nothing, before and after each has sent and got a long message.

use std::time::Duration;

use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::Fleet;
use sockeye_bench::process::Server;
use sockeye_bench::script::Argument;

use super::echo::Echo;
use super::{Outcome, Plan};
use crate::session;

/// Sessions opened before the first look: what a server allots once is none of a session's memory.
const FIRST: usize = 64;
const AT_ONCE: usize = 64;
const SETTLING: Duration = Duration::from_millis(500);
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) fn run(server: &Server, plan: &Plan) -> Result<Outcome, Fault> {
    let mut fleet = Fleet::new()?;
    session::open(&mut fleet, server, FIRST)?;
    let total = FIRST + plan.sessions;
    let mut echo = Echo::new(Argument::Long, 1, total);
    echo.refill = false;
    echo_each(&mut fleet, &mut echo, 0..FIRST)?;
    fleet.turn_for(&mut echo, SETTLING)?;
    let before = server.resident()?;

    session::open(&mut fleet, server, plan.sessions)?;
    fleet.turn_for(&mut echo, SETTLING)?;
    let idle = per_session(before, server.resident()?, plan.sessions);

    echo_each(&mut fleet, &mut echo, FIRST..total)?;
    fleet.turn_for(&mut echo, SETTLING)?;
    let after = per_session(before, server.resident()?, plan.sessions);
    Ok(Outcome::new(idle).with_second(after))
}

/// Each of these sessions sends a long message and gets it back, a few at a time.
pub(super) fn echo_each(
    fleet: &mut Fleet,
    echo: &mut Echo,
    sessions: std::ops::Range<usize>,
) -> Result<(), Fault> {
    for (sent, index) in sessions.enumerate() {
        echo.fill(index, &mut fleet.links[index], 1)?;
        if sent % AT_ONCE == AT_ONCE - 1 {
            fleet.turn_until(echo, LIMIT, Echo::is_settled, Echo::owed)?;
        }
    }
    fleet.turn_until(echo, LIMIT, Echo::is_settled, Echo::owed)
}

fn per_session(before: u64, now: u64, sessions: usize) -> f64 {
    (now as f64 - before as f64) / sessions as f64
}
