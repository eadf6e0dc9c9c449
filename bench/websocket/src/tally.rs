//! What the rounds of a row gave, and how two servers compare in it.

use sockeye_bench::fault::Fault;

use crate::contestant::Contestant;
use crate::rows::{Outcome, Row, Target};

/// All rounds of one row on one server.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) contestant: Contestant,
    pub(crate) rounds: Vec<Result<Outcome, Fault>>,
}

/// Median, least and most of the rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

/// A row with everybody's cells.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) row: Row,
    pub(crate) cells: Vec<Cell>,
}

/// Two servers side by side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Comparison {
    /// Median to median.
    pub(crate) ratio: f64,
    /// The ranges of the rounds overlap: the rounds do not tell the two apart.
    pub(crate) tie: bool,
}

/// Whether a target was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Missed,
    /// A median is above it, in a range that overlaps the other one's.
    Tie,
    Reached,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        Some(Self {
            median: *values.get(values.len() / 2)?,
            least: *values.first()?,
            most: *values.last()?,
        })
    }

    pub(crate) fn to(self, other: Self) -> Comparison {
        Comparison {
            ratio: self.median / other.median,
            tie: self.least <= other.most && other.least <= self.most,
        }
    }
}

impl Cell {
    /// Spread of the figure number `which` of the row.
    pub(crate) fn spread(&self, which: usize) -> Option<Spread> {
        let outcomes = self.rounds.iter().flatten();
        Spread::of(outcomes.map(|outcome| outcome.figures[which]).collect())
    }

    pub(crate) fn generator(&self) -> Option<f64> {
        let shares = self.rounds.iter().flatten();
        Spread::of(shares.filter_map(|outcome| outcome.generator).collect())
            .map(|spread| spread.median)
    }

    /// Why a round ended without a figure.
    pub(crate) fn fault(&self) -> Option<&Fault> {
        self.rounds.iter().find_map(|round| round.as_ref().err())
    }
}

impl Line {
    pub(crate) fn cell(&self, contestant: Contestant) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.contestant == contestant)
    }

    pub(crate) fn spread(&self, contestant: Contestant) -> Option<Spread> {
        self.cell(contestant)?.spread(0)
    }

    /// The crate of somebody else with the lowest median.
    pub(crate) fn best_crate(&self) -> Option<(Contestant, Spread)> {
        let peers = self
            .cells
            .iter()
            .filter(|cell| cell.contestant.is_peer_crate());
        peers
            .filter_map(|cell| Some((cell.contestant, cell.spread(0)?)))
            .min_by(|(_, left), (_, right)| left.median.total_cmp(&right.median))
    }

    /// Whether ours reached what it is to reach; `None` if that was not measured.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        let own = self.cell(Contestant::Sockeye)?;
        let target = self.row.target()?;
        if own.fault().is_some() {
            return Some(Verdict::Missed);
        }
        let within = |other: Spread, most: f64| {
            own.spread(0).map(|spread| match spread.to(other) {
                Comparison { ratio, .. } if ratio <= most => Verdict::Reached,
                Comparison { tie: true, .. } => Verdict::Tie,
                Comparison { tie: false, .. } => Verdict::Missed,
            })
        };
        match target {
            Target::AtMost(most) => {
                let figures = 0..self.row.figures().len();
                let all = figures.into_iter().all(|which| {
                    own.spread(which)
                        .is_some_and(|spread| spread.median <= most)
                });
                Some(if all {
                    Verdict::Reached
                } else {
                    Verdict::Missed
                })
            }
            Target::Ratios {
                yardstick,
                best_crate,
            } => {
                let to_yardstick = within(self.spread(Contestant::Yardstick)?, yardstick)?;
                let to_best = within(self.best_crate()?.1, best_crate)?;
                Some(to_yardstick.min(to_best))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(contestant: Contestant, figures: &[f64]) -> Cell {
        let outcome = |&figure: &f64| {
            Ok(Outcome {
                figures: vec![figure],
                generator: None,
            })
        };
        Cell {
            contestant,
            rounds: figures.iter().map(outcome).collect(),
        }
    }

    fn line(own: &[f64]) -> Line {
        Line {
            row: Row::Echo32,
            cells: vec![
                cell(Contestant::Yardstick, &[4.0, 4.1, 3.9]),
                cell(Contestant::Sockeye, own),
                cell(Contestant::Sockudo, &[4.4, 4.3, 4.5]),
                cell(Contestant::Ws, &[1.0, 1.0, 1.0]),
            ],
        }
    }

    #[test]
    fn the_medians_decide_and_ranges_that_overlap_are_a_tie() {
        assert_eq!(
            line(&[4.4, 9.0, 4.3]).verdict(),
            Some(Verdict::Reached),
            "ratios 1.1, 1.0"
        );
        assert_eq!(
            line(&[4.7, 4.8, 4.9]).verdict(),
            Some(Verdict::Missed),
            "1.2 × the yardstick"
        );
        assert_eq!(
            line(&[4.05, 4.8, 4.9]).verdict(),
            Some(Verdict::Tie),
            "1.2 × the yardstick, and both ranges overlap"
        );
        let comparison = line(&[4.7])
            .spread(Contestant::Sockeye)
            .map(|own| own.to(line(&[]).spread(Contestant::Sockudo).expect("measured")));
        assert!(comparison.is_some_and(|comparison| !comparison.tie));
    }

    #[test]
    fn the_best_crate_is_neither_ours_nor_node() {
        let (best, spread) = line(&[1.0]).best_crate().expect("one took part");
        assert_eq!((best, spread.median), (Contestant::Sockudo, 4.4));
    }

    #[test]
    fn a_round_that_broke_is_a_miss_whatever_the_figure() {
        let mut line = line(&[1.0, 1.0]);
        line.cells[1]
            .rounds
            .push(Err(Fault::Closed { connection: 3 }));
        assert_eq!(line.verdict(), Some(Verdict::Missed));
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        let mut line = line(&[1.0]);
        line.cells.remove(0);
        assert_eq!(line.verdict(), None);
    }
}
