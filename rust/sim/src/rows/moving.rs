//! The path moves or shrinks under the stream.

use std::net::SocketAddr;

use faspstream_netem::{Change, Script, Time};

use super::{Figure, MS, SECOND, endless, long_path, transfer};
use crate::endpoint::Order;
use crate::run::{Failure, run};
use crate::scenario::Scenario;

/// When it happens.
const AT: Time = Time::from_secs(4);

/// The client's address changes: the stream goes on within 2 RTT of the first datagram from the new one.
pub(super) fn moving() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for push in [true, false] {
        for noticed in [true, false] {
            for (words, address) in [("port", "10.0.0.1:50001"), ("address", "10.9.9.9:50000")] {
                figures.push(one(push, noticed, words, address)?);
            }
        }
    }
    Ok(figures)
}

fn one(push: bool, noticed: bool, words: &str, address: &str) -> Result<Figure, Failure> {
    let who = if push { "sending" } else { "receiving" };
    let how = if noticed { "noticed" } else { "unnoticed" };
    let what = format!("{who} client's {words} changes, {how}");
    let mut scenario: Scenario = transfer(&what, long_path(), 8 * SECOND);
    let address: SocketAddr = address.parse().expect("a literal address");
    let order = (AT, Order::Move { address, noticed });
    let flow = &mut scenario.flows[0];
    flow.push = push;
    if push { &mut flow.sender_orders } else { &mut flow.receiver_orders }.push(order);
    let outcome = run(&scenario)?;
    let flow = &outcome.flows[0];
    let rtt = scenario.path.rtt;
    // Back at half of the capacity during one round trip, half of which is the way there; what was under way does not count.
    let flowing = flow.receiver.taken_bytes.first_reaching(50e6, rtt / 4, AT + rtt);
    let after = flowing.filter(|_| flow.completed_at().is_some()).map(|at| at.since(AT));
    // The new address is first seen half a round trip after the change; but a sender that does not know of it, and whose window is full
    // since no feedback finds it any more, says nothing before its probe timeout of some one and a half round trips.
    let silent = if push && !noticed { rtt * 3 / 2 } else { core::time::Duration::ZERO };
    Ok(Figure::within(format!("{what}: half the capacity again"), after, rtt * 5 / 2 + silent))
}

/// The path MTU is found, and a black hole is left.
pub(super) fn mtu() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for (mtu, max, least) in [(1500, 1472, 1472), (1500, 8972, 1400), (9000, 8972, 8900)] {
        let mut scenario = endless(format!("MTU {mtu}"), long_path().mtu(mtu), 10 * SECOND);
        scenario.flows[0].datagram_max = max;
        let outcome = run(&scenario)?;
        let size = outcome.flows[0].sent.datagram_size;
        let what = format!("MTU {mtu}, {max} named: datagram");
        figures.push(Figure::is_so(what, format!(">= {least}"), size.to_string(), size >= least));
        let share = outcome.flows[0].steady_share();
        figures.push(Figure::at_least(format!("MTU {mtu}, {max} named: of ideal"), share, 0.97));
    }
    let script = Script::default().then(AT, Change::Mtu(1300));
    let outcome = run(&endless("black hole", long_path(), 12 * SECOND).forward(|l| l.script = script))?;
    let back = outcome.flows[0].receiver.taken_bytes.first_reaching(90e6, 100 * MS, AT + 200 * MS);
    figures.push(Figure::within("black hole of 1,300: 90 % again", back.map(|at| at.since(AT)), 3 * SECOND));
    let outcome = run(&endless("loss of 10 %", long_path().loss(0.1), 20 * SECOND))?;
    let size = outcome.flows[0].sent.datagram_size;
    figures.push(Figure::is_so("loss of 10 %: datagram", "1472", size.to_string(), size == 1472));
    Ok(figures)
}
