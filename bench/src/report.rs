//! The table.

use sockeye_bench::fault::Fault;
use sockeye_bench::table::{number, render};

use crate::contestant::Contestant;
use crate::rows::{Outcome, Row, Target};

/// All rounds of one row on one server.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) contestant: Contestant,
    pub(crate) rounds: Vec<Result<Outcome, Fault>>,
}

impl Cell {
    fn figures(&self, of: impl Fn(&Outcome) -> Option<f64>) -> Vec<f64> {
        let mut figures: Vec<f64> = self.rounds.iter().flatten().filter_map(of).collect();
        figures.sort_by(f64::total_cmp);
        figures
    }

    fn median(&self, of: impl Fn(&Outcome) -> Option<f64>) -> Option<f64> {
        let figures = self.figures(of);
        figures.get(figures.len() / 2).copied()
    }

    fn figure(&self) -> Option<f64> {
        self.median(|outcome| Some(outcome.figure))
    }

    fn second(&self) -> Option<f64> {
        self.median(|outcome| outcome.second)
    }

    /// Whether a round ended without a figure.
    pub(crate) fn broke(&self) -> bool {
        self.fault().is_some()
    }

    fn fault(&self) -> Option<&Fault> {
        self.rounds.iter().find_map(|round| round.as_ref().err())
    }

    fn text(&self) -> String {
        let figure = self.figure().map(number).unwrap_or_default();
        let second = self
            .second()
            .map(|second| format!("; {}", number(second)))
            .unwrap_or_default();
        // A row that broke in one round has no figure worth comparing.
        let fault = self
            .fault()
            .map(|fault| format!(" **{}**", fault.label()))
            .unwrap_or_default();
        format!("{figure}{second}{fault}").trim().to_owned()
    }
}

/// A row with everybody's cells.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) row: Row,
    pub(crate) cells: Vec<Cell>,
}

impl Line {
    fn cell(&self, contestant: Contestant) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.contestant == contestant)
    }

    fn ratio(&self, to: Contestant) -> Option<f64> {
        let (own, other) = (
            self.cell(Contestant::Sockeye)?.figure()?,
            self.cell(to)?.figure()?,
        );
        Some(own / other)
    }

    /// `None` if it was not measured.
    pub(crate) fn holds(&self) -> Option<bool> {
        let own = self.cell(Contestant::Sockeye)?;
        if own.fault().is_some() {
            return Some(false);
        }
        let condition = own.rounds.iter().flatten().all(|outcome| outcome.condition);
        let reached = match self.row.target() {
            Target::Ratio(most, to) => self.ratio(to)? <= most,
            Target::Beyond(most, to) => own.figure()? - self.cell(to)?.figure()? <= most,
            Target::Overhead(most, by) => self.cell(by)?.figure()? / own.figure()? <= most,
            Target::AtMost(most) => {
                own.figure()? <= most && own.second().is_none_or(|second| second <= most)
            }
        };
        Some(reached && condition)
    }

    fn target(&self) -> String {
        let own_to = |contestant| {
            self.ratio(contestant)
                .map(|ratio| format!(" ({ratio:.2})"))
                .unwrap_or_default()
        };
        match self.row.target() {
            Target::Ratio(most, to) => format!("≤ {most} × {to}{}", own_to(to)),
            Target::Overhead(most, by) => {
                let ratio = self.ratio(by).map(|ratio| 1.0 / ratio);
                let ratio = ratio.map(|ratio| format!(" ({ratio:.2})"));
                format!("{by} ≤ {most} × it{}", ratio.unwrap_or_default())
            }
            Target::AtMost(most) => format!("≤ {most} {}", self.row.unit()),
            Target::Beyond(most, to) => {
                let figure = |of| self.cell(of).and_then(Cell::figure);
                let beyond = figure(Contestant::Sockeye).zip(figure(to));
                let beyond = beyond.map(|(own, other)| format!(" (+ {})", number(own - other)));
                let unit = self.row.unit();
                format!("≤ {to} + {most} {unit}{}", beyond.unwrap_or_default())
            }
        }
    }
}

