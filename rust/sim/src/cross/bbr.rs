//! BBR, version 1 (draft-cardwell-iccrg-bbr-congestion-control-00).

use core::time::Duration;
use std::collections::VecDeque;

use faspstream_netem::Time;

use super::AckFacts;

/// 2 / ln 2.
const HIGH_GAIN: f64 = 2.885;
const CYCLE: [f64; 8] = [1.25, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
/// Rounds that the largest delivery rate is remembered.
const BANDWIDTH_ROUNDS: u64 = 10;
const RTT_WINDOW: Duration = Duration::from_secs(10);
const PROBE_RTT: Duration = Duration::from_millis(200);

/// The state of a BBR flow.
#[derive(Debug)]
pub(crate) struct Bbr {
    mode: Mode,
    round: u64,
    round_end: u64,
    /// Delivery rates that may become the largest: round and packets per second, falling.
    rates: VecDeque<(u64, f64)>,
    rtt_min: Duration,
    rtt_min_at: Time,
    full_rate: f64,
    full_rounds: u32,
    after_timeout: bool,
    /// Packets delivered up to which few were sent on purpose.
    limited_until: u64,
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    Startup,
    Drain,
    ProbeBandwidth { phase: usize, since: Time },
    ProbeRtt { until: Option<Time> },
}

impl Bbr {
    pub(crate) fn new() -> Self {
        Self {
            mode: Mode::Startup,
            round: 0,
            round_end: 0,
            rates: VecDeque::new(),
            rtt_min: Duration::MAX,
            rtt_min_at: Time::ZERO,
            full_rate: 0.0,
            full_rounds: 0,
            after_timeout: false,
            limited_until: 0,
        }
    }

    pub(crate) fn pacing(&self) -> Option<f64> {
        let gain = match self.mode {
            Mode::Startup => HIGH_GAIN,
            Mode::Drain => 1.0 / HIGH_GAIN,
            Mode::ProbeBandwidth { phase, .. } => CYCLE[phase],
            Mode::ProbeRtt { .. } => 1.0,
        };
        (self.bandwidth() > 0.0).then(|| self.bandwidth() * gain)
    }

    pub(crate) fn window(&self) -> u64 {
        if self.after_timeout || matches!(self.mode, Mode::ProbeRtt { .. }) {
            return 4;
        }
        let gain = if matches!(self.mode, Mode::Startup | Mode::Drain) { HIGH_GAIN } else { 2.0 };
        ((self.bdp() * gain) as u64 + 3).max(10)
    }

    pub(crate) fn on_timeout(&mut self) {
        self.after_timeout = true;
    }

    pub(crate) fn on_ack(&mut self, facts: &AckFacts) {
        self.after_timeout = false;
        let new_round = facts.prior_delivered >= self.round_end;
        if new_round {
            self.round_end = facts.delivered;
            self.round += 1;
        }
        if matches!(self.mode, Mode::ProbeRtt { .. }) {
            self.limited_until = facts.delivered + facts.in_flight;
        }
        // What passes of the little that a search for the round-trip time sends says nothing of the bandwidth.
        if facts.prior_delivered >= self.limited_until || facts.delivery_rate > self.bandwidth() {
            self.note_rate(facts.delivery_rate);
        }
        let expired = facts.now.since(self.rtt_min_at) > RTT_WINDOW;
        if facts.rtt <= self.rtt_min || expired {
            self.rtt_min = facts.rtt;
            self.rtt_min_at = facts.now;
        }
        self.change_mode(facts, new_round, expired);
    }

    fn change_mode(&mut self, facts: &AckFacts, new_round: bool, expired: bool) {
        match self.mode {
            Mode::Startup if new_round => {
                if self.bandwidth() >= self.full_rate * 1.25 {
                    self.full_rate = self.bandwidth();
                    self.full_rounds = 0;
                } else {
                    self.full_rounds += 1;
                }
                if self.full_rounds >= 3 {
                    self.mode = Mode::Drain;
                }
            }
            Mode::Drain if facts.in_flight as f64 <= self.bdp() => {
                self.mode = Mode::ProbeBandwidth { phase: 2, since: facts.now };
            }
            Mode::ProbeBandwidth { phase, since } => {
                let full = facts.now.since(since) > self.rtt_min;
                let drained = phase == 1 && facts.in_flight as f64 <= self.bdp();
                if full || drained {
                    let phase = (phase + 1) % CYCLE.len();
                    self.mode = Mode::ProbeBandwidth { phase, since: facts.now };
                }
                if expired {
                    self.mode = Mode::ProbeRtt { until: None };
                }
            }
            Mode::ProbeRtt { until: None } if facts.in_flight <= 4 => {
                self.mode = Mode::ProbeRtt { until: Some(facts.now + PROBE_RTT) };
            }
            Mode::ProbeRtt { until: Some(until) } if facts.now >= until => {
                self.rtt_min_at = facts.now;
                self.mode = Mode::ProbeBandwidth { phase: 2, since: facts.now };
            }
            _ => {}
        }
    }

    fn note_rate(&mut self, rate: f64) {
        while self.rates.back().is_some_and(|(_, r)| *r <= rate) {
            self.rates.pop_back();
        }
        self.rates.push_back((self.round, rate));
        while self.rates.front().is_some_and(|(round, _)| round + BANDWIDTH_ROUNDS < self.round) {
            self.rates.pop_front();
        }
    }

    /// Packets per second.
    fn bandwidth(&self) -> f64 {
        self.rates.front().map_or(0.0, |(_, rate)| *rate)
    }

    /// Packets.
    fn bdp(&self) -> f64 {
        if self.rtt_min == Duration::MAX { 10.0 } else { self.bandwidth() * self.rtt_min.as_secs_f64() }
    }
}
