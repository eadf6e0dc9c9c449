//! Every row on every server, round by round, so that what disturbs the machine disturbs all of them.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use sockeye_bench::fault::Fault;
use sockeye_bench::process::{self, Recipe, Server};

use crate::contestant::{Contestant, Places};
use crate::options::Options;
use crate::report;
use crate::rows::{Outcome, Plan, Row};
use crate::tally::{Cell, Line, Verdict};

const GENERATOR_CORE: usize = 1;

pub(crate) fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("sockeye-bench-websocket: {message}");
            ExitCode::FAILURE
        }
    }
}

/// `false` if a server of ours failed a run or missed a target.
fn run(options: &Options) -> Result<bool, String> {
    let begun = Instant::now();
    let plan = options.plan();
    prepare(&plan)?;
    let places = options.places().map_err(|error| error.to_string())?;
    let given = options.target()?;
    let mut lines = Vec::new();
    for row in options.rows() {
        let entrants = entrants(row, options, &places, given.as_ref());
        lines.push(play(row, &entrants, row.rounds(options.rounds), &plan));
    }
    println!("{}", report::tables(&lines));
    println!("{} s", begun.elapsed().as_secs());
    let cells = lines.iter().flat_map(|line| &line.cells);
    let broken = cells
        .filter(|cell| cell.contestant.is_ours())
        .any(|cell| cell.fault().is_some());
    let missed = lines
        .iter()
        .any(|line| line.verdict() == Some(Verdict::Missed));
    Ok(!broken && !missed)
}

fn prepare(plan: &Plan) -> Result<(), String> {
    let connections = plan.audience.max(plan.idle).max(plan.idle_secure) as u64;
    // What was measured with a spare thousand for the processes' own files.
    let needed = connections + 1000;
    if let Some(most) = process::allow_files(needed).map_err(|error| error.to_string())? {
        eprintln!("only {most} files may be open: rows with {connections} connections will fail");
    }
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        return Err("one core cannot hold server and generator apart".to_owned());
    }
    process::pin(GENERATOR_CORE).map_err(|error| format!("core {GENERATOR_CORE}: {error}"))
}

struct Entrant {
    contestant: Contestant,
    recipe: Recipe,
    path: String,
}

fn entrants(
    row: Row,
    options: &Options,
    places: &Places,
    given: Option<&(std::net::SocketAddrV4, String)>,
) -> Vec<Entrant> {
    let service = row.service();
    let able = options
        .contestants()
        .into_iter()
        .filter(|contestant| contestant.suits(service));
    able.filter_map(|contestant| {
        if let Some((address, path)) = given {
            let recipe = Recipe::Running {
                address: *address,
                pid: options.pid,
            };
            return Some(Entrant {
                contestant,
                recipe,
                path: path.clone(),
            });
        }
        match contestant.recipe(places, service) {
            Ok(recipe) => Some(Entrant {
                contestant,
                recipe,
                path: "/".to_owned(),
            }),
            Err(missing) => {
                eprintln!("SKIPPED {contestant}: {} is missing", missing.display());
                None
            }
        }
    })
    .collect()
}

fn play(row: Row, entrants: &[Entrant], rounds: usize, plan: &Plan) -> Line {
    let mut cells: Vec<Cell> = entrants
        .iter()
        .map(|entrant| Cell {
            contestant: entrant.contestant,
            rounds: Vec::new(),
        })
        .collect();
    for round in 0..rounds {
        for step in 0..entrants.len() {
            // Nobody always runs after the same one.
            let at = (round + step) % entrants.len();
            let (entrant, cell) = (&entrants[at], &mut cells[at]);
            let outcome = once(row, entrant, plan);
            let told = match &outcome {
                Ok(outcome) => format!("{:.2?}", outcome.figures),
                Err(fault) => format!("FAILED: {fault}"),
            };
            eprintln!(
                "{row:?} {}/{rounds} {}: {told}",
                round + 1,
                entrant.contestant
            );
            cell.rounds.push(outcome);
        }
    }
    Line { row, cells }
}

/// A new process each time: no run inherits another's heap.
fn once(row: Row, entrant: &Entrant, plan: &Plan) -> Result<Outcome, Fault> {
    let server = Server::start(&entrant.recipe, &entrant.path, true)?;
    row.run(&server, plan)
}
