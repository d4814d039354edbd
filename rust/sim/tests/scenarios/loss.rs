//! Independent loss in both directions, on 100 Mbit/s and 100 ms.

use crate::common::{SECOND, complete, holds, long_path, transfer};

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
