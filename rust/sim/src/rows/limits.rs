//! What is never exceeded.

use faspstream_netem::BitRate;
use faspstream_proto::config::{RatePolicy, Rates};
use faspstream_proto::units::Rate;

use super::{Figure, MS, SECOND, endless};
use crate::ideal::bdp;
use crate::run::{Failure, run};
use crate::scenario::{Flow, Path, Queue};

/// IP bytes over any 100 ms stay below the target + 2 %, and reach 97 % of it.
pub(super) fn target() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for (mbps, loss) in [(2, 0.0), (10, 0.05), (50, 0.0), (50, 0.01)] {
        for policy in [RatePolicy::Fair, RatePolicy::Fixed] {
            let path = Path::new(BitRate::from_mbps(100), 50 * MS).loss(loss);
            let what = format!("{policy:?} at {mbps} Mbit/s, loss {} %", loss * 100.0);
            let mut scenario = endless(&what, path, 10 * SECOND);
            scenario.flows[0].rates = Rates { target: Rate::from_mbps(mbps), policy, ..Rates::default() };
            let outcome = run(&scenario)?;
            let flow = &outcome.flows[0];
            let target = mbps as f64 * 1e6;
            let peak = flow.sender.sent_bytes.peak_rate(100 * MS) / target;
            let mean = flow.sender.sent_bytes.rate(outcome.measure_from, outcome.end) / target;
            // A window may begin with a datagram and end with one: one more than the rate has room for.
            let one_datagram = 1500.0 * 8.0 / 0.1 / target;
            figures.push(Figure::at_most(format!("{what}: peak over 100 ms"), peak, 1.02 + one_datagram));
            figures.push(Figure::at_least(format!("{what}: mean"), mean, 0.97));
        }
    }
    Ok(figures)
}

/// Both ends stay within 4 BDP + 8 MiB.
pub(super) fn memory() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for (mbps, rtt, loss) in [(10, 10, 0.0), (100, 100, 0.0), (100, 100, 0.05), (1000, 100, 0.01)] {
        for queue in [1.0, 0.25] {
            let path = Path::new(BitRate::from_mbps(mbps), rtt * MS).loss(loss).queue(Queue::Bdp(queue));
            let what = format!("{mbps} Mbit/s {rtt} ms loss {} % queue {queue} BDP", loss * 100.0);
            let outcome = run(&endless(&what, path, (50 * rtt * MS).max(5 * SECOND)))?;
            let goal = 4 * bdp(path.rate, path.rtt) + (8 << 20);
            let flow = &outcome.flows[0];
            figures.push(Figure::no_more(format!("{what}: sender"), flow.sender.memory_peak, goal));
            figures.push(Figure::no_more(format!("{what}: receiver"), flow.receiver.memory_peak, goal));
        }
    }
    let path = Path::new(BitRate::from_mbps(100), 100 * MS);
    let buffer_max = 1 << 20;
    let mut scenario = endless("buffer.max of 1 MiB", path, 5 * SECOND);
    scenario.flows[0] = Flow { buffer_max, ..Flow::default() };
    let outcome = run(&scenario)?;
    let peak = outcome.flows[0].sender.memory_peak.max(outcome.flows[0].receiver.memory_peak);
    figures.push(Figure::no_more("buffer.max of 1 MiB: either end", peak, buffer_max));
    Ok(figures)
}
