//! A live stream: how long a write takes to be read.

use faspstream_netem::BitRate;

use super::{Figure, MS, SECOND, long_path};
use crate::endpoint::SourcePlan;
use crate::run::{Failure, run};
use crate::scenario::{Flow, Scenario};

/// At half of 100 Mbit/s and an RTT of 100 ms. The seeds are several, since the tail is made of few writes.
pub(super) fn live() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    let (one_way, rtt) = (50 * MS, 100 * MS);
    for (loss, q, goal) in [
        (0.0, 0.99, one_way + 3 * MS),
        (0.01, 0.999, one_way + rtt * 9 / 4),
        (0.05, 0.999, one_way + rtt * 7 / 2),
    ] {
        for seed in [1, 2, 3] {
            let rate = BitRate::from_mbps(50);
            let source = SourcePlan::Live { rate, every: MS, lasting: 20 * SECOND };
            let what = format!("loss {} %, seed {seed}", loss * 100.0);
            let scenario = Scenario::new(format!("live, {what}"), long_path().loss(loss)).seeded(seed);
            let outcome = run(&scenario.flow(Flow { source, ..Flow::default() }).until(30 * SECOND))?;
            let flow = &outcome.flows[0];
            let delay = flow.completed_at().map(|_| flow.delivery_delay.quantile(q));
            figures.push(Figure::within(format!("{what}: p{}", q * 100.0), delay, goal));
            figures.push(Figure::at_most(format!("{what}: redundancy"), flow.redundancy(), 0.005));
        }
    }
    Ok(figures)
}
