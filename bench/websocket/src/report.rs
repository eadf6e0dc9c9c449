//! The tables.

use sockeye_bench::table::{number, render};

use crate::contestant::Contestant;
use crate::rows::{Row, Table, Target};
use crate::tally::{Comparison, Line, Spread, Verdict};

const NONE: &str = "-";

/// Everything that was measured, as Markdown.
pub(crate) fn tables(lines: &[Line]) -> String {
    let of = |table| -> Vec<&Line> {
        lines
            .iter()
            .filter(|line| line.row.table() == table)
            .collect()
    };
    let mut text = String::new();
    let echo = of(Table::Echo);
    if !echo.is_empty() {
        text.push_str("\nServer CPU a message in µs, 64 connections; in brackets the ratio to the yardstick:\n\n");
        text.push_str(&overview(&echo));
        text.push_str("\nOurs beside the yardstick and the best Rust crate, medians with the range of the rounds:\n\n");
        text.push_str(&verdicts(&echo));
    }
    let memory = of(Table::Memory);
    if !memory.is_empty() {
        text.push_str("\nGrowth of resident memory in bytes a connection:\n\n");
        text.push_str(&all_figures(&memory, Spread::bytes));
        text.push_str(&bounds(&memory));
    }
    let broadcast = of(Table::Broadcast);
    if !broadcast.is_empty() {
        text.push_str("\nBroadcast, server CPU:\n\n");
        text.push_str(&all_figures(&broadcast, Spread::ranged));
    }
    if !echo.is_empty() {
        text.push_str("\nEvery echo row with its range:\n\n");
        text.push_str(&details(&echo));
    }
    text.push_str(&faults(lines));
    text
}

impl Spread {
    fn ranged(self) -> String {
        if self.least == self.most {
            return number(self.median);
        }
        let [median, least, most] = [self.median, self.least, self.most].map(number);
        format!("{median} ({least}-{most})")
    }

    fn bytes(self) -> String {
        format!("{:.0}", self.median)
    }
}

impl Comparison {
    fn text(self) -> String {
        let tie = if self.tie { " tie" } else { "" };
        format!("{:.2}{tie}", self.ratio)
    }
}

/// One line a server, one column a row.
fn overview(lines: &[&Line]) -> String {
    let mut header = vec!["server".to_owned()];
    header.extend(lines.iter().map(|line| line.row.title().to_owned()));
    let mut table = vec![header];
    for contestant in contestants(lines) {
        let mut cells = vec![contestant.to_string()];
        cells.extend(lines.iter().map(|line| {
            let Some(own) = line.spread(contestant) else {
                return fault_label(line, contestant);
            };
            let ratio = line
                .spread(Contestant::Yardstick)
                .map_or_else(String::new, |yardstick| {
                    format!(" ({:.2})", own.to(yardstick).ratio)
                });
            format!("{}{ratio}", number(own.median))
        }));
        table.push(cells);
    }
    render(&table)
}

/// One line a row: what is to be reached and whether it is.
fn verdicts(lines: &[&Line]) -> String {
    let header = [
        "message",
        "Sockeye",
        "yardstick",
        "ratio",
        "best crate",
        "its figure",
        "ratio",
        "to reach",
        "holds",
    ];
    let mut table = vec![header.map(str::to_owned).to_vec()];
    for line in lines {
        let Some(own) = line.spread(Contestant::Sockeye) else {
            continue;
        };
        let yardstick = line.spread(Contestant::Yardstick);
        let best = line.best_crate();
        let ranged =
            |spread: Option<Spread>| spread.map_or_else(|| NONE.to_owned(), Spread::ranged);
        let ratio = |spread: Option<Spread>| {
            spread.map_or_else(|| NONE.to_owned(), |other| own.to(other).text())
        };
        let best_spread = best.map(|(_, spread)| spread);
        table.push(vec![
            line.row.title().to_owned(),
            own.ranged(),
            ranged(yardstick),
            ratio(yardstick),
            best.map_or_else(|| NONE.to_owned(), |(contestant, _)| contestant.to_string()),
            ranged(best_spread),
            ratio(best_spread),
            target(line.row),
            verdict(line),
        ]);
    }
    render(&table)
}

