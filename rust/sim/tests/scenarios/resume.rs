//! A session that begins with the memory of another one (careful resume).

use core::time::Duration;

use faspstream_netem::{BitRate, Cause, Time};
use faspstream_proto::config::PathMemory;
use faspstream_proto::units::Rate;
use faspstream_sim::outcome::Outcome;
use faspstream_sim::scenario::Path;

use crate::common::{MS, SECOND, complete, holds, long_path, transfer};

fn with_memory(name: &str, path: Path, remembered: Option<(Duration, u64)>) -> Outcome {
    let mut scenario = transfer(name, path, 8 * SECOND);
    scenario.flows[0].path_memory =
        remembered.map(|(min_rtt, mbps)| PathMemory { min_rtt, rate: Rate::from_mbps(mbps) });
    complete(&scenario)
}

fn lost_to_the_queue(outcome: &Outcome) -> f64 {
    outcome.forward.dropped_by(Cause::Queue) as f64 / outcome.forward.offered as f64
}

/// Wire bytes sent up to this moment.
fn sent_by(outcome: &Outcome, at: Duration) -> f64 {
    outcome.flows[0].sender.sent_bytes.rate(Time::ZERO, Time::ZERO + at) * at.as_secs_f64() / 8.0
}

#[test]
fn what_is_remembered_is_only_used_once_a_round_trip_confirms_it() {
    let new = with_memory("nothing remembered", long_path(), None);
    let old = with_memory("everything remembered", long_path(), Some((100 * MS, 95)));
    holds!(old, sent_by(&old, 99 * MS) <= sent_by(&new, 99 * MS) * 1.1);
    // Half of what was remembered is on its way within the next round trip: 95 Mbit/s x 0.5 x 100 ms.
    holds!(old, sent_by(&old, 205 * MS) >= 0.8 * 0.5 * 95e6 / 8.0 * 0.1);
    holds!(old, sent_by(&old, 205 * MS) >= 2.0 * sent_by(&new, 205 * MS));
    holds!(old, old.flows[0].time_to_capacity() < new.flows[0].time_to_capacity());
    holds!(old, lost_to_the_queue(&old) <= 0.01);
}

#[test]
fn a_path_with_another_round_trip_is_not_the_one_that_is_remembered() {
    let new = with_memory("nothing remembered", long_path(), None);
    for rtt in [20 * MS, 400 * MS] {
        let other = with_memory("another path", long_path(), Some((rtt, 95)));
        holds!(other, sent_by(&other, 205 * MS) <= sent_by(&new, 205 * MS) * 1.1);
    }
}

#[test]
fn a_path_that_has_become_slower_is_left_alone_at_once() {
    // A tenth and a quarter of what is remembered, same round trip.
    for mbps in [10, 25] {
        let path = Path::new(BitRate::from_mbps(mbps), 100 * MS);
        let outcome = with_memory("a path that became slower", path, Some((100 * MS, 100)));
        holds!(outcome, lost_to_the_queue(&outcome) <= 0.05);
        holds!(outcome, outcome.flows[0].share() >= 0.8);
    }
}
