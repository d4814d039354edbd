//! Virtual time: agents that talk over links, and what happens next.

use faspstream_netem::{Link, Time};

use crate::packet::{AgentId, Segment};

/// Somebody who sends and receives packets.
pub trait Agent {
    /// A packet has come; it is only put aside until [`Agent::run`].
    fn accept(&mut self, now: Time, packet: Segment);
    /// Does what is due at `now` and adds to `out` what is to be sent.
    fn run(&mut self, now: Time, out: &mut Vec<Segment>);
    /// When [`Agent::run`] is to be called next.
    fn next_wake(&self) -> Option<Time>;
    /// True if nobody needs to wait for this agent any more.
    fn is_done(&self) -> bool;
}

/// Why a world was stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum Stuck {
    /// Virtual time stands still.
    #[error(
        "agent {agent} was run {runs} times at {at:?} and still wants to run at once: its timer does not move on"
    )]
    Standstill {
        /// Which agent.
        agent: u16,
        /// How often it was run.
        runs: u32,
        /// When.
        at: Time,
    },
    /// Somebody is not done, and waits for nothing that could happen.
    #[error("agent {agent} is not done at {at:?}, but no packet is under way and nobody has set a timer")]
    Deadlock {
        /// Which agent.
        agent: usize,
        /// When.
        at: Time,
    },
    /// More happened than can be of use.
    #[error("{events} events by {at:?}, which is the bound: too much is sent or woken for too little")]
    TooManyEvents {
        /// How many.
        events: u64,
        /// When.
        at: Time,
    },
}

/// Runs of one agent at one moment that are taken for a livelock.
const STANDSTILL: u32 = 10_000;

/// The way of an agent's packets.
#[derive(Clone, Debug)]
struct Route {
    links: Vec<usize>,
    to: AgentId,
}

/// Agents, links, and the time.
#[derive(Debug)]
pub struct World<A> {
    now: Time,
    links: Vec<Link<Segment>>,
    agents: Vec<A>,
    routes: Vec<Route>,
    link_due: Vec<Option<Time>>,
    agent_due: Vec<Option<Time>>,
    outbox: Vec<Segment>,
    injected: u64,
    arrived: u64,
    events: u64,
    runs_now: u32,
}

impl<A: Agent> World<A> {
    /// An empty world.
    pub fn new() -> Self {
        Self {
            now: Time::ZERO,
            links: Vec::new(),
            agents: Vec::new(),
            routes: Vec::new(),
            link_due: Vec::new(),
            agent_due: Vec::new(),
            outbox: Vec::new(),
            injected: 0,
            arrived: 0,
            events: 0,
            runs_now: 0,
        }
    }

    /// Adds a link; gives its index for the routes.
    pub fn add_link(&mut self, link: Link<Segment>) -> usize {
        self.link_due.push(link.next_event());
        self.links.push(link);
        self.links.len() - 1
    }

    /// Adds an agent whose packets go through `links`, in order, to the agent `to`. At least one link.
    pub fn add_agent(&mut self, agent: A, links: Vec<usize>, to: AgentId) -> AgentId {
        assert!(!links.is_empty(), "an agent's packets need a link");
        self.agent_due.push(agent.next_wake());
        self.agents.push(agent);
        self.routes.push(Route { links, to });
        AgentId((self.agents.len() - 1) as u16)
    }

    /// The agents, in the order of addition.
    pub fn agents(&self) -> &[A] {
        &self.agents
    }

    /// The links, in the order of addition.
    pub fn links(&self) -> &[Link<Segment>] {
        &self.links
    }

    /// The moment that the world has reached.
    pub fn now(&self) -> Time {
        self.now
    }

    /// How much has happened.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Runs until everybody is done, or `end`.
    pub fn run(&mut self, end: Time, most_events: u64) -> Result<(), Stuck> {
        while let Some((at, who)) = self.next() {
            if at > end {
                self.now = end;
                return Ok(());
            }
            self.pass_to(at);
            match who {
                Who::Link(index) => self.run_link(index),
                Who::Agent(index) => {
                    self.run_agent(index)?;
                    if self.agents[index].is_done() && self.agents.iter().all(Agent::is_done) {
                        return Ok(());
                    }
                }
            }
            self.events += 1;
            if self.events > most_events {
                return Err(Stuck::TooManyEvents { events: self.events, at: self.now });
            }
        }
        match self.agents.iter().position(|a| !a.is_done()) {
            Some(agent) => Err(Stuck::Deadlock { agent, at: self.now }),
            None => Ok(()),
        }
    }

    /// True if every packet that was ever sent has arrived, was dropped by a link, or is inside one.
    pub fn conserves_packets(&self) -> bool {
        let sum = |f: fn(&Link<Segment>) -> u64| self.links.iter().map(f).sum::<u64>();
        let made = self.injected + sum(|l| l.counters().duplicated);
        let gone = self.arrived + sum(|l| l.counters().dropped_total());
        self.links.iter().all(|l| l.counters().balances(l.inside())) && made == gone + sum(Link::inside)
    }

