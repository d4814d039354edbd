//! The goodput grid of the design's transport page, and the one that the original was judged by.

use core::fmt::Write;
use core::time::Duration;

use faspstream_netem::{BitRate, Cause};

use crate::outcome::Outcome;
use crate::run::Failure;
use crate::scenario::{Flow, Path, Queue, Scenario};

/// One cell of a grid.
#[derive(Clone, Copy, Debug)]
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
    /// The transfer of a cell: 100 round trips long at the rate of the link, but at least five seconds.
    pub fn scenario(&self) -> Scenario {
        let rtt = Duration::from_millis(self.rtt);
        let path =
            Path::new(BitRate::from_mbps(self.mbps), rtt).loss(self.loss).queue(Queue::Bdp(self.queue));
        let length = (rtt * 100).max(SHORTEST);
        let bytes = (path.ideal() * length.as_secs_f64() / 8.0) as u64;
        let name = format!("{} Mbit/s {} ms {} % {} BDP", self.mbps, self.rtt, self.loss * 100.0, self.queue);
        Scenario::new(name, path)
            .flow(Flow::bulk(bytes))
            .measured_from((rtt * 20).max(Duration::from_secs(1)))
            .until(length * 4)
    }
}

/// Every cell of the goodput row: 4 rates, 6 round-trip times, 6 losses, 2 queues.
pub fn goodput_cells() -> Vec<Cell> {
    cells(
        &[10, 100, 300, 1000],
        &[0, 10, 50, 100, 200, 300],
        &[0.0, 0.001, 0.01, 0.02, 0.05, 0.1],
        &[1.0, 0.25],
    )
}

/// A part of the goodput row that takes seconds.
pub fn quick_cells() -> Vec<Cell> {
    cells(&[10, 100], &[10, 100], &[0.0, 0.01, 0.05], &[1.0, 0.25])
}

/// The grid of the original, at the two rates of its published tests.
pub fn original_cells() -> Vec<Cell> {
    let paths = [(10, 0.001), (90, 0.01), (150, 0.02), (200, 0.02), (550, 0.05), (1000, 0.05), (1000, 0.3)];
    let at = |mbps| paths.map(|(rtt, loss)| Cell { mbps, rtt, loss, queue: 1.0 });
    [at(155), at(1000)].concat()
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
pub type Row = (Cell, Result<Outcome, Failure>);

/// The figures of a cell that the goals speak of.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Goodput in the steady state, as a share of ideal.
    pub steady: f64,
    /// Goodput of the whole transfer, as a share of ideal.
    pub whole: f64,
    /// Round trips (or, at no round-trip time, times 10 ms) until 90 % of the capacity were reached.
    pub start: f64,
    /// Share of the datagrams that the queue dropped.
    pub overshoot: f64,
    /// Stream bytes that arrived again.
    pub redundancy: f64,
    /// Bytes of feedback per byte forward.
    pub feedback: f64,
    /// 95th percentile of the queueing delay, in ms.
    pub queueing_ms: f64,
    /// Memory peaks of both ends together, in bytes.
    pub memory: u64,
}

impl Figures {
    /// The figures of a run with one flow; None if it was not completed.
    pub fn of(cell: &Cell, outcome: &Outcome) -> Option<Self> {
        let flow = outcome.flows.first()?;
        flow.completed_at()?;
        let round = Duration::from_millis(cell.rtt.max(10));
        let queue_drops = outcome.forward.dropped_by(Cause::Queue) as f64;
        Some(Self {
            steady: flow.steady_share(),
            whole: flow.share(),
            start: flow.time_to_capacity().map_or(f64::INFINITY, |t| t.as_secs_f64() / round.as_secs_f64()),
            overshoot: queue_drops / outcome.forward.offered.max(1) as f64,
            redundancy: flow.redundancy(),
            feedback: flow.feedback_share(),
            queueing_ms: flow.queueing(0.95).as_secs_f64() * 1e3,
            memory: flow.sender.memory_peak.max(flow.receiver.memory_peak),
        })
    }