fn target(row: Row) -> String {
    match row.target() {
        Some(Target::Ratios {
            yardstick,
            best_crate,
        }) => format!("≤ {yardstick}; ≤ {best_crate}"),
        Some(Target::AtMost(most)) => format!("≤ {most}"),
        None => NONE.to_owned(),
    }
}

fn verdict(line: &Line) -> String {
    match line.verdict() {
        None => NONE,
        Some(Verdict::Reached) => "yes",
        Some(Verdict::Tie) => "tie",
        Some(Verdict::Missed) => "**missed**",
    }
    .to_owned()
}

/// One line a row and server, one column a figure.
fn all_figures(lines: &[&Line], show: impl Fn(Spread) -> String) -> String {
    let mut header = vec!["work".to_owned(), "server".to_owned()];
    let figures = lines.first().map_or(&[][..], |line| line.row.figures());
    header.extend(figures.iter().map(|&figure| figure.to_owned()));
    let mut table = vec![header];
    for line in lines {
        for cell in &line.cells {
            let mut cells = vec![line.row.title().to_owned(), cell.contestant.to_string()];
            cells.extend((0..figures.len()).map(|which| {
                cell.spread(which)
                    .map_or_else(|| fault_label(line, cell.contestant), &show)
            }));
            table.push(cells);
        }
    }
    render(&table)
}

fn bounds(lines: &[&Line]) -> String {
    let judged = lines.iter().filter(|line| line.verdict().is_some());
    judged
        .map(|line| {
            let (row, bound, verdict) = (line.row.title(), target(line.row), verdict(line));
            format!("\n* Sockeye, {row}: {bound} in every column: {verdict}\n")
        })
        .collect()
}

fn details(lines: &[&Line]) -> String {
    let header = [
        "message",
        "server",
        "µs",
        "to yardstick",
        "to best crate",
        "generator",
    ];
    let mut table = vec![header.map(str::to_owned).to_vec()];
    for line in lines {
        let best = line.best_crate();
        for cell in &line.cells {
            let Some(own) = cell.spread(0) else { continue };
            let to = |other: Option<(Contestant, Spread)>| match other {
                Some((contestant, spread)) if contestant != cell.contestant => {
                    own.to(spread).text()
                }
                _ => NONE.to_owned(),
            };
            let yardstick = line
                .spread(Contestant::Yardstick)
                .map(|spread| (Contestant::Yardstick, spread));
            let busy = cell
                .generator()
                .map_or_else(String::new, |share| format!("{:.0} %", share * 100.0));
            table.push(vec![
                line.row.title().to_owned(),
                cell.contestant.to_string(),
                own.ranged(),
                to(yardstick),
                to(best),
                busy,
            ]);
        }
    }
    render(&table)
}

fn faults(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        for cell in &line.cells {
            if let Some(fault) = cell.fault() {
                let (server, row) = (cell.contestant, line.row.title());
                text.push_str(&format!("\n* {server}, {row}: {fault}\n"));
            }
        }
    }
    text
}

fn fault_label(line: &Line, contestant: Contestant) -> String {
    let fault = line.cell(contestant).and_then(|cell| cell.fault());
    fault.map_or_else(|| NONE.to_owned(), |fault| format!("**{}**", fault.label()))
}

/// Whoever took part, in the order of the table.
fn contestants(lines: &[&Line]) -> Vec<Contestant> {
    let took_part =
        |&contestant: &Contestant| lines.iter().any(|line| line.cell(contestant).is_some());
    let all = Contestant::ALL.into_iter().chain([Contestant::Url]);
    all.filter(took_part).collect()
}
