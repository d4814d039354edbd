//! The way from nothing to the capacity.

use faspstream_netem::{BitRate, Cause};
use faspstream_proto::config::PathMemory;
use faspstream_proto::units::Rate;

use super::{Figure, MS, endless};
use crate::run::{Failure, run};
use crate::scenario::{Path, Queue, Scenario};

/// 90 % of the capacity within 10 RTT, at most 1 % of the datagrams lost to overshoot in the first 100 RTT.
pub(super) fn start() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for (mbps, rtt) in [(10, 50), (100, 20), (100, 100), (300, 200), (1000, 50), (1000, 200)] {
        for queue in [1.0, 0.25] {
            let path = Path::new(BitRate::from_mbps(mbps), rtt * MS).queue(Queue::Bdp(queue));
            let what = format!("{mbps} Mbit/s {rtt} ms queue {queue} BDP");
            figures.extend(judge(&what, endless(&what, path, rtt * MS * 100))?);
        }
    }
    Ok(figures)
}

/// A start from the memory of the path; then the same with a memory that is four times too high.
pub(super) fn resume() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for (remembered, what) in [(95, "right memory"), (400, "memory four times too high")] {
        let path = Path::new(BitRate::from_mbps(100), 100 * MS);
        let mut scenario = endless(what, path, 100 * MS * 100);
        scenario.flows[0].path_memory =
            Some(PathMemory { min_rtt: 100 * MS, rate: Rate::from_mbps(remembered) });
        figures.extend(judge(what, scenario)?);
    }
    Ok(figures)
}

fn judge(what: &str, scenario: Scenario) -> Result<[Figure; 2], Failure> {
    let outcome = run(&scenario)?;
    let reached = outcome.flows[0].time_to_capacity();
    let lost = outcome.forward.dropped_by(Cause::Queue) as f64 / outcome.forward.offered.max(1) as f64;
    Ok([
        Figure::within(format!("{what}: 90 % of capacity"), reached, scenario.path.rtt * 10),
        Figure::at_most(format!("{what}: datagrams lost to the queue"), lost, 0.01),
    ])
}
