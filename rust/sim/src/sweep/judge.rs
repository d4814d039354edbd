//! What is wrong with a run of a random link.

use core::time::Duration;

use faspstream_netem::{Change, Jitter, LinkConfig, Time};

use crate::endpoint::Ending;
use crate::ideal::bdp;
use crate::outcome::{FlowReport, Outcome};
use crate::scenario::Scenario;

/// Beside four round trips: the timers of a path of no length (a probe timeout begins with 470 ms before the first answer).
const STALL_SLACK: Duration = Duration::from_millis(500);

/// What is less likely than this in one link is not looked for in ten thousand.
const LUCK: f64 = 1e-6;

/// Round trips, and multiple of the time at the ideal rate, within which a transfer ends on a link without changes and bursts.
const CALM_LINK: (u32, f64) = (30, 2.0);
/// The same where the link changes, loses in bursts or jumbles, or loses more than a tenth.
const ANY_LINK: (u32, f64) = (150, 10.0);

/// What is wrong with a run of a random link, in words; nothing if all is well. That packets and bytes are conserved and that the
/// stream is what was written is checked in every run already.
pub fn judge(scenario: &Scenario, outcome: &Outcome) -> Vec<String> {
    let Some(flow) = outcome.flows.first() else { return vec!["no flow".into()] };
    let mut wrong = Vec::new();
    // Where every word of the receiver that all is complete gets lost, the control channel tells it, which is not simulated.
    let is_complete = flow.completed_at().is_some() || matches!(flow.receiver_ending, Ending::Completed(_));
    if !is_complete {
        let share = flow.delivered.total() as f64 / flow.sent.bytes_accepted.max(1) as f64;
        wrong.push(format!(
            "not complete by {:.0} s: {:.1} % of what was written",
            outcome.end.as_secs_f64(),
            share * 100.0
        ));
    }
    wrong.extend(stall(scenario, flow));
    wrong.extend(idleness(scenario, flow));
    wrong.extend(waste(scenario, flow));
    wrong.extend(memory(scenario, flow));
    wrong
}

/// The stream goes on: no silence at the receiver above four round trips and the outages.
fn stall(scenario: &Scenario, flow: &FlowReport) -> Option<String> {
    let last = flow.receiver.taken_bytes.last()?;
    let first = flow.receiver.taken_bytes.reached(1)?;
    let (gap, at) = flow.receiver.taken_bytes.longest_gap(first, last.min(flow.last_delivery));
    let outages = outages(&scenario.forward) + outages(&scenario.backward);
    let most = longest_rtt(scenario) * 4 + outages + bad_luck(scenario) + STALL_SLACK;
    (gap > most).then(|| {
        format!(
            "nothing came for {:.2} s until {:.2} s, where {:.2} s would be the most",
            gap.as_secs_f64(),
            at.as_secs_f64(),
            most.as_secs_f64()
        )
    })
}

/// The longest round trip that this link can have: propagation, jitter and full queues at the lowest rate.
fn longest_rtt(scenario: &Scenario) -> Duration {
    longest_way(&scenario.forward) + longest_way(&scenario.backward)
}

fn longest_way(link: &LinkConfig) -> Duration {
    let mut rate = link.rate.map_or(f64::INFINITY, |rate| rate.as_bps() as f64);
    let mut delay = link.delay;
    for (_, change) in link.script.changes() {
        match change {
            Change::Rate(Some(new)) => rate = rate.min(new.as_bps() as f64),
            Change::Delay(new) => delay = delay.max(*new),
            _ => {}
        }
    }
    let spread = match link.jitter {
        Jitter::None => Duration::ZERO,
        Jitter::PerPacket(spread) | Jitter::Wander { spread, .. } => spread,
    };
    let held_back = link.reordering.map_or(Duration::ZERO, |reordering| reordering.up_to);
    let queue = Duration::from_secs_f64((link.queue + link.mtu) as f64 * 8.0 / rate);
    delay + spread + held_back + queue
}

/// How long the link is down in all.
fn outages(link: &LinkConfig) -> Duration {
    let mut sum = Duration::ZERO;
    let mut down: Option<Time> = None;
    for (at, change) in link.script.changes() {
        if let Change::Up(up) = change {
            match down.take() {
                Some(since) if *up => sum += at.since(since),
                _ => down = (!up).then_some(*at),
            }
        }
    }
    sum
}