    fn next(&self) -> Option<(Time, Who)> {
        let first =
            |due: &[Option<Time>]| due.iter().enumerate().filter_map(|(i, at)| at.map(|at| (at, i))).min();
        let (link, agent) = (first(&self.link_due), first(&self.agent_due));
        match (link, agent) {
            // Packets arrive before agents run, so that one run sees all that came at its moment.
            (Some((l, i)), a) if a.is_none_or(|(a, _)| l <= a) => Some((l, Who::Link(i))),
            (_, a) => a.map(|(at, i)| (at, Who::Agent(i))),
        }
    }

    fn pass_to(&mut self, at: Time) {
        if at > self.now {
            self.now = at;
            self.runs_now = 0;
        }
    }

    fn run_link(&mut self, index: usize) {
        while let Some(packet) = self.links[index].poll(self.now) {
            self.forward(packet);
        }
        self.link_due[index] = self.links[index].next_event();
    }

    fn run_agent(&mut self, index: usize) -> Result<(), Stuck> {
        self.runs_now += 1;
        if self.runs_now > STANDSTILL {
            return Err(Stuck::Standstill { agent: index as u16, runs: self.runs_now, at: self.now });
        }
        let mut outbox = core::mem::take(&mut self.outbox);
        self.agents[index].run(self.now, &mut outbox);
        self.injected += outbox.len() as u64;
        for packet in outbox.drain(..) {
            self.forward(packet);
        }
        self.outbox = outbox;
        self.agent_due[index] = self.agents[index].next_wake();
        Ok(())
    }

    /// Into the next link of its route, or to the agent at the end of it.
    fn forward(&mut self, mut packet: Segment) {
        let route = &self.routes[usize::from(packet.from.0)];
        if let Some(&link) = route.links.get(usize::from(packet.hop)) {
            packet.hop += 1;
            self.links[link].enqueue(self.now, packet);
            self.link_due[link] = self.links[link].next_event();
        } else {
            let to = usize::from(route.to.0);
            self.arrived += 1;
            self.agents[to].accept(self.now, packet);
            self.agent_due[to] = self.agents[to].next_wake();
        }
    }
}

impl<A: Agent> Default for World<A> {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Clone, Copy, Debug)]
enum Who {
    Link(usize),
    Agent(usize),
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use faspstream_netem::LinkConfig;

    use super::*;
    use crate::packet::Body;

    /// Sends a datagram every millisecond until it has sent `left`, or always at once if it is impatient.
    #[derive(Debug)]
    struct Ticker {
        id: AgentId,
        left: u32,
        next: Time,
        step: Duration,
        got: u32,
    }

    impl Agent for Ticker {
        fn accept(&mut self, _now: Time, _packet: Segment) {
            self.got += 1;
        }

        fn run(&mut self, now: Time, out: &mut Vec<Segment>) {
            if self.left > 0 {
                self.left -= 1;
                let nowhere = std::net::SocketAddr::from(([0, 0, 0, 0], 0));
                let body = Body::Datagram { source: nowhere, destination: nowhere, bytes: vec![0; 100] };
                out.push(Segment::new(self.id, now, 128, body));
            }
            self.next = now + self.step;
        }

        fn next_wake(&self) -> Option<Time> {
            (self.left > 0).then_some(self.next)
        }

        fn is_done(&self) -> bool {
            self.left == 0 && self.got == 10
        }
    }

    fn world(step: Duration, loss: f64) -> World<Ticker> {
        let mut world = World::new();
        let config = LinkConfig { delay: Duration::from_millis(5), loss, ..LinkConfig::default() };
        for id in 0..2 {
            let link = world.add_link(Link::new(config.clone(), u64::from(id)));
            let ticker = Ticker { id: AgentId(id), left: 10, next: Time::ZERO, step, got: 0 };
            world.add_agent(ticker, vec![link, link], AgentId(1 - id));
        }
        world
    }

    #[test]
    fn packets_travel_their_route_and_are_all_accounted_for() {
        let mut world = world(Duration::from_millis(1), 0.0);
        world.run(Time::from_secs(1), 1000).expect("everybody is done at last");
        assert_eq!(world.now(), Time::from_millis(9 + 10));
        assert!(world.agents().iter().all(Agent::is_done) && world.conserves_packets());
    }

    #[test]
    fn what_waits_for_nothing_is_told() {
        let mut world = world(Duration::from_millis(1), 1.0);
        assert!(matches!(world.run(Time::from_secs(1), 1000), Err(Stuck::Deadlock { agent: 0, .. })));
        assert!(world.conserves_packets());
    }

    #[test]
    fn a_timer_that_stands_still_is_told() {
        let mut world = world(Duration::ZERO, 0.0);
        world.agents[0].left = u32::MAX;
        assert!(matches!(world.run(Time::from_secs(1), u64::MAX), Err(Stuck::Standstill { agent: 0, .. })));
    }
}
