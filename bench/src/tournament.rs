//! Every row on every server, round by round, so that what disturbs the machine disturbs all of them.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use sockeye_bench::fault::Fault;
use sockeye_bench::process::{self, Recipe, Server};

use crate::contestant::Contestant;
use crate::options::Options;
use crate::report::{self, Cell, Line};
use crate::rows::{Outcome, Plan, Row};

const PATH: &str = "/socket.io/";
/// How often a run is repeated that other programs on the machine have spoilt.
const REPEATS: usize = 2;

pub(crate) fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("sockeye-bench: {message}");
            ExitCode::FAILURE
        }
    }
}

/// `false` if a server of ours failed a run or missed a target.
fn run(options: &Options) -> Result<bool, String> {
    let begun = Instant::now();
    let entrants = entrants(options)?;
    let plan = options.plan();
    raise_file_limit(&plan)?;
    let pinned = !options.unpinned;
    if pinned {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if cores < 2 {
            return Err(
                "one core cannot hold server and generator apart: use --unpinned".to_owned(),
            );
        }
        process::pin(1).map_err(|error| format!("core 1: {error}"))?;
    }
    let mut lines = Vec::new();
    for row in options.rows() {
        lines.push(play(row, &entrants, options.rounds, &plan, pinned));
    }
    let contestants: Vec<Contestant> = entrants.iter().map(|entrant| entrant.contestant).collect();
    let where_it_ran = if pinned {
        "server on core 0, generator on core 1"
    } else {
        "unpinned"
    };
    println!(
        "\nServer CPU a unit, median of {}; {} worker(s), {where_it_ran}; {} s.\n",
        options.rounds,
        options.workers,
        begun.elapsed().as_secs()
    );
    // The figures to reach are stated for one pinned core.
    println!("{}", report::table(&lines, &contestants, pinned));
    println!("{}", report::details(&lines));
    let broken = lines
        .iter()
        .flat_map(|line| &line.cells)
        .any(|cell| is_ours(cell.contestant) && cell.broke());
    let missed = pinned && lines.iter().any(|line| line.holds() == Some(false));
    Ok(!broken && !missed)
}

fn is_ours(contestant: Contestant) -> bool {
    !matches!(contestant, Contestant::Node | Contestant::Socketioxide)
}

struct Entrant {
    contestant: Contestant,
    recipe: Recipe,
    path: String,
}

fn entrants(options: &Options) -> Result<Vec<Entrant>, String> {
    if let Some((address, path)) = options.target()? {
        let recipe = Recipe::Running {
            address,
            pid: options.pid,
        };
        return Ok(vec![Entrant {
            contestant: Contestant::Url,
            recipe,
            path,
        }]);
    }
    let places = options.places().map_err(|error| error.to_string())?;
    let mut entrants = Vec::new();
    for contestant in options.contestants() {
        match contestant.recipe(&places, options.workers) {
            Ok(recipe) => entrants.push(Entrant {
                contestant,
                recipe,
                path: PATH.to_owned(),
            }),
            Err(missing) => eprintln!("SKIPPED {contestant}: {} is missing", missing.display()),
        }
    }
    Ok(entrants)
}

fn play(row: Row, entrants: &[Entrant], rounds: usize, plan: &Plan, pinned: bool) -> Line {
    let able = || {
        entrants
            .iter()
            .filter(|entrant| row.suits(entrant.contestant))
    };
    let mut cells: Vec<Cell> = able()
        .map(|entrant| Cell {
            contestant: entrant.contestant,
            rounds: Vec::new(),
        })
        .collect();
    for round in 1..=rounds {
        for (entrant, cell) in able().zip(&mut cells) {
            let outcome = once(row, entrant, plan, pinned);
            match &outcome {
                Ok(outcome) => eprintln!(
                    "{} {round}/{rounds} {}: {:.2}",
                    row.title(),
                    cell.contestant,
                    outcome.figure
                ),
                Err(fault) => eprintln!(
                    "{} {round}/{rounds} {}: FAILED: {fault}",
                    row.title(),
                    cell.contestant
                ),
            }
            cell.rounds.push(outcome);
        }
    }
    Line { row, cells }
}

/// A new process each time: no run inherits another's heap.
fn once(row: Row, entrant: &Entrant, plan: &Plan, pinned: bool) -> Result<Outcome, Fault> {
    let mut again = REPEATS;
    loop {
        let server = Server::start(&entrant.recipe, &entrant.path, pinned)?;
        match row.run(entrant.contestant, &server, plan) {
            Err(fault @ Fault::Disturbed { .. }) if again > 0 => {
                again -= 1;
                eprintln!("{} {}: REPEATED: {fault}", row.title(), entrant.contestant);
            }
            outcome => return outcome,
        }
    }
}

fn raise_file_limit(plan: &Plan) -> Result<(), String> {
    let needed = plan.sessions.max(plan.audience) as u64 + 1000;
    if let Some(most) = process::allow_files(needed).map_err(|error| error.to_string())? {
        eprintln!("only {most} files may be open: rows with {needed} connections will fail");
    }
    Ok(())
}
