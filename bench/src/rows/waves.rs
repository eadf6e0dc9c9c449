//! A wave of clients comes, each sends and gets a long message, all leave; then a second wave as large does the same.

use std::time::Duration;

use sockeye_bench::fault::Fault;
use sockeye_bench::fleet::Fleet;
use sockeye_bench::process::Server;
use sockeye_bench::script::Argument;

use super::echo::Echo;
use super::memory::echo_each;
use super::{Outcome, Plan};
use crate::session;

/// How long a server has to notice that all have left, and to clean up.
const LEAVING: Duration = Duration::from_secs(3);
const SETTLING: Duration = Duration::from_millis(500);

/// What the second wave adds to the memory that the first one needed, in per cent.
pub(crate) fn run(server: &Server, plan: &Plan) -> Result<Outcome, Fault> {
    let before = server.resident()?;
    let first = wave(server, plan.sessions)?;
    std::thread::sleep(LEAVING);
    let between = server.resident()?;
    let second = wave(server, plan.sessions)?;
    let growth = (second as f64 / first as f64 - 1.0) * 100.0;
    let mib = |kib: u64| kib as f64 / 1024.0;
    let note = format!(
        "waves: {:.1} MiB before, {:.1} with the first, {:.1} when it had left, {:.1} with the second",
        mib(before),
        mib(first),
        mib(between),
        mib(second)
    );
    // Whether it is given back to the system is the binary's affair: this server has no allocator of its own to ask.
    Ok(Outcome::new(growth).with_note(note))
}

/// The resident memory when all are there. They leave at the end.
fn wave(server: &Server, sessions: usize) -> Result<u64, Fault> {
    let mut fleet = Fleet::new()?;
    session::open(&mut fleet, server, sessions)?;
    let mut echo = Echo::new(Argument::Long, 1, sessions);
    echo.refill = false;
    echo_each(&mut fleet, &mut echo, 0..sessions)?;
    fleet.turn_for(&mut echo, SETTLING)?;
    Ok(server.resident()?)
}
