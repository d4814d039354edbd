//! A stream of ours beside TCP, judged by harm (Ware et al., "Beyond Jain's Fairness Index", HotNets 2019): what a flow loses to us against what
//! it loses to its own kind.

use core::time::Duration;

use faspstream_netem::{BitRate, Time};
use faspstream_proto::config::{RatePolicy, Rates};

use super::{Figure, MS, SECOND};
use crate::cross::{Cross, CrossLaw, PAYLOAD, WIRE};
use crate::outcome::Outcome;
use crate::run::{Failure, run};
use crate::scenario::{Flow, Path, Queue, Scenario};

/// The second flow comes so long after the first.
const SECOND_COMES: Duration = Duration::from_secs(5);
/// The shares are taken from here to [`END`].
const SETTLED: Time = Time::from_secs(20);
const END: Time = Time::from_secs(60);
/// When TCP stops beside `low`.
const TCP_STOPS: Time = Time::from_secs(40);

fn path(queue: f64) -> Path {
    Path::new(BitRate::from_mbps(100), 50 * MS).queue(Queue::Bdp(queue))
}

fn tcp(law: CrossLaw, start: Duration, stop: Time) -> Cross {
    Cross { law, start, stop: stop.since(Time::ZERO), extra_rtt: Duration::ZERO }
}

fn cases() -> impl Iterator<Item = (CrossLaw, f64)> {
    [CrossLaw::Cubic, CrossLaw::Bbr].into_iter().flat_map(|law| [(law, 1.0), (law, 0.25)])
}

/// What a TCP flow could have of the link.
fn whole(path: &Path) -> f64 {
    path.rate.as_bps() as f64 * PAYLOAD as f64 / WIRE as f64
}

fn tcp_share(outcome: &Outcome, index: usize, to: Time) -> f64 {
    outcome.cross[index].rate(SETTLED, to) / whole(&outcome.path)
}

/// `fair` beside a flow that was there before: TCP keeps 80 % of what its own kind leaves it, the stream gets 80 % of its half.
pub(super) fn harm() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for (law, queue) in cases() {
        let what = format!("{law:?}, queue {queue} BDP");
        let until = END.since(Time::ZERO);
        let scenario = Scenario::new(&what, path(queue)).until(until).beside(tcp(law, Duration::ZERO, END));
        let alike = run(&scenario.clone().beside(tcp(law, SECOND_COMES, END)))?;
        let kind = (tcp_share(&alike, 0, END) + tcp_share(&alike, 1, END)) / 2.0;
        let ours = run(&scenario.flow(Flow { start: SECOND_COMES, ..Flow::default() }))?;
        let kept = tcp_share(&ours, 0, END) / kind;
        let half = ours.flows[0].delivered.rate(SETTLED, END) / ours.flows[0].ideal * 2.0;
        figures.push(Figure::at_least(format!("{what}: TCP keeps of its due"), kept, 0.8));
        figures.push(Figure::at_least(format!("{what}: the stream's share of its half"), half, 0.8));
    }
    Ok(figures)
}

/// `low` beside TCP: TCP keeps 90 % of what it has alone, and what it leaves is taken within 5 RTT once it stops.
pub(super) fn yielding() -> Result<Vec<Figure>, Failure> {
    let low = Rates { policy: RatePolicy::Low, ..Rates::default() };
    let mut figures = Vec::new();
    for (law, queue) in cases() {
        let what = format!("low beside {law:?}, queue {queue} BDP");
        let until = TCP_STOPS.since(Time::ZERO) + 5 * SECOND;
        let scenario =
            Scenario::new(&what, path(queue)).until(until).beside(tcp(law, SECOND_COMES, TCP_STOPS));
        let alone = tcp_share(&run(&scenario)?, 0, TCP_STOPS);
        let outcome = run(&scenario.flow(Flow { rates: low, ..Flow::default() }))?;
        let kept = tcp_share(&outcome, 0, TCP_STOPS) / alone;
        figures.push(Figure::at_least(format!("{what}: TCP keeps"), kept, 0.9));
        // What TCP has queued drains first.
        let rtt = outcome.path.rtt;
        let flow = &outcome.flows[0];
        let taken = flow.delivered.first_reaching(0.9 * flow.ideal, rtt, TCP_STOPS);
        let taken = taken.map(|at| at.since(TCP_STOPS));
        figures.push(Figure::within(format!("{what}: the rest is taken"), taken, rtt * 5));
    }
    Ok(figures)
}
