//! The goodput grid of the design's transport page, and the one that the original was judged by.

mod csv;
mod figures;
mod goals;
mod table;

use core::time::Duration;

use faspstream_netem::BitRate;

use crate::outcome::Outcome;
use crate::run::run_caught;
use crate::scenario::{Flow, Path, Queue, Scenario};

pub use csv::{CsvError, read_csv, write_csv};
pub use figures::Figures;
pub use goals::{GOALS, Goal, Sense};
pub(crate) use goals::{OVERSHOOT, QUEUEING, REDUNDANCY, START, STEADY};
pub use table::table;

/// One cell of a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Rate of the link in Mbit/s.
    pub mbps: u64,
    /// Round-trip time in ms.
    pub rtt: u64,
    /// Independent loss in each direction.
    pub loss: f64,
    /// Queue in bandwidth-delay products.
    pub queue: f64,
}

/// Shortest transfer of a cell.
const SHORTEST: Duration = Duration::from_secs(5);

impl Cell {
    /// The cell in words.
    pub fn name(&self) -> String {
        format!("{} Mbit/s {} ms {} % {} BDP", self.mbps, self.rtt, self.loss * 100.0, self.queue)
    }

    /// Bytes of the transfer, to which the time that a cell takes is about proportional.
    pub fn cost(&self) -> f64 {
        self.mbps as f64 * self.length().as_secs_f64()
    }

    /// How long the transfer takes at the ideal rate.
    fn length(&self) -> Duration {
        (Duration::from_millis(self.rtt) * 100).max(SHORTEST)
    }

    /// The transfer of a cell: 100 round trips long at the rate of the link, but at least five seconds.
    pub fn scenario(&self) -> Scenario {
        let rtt = Duration::from_millis(self.rtt);
        let path =
            Path::new(BitRate::from_mbps(self.mbps), rtt).loss(self.loss).queue(Queue::Bdp(self.queue));
        let length = self.length();
        let bytes = (path.ideal() * length.as_secs_f64() / 8.0) as u64;
        Scenario::new(self.name(), path)
            .flow(Flow::bulk(bytes))
            .measured_from((rtt * 20).max(Duration::from_secs(1)))
            .until(length * 4)
    }
}

/// Rates of the goodput row in Mbit/s.
pub const RATES: [u64; 4] = [10, 100, 300, 1000];

/// Round-trip times of the goodput row in ms.
pub const RTTS: [u64; 6] = [0, 10, 50, 100, 200, 300];

/// Losses of the goodput row.
pub const LOSSES: [f64; 6] = [0.0, 0.001, 0.01, 0.02, 0.05, 0.1];

/// Queues of the goodput row in bandwidth-delay products.
pub const QUEUES: [f64; 2] = [1.0, 0.25];

/// Round-trip time in ms and loss of the paths that the original was judged by.
pub const ORIGINAL_PATHS: [(u64, f64); 7] =
    [(10, 0.001), (90, 0.01), (150, 0.02), (200, 0.02), (550, 0.05), (1000, 0.05), (1000, 0.3)];

/// Rates of the original's published tests in Mbit/s.
pub const ORIGINAL_RATES: [u64; 2] = [155, 1000];

/// Every cell of the goodput row: 4 rates, 6 round-trip times, 6 losses, 2 queues.
pub fn goodput_cells() -> Vec<Cell> {
    cells(&RATES, &RTTS, &LOSSES, &QUEUES)
}

/// A part of the goodput row that takes seconds.
pub fn quick_cells() -> Vec<Cell> {
    cells(&[10, 100], &[10, 100], &[0.0, 0.01, 0.05], &[1.0, 0.25])
}

/// The grid of the original, at the two rates of its published tests, with a queue of one bandwidth-delay product.
pub fn original_cells() -> Vec<Cell> {
    let at = |mbps| ORIGINAL_PATHS.map(|(rtt, loss)| Cell { mbps, rtt, loss, queue: 1.0 });
    ORIGINAL_RATES.map(at).concat()
}

fn cells(rates: &[u64], rtts: &[u64], losses: &[f64], queues: &[f64]) -> Vec<Cell> {
    let mut out = Vec::new();
    for &mbps in rates {
        for &queue in queues {
            for &rtt in rtts {
                out.extend(losses.iter().map(|&loss| Cell { mbps, rtt, loss, queue }));
            }
        }
    }
    out
}

/// A cell with what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which cell.
    pub cell: Cell,
    /// The seed that it ran with.
    pub seed: u64,
    /// Its figures, or why there are none.
    pub figures: Result<Figures, String>,
}

impl Row {
    /// Runs the scenario of a cell.
    pub fn run(cell: Cell) -> Self {
        let scenario = cell.scenario();
        let figures = match run_caught(&scenario) {
            Err(failure) => Err(failure.to_string()),
            Ok(outcome) => Figures::of(&cell, &outcome).ok_or_else(|| why(&outcome)),
        };
        Self { cell, seed: scenario.seed, figures }
    }

    /// The goals that are missed, in the order of [`GOALS`]; all of them where there are no figures.
    pub fn misses(&self) -> Vec<&'static Goal> {
        GOALS.into_iter().filter(|goal| self.misses_goal(goal)).collect()
    }

    /// True if there are no figures that reach this goal.
    pub fn misses_goal(&self, goal: &Goal) -> bool {
        !self.figures.as_ref().is_ok_and(|figures| goal.holds(&self.cell, figures))
    }

    /// What is wrong, in words: the goals missed with value and bound, or why there are no figures.
    pub fn trouble(&self) -> String {
        let figures = match &self.figures {
            Ok(figures) => figures,
            Err(why) => return why.clone(),
        };
        let miss = |goal: &&Goal| {
            let value = (goal.show)((goal.value)(figures));
            format!("{} {value}, not {}", goal.name, goal.words(&self.cell))
        };
        self.misses().iter().map(miss).collect::<Vec<_>>().join("; ")
    }
}

fn why(outcome: &Outcome) -> String {
    match outcome.flows.first() {
        Some(flow) => {
            format!("not complete by {:.1} s: {:?}", outcome.end.as_secs_f64(), flow.sender_ending)
        }
        None => "no flow".into(),
    }
}
