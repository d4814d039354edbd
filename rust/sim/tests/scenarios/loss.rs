//! Independent loss in both directions, on 100 Mbit/s and 100 ms.

use faspstream_netem::BitRate;
use faspstream_proto::io::Limit;
use faspstream_sim::scenario::Path;

use crate::common::{MS, SECOND, complete, holds, long_path, transfer};

fn share_and_redundancy(loss: f64, least_share: f64, most_redundancy: f64) {
    let scenario = transfer(&format!("loss of {} %", loss * 100.0), long_path().loss(loss), 10 * SECOND);
    let outcome = complete(&scenario);
    let flow = &outcome.flows[0];
    holds!(outcome, flow.share() >= least_share);
    holds!(outcome, flow.redundancy() <= most_redundancy);
    holds!(outcome, flow.feedback_share() < 0.01);
}

#[test]
fn without_loss_nothing_arrives_twice() {
    share_and_redundancy(0.0, 0.8, 0.0);
}

#[test]
fn a_tenth_of_a_percent_costs_no_goodput() {
    share_and_redundancy(0.001, 0.8, 0.005);
}

#[test]
fn one_percent_costs_no_goodput() {
    share_and_redundancy(0.01, 0.8, 0.005);
}

#[test]
fn two_percent_cost_no_goodput() {
    share_and_redundancy(0.02, 0.8, 0.005);
}

#[test]
fn five_percent_cost_no_goodput() {
    share_and_redundancy(0.05, 0.8, 0.005);
}

#[test]
fn ten_percent_cost_no_goodput() {
    share_and_redundancy(0.1, 0.8, 0.015);
}

#[test]
fn a_path_of_a_second_is_measured_by_the_receiver_and_its_window_follows() {
    let path = Path::new(BitRate::from_mbps(20), 1000 * MS).loss(0.05);
    let outcome = complete(&transfer("RTT of 1 s", path, 40 * SECOND));
    let flow = &outcome.flows[0];
    holds!(outcome, flow.received.rtt.abs_diff(path.rtt) < 100 * MS);
    let short = flow.limits.0[Limit::ReceiveWindow as usize];
    holds!(outcome, short < 2 * SECOND);
}