    /// The goals that are missed, by name.
    pub fn misses(&self, cell: &Cell) -> Vec<&'static str> {
        let most_redundancy = if cell.loss > 0.05 { 0.015 } else { 0.005 };
        let most_queueing = (cell.rtt as f64 / 4.0).max(20.0);
        let bdp = BitRate::from_mbps(cell.mbps).bytes_in(Duration::from_millis(cell.rtt));
        let goals = [
            ("steady", self.steady >= 0.97),
            ("whole", self.whole >= 0.9),
            ("start", self.start <= 10.0),
            ("overshoot", self.overshoot <= 0.01),
            ("redundancy", self.redundancy < most_redundancy),
            ("feedback", self.feedback < 0.01),
            ("queueing", self.queueing_ms < most_queueing),
            ("memory", self.memory <= 4 * bdp + (8 << 20)),
        ];
        goals.into_iter().filter(|(_, holds)| !holds).map(|(name, _)| name).collect()
    }
}

/// All rows as comma-separated values, with a line of headings.
pub fn csv(rows: &[Row]) -> String {
    let mut out = String::from(
        "rate_mbit,rtt_ms,loss,queue_bdp,seed,steady,whole,start_rtts,overshoot,redundancy,feedback,queueing_p95_ms,memory_bytes,misses\n",
    );
    for (cell, result) in rows {
        let _ = write!(out, "{},{},{},{},", cell.mbps, cell.rtt, cell.loss, cell.queue);
        let figures = result.as_ref().ok().and_then(|outcome| Some((outcome, Figures::of(cell, outcome)?)));
        let _ = match figures {
            Some((outcome, f)) => writeln!(
                out,
                "{},{:.4},{:.4},{:.2},{:.5},{:.5},{:.5},{:.2},{},{}",
                outcome.seed,
                f.steady,
                f.whole,
                f.start,
                f.overshoot,
                f.redundancy,
                f.feedback,
                f.queueing_ms,
                f.memory,
                f.misses(cell).join(" ")
            ),
            None => writeln!(out, ",,,,,,,,,\"{}\"", why(result).replace('"', "'")),
        };
    }
    out
}

/// The steady-state goodput in percent of ideal, as tables of round-trip time by loss, and the goals missed, cell by cell.
pub fn table(rows: &[Row]) -> String {
    let mut out = String::new();
    let mut heading = None;
    let mut line = None;
    for (cell, result) in rows {
        if heading != Some((cell.mbps, cell.queue)) {
            heading = Some((cell.mbps, cell.queue));
            line = None;
            let _ = write!(
                out,
                "\n\n{} Mbit/s, queue {} BDP (percent of ideal: steady / whole)",
                cell.mbps, cell.queue
            );
        }
        if line != Some(cell.rtt) {
            line = Some(cell.rtt);
            let _ = write!(out, "\n{:>5} ms |", cell.rtt);
        }
        let _ = match result.as_ref().ok().and_then(|outcome| Figures::of(cell, outcome)) {
            Some(f) => {
                write!(out, " {:>4}%: {:5.1}/{:5.1} |", cell.loss * 100.0, f.steady * 100.0, f.whole * 100.0)
            }
            None => write!(out, " {:>4}%:   failed    |", cell.loss * 100.0),
        };
    }
    out.push_str("\n\n");
    summary(rows, &mut out);
    out
}

fn summary(rows: &[Row], out: &mut String) {
    let mut missed = 0;
    for (cell, result) in rows {
        let name = cell.scenario().name;
        let words = match result.as_ref().ok().and_then(|outcome| Figures::of(cell, outcome)) {
            Some(f) if f.misses(cell).is_empty() => continue,
            Some(f) => format!("misses {} ({f:.4?})", f.misses(cell).join(", ")),
            None => why(result),
        };
        missed += 1;
        let _ = writeln!(out, "{name}: {words}");
    }
    let _ = writeln!(out, "{} cells, {} hold every goal, {missed} do not", rows.len(), rows.len() - missed);
}

fn why(result: &Result<Outcome, Failure>) -> String {
    match result {
        Err(failure) => failure.to_string(),
        Ok(outcome) => match outcome.flows.first() {
            Some(flow) => {
                format!("not complete by {:.1} s: {:?}", outcome.end.as_secs_f64(), flow.sender_ending)
            }
            None => "no flow".into(),
        },
    }
}