/// The main table: the figures side by side, our ratios, the target and whether it holds.
pub(crate) fn table(lines: &[Line], contestants: &[Contestant], judged: bool) -> String {
    let columns: Vec<Contestant> = contestants
        .iter()
        .copied()
        .filter(|&column| {
            !matches!(
                column,
                Contestant::SockeyeAxum | Contestant::Hyper | Contestant::Recovery
            )
        })
        .collect();
    let others = [
        Contestant::Node,
        Contestant::Socketioxide,
        Contestant::Floor,
    ];
    let ratios: Vec<Contestant> = if columns.contains(&Contestant::Sockeye) {
        others
            .into_iter()
            .filter(|other| columns.contains(other))
            .collect()
    } else {
        Vec::new()
    };
    let mut header = vec!["work".to_owned(), "unit".to_owned()];
    header.extend(columns.iter().map(ToString::to_string));
    header.extend(ratios.iter().map(|other| format!("to {other}")));
    if judged {
        header.extend(["target".to_owned(), "holds".to_owned()]);
    }
    let mut table = vec![header];
    for line in lines {
        let mut cells = vec![line.row.title().to_owned(), line.row.unit().to_owned()];
        cells.extend(
            columns
                .iter()
                .map(|&column| line.cell(column).map_or_else(|| "-".to_owned(), Cell::text)),
        );
        cells.extend(ratios.iter().map(|&other| {
            line.ratio(other)
                .map_or_else(|| "-".to_owned(), |r| format!("{r:.2}"))
        }));
        if judged {
            let verdict = match line.holds() {
                None => "-",
                Some(true) => "holds",
                Some(false) => "**missed**",
            };
            cells.extend([line.target(), verdict.to_owned()]);
        }
        table.push(cells);
    }
    render(&table)
}

/// Latencies as the clients saw them, and memory's and the stuck reader's remarks.
pub(crate) fn details(lines: &[Line]) -> String {
    let mut table = vec![
        [
            "work",
            "server",
            "median (min-max)",
            "p50 µs",
            "p90",
            "p99",
            "p99.9",
            "max",
            "generator",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    let mut remarks = String::new();
    for line in lines {
        for cell in &line.cells {
            let figures = cell.figures(|outcome| Some(outcome.figure));
            let (Some(least), Some(most), Some(median)) =
                (figures.first(), figures.last(), cell.figure())
            else {
                continue;
            };
            let key = clap::ValueEnum::to_possible_value(&line.row)
                .map(|value| value.get_name().to_owned());
            let range = format!("{} ({}-{})", number(median), number(*least), number(*most));
            let mut cells = vec![key.unwrap_or_default(), cell.contestant.to_string(), range];
            let percentile = |share: f64| {
                cell.median(|outcome| {
                    outcome
                        .latency
                        .as_ref()
                        .map(|latency| latency.percentile(share))
                })
                .map_or_else(|| "-".to_owned(), |micros| format!("{micros:.0}"))
            };
            cells.extend([50.0, 90.0, 99.0, 99.9, 100.0].map(percentile));
            let busy = cell.median(|outcome| outcome.generator);
            cells.push(
                busy.map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", share * 100.0)),
            );
            table.push(cells);
        }
    }
    for line in lines {
        for cell in &line.cells {
            let mut notes: Vec<&String> = cell
                .rounds
                .iter()
                .flatten()
                .filter_map(|outcome| outcome.note.as_ref())
                .collect();
            notes.dedup();
            for note in notes {
                remarks.push_str(&format!("* {}, {note}\n", cell.contestant));
            }
            if let Some(fault) = cell.fault() {
                remarks.push_str(&format!(
                    "* {}, {}: {fault}\n",
                    cell.contestant,
                    line.row.title()
                ));
            }
        }
    }
    format!("{}\n{remarks}", render(&table))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(contestant: Contestant, figures: &[f64]) -> Cell {
        let outcome = |&figure: &f64| {
            Ok(Outcome {
                figure,
                second: None,
                latency: None,
                generator: None,
                note: None,
                condition: true,
            })
        };
        Cell {
            contestant,
            rounds: figures.iter().map(outcome).collect(),
        }
    }

    #[test]
    fn the_median_round_decides_whether_a_target_holds() {
        let floor = || cell(Contestant::Floor, &[5.0, 9.0, 5.2]);
        let line = |figures: &[f64]| Line {
            row: Row::Echo1,
            cells: vec![floor(), cell(Contestant::Sockeye, figures)],
        };
        assert_eq!(line(&[6.0, 20.0, 6.5]).holds(), Some(true));
        assert_eq!(line(&[6.0, 20.0, 6.9]).holds(), Some(false));
    }

    #[test]
    fn a_round_that_broke_is_a_miss_whatever_the_figure() {
        let mut own = cell(Contestant::Sockeye, &[1.0, 1.0]);
        own.rounds.push(Err(Fault::Closed { connection: 3 }));
        assert!(own.text().contains("CLOSED"));
        let line = Line {
            row: Row::Echo1,
            cells: vec![cell(Contestant::Floor, &[5.0]), own],
        };
        assert_eq!(line.holds(), Some(false));
    }
}
