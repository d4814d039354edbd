//! From a scenario to its outcome.

use core::time::Duration;
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use faspstream_netem::{Link, LinkConfig, RandomStream, Time};
use faspstream_proto::config::{Cipher, Config, ConnectionId, MasterSecret, Role, Side};

use crate::actor::Actor;
use crate::content::Content;
use crate::cross::{TcpReceiver, TcpSender};
use crate::endpoint::{App, Ending, Endpoint, Host, Parts, Sink, Source, SourcePlan};
use crate::outcome::{FlowReport, Outcome};
use crate::packet::AgentId;
use crate::pool;
use crate::scenario::{Flow, Scenario};
use crate::world::World;

/// A scenario that did not come to its end, or broke a law that holds in every run.
#[derive(Clone, Debug, thiserror::Error)]
#[error("scenario {scenario}: {what}; FASPSTREAM_SEED={seed} replays it")]
pub struct Failure {
    /// Which scenario.
    pub scenario: String,
    /// Its seed.
    pub seed: u64,
    /// What went wrong.
    pub what: String,
}

/// Runs a scenario, and checks the laws that hold in every run: packets and bytes are conserved, the stream is what was written.
pub fn run(scenario: &Scenario) -> Result<Outcome, Failure> {
    let fail = |what: String| Failure { scenario: scenario.name.clone(), seed: scenario.seed, what };
    let mut world = build(scenario);
    let until = Time::ZERO + scenario.until;
    world.run(until, most_events(scenario)).map_err(|stuck| fail(stuck.to_string()))?;
    if !world.conserves_packets() {
        return Err(fail("packets appeared or vanished in the emulated network".into()));
    }
    let mut flows = Vec::new();
    let mut cross = Vec::new();
    for pair in world.agents().chunks(2) {
        match pair {
            [Actor::Endpoint(sender), Actor::Endpoint(receiver)] => {
                check(sender, receiver).map_err(|what| fail(format!("flow {}: {what}", flows.len())))?;
                flows.push(FlowReport::new(scenario, sender, receiver, world.now()));
            }
            [_, Actor::TcpReceiver(receiver)] => cross.push(receiver.delivered().clone()),
            _ => {}
        }
    }
    let link = |index: usize| *world.links()[index].counters();
    Ok(Outcome {
        name: scenario.name.clone(),
        seed: scenario.seed,
        path: scenario.path,
        measure_from: Time::ZERO + scenario.measure_from,
        end: world.now(),
        events: world.events(),
        flows,
        cross,
        forward: link(0),
        backward: link(1),
    })
}

/// Runs scenarios on so many threads; `each` is given every outcome as it comes, and keeps of it what is wanted, which comes in the
/// order of the scenarios.
pub fn run_all<T: Send>(
    scenarios: &[Scenario],
    threads: usize,
    each: impl Fn(&Scenario, Result<Outcome, Failure>) -> T + Sync,
) -> Vec<T> {
    pool::map(scenarios, threads, |scenario| each(scenario, run_caught(scenario)))
}

/// [`run`], with a panic of the protocol as a failure, so that one bad cell does not end a grid.
pub fn run_caught(scenario: &Scenario) -> Result<Outcome, Failure> {
    std::panic::catch_unwind(|| run(scenario)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words");
        let what = format!("panicked: {words}");
        Err(Failure { scenario: scenario.name.clone(), seed: scenario.seed, what })
    })
}

/// Ten times what a session needs that fills the path with datagrams of 1,200 bytes all the time, each of which is some 8 events.
fn most_events(scenario: &Scenario) -> u64 {
    let seconds = scenario.until.as_secs_f64().max(1.0);
    let rate = scenario.path.rate.as_bps() as f64;
    let flows = (scenario.flows.len() + scenario.cross.len()) as f64;
    (10.0 * 8.0 * seconds * (rate / 9600.0 + flows * 5_000.0)) as u64
}

fn build(scenario: &Scenario) -> World<Actor> {
    let mut world = World::new();
    let seeds = RandomStream::new(scenario.seed, 300);
    let forward = world.add_link(Link::new(scenario.forward.clone(), seeds.at(0)));
    let backward = world.add_link(Link::new(scenario.backward.clone(), seeds.at(1)));
    let mut next = 0;
    let mut add = |extra_rtt: Duration, pair: &dyn Fn(AgentId, AgentId) -> (Actor, Actor)| {
        let (mut there, mut back) = (vec![forward], vec![backward]);
        if !extra_rtt.is_zero() {
            let own = LinkConfig { delay: extra_rtt / 2, ..LinkConfig::default() };
            there.push(world.add_link(Link::new(own.clone(), 0)));
            back.push(world.add_link(Link::new(own, 0)));
        }
        let (sender, receiver) = (AgentId(next), AgentId(next + 1));
        next += 2;
        let actors = pair(sender, receiver);
        world.add_agent(actors.0, there, receiver);
        world.add_agent(actors.1, back, sender);
    };
    for (index, flow) in scenario.flows.iter().enumerate() {
        let seed = seeds.at(16 + index as u64);
        let end = |id, role| Actor::Endpoint(Box::new(endpoint(id, role, index, flow, scenario, seed)));
        add(flow.extra_rtt, &|sender, receiver| (end(sender, Role::Sender), end(receiver, Role::Receiver)));
    }
    for cross in &scenario.cross {
        let (start, stop) = (Time::ZERO + cross.start, Time::ZERO + cross.stop);
        add(cross.extra_rtt, &|sender, receiver| {
            let tcp = TcpSender::new(sender, cross.law, start, stop);
            (Actor::TcpSender(Box::new(tcp)), Actor::TcpReceiver(Box::new(TcpReceiver::new(receiver))))
        });
    }
    world
}

