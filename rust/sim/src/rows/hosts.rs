//! Machines that are slow, late, or wrong about the time.

use faspstream_netem::BitRate;
use faspstream_proto::config::{RatePolicy, Rates};
use faspstream_proto::units::Rate;

use super::{Figure, MS, SECOND, endless, long_path};
use crate::endpoint::{HostConfig, Stalls};
use crate::run::{Failure, run};
use crate::scenario::{Flow, Path};

/// Spikes of 10 ms, late timers, drift of 100 ppm, the kernel's default socket buffer at 1 Gbit/s.
pub(super) fn hosts() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    let spikes =
        HostConfig { stalls: Some(Stalls { every: 50 * MS, up_to: 10 * MS }), ..HostConfig::default() };
    let late = HostConfig { timer_slack: MS, ..HostConfig::default() };
    let cases = [
        ("spikes of 10 ms at the receiver", Flow { receiver_host: spikes, ..Flow::default() }, 0.95),
        ("spikes of 10 ms at the sender", Flow { sender_host: spikes, ..Flow::default() }, 0.95),
        ("timers up to 1 ms late", Flow { sender_host: late, receiver_host: late, ..Flow::default() }, 0.95),
        ("drift of +100 ppm", Flow { drift_ppm: 100, ..Flow::default() }, 0.97),
        ("drift of -100 ppm", Flow { drift_ppm: -100, ..Flow::default() }, 0.97),
    ];
    for (what, flow, goal) in cases {
        let mut scenario = endless(what, long_path(), 60 * SECOND);
        scenario.flows[0] = flow;
        let outcome = run(&scenario)?;
        figures.push(Figure::at_least(format!("{what}: of ideal"), outcome.flows[0].steady_share(), goal));
        let queueing = Some(outcome.flows[0].queueing(0.95));
        figures.push(Figure::within(format!("{what}: queueing p95"), queueing, 25 * MS));
    }
    figures.extend(late_pacing()?);
    figures.extend(small_socket_buffer()?);
    Ok(figures)
}

/// A target of half the link, held by a sender whose timers come up to 2 ms late.
fn late_pacing() -> Result<Vec<Figure>, Failure> {
    let late = HostConfig { timer_slack: 2 * MS, ..HostConfig::default() };
    [10, 100, 1_000]
        .into_iter()
        .map(|mbps| {
            let what = format!("target of {mbps} Mbit/s, timers up to 2 ms late");
            let mut scenario = endless(&what, Path::new(BitRate::from_mbps(2 * mbps), 20 * MS), 5 * SECOND);
            let rates =
                Rates { target: Rate::from_mbps(mbps), policy: RatePolicy::Fixed, ..Rates::default() };
            scenario.flows[0] = Flow { rates, sender_host: late, ..Flow::default() };
            let share = 2.0 * run(&scenario)?.flows[0].steady_share();
            Ok(Figure::at_least(format!("{what}: of the target"), share, 0.985))
        })
        .collect()
}

/// 208 KiB of socket buffer, a receiver that is away for up to 5 ms: at least 80 % of the result with a large one.
fn small_socket_buffer() -> Result<[Figure; 2], Failure> {
    let with = |what: &str, receive_buffer| {
        let stalls = Some(Stalls { every: 20 * MS, up_to: 5 * MS });
        let receiver_host = HostConfig { receive_buffer, stalls, ..HostConfig::default() };
        let mut scenario = endless(what, Path::new(BitRate::from_mbps(1000), 20 * MS), 5 * SECOND);
        scenario.flows[0].receiver_host = receiver_host;
        run(&scenario)
    };
    let large = with("large socket buffer", 16 << 20)?;
    let small = with("socket buffer of 208 KiB", 208 << 10)?;
    let share = small.flows[0].steady_share() / large.flows[0].steady_share();
    let told = (small.flows[0].sent.local_drops, small.flows[0].local_drops);
    Ok([
        Figure::at_least("socket buffer of 208 KiB at 1 Gbit/s: of a large one", share, 0.8),
        Figure::is_so("local drops: known to the sender", "all but the last", format!("{told:?}"), {
            told.0 * 10 >= told.1 * 9
        }),
    ])
}
