//! Nothing passes for a while.

use core::time::Duration;

use faspstream_netem::{Script, Time};
use faspstream_proto::error::ErrorCode;
use faspstream_sim::endpoint::Ending;
use faspstream_sim::outcome::Outcome;
use faspstream_sim::run::run;
use faspstream_sim::scenario::{Flow, Scenario};

use crate::common::{MS, SECOND, complete, holds, long_path, transfer};

/// When the outages begin.
const FROM: Time = Time::from_secs(3);

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Forward,
    Backward,
    Both,
}

/// A transfer of 8 s with an outage at 3 s; it must go on, and be back at 90 % of the capacity within 10 RTT.
fn goes_on(lasting: Duration, way: Way) -> Outcome {
    let mut scenario = transfer("outage", long_path(), 8 * SECOND);
    scenario.until += lasting;
    if way != Way::Backward {
        scenario.forward.script = Script::default().outage(FROM, lasting);
    }
    if way != Way::Forward {
        scenario.backward.script = Script::default().outage(FROM, lasting);
    }
    let outcome = complete(&scenario);
    let back = FROM + lasting;
    let reached = outcome.flows[0].receiver.taken_bytes.first_reaching(90e6, 100 * MS, back + 100 * MS);
    holds!(outcome, reached.is_some_and(|at| at.since(back) <= 1000 * MS));
    outcome
}

#[test]
fn a_tenth_of_a_second_in_both_directions() {
    goes_on(100 * MS, Way::Both);
}

#[test]
fn two_seconds_in_both_directions() {
    goes_on(2 * SECOND, Way::Both);
}

#[test]
fn two_seconds_in_the_direction_of_the_data() {
    goes_on(2 * SECOND, Way::Forward);
}

#[test]
fn two_seconds_in_the_direction_of_the_feedback() {
    goes_on(2 * SECOND, Way::Backward);
}

#[test]
fn ten_seconds_in_both_directions() {
    goes_on(10 * SECOND, Way::Both);
}

#[test]
fn silence_beyond_the_timeout_ends_both_sessions_with_a_reason() {
    let script = Script::default().outage(FROM, Duration::from_secs(1_000_000));
    let flow = Flow { outage_timeout: 5 * SECOND, ..Flow::default() };
    let scenario = Scenario::new("an outage without end", long_path()).flow(flow).until(30 * SECOND);
    let scenario = scenario.both(|l| l.script = script.clone());
    let outcome = run(&scenario).unwrap_or_else(|failure| panic!("{failure}"));
    for ending in [&outcome.flows[0].sender_ending, &outcome.flows[0].receiver_ending] {
        let Ending::Closed(at, reason) = ending else { panic!("{ending:?}") };
        assert_eq!(reason.code, ErrorCode::Outage);
        assert!(at.since(FROM) >= 5 * SECOND && at.since(FROM) < 6 * SECOND, "closed at {at:?}");
    }
}
