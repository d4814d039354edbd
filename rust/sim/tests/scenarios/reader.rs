//! Readers that are slower than the network.

use faspstream_netem::BitRate;
use faspstream_sim::endpoint::SinkPlan;
use faspstream_sim::scenario::{Flow, Scenario};

use crate::common::{MS, SECOND, complete, holds, long_path};

/// Memory that suffices for a bandwidth-delay product of 1.25 MB.
const BUFFER: u64 = 8 << 20;

#[test]
fn a_slow_reader_sets_the_pace_and_the_memory_stays_bounded() {
    let sink = SinkPlan::Slow(BitRate::from_mbps(20));
    let flow = Flow { sink, buffer_max: BUFFER, ..Flow::bulk(25_000_000) };
    let outcome = complete(&Scenario::new("a reader at 20 Mbit/s", long_path()).flow(flow));
    let flow = &outcome.flows[0];
    holds!(outcome, flow.goodput() >= 19e6 && flow.goodput() <= 20.1e6);
    holds!(outcome, flow.receiver.memory_peak <= BUFFER && flow.sender.memory_peak <= BUFFER);
    holds!(outcome, flow.redundancy() == 0.0);
}

#[test]
fn a_reader_that_stops_for_an_hour_loses_nothing() {
    let pause = 3600 * SECOND;
    let sink = SinkPlan::Pauses(vec![(2 * SECOND, pause)]);
    let flow = Flow { sink, buffer_max: BUFFER, ..Flow::bulk(50_000_000) };
    let scenario = Scenario::new("a reader that stops for an hour", long_path()).flow(flow);
    let outcome = complete(&scenario.until(pause + 60 * SECOND));
    let flow = &outcome.flows[0];
    holds!(outcome, flow.receiver.memory_peak <= BUFFER);
    let back = faspstream_netem::Time::ZERO + 2 * SECOND + pause;
    holds!(outcome, flow.last_delivery.since(back) <= 5 * SECOND);
}

#[test]
fn short_pauses_cost_no_more_than_their_time() {
    let pauses = (1..6).map(|i| (i * SECOND, 200 * MS)).collect();
    let flow = Flow { sink: SinkPlan::Pauses(pauses), ..Flow::bulk(60_000_000) };
    let outcome = complete(&Scenario::new("a reader that pauses", long_path()).flow(flow));
    holds!(outcome, outcome.flows[0].share() >= 0.7);
}
