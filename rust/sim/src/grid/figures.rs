//! What is measured in a cell.

use core::time::Duration;

use faspstream_netem::Cause;

use super::Cell;
use crate::outcome::Outcome;

/// The figures of a cell that the goals speak of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Goodput in the steady state, as a share of ideal.
    pub steady: f64,
    /// Goodput of the whole transfer, as a share of ideal.
    pub whole: f64,
    /// Round trips (or, at no round-trip time, times 10 ms) until 90 % of the capacity were reached; infinite if they never were.
    pub start: f64,
    /// Share of the datagrams that the queue dropped.
    pub overshoot: f64,
    /// Stream bytes that arrived again, as a share of the stream bytes that arrived.
    pub redundancy: f64,
    /// Bytes of feedback per byte forward.
    pub feedback: f64,
    /// 95th percentile of the queueing delay, in ms.
    pub queueing_ms: f64,
    /// The larger of the memory peaks of both ends, in bytes.
    pub memory: f64,
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
            memory: flow.sender.memory_peak.max(flow.receiver.memory_peak) as f64,
        })
    }
}
