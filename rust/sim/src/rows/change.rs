//! The link changes in mid-stream.

use core::time::Duration;

use faspstream_netem::{BitRate, Change, Script, Time};

use super::{Figure, MS, SECOND, endless, long_path};
use crate::ideal::{efficiency, goodput};
use crate::run::{Failure, run};

/// When the link changes.
const AT: Time = Time::from_secs(5);

/// Rate x0.25 and x4, RTT +100 ms, loss 0 to 5 %: a new steady state within 10 RTT, never below half of the new ideal meanwhile.
pub(super) fn change() -> Result<Vec<Figure>, Failure> {
    let (slow, fast) = (BitRate::from_mbps(25), BitRate::from_mbps(400));
    let usual = BitRate::from_mbps(100);
    let cases = [
        ("rate x0.25", Change::Rate(Some(slow)), slow, 100 * MS, 0.0),
        ("rate x4", Change::Rate(Some(fast)), fast, 100 * MS, 0.0),
        ("RTT +100 ms", Change::Delay(150 * MS), usual, 200 * MS, 0.0),
        ("RTT -80 ms", Change::Delay(Duration::ZERO), usual, 50 * MS, 0.0),
        ("loss 0 to 5 %", Change::Loss(0.05), usual, 100 * MS, 0.05),
    ];
    let mut figures = Vec::new();
    for (what, change, rate, rtt, loss) in cases {
        let rise = matches!(change, Change::Rate(Some(r)) if r > usual);
        let scenario = endless(what, long_path(), 10 * SECOND)
            .forward(|l| l.script = Script::default().then(AT, change));
        let outcome = run(&scenario)?;
        let ideal = goodput(rate, loss, efficiency(1500));
        let (delivered, arrived) = (&outcome.flows[0].delivered, &outcome.flows[0].receiver.taken_bytes);
        let settled = AT + rtt * 10;
        let after = delivered.rate(settled, settled + 2 * SECOND) / ideal;
        figures.push(Figure::at_least(format!("{what}: goodput 10 RTT later"), after, 0.95));
        if !rise {
            // One round trip of grace: what was sent before cannot be taken back.
            let capacity = goodput(rate, loss, 1.0);
            let least = arrived.least_rate(rtt, AT + rtt, settled) / capacity;
            figures.push(Figure::at_least(
                format!("{what}: least arriving in any RTT meanwhile"),
                least,
                0.5,
            ));
        }
    }
    Ok(figures)
}
