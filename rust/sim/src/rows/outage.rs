//! Nothing passes for a while, in either or both directions.

use core::time::Duration;

use faspstream_netem::{Script, Time};

use super::{Figure, MS, SECOND, long_path, transfer};
use crate::run::{Failure, run};

/// When the outage begins.
const FROM: Time = Time::from_secs(3);

/// 0.1 s to 50 s: the stream goes on, and is back at 90 % of the capacity within 10 RTT of the link's return.
pub(super) fn outage() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for lasting in [100 * MS, SECOND, 10 * SECOND, 50 * SECOND] {
        for (way, forward, backward) in
            [("both ways", true, true), ("data only", true, false), ("feedback only", false, true)]
        {
            figures.push(one(way, lasting, forward, backward)?);
        }
    }
    Ok(figures)
}

fn one(way: &str, lasting: Duration, forward: bool, backward: bool) -> Result<Figure, Failure> {
    let what = format!("{:.1} s, {way}", lasting.as_secs_f64());
    let mut scenario = transfer(&what, long_path(), 8 * SECOND);
    scenario.until += lasting;
    let script = Script::default().outage(FROM, lasting);
    if forward {
        scenario.forward.script = script.clone();
    }
    if backward {
        scenario.backward.script = script;
    }
    let outcome = run(&scenario)?;
    let flow = &outcome.flows[0];
    let back = FROM + lasting;
    let rtt = scenario.path.rtt;
    let reached = flow.receiver.taken_bytes.first_reaching(90e6, rtt, back + rtt);
    let after = reached.filter(|_| flow.completed_at().is_some()).map(|at| at.since(back));
    Ok(Figure::within(format!("{what}: back at 90 %"), after, rtt * 10))
}
