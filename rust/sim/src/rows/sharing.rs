//! Several of our streams on one link.

use core::time::Duration;

use faspstream_netem::{BitRate, Time};
use faspstream_proto::config::{RatePolicy, Rates};

use super::{Figure, MS, SECOND};
use crate::run::{Failure, run};
use crate::scenario::{Flow, Path, Queue, Scenario};

/// How far apart the streams start.
const APART: Duration = Duration::from_secs(10);
/// When they are to share alike after the last start.
const SETTLED: Duration = Duration::from_secs(30);

/// 2, 4, 8 `fair` streams that start 10 s apart.
pub(super) fn equals() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for (count, queue) in [(2, 1.0), (4, 1.0), (8, 1.0), (2, 0.25), (4, 0.25)] {
        let path = Path::new(BitRate::from_mbps(100), 50 * MS).queue(Queue::Bdp(queue));
        let what = format!("{count} fair streams, 100 Mbit/s 50 ms queue {queue} BDP");
        let flows = (0..count).map(|_| Flow::default());
        let (jain, used) = share(&what, path, flows)?;
        figures.push(Figure::number(format!("{what}: Jain index"), jain, 0.97));
        figures.push(Figure::at_least(format!("{what}: together, of ideal"), used, 0.95));
    }
    Ok(figures)
}

/// Streams that start at the same moment or nearly so, and two that share little over a long way: as alike as those that start 10 s
/// apart. The last 10 s of 40 s count, and of the crowd the last 4 s of the first 12 s too.
pub(super) fn together() -> Result<Vec<Figure>, Failure> {
    let crowd = Path::new(BitRate::from_mbps(300), 100 * MS).loss(0.01);
    let plain = Path::new(BitRate::from_mbps(100), 50 * MS);
    let mut figures = Vec::new();
    for (count, path, apart, early) in [
        (16, crowd, Duration::ZERO, true),
        (16, crowd, 100 * MS, true),
        (8, plain, Duration::ZERO, false),
        (4, plain, 300 * MS, false),
        (2, Path::new(BitRate::from_mbps(20), 200 * MS), APART, false),
    ] {
        let what = format!("{count} streams {} ms apart, {}", apart.as_millis(), words(&path));
        let mut scenario = Scenario::new(&what, path).until(SETTLED + APART);
        for i in 0..count {
            scenario = scenario.flow(Flow { start: apart * i, ..Flow::default() });
        }
        let outcome = run(&scenario)?;
        if early {
            let jain = outcome.jain(Time::from_secs(8), Time::from_secs(12));
            figures.push(Figure::number(format!("{what}: Jain index of 8 to 12 s"), jain, 0.9));
        }
        let (from, to) = (outcome.end - APART, outcome.end);
        figures.push(Figure::number(format!("{what}: Jain index"), outcome.jain(from, to), 0.97));
        let used = outcome.share_of_ideal(from, to);
        figures.push(Figure::at_least(format!("{what}: of ideal"), used, 0.95));
    }
    Ok(figures)
}

fn words(path: &Path) -> String {
    format!(
        "{} Mbit/s {} ms loss {} %",
        path.rate.as_bps() / 1_000_000,
        path.rtt.as_millis(),
        path.loss * 100.0
    )
}

/// Round-trip times of 20 and 200 ms.
pub(super) fn unlike_rtts() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for short_first in [true, false] {
        let path = Path::new(BitRate::from_mbps(100), 20 * MS).queue(Queue::Bytes(1_250_000));
        let far = Flow { extra_rtt: 180 * MS, ..Flow::default() };
        let mut flows = vec![Flow::default(), far];
        if !short_first {
            flows.reverse();
        }
        let what = format!("20 and 200 ms, the {} first", if short_first { "near" } else { "far" });
        let (jain, used) = share(&what, path, flows.into_iter())?;
        figures.push(Figure::number(format!("{what}: Jain index"), jain, 0.85));
        figures.push(Figure::at_least(format!("{what}: together, of ideal"), used, 0.95));
    }
    Ok(figures)
}

/// `high` takes twice the share of `fair`; `low` leaves 90 % to it.
pub(super) fn policies() -> Result<Vec<Figure>, Failure> {
    let path = Path::new(BitRate::from_mbps(100), 50 * MS);
    let with = |policy| Flow { rates: Rates { policy, ..Rates::default() }, ..Flow::default() };
    let ratio = |what: &str, policy| -> Result<f64, Failure> {
        let scenario = staggered(what, path, [with(RatePolicy::Fair), with(policy)].into_iter());
        let outcome = run(&scenario)?;
        let from = outcome.end - APART;
        let rate = |i: usize| outcome.flows[i].delivered.rate(from, outcome.end);
        Ok(rate(1) / rate(0))
    };
    let high = ratio("fair and high", RatePolicy::High)?;
    let low = ratio("fair and low", RatePolicy::Low)?;
    Ok(vec![
        Figure::is_so("high to fair", "1.6 to 2.4", format!("{high:.2}"), (1.6..=2.4).contains(&high)),
        Figure::at_most("low to fair", low, 0.11),
    ])
}

fn share(what: &str, path: Path, flows: impl Iterator<Item = Flow>) -> Result<(f64, f64), Failure> {
    let outcome = run(&staggered(what, path, flows))?;
    let (from, to) = (outcome.end - APART, outcome.end);
    Ok((outcome.jain(from, to), outcome.share_of_ideal(from, to)))
}

/// Flows that start 10 s apart; the run ends 10 s after they are to share alike.
fn staggered(what: &str, path: Path, flows: impl Iterator<Item = Flow>) -> Scenario {
    let mut scenario = Scenario::new(what, path);
    let mut start = Duration::ZERO;
    for flow in flows {
        scenario = scenario.flow(Flow { start, ..flow });
        start += APART;
    }
    let until = start.saturating_sub(APART) + SETTLED + APART;
    scenario.until(until.max(SECOND)).measured_from(Duration::ZERO)
}