/// The time that passes while one probe after the other is lost by chance. A burst lasts for a number of datagrams, so one that meets
/// nothing but probes lasts long.
fn bad_luck(scenario: &Scenario) -> Duration {
    let (forward, backward) = (&scenario.forward, &scenario.backward);
    let passes = |link: &LinkConfig| (1.0 - link.loss) * (1.0 - link.damage);
    let single = tries(1.0 - passes(forward) * passes(backward));
    let burst = |link: &LinkConfig| link.bursts.map_or(0.0, |b| tries(1.0 - b.leave));
    // The slowest probes go out once a round trip, within a quarter of a second and a second.
    let every = longest_rtt(scenario).clamp(Duration::from_millis(250), Duration::from_secs(1));
    every.mul_f64(single + burst(forward) + burst(backward))
}

/// How many tries fail in a row, each with this chance, in the worst of luck.
fn tries(fails: f64) -> f64 {
    if fails > 0.0 { (LUCK.ln() / fails.ln()).ceil() } else { 0.0 }
}

/// The link is used: the transfer ends in time.
fn idleness(scenario: &Scenario, flow: &FlowReport) -> Option<String> {
    let is_calm = is_calm(&scenario.forward) && is_calm(&scenario.backward) && scenario.path.loss <= 0.1;
    let (rounds, multiple) = if is_calm { CALM_LINK } else { ANY_LINK };
    let slower = scenario.forward.script.changes().filter_map(|(_, change)| match change {
        Change::Rate(Some(rate)) => Some(rate.as_bps() as f64 / scenario.path.rate.as_bps() as f64),
        _ => None,
    });
    let ideal = flow.delivered.total() as f64 * 8.0 / (scenario.path.ideal() * slower.fold(1.0, f64::min));
    let outages = outages(&scenario.forward) + outages(&scenario.backward);
    let most = Duration::from_secs_f64(ideal * multiple)
        + longest_rtt(scenario) * rounds
        + outages
        + bad_luck(scenario)
        + STALL_SLACK;
    let took = flow.last_delivery.since(flow.start);
    (flow.completed_at().is_some() && took > most).then(|| {
        format!(
            "took {:.2} s, {:.2} s would be the most, {ideal:.2} s ideal",
            took.as_secs_f64(),
            most.as_secs_f64()
        )
    })
}

/// True if the link stays as it is and does no more than lose single datagrams.
fn is_calm(link: &LinkConfig) -> bool {
    let is_simple = link.bursts.is_none() && link.reordering.is_none() && link.damage == 0.0;
    is_simple && matches!(link.jitter, Jitter::None) && link.script.changes().next().is_none()
}

/// Hardly anything comes twice.
fn waste(scenario: &Scenario, flow: &FlowReport) -> Option<String> {
    let redundancy = flow.redundancy();
    // A second copy of what was lost twice is wanted, so waste grows with the square of the loss, whatever its cause.
    let lost = flow.sent.datagrams_lost as f64 / flow.sent.datagrams_sent.max(1) as f64;
    // Until it is learnt how far datagrams are overtaken, what is overtaken is taken for lost.
    let jumbled = if matches!(scenario.forward.jitter, Jitter::PerPacket(_)) { 0.08 } else { 0.0 };
    let most = 0.05 + jumbled + scenario.forward.duplication + lost * lost;
    (redundancy > most && flow.received.bytes_duplicate > 100_000)
        .then(|| format!("{:.2} % of the bytes came twice", redundancy * 100.0))
}

/// Memory stays within four times what the path holds at its worst, and 8 MiB.
fn memory(scenario: &Scenario, flow: &FlowReport) -> Option<String> {
    let fastest = |link: &LinkConfig| {
        let steps = link.script.changes().filter_map(|(_, change)| match change {
            Change::Rate(Some(rate)) => Some(*rate),
            _ => None,
        });
        steps.chain(link.rate).max_by_key(|rate| rate.as_bps())
    };
    let rate = fastest(&scenario.forward)?;
    let bound = 4 * bdp(rate, longest_rtt(scenario)) + (8 << 20);
    let peak = flow.sender.memory_peak.max(flow.receiver.memory_peak);
    (peak > bound.min(scenario.flows[0].buffer_max))
        .then(|| format!("{} KiB in memory, {} KiB are the most", peak / 1024, bound / 1024))
}
