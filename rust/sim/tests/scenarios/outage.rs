//! Nothing passes for a while.

use core::time::Duration;

use faspstream_netem::{Script, Time};
use faspstream_proto::error::ErrorCode;
use faspstream_sim::endpoint::{Ending, Order};
use faspstream_sim::outcome::Outcome;
use faspstream_sim::run::run;
use faspstream_sim::scenario::{Flow, Scenario};
use faspstream_sim::text::report;

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

/// A transfer of 8 s; the machine of one end sleeps at 3 s.
fn outlives_a_sleep(sends: bool, push: bool, clock_stands: bool) {
    let lasting = 30 * SECOND;
    let mut scenario = transfer("a machine that sleeps", long_path(), 8 * SECOND);
    scenario.until += lasting;
    let flow = &mut scenario.flows[0];
    flow.push = push;
    let orders = if sends { &mut flow.sender_orders } else { &mut flow.receiver_orders };
    orders.push((FROM, Order::Sleep { lasting, clock_stands }));
    let outcome = complete(&scenario);
    let woken = FROM + lasting;
    // Five seconds' worth is left to be sent.
    let took = outcome.flows[0].last_delivery.since(woken);
    assert!(
        took <= 12 * SECOND,
        "{took:?}, the sender slept: {sends}, its clock stood: {clock_stands}\n{}",
        report(&outcome)
    );
}

#[test]
fn a_laptop_that_slept_goes_on_whether_its_clock_stood_still_or_not() {
    for sends in [true, false] {
        for clock_stands in [true, false] {
            // The client is the laptop.
            outlives_a_sleep(sends, sends, clock_stands);
        }
    }
}

#[test]
fn a_laptop_that_wakes_at_another_address_goes_on_too() {
    for sends in [true, false] {
        let lasting = 20 * SECOND;
        let mut scenario = transfer("a laptop that wakes elsewhere", long_path(), 8 * SECOND);
        scenario.until += lasting;
        let flow = &mut scenario.flows[0];
        flow.push = sends;
        let address = "10.9.9.9:40000".parse().expect("a literal address");
        let orders = if sends { &mut flow.sender_orders } else { &mut flow.receiver_orders };
        orders.push((FROM, Order::Sleep { lasting, clock_stands: true }));
        orders.push((FROM + lasting, Order::Move { address, noticed: true }));
        complete(&scenario);
    }
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
