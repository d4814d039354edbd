//! The bound that the sender names is the one that was made.

use faspstream_netem::{BitRate, Script, Time};
use faspstream_proto::config::Rates;
use faspstream_proto::io::Limit;
use faspstream_proto::units::Rate;

use super::{Figure, MS, SECOND, endless, long_path};
use crate::endpoint::{HostConfig, SinkPlan, SourcePlan, Stalls};
use crate::outcome::Outcome;
use crate::run::{Failure, run};
use crate::scenario::{Flow, Path, Scenario};

/// Each induced cause gets the right verdict in at least 90 % of the samples.
pub(super) fn diagnosis() -> Result<Vec<Figure>, Failure> {
    let one = Flow::default();
    let live = SourcePlan::Live { rate: BitRate::from_mbps(20), every: MS, lasting: 60 * SECOND };
    let target = Rates { target: Rate::from_mbps(30), ..Rates::default() };
    let cases = [
        ("the network", Limit::NetworkCapacity, one.clone()),
        ("the writer", Limit::ApplicationWrite, Flow { source: live, ..one.clone() }),
        (
            "the reader",
            Limit::ApplicationRead,
            Flow { sink: SinkPlan::Slow(BitRate::from_mbps(20)), buffer_max: 8 << 20, ..one.clone() },
        ),
        ("the target", Limit::TargetRate, Flow { rates: target, ..one.clone() }),
        ("the buffer", Limit::ReceiveWindow, Flow { receiver_buffer_max: Some(300 << 10), ..one }),
    ];
    let mut figures = Vec::new();
    for (what, limit, flow) in cases {
        let outcome = run(&Scenario::new(what, long_path()).flow(flow).until(15 * SECOND))?;
        figures.push(verdict(what, limit, &outcome, Time::from_secs(5), outcome.end));
    }
    figures.extend(machines()?);
    let script = Script::default().outage(Time::from_secs(3), 10 * SECOND);
    let outcome = run(&endless("an outage", long_path(), 13 * SECOND).both(|l| l.script = script.clone()))?;
    figures.push(verdict("an outage", Limit::Outage, &outcome, Time::from_secs(5), outcome.end));
    let stalls = Some(Stalls { every: 10 * MS, up_to: 10 * MS });
    let receiver_host = HostConfig { receive_buffer: 64 << 10, stalls, ..HostConfig::default() };
    let mut scenario = endless("the peer's socket", Path::new(BitRate::from_mbps(1000), 20 * MS), 8 * SECOND);
    scenario.flows[0].receiver_host = receiver_host;
    let outcome = run(&scenario)?;
    figures.push(verdict(
        "the peer's socket",
        Limit::PeerSocketBuffer,
        &outcome,
        Time::from_secs(2),
        outcome.end,
    ));
    Ok(figures)
}

/// The bounds of the sending machine.
fn machines() -> Result<[Figure; 2], Failure> {
    let slow_socket = HostConfig { send_rate: Some(BitRate::from_mbps(40)), ..HostConfig::default() };
    // 25,000 datagrams a second.
    let slow_processor = HostConfig { per_datagram: MS / 25, ..HostConfig::default() };
    let path = Path::new(BitRate::from_mbps(1000), 20 * MS);
    let with = |what: &'static str, limit, sender_host| {
        let mut scenario = endless(what, path, 8 * SECOND);
        scenario.flows[0].sender_host = sender_host;
        let outcome = run(&scenario)?;
        Ok(verdict(what, limit, &outcome, Time::from_secs(2), outcome.end))
    };
    Ok([
        with("the sender's socket", Limit::LocalSocketBuffer, slow_socket)?,
        with("the sender's processor", Limit::Cpu, slow_processor)?,
    ])
}

/// The share of the time from sample to sample in which the verdict was `limit`.
fn verdict(what: &str, limit: Limit, outcome: &Outcome, from: Time, to: Time) -> Figure {
    let samples = &outcome.flows[0].sender.samples;
    let ends = samples.iter().skip(1).map(|s| s.at).chain([to]);
    let mut times = [0.0; Limit::COUNT];
    let mut most = samples.first().map(|s| s.limit);
    for (sample, end) in samples.iter().zip(ends) {
        times[sample.limit as usize] += end.min(to).since(sample.at.max(from)).as_secs_f64();
        if most.is_none_or(|m| times[sample.limit as usize] > times[m as usize]) {
            most = Some(sample.limit);
        }
    }
    let share = times[limit as usize] / f64::max(times.iter().sum(), 1e-9);
    let words =
        format!("{:.1} %, mostly {}", share * 100.0, most.map_or("nothing".into(), |m| format!("{m:?}")));
    Figure::is_so(format!("{what}: {limit:?}"), ">= 90 %", words, share >= 0.9)
}
