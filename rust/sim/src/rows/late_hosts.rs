//! Machines that are shared: a process that sleeps gets its processor late, at both ends, and the network is as it always is.

use faspstream_netem::{BitRate, Time};

use super::{Figure, MS, SECOND, endless};
use crate::endpoint::{HostConfig, Wakes};
use crate::run::{Failure, run};
use crate::scenario::{Flow, Path, Scenario};

/// Share of the wake-ups that come late in this row: what a virtual machine with more work than cores shows.
const SHARE: f64 = 0.1;

/// A machine that wakes a process mostly after some 50 us, and for this share of the wake-ups 1 to 10 ms late.
pub fn late_host(late: f64) -> HostConfig {
    let wakes = Some(Wakes { usual: MS / 20, late, by: (MS, 10 * MS) });
    HostConfig { wakes, ..HostConfig::default() }
}

/// A stream whose both ends run on such machines.
fn late_flow() -> Flow {
    let host = late_host(SHARE);
    Flow { sender_host: host, receiver_host: host, ..Flow::default() }
}

/// 90 % of ideal alone; two streams share, and neither starves.
pub(super) fn late_hosts() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for (mbps, rtt, loss) in [
        (100, 50, 0.0),
        (100, 50, 0.02),
        (100, 150, 0.0),
        (100, 150, 0.02),
        (100, 300, 0.0),
        (100, 300, 0.02),
        (1000, 100, 0.0),
        (1000, 100, 0.02),
    ] {
        let path = Path::new(BitRate::from_mbps(mbps), rtt * MS).loss(loss);
        let what = format!("{mbps} Mbit/s {rtt} ms loss {} %", loss * 100.0);
        let mut scenario = endless(&what, path, (rtt * MS * 60).max(5 * SECOND));
        scenario.flows[0] = late_flow();
        let outcome = run(&scenario)?;
        figures.push(Figure::at_least(format!("{what}: of ideal"), outcome.flows[0].steady_share(), 0.9));
    }
    let path = Path::new(BitRate::from_mbps(100), 50 * MS);
    let second = Flow { start: 5 * SECOND, ..late_flow() };
    let two = Scenario::new("two streams", path).flow(late_flow()).flow(second).until(30 * SECOND);
    let outcome = run(&two)?;
    let (from, to) = (Time::from_secs(15), outcome.end);
    let rates = outcome.flows.iter().map(|flow| flow.delivered.rate(from, to));
    let least = 2.0 * rates.fold(f64::INFINITY, f64::min) / outcome.path.ideal();
    figures.push(Figure::at_least("two streams: together, of ideal", outcome.share_of_ideal(from, to), 0.9));
    figures.push(Figure::at_least("two streams: the slower, of its half", least, 0.5));
    Ok(figures)
}