/// The addresses that the client and the server of a flow begin with.
pub fn addresses(flow: usize) -> (SocketAddr, SocketAddr) {
    let client = Ipv4Addr::new(10, 0, (flow / 250) as u8, (flow % 250) as u8 + 1);
    (
        SocketAddr::new(IpAddr::V4(client), 50_000),
        SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 1, 0, 1)), 33_001),
    )
}

fn endpoint(id: AgentId, role: Role, index: usize, flow: &Flow, scenario: &Scenario, seed: u64) -> Endpoint {
    let sends = role == Role::Sender;
    let is_client = sends == flow.push;
    let (client, server) = addresses(index);
    let start = Time::ZERO + flow.start;
    let content = Content::new(seed);
    let app = if sends {
        App::Source(Source::new(flow.source, content, start))
    } else {
        let live = matches!(flow.source, SourcePlan::Live { .. });
        App::Sink(Sink::new(flow.sink.clone(), content, start, live))
    };
    let host = if sends { flow.sender_host } else { flow.receiver_host };
    let orders = if sends { &flow.sender_orders } else { &flow.receiver_orders };
    let mut orders: VecDeque<_> = orders.iter().cloned().collect();
    orders.make_contiguous().sort_by_key(|(at, _)| *at);
    let parts = Parts {
        config: config(role, is_client, index, flow, seed),
        app,
        address: if is_client { client } else { server },
        host: Host::new(host, seed ^ u64::from(sends)),
        start,
        drift_ppm: if sends { 0 } else { flow.drift_ppm },
        orders,
        measure_from: Time::ZERO + scenario.measure_from,
    };
    Endpoint::new(id, parts)
}

fn config(role: Role, is_client: bool, index: usize, flow: &Flow, seed: u64) -> Config {
    let (client, server) = addresses(index);
    let (client_id, server_id) = (ConnectionId(2 * index as u32 + 1), ConnectionId(2 * index as u32 + 2));
    let receives = role == Role::Receiver;
    let buffer_max = flow.receiver_buffer_max.filter(|_| receives).unwrap_or(flow.buffer_max);
    let random = RandomStream::new(seed, 301);
    let bytes = |from: u64| {
        let mut out = [0u8; 32];
        for (i, word) in out.chunks_exact_mut(8).enumerate() {
            word.copy_from_slice(&random.at(from + i as u64).to_le_bytes());
        }
        out
    };
    Config {
        role,
        side: if is_client { Side::Client } else { Side::Server },
        local_id: if is_client { client_id } else { server_id },
        remote_id: if is_client { server_id } else { client_id },
        master: MasterSecret::new(bytes(0)),
        cipher: Cipher::Aes128Gcm,
        rates: flow.rates,
        remote: is_client.then_some(server),
        control_peer: Some(if is_client { server.ip() } else { client.ip() }),
        datagram_start: flow.datagram_start,
        datagram_max: flow.datagram_max,
        first_window: flow.first_window.min(flow.receiver_buffer_max.unwrap_or(flow.buffer_max)),
        buffer_max,
        outage_timeout: flow.outage_timeout,
        path_memory: flow.path_memory.filter(|_| role == Role::Sender),
        seed: bytes(if is_client { 4 } else { 8 }),
    }
}

/// The laws of every run, for one flow.
fn check(sender: &Endpoint, receiver: &Endpoint) -> Result<(), String> {
    for (end, which) in [(sender, "sender"), (receiver, "receiver")] {
        if let Some(fault) = end.fault() {
            return Err(format!("{which}: {fault}"));
        }
        end.accounts_for_datagrams().map_err(|what| format!("{which}: {what}"))?;
    }
    let (App::Source(source), App::Sink(sink)) = (sender.app(), receiver.app()) else {
        return Err("the ends are mixed up".into());
    };
    let (acknowledged, given_out) = (sender.session().acknowledged(), sink.given_out());
    let (written, consumed) = (source.written(), sink.consumed());
    if !(consumed <= given_out && given_out <= written) {
        return Err(format!("{written} bytes written, {given_out} given out, {consumed} consumed"));
    }
    let received = receiver.session().stats().bytes_received;
    if acknowledged > received || received > written {
        return Err(format!(
            "{acknowledged} bytes acknowledged, {received} received, {written} written; sender {:?}, receiver {:?}",
            sender.ending(),
            receiver.ending()
        ));
    }
    if matches!(sender.ending(), Ending::Completed(_)) {
        let last = sender.session().stats();
        if consumed != written || acknowledged != written || last.bytes_delivered != written {
            return Err(format!(
                "complete with {consumed} of {written} bytes consumed, {acknowledged} acknowledged, {} told as delivered",
                last.bytes_delivered
            ));
        }
    }
    Ok(())
}

/// The shortest time in which the reports look for a rate.
pub(crate) const SHORTEST_WINDOW: Duration = Duration::from_millis(10);
