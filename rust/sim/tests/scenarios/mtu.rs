//! The size of datagrams follows the path.

use faspstream_netem::{Change, Script, Time};
use faspstream_proto::units::Rate;
use faspstream_sim::scenario::Flow;

use crate::common::{SECOND, complete, holds, long_path, transfer};

#[test]
fn an_ordinary_path_carries_full_datagrams() {
    let outcome = complete(&transfer("MTU 1500", long_path(), 3 * SECOND));
    holds!(outcome, outcome.flows[0].sent.datagram_size == 1472);
}

#[test]
fn a_jumbo_path_is_used() {
    let mut scenario = transfer("MTU 9000", long_path().mtu(9000), 5 * SECOND);
    scenario.flows[0].datagram_max = 8972;
    let outcome = complete(&scenario);
    holds!(outcome, outcome.flows[0].sent.datagram_size >= 8900);
    holds!(outcome, outcome.flows[0].share() >= 0.8);
}

#[test]
fn a_peer_that_names_jumbo_datagrams_does_no_harm_on_an_ordinary_path() {
    let mut scenario = transfer("jumbo named, MTU 1500", long_path(), 5 * SECOND);
    scenario.flows[0].datagram_max = 8972;
    let outcome = complete(&scenario);
    holds!(outcome, outcome.flows[0].sent.datagram_size <= 1472);
    holds!(outcome, outcome.flows[0].sent.datagram_size >= 1400);
    holds!(outcome, outcome.flows[0].share() >= 0.8);
}

#[test]
fn a_black_hole_that_opens_is_left_within_three_seconds() {
    let mut scenario = transfer("black hole", long_path(), 8 * SECOND);
    let opens = Time::from_secs(3);
    scenario.forward.script = Script::default().then(opens, Change::Mtu(1300));
    let outcome = complete(&scenario);
    let flow = &outcome.flows[0];
    let back = flow.receiver.taken_bytes.first_reaching(50e6, SECOND / 10, opens + SECOND / 5);
    holds!(outcome, back.is_some_and(|at| at.since(opens) <= 3 * SECOND));
    holds!(outcome, flow.sent.datagram_size <= 1272);
}

#[test]
fn random_loss_never_looks_like_a_black_hole() {
    let scenario = transfer("loss of 10 %, MTU 1500", long_path().loss(0.1), 10 * SECOND);
    let outcome = complete(&scenario);
    let shrunk = outcome.flows[0].sender.samples.windows(2);
    let shrunk = shrunk.filter(|w| w[1].stats.datagram_size < w[0].stats.datagram_size).count();
    holds!(outcome, shrunk == 0 && outcome.flows[0].sent.datagram_size == 1472);
}

#[test]
fn a_path_of_the_smallest_size_works_without_discovery() {
    let mut scenario = transfer("512 bytes", long_path().mtu(540), 2 * SECOND);
    scenario.flows[0] = Flow { datagram_start: 512, datagram_max: 512, ..scenario.flows[0].clone() };
    complete(&scenario);
}

#[test]
fn a_probe_that_is_due_between_two_paced_datagrams_waits_without_waking_the_session_all_the_time() {
    // After a black hole the search for a larger MTU starts again, at a moment when the pace has no credit for a datagram.
    let mut scenario = transfer("1 Mbit/s through a black hole", long_path(), SECOND / 3);
    scenario.flows[0].rates.target = Rate::from_mbps(1);
    scenario.forward.script = Script::default().then(Time::from_secs(2), Change::Mtu(1300));
    let outcome = complete(&scenario.until(60 * SECOND));
    holds!(outcome, outcome.flows[0].sent.datagram_size <= 1272);
}
