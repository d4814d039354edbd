//! Networks that do more than lose packets, and queues of unusual kinds.

use faspstream_netem::{BitRate, GilbertElliott, Jitter, LinkConfig, Policer, Reordering};

use super::{Figure, MS, SECOND, endless, long_path};
use crate::ideal::{efficiency, goodput};
use crate::run::{Failure, run};
use crate::scenario::{Path, Queue};

/// Bursts, reordering, duplication, jitter: 90 % of ideal, at most 1 % spurious.
pub(super) fn trouble() -> Result<Vec<Figure>, Failure> {
    type Trouble = fn(&mut LinkConfig);
    let cases: [(&str, f64, Trouble); 7] = [
        ("bursts of 50, 1 %", 0.01, |l| l.bursts = Some(GilbertElliott::bursts_of(50.0, 0.01))),
        ("reordering 3 % by up to 30 ms", 0.0, |l| {
            l.reordering = Some(Reordering { share: 0.03, up_to: 30 * MS });
        }),
        ("duplication 1 %", 0.0, |l| l.duplication = 0.01),
        ("damage 1 %", 0.01, |l| l.damage = 0.01),
        ("jitter 20 ms in order", 0.0, |l| {
            l.jitter = Jitter::Wander { spread: 20 * MS, period: 50 * MS };
        }),
        ("jitter 20 ms per packet", 0.0, |l| l.jitter = Jitter::PerPacket(20 * MS)),
        ("loss 5 % with reordering", 0.05, |l| {
            l.loss = 0.05;
            l.reordering = Some(Reordering { share: 0.03, up_to: 30 * MS });
        }),
    ];
    let mut figures = Vec::new();
    for (what, lost, trouble) in cases {
        let outcome = run(&endless(what, long_path(), 15 * SECOND).both(trouble))?;
        let flow = &outcome.flows[0];
        figures.push(Figure::at_least(format!("{what}: of ideal"), flow.steady_share() / (1.0 - lost), 0.9));
        figures.push(Figure::at_most(format!("{what}: spurious"), flow.spurious(), 0.01));
    }
    Ok(figures)
}

/// A policer, a queue of five packets, a feedback path of 1 % of the rate.
pub(super) fn queues() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    let rate = BitRate::from_mbps(50);
    for (burst, words) in [(60_000, "60 kB"), (600_000, "600 kB")] {
        let what = format!("policer of 50 Mbit/s, burst {words}");
        let scenario = endless(&what, long_path(), 20 * SECOND);
        let outcome = run(&scenario.forward(|l| l.policer = Some(Policer { rate, burst })))?;
        let flow = &outcome.flows[0];
        let share =
            flow.delivered.rate(outcome.measure_from, outcome.end) / goodput(rate, 0.0, efficiency(1500));
        let lost = outcome.forward.dropped_total() as f64 / outcome.forward.offered.max(1) as f64;
        figures.push(Figure::at_least(format!("{what}: of ideal"), share, 0.9));
        figures.push(Figure::at_most(format!("{what}: lost"), lost, 0.02));
    }
    for (queue, loss) in [(7_500, 0.0), (15_000, 0.0), (15_000, 0.01), (50_000, 0.0)] {
        let path = long_path().queue(Queue::Bytes(queue)).loss(loss);
        let what = format!("queue of {queue} bytes, loss {} %", loss * 100.0);
        let flow_share = run(&endless(&what, path, 15 * SECOND))?.flows[0].steady_share();
        figures.push(Figure::at_least(format!("{what}: of ideal"), flow_share, 0.9));
    }
    let what = "deep queue of 5 BDP";
    let outcome = run(&endless(what, long_path().queue(Queue::Bdp(5.0)), 15 * SECOND))?;
    let goal = 25 * MS;
    figures.push(Figure::within(
        format!("{what}: queueing p95"),
        Some(outcome.flows[0].queueing(0.95)),
        goal,
    ));
    figures.push(Figure::at_least(format!("{what}: of ideal"), outcome.flows[0].steady_share(), 0.97));
    let path = Path::new(BitRate::from_mbps(100), 50 * MS);
    for percent in [100, 50] {
        let rate = BitRate::from_bps(path.rate.as_bps() / percent);
        let what = format!("feedback path of 1/{percent} of the rate");
        let outcome = run(&endless(&what, path, 15 * SECOND).backward(|l| l.rate = Some(rate)))?;
        figures.push(Figure::at_least(format!("{what}: of ideal"), outcome.flows[0].steady_share(), 0.95));
    }
    Ok(figures)
}
