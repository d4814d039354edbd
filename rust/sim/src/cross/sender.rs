//! The sending end of a TCP model: what is in flight, what is lost, what may go.

use core::time::Duration;
use std::collections::VecDeque;

use faspstream_netem::Time;

use crate::packet::{AgentId, Body, Segment};
use crate::world::Agent;

use super::{AckFacts, CrossLaw, Law, WIRE};

/// Shortest retransmission timeout, as Linux has it.
const RTO_MIN: Duration = Duration::from_millis(200);

/// What leaves together at a pace (Linux, `tcp_tso_autosize`): in time at the rate, and packets at least and at most.
const QUANTUM: Duration = Duration::from_micros(977);
const QUANTUM_MIN: u64 = 2;
const QUANTUM_MAX: u64 = 44;

/// A sender that always has data until it is stopped.
#[derive(Debug)]
pub struct TcpSender {
    id: AgentId,
    law: Law,
    start: Time,
    stop: Time,
    /// The lowest number that is not acknowledged, and the packets from there on.
    first: u64,
    flight: VecDeque<Packet>,
    lost: VecDeque<u64>,
    in_flight: u64,
    delivered: u64,
    delivered_at: Time,
    rtt: Option<(Duration, Duration)>,
    rtt_min: Duration,
    /// Losses of packets below this belong to the episode that the law was told of.
    episode_end: u64,
    last_progress: Time,
    backoff: u32,
    next_send: Time,
    inbox: Vec<Segment>,
    now: Time,
}

#[derive(Clone, Copy, Debug)]
struct Packet {
    sent: Time,
    delivered: u64,
    delivered_at: Time,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    InFlight,
    Delivered,
    Lost,
}

impl TcpSender {
    /// A sender that works from `start` to `stop`.
    pub fn new(id: AgentId, law: CrossLaw, start: Time, stop: Time) -> Self {
        Self {
            id,
            law: Law::new(law),
            start,
            stop,
            first: 0,
            flight: VecDeque::new(),
            lost: VecDeque::new(),
            in_flight: 0,
            delivered: 0,
            delivered_at: start,
            rtt: None,
            rtt_min: Duration::MAX,
            episode_end: 0,
            last_progress: start,
            backoff: 0,
            next_send: start,
            inbox: Vec::new(),
            now: start,
        }
    }

    fn packet(&mut self, number: u64) -> Option<&mut Packet> {
        let index = number.checked_sub(self.first)?;
        self.flight.get_mut(usize::try_from(index).ok()?)
    }

    fn on_ack(&mut self, next: u64, newest: u64, echo: Time, blocks: [(u64, u64); 3]) {
        let sample = self.now.since(echo);
        self.on_rtt(sample);
        let sent_as = self.packet(newest).copied();
        let before = self.delivered;
        self.mark(self.first, next);
        self.mark(newest, newest + 1);
        for (from, to) in blocks {
            self.mark(from, to);
        }
        let acked = self.delivered - before;
        if acked > 0 {
            self.last_progress = self.now;
            self.backoff = 0;
            self.delivered_at = self.now;
        }
        while self.flight.front().is_some_and(|p| p.state == State::Delivered) {
            self.flight.pop_front();
            self.first += 1;
        }
        self.detect_loss(echo);
        let Some(newest) = sent_as.filter(|_| acked > 0) else { return };
        let span = self.now.since(newest.delivered_at).as_secs_f64().max(1e-6);
        self.law.on_ack(&AckFacts {
            now: self.now,
            acked,
            rtt: sample,
            in_flight: self.in_flight,
            delivered: self.delivered,
            prior_delivered: newest.delivered,
            delivery_rate: (self.delivered - newest.delivered) as f64 / span,
        });
    }

    /// The packets from `from` up to but without `to` have arrived.
    fn mark(&mut self, from: u64, to: u64) {
        let last = (self.first + self.flight.len() as u64).min(to);
        for number in from.max(self.first)..last {
            let Some(packet) = self.packet(number) else { continue };
            let was = core::mem::replace(&mut packet.state, State::Delivered);
            self.delivered += u64::from(was != State::Delivered);
            self.in_flight -= u64::from(was == State::InFlight);
        }
    }

