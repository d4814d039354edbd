//! One direction of a path: the stages one behind the other.

use crate::bottleneck::{Bottleneck, Departed, Tag};
use crate::config::{LinkConfig, LossAt};
use crate::counters::{Cause, Counters};
use crate::delay_line::DelayLine;
use crate::fate::{Fate, position};
use crate::packet::Packet;
use crate::policer::TokenBucket;
use crate::script::Change;
use crate::transit::Transit;
use crate::units::Time;

/// One direction of a path (see the crate documentation for the order of its stages).
///
/// Hand packets in by [`Link::enqueue`], take them out by [`Link::poll`] when [`Link::next_event`] says so. A moment before the last one
/// is taken for the last one.
#[derive(Clone, Debug)]
pub struct Link<P> {
    config: LinkConfig,
    up: bool,
    fate: Fate,
    bucket: Option<TokenBucket>,
    bottleneck: Bottleneck<P>,
    transit: Transit,
    flying: DelayLine<P>,
    counters: Counters,
    now: Time,
}

impl<P: Packet> Link<P> {
    /// An empty link whose chances all follow from `seed`. The two directions of a path want unlike seeds.
    pub fn new(config: LinkConfig, seed: u64) -> Self {
        Self {
            up: true,
            fate: Fate::new(seed),
            bucket: config.policer.map(|p| TokenBucket::new(p, Time::ZERO)),
            bottleneck: Bottleneck::new(config.rate, config.queue),
            transit: Transit::new(seed),
            flying: DelayLine::new(),
            counters: Counters::default(),
            now: Time::ZERO,
            config,
        }
    }

    /// Hands a packet in.
    pub fn enqueue(&mut self, now: Time, packet: P) {
        self.advance(now);
        let n = self.counters.offered;
        self.counters.offered += 1;
        self.counters.offered_bytes += packet.wire_len();
        let fate = self.fate.loss(&self.config, n);
        let (lost, lost_later) = match self.config.loss_at {
            LossAt::Entry => (fate, None),
            LossAt::Exit => (None, fate),
        };
        if let Some(cause) = self.refuses(&packet).or(lost) {
            self.counters.drop_one(cause);
            return;
        }
        let tag = |copy| Tag { n: position(n, copy), lost: lost_later };
        if self.fate.duplicates(&self.config, n) {
            self.counters.duplicated += 1;
            self.pass(packet.clone(), tag(0));
            self.pass(packet, tag(1));
        } else {
            self.pass(packet, tag(0));
        }
        self.advance(now);
    }

    /// The next packet that has arrived by `now`. To be called until it gives None.
    pub fn poll(&mut self, now: Time) -> Option<P> {
        self.advance(now);
        let packet = self.flying.pop(self.now)?;
        self.counters.delivered += 1;
        self.counters.delivered_bytes += packet.wire_len();
        Some(packet)
    }

    /// When [`Link::poll`] is worth calling next; it may still give None then. None while nothing is inside and no change is due.
    pub fn next_event(&self) -> Option<Time> {
        let departing = self.bottleneck.next_departure().map(|at| Transit::earliest(&self.config, at));
        [self.flying.next_at(), departing, self.config.script.next_at()].into_iter().flatten().min()
    }

    /// Changes the link at `now`.
    pub fn apply(&mut self, now: Time, change: Change) {
        self.advance(now);
        self.change(self.now, change);
    }

    /// The counters as of the last call.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Packets in the queue and on their way.
    pub fn inside(&self) -> u64 {
        (self.bottleneck.len() + self.flying.len()) as u64
    }

    /// Bytes in the queue of the bottleneck, the packet being sent included, as of the last call.
    pub fn queued_bytes(&self) -> u64 {
        self.bottleneck.bytes()
    }

    /// The link as it is now, with the changes that are still to come.
    pub fn config(&self) -> &LinkConfig {
        &self.config
    }

    fn refuses(&self, packet: &P) -> Option<Cause> {
        if !self.up {
            Some(Cause::Outage)
        } else if packet.wire_len() > self.config.mtu {
            Some(Cause::Mtu)
        } else {
            None
        }
    }

    /// One copy goes on: damage, policer, queue.
    fn pass(&mut self, mut packet: P, tag: Tag) {
        if let Some(draw) = self.fate.damage(&self.config, tag.n) {
            self.counters.damaged += 1;
            packet.damage(draw);
        }
        let now = self.now;
        if self.bucket.as_mut().is_some_and(|b| !b.admits(now, packet.wire_len())) {
            self.counters.drop_one(Cause::Policer);
        } else if self.bottleneck.enqueue(now, packet, tag) {
            self.counters.queue_peak = self.counters.queue_peak.max(self.bottleneck.bytes());
        } else {
            self.counters.drop_one(Cause::Queue);
        }
    }

    /// Lets everything happen that is due by `now`: changes and departures, in the order of their moments.
    fn advance(&mut self, now: Time) {
        let now = now.max(self.now);
        loop {
            let change_at = self.config.script.next_at().filter(|at| *at <= now);
            let departure_at = self.bottleneck.next_departure().filter(|at| *at <= now);
            match (change_at, departure_at) {
                (Some(c), d) if d.is_none_or(|d| c <= d) => {
                    if let Some((at, change)) = self.config.script.pop() {
                        self.change(at.max(self.now), change);
                    }
                }
                (_, Some(_)) => self.depart(),
                _ => break,
            }
        }
        self.now = now;
    }

    fn depart(&mut self) {
        let Some(Departed { packet, at, tag }) = self.bottleneck.depart() else { return };
        let lost = if self.up { tag.lost } else { Some(Cause::Outage) };
        if let Some(cause) = lost {
            self.counters.drop_one(cause);
            return;
        }
        let arrival = self.transit.arrival(&self.config, at, tag.n);
        self.counters.held_back += u64::from(arrival.held_back);
        self.flying.push(arrival.at, packet);
    }

    fn change(&mut self, at: Time, change: Change) {
        let config = &mut self.config;
        match change {
            Change::Rate(rate) => {
                config.rate = rate;
                self.bottleneck.set_rate(at, rate);
            }
            Change::Queue(limit) => {
                config.queue = limit;
                self.bottleneck.set_limit(limit);
            }
            Change::Policer(policer) => {
                config.policer = policer;
                self.bucket = policer.map(|p| TokenBucket::new(p, at));
            }
            Change::Delay(delay) => config.delay = delay,
            Change::Jitter(jitter) => config.jitter = jitter,
            Change::Loss(loss) => config.loss = loss,
            Change::Bursts(bursts) => config.bursts = bursts,
            Change::Duplication(share) => config.duplication = share,
            Change::Damage(share) => config.damage = share,
            Change::Reordering(reordering) => config.reordering = reordering,
            Change::Mtu(mtu) => config.mtu = mtu,
            Change::Up(up) => self.up = up,
        }
    }
}