    /// What was sent a quarter of a round trip before something that has arrived is lost (RFC 8985).
    fn detect_loss(&mut self, arrived_was_sent: Time) {
        let margin = self.rtt_min / 4;
        let first = self.first;
        let mut found = false;
        for (index, packet) in self.flight.iter_mut().enumerate() {
            if packet.state == State::InFlight && packet.sent + margin < arrived_was_sent {
                packet.state = State::Lost;
                self.in_flight -= 1;
                let number = first + index as u64;
                self.lost.push_back(number);
                found |= number >= self.episode_end;
            } else if packet.state == State::InFlight && packet.sent >= arrived_was_sent {
                break;
            }
        }
        if found {
            self.episode_end = self.first + self.flight.len() as u64;
            self.law.on_loss();
        }
    }

    fn on_rtt(&mut self, sample: Duration) {
        self.rtt_min = self.rtt_min.min(sample);
        self.rtt = Some(match self.rtt {
            None => (sample, sample / 2),
            Some((mean, variation)) => {
                (mean * 7 / 8 + sample / 8, variation * 3 / 4 + mean.abs_diff(sample) / 4)
            }
        });
    }

    fn timeout(&self) -> Option<Time> {
        if self.flight.is_empty() {
            return None;
        }
        let rto = self.rtt.map_or(Duration::from_secs(1), |(mean, variation)| mean + variation * 4);
        Some(self.last_progress + rto.max(RTO_MIN) * (1 << self.backoff.min(6)))
    }

    fn on_timeout(&mut self) {
        self.backoff += 1;
        self.last_progress = self.now;
        self.lost.clear();
        for (index, packet) in self.flight.iter_mut().enumerate() {
            if packet.state != State::Delivered {
                packet.state = State::Lost;
                self.lost.push_back(self.first + index as u64);
            }
        }
        self.in_flight = 0;
        self.episode_end = self.first + self.flight.len() as u64;
        self.law.on_timeout();
    }

    fn may_send(&self) -> bool {
        let has_data = !self.lost.is_empty() || self.now < self.stop;
        has_data && self.in_flight < self.law.window()
    }

    /// Packets that leave together at a pace, as segmentation offload has it in Linux: a millisecond's worth, two to 64 KiB.
    fn quantum(rate: f64) -> u64 {
        ((rate * QUANTUM.as_secs_f64()) as u64).clamp(QUANTUM_MIN, QUANTUM_MAX)
    }

    fn send(&mut self, out: &mut Vec<Segment>) {
        let mut together = 0;
        while self.may_send() && (together > 0 || self.next_send <= self.now) {
            let packet = Packet {
                sent: self.now,
                delivered: self.delivered,
                delivered_at: self.delivered_at,
                state: State::InFlight,
            };
            let number = match self.lost.pop_front() {
                // Declared lost, but arrived meanwhile.
                Some(number) if self.packet(number).is_none_or(|p| p.state != State::Lost) => continue,
                Some(number) => number,
                None => self.first + self.flight.len() as u64,
            };
            if self.flight.is_empty() {
                self.last_progress = self.now;
            }
            match self.packet(number) {
                Some(slot) => *slot = packet,
                None => self.flight.push_back(packet),
            }
            self.in_flight += 1;
            out.push(Segment::new(self.id, self.now, WIRE, Body::TcpData { number }));
            if let Some(rate) = self.law.pacing() {
                together = if together > 0 { together - 1 } else { Self::quantum(rate) - 1 };
                self.next_send = self.next_send.max(self.now - Duration::from_millis(1))
                    + Duration::from_secs_f64(1.0 / rate);
            }
        }
    }
}

impl Agent for TcpSender {
    fn accept(&mut self, now: Time, packet: Segment) {
        self.now = now;
        self.inbox.push(packet);
    }

    fn run(&mut self, now: Time, out: &mut Vec<Segment>) {
        self.now = now;
        let mut inbox = core::mem::take(&mut self.inbox);
        for packet in inbox.drain(..) {
            if let Body::TcpAck { next, newest, echo, blocks } = packet.body {
                self.on_ack(next, newest, echo, blocks);
            }
        }
        self.inbox = inbox;
        if self.timeout().is_some_and(|at| at <= now) {
            self.on_timeout();
        }
        if now >= self.start {
            self.send(out);
        }
    }

    fn next_wake(&self) -> Option<Time> {
        let ack = (!self.inbox.is_empty()).then_some(self.now);
        let send = self.may_send().then_some(self.next_send.max(self.start));
        [ack, send, self.timeout()].into_iter().flatten().min()
    }

    fn is_done(&self) -> bool {
        self.now >= self.stop && self.flight.is_empty()
    }
}
