//! The adaptive policies: find the capacity, take the share that the policy names, keep the queue short.

use core::time::Duration;

use crate::config::{PathMemory, RatePolicy, Rates};
use crate::units::{ByteCount, Instant, Rate};

use super::fixed::Fixed;
use super::model::{LossShare, MaxRate, Rounds};
use super::{FeedbackFacts, RateController};

/// Datagrams in flight before anything is known.
const FIRST_WINDOW: u64 = 32;
/// Time over which the first window is spread before the round-trip time is known.
const FIRST_SPREAD: Duration = Duration::from_millis(25);
/// Growth per round trip in the start.
const START_GAIN: f64 = 2.5;
/// Most loss that is made up for by sending more.
const LOSS_MAX: f64 = 0.5;
/// Gains of the cruise, one per round trip: look for more, drain what that has queued, rest.
const CYCLE: [f64; 8] = [1.25, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Start,
    Drain,
    Cruise,
}

/// `high`, `fair` and `low`.
#[derive(Debug)]
pub struct Adaptive {
    rates: Rates,
    datagram: ByteCount,
    rounds: Rounds,
    capacity: MaxRate,
    loss: LossShare,
    phase: Phase,
    cycle: usize,
    flat_rounds: u32,
    last_peak: Rate,
    rate: Rate,
    window: ByteCount,
}

impl Adaptive {
    pub(super) fn new(rates: &Rates, datagram: ByteCount, memory: Option<PathMemory>) -> Self {
        let window = ByteCount(FIRST_WINDOW * datagram.0);
        let mut first = Rate::of(window, FIRST_SPREAD);
        if let Some(memory) = memory {
            first = first.max(memory.rate.scaled(0.5));
        }
        let window = window.max(first.bytes_in(memory.map_or(Duration::ZERO, |m| m.min_rtt)));
        let mut law = Self {
            rates: *rates,
            datagram,
            rounds: Rounds::default(),
            capacity: MaxRate::default(),
            loss: LossShare::default(),
            phase: Phase::Start,
            cycle: 0,
            flat_rounds: 0,
            last_peak: Rate::ZERO,
            rate: first,
            window,
        };
        law.bound();
        law
    }

    /// `fixed` on the same path.
    pub(super) fn to_fixed(&self, rates: &Rates) -> Fixed {
        Fixed::new(rates, self.datagram)
    }

    fn bound(&mut self) {
        self.rate = self.rate.max(self.rates.min).min(self.rates.target);
    }

    /// Queueing delay above which more sending is of no use.
    fn delay_limit(facts: &FeedbackFacts) -> Duration {
        (facts.base_rtt / 8).max(Duration::from_millis(4))
    }

    fn queue(facts: &FeedbackFacts) -> Duration {
        facts.queueing_delay.unwrap_or(Duration::ZERO)
    }

    fn step_start(&mut self, facts: &FeedbackFacts, round_begins: bool) {
        if round_begins && !facts.app_limited {
            if self.capacity.get() < self.last_peak.scaled(1.25) {
                self.flat_rounds += 1;
            } else {
                self.flat_rounds = 0;
                self.last_peak = self.capacity.get();
            }
        }
        if self.flat_rounds >= 3 || Self::queue(facts) > Self::delay_limit(facts) {
            self.phase = Phase::Drain;
        }
    }

    fn step_cruise(&mut self, facts: &FeedbackFacts, round_begins: bool) {
        let queue = Self::queue(facts);
        if round_begins {
            self.cycle = (self.cycle + 1) % CYCLE.len();
        } else if self.cycle == 0 && queue > Self::delay_limit(facts) {
            self.cycle = 1;
        }
        if queue > Self::delay_limit(facts) * 2 {
            self.phase = Phase::Drain;
        }
    }

    fn gain(&self) -> f64 {
        match self.phase {
            Phase::Start => START_GAIN,
            Phase::Drain => 0.6,
            Phase::Cruise if self.rates.policy == RatePolicy::Low => CYCLE[self.cycle].min(1.1),
            Phase::Cruise => CYCLE[self.cycle],
        }
    }

    fn decide(&mut self, facts: &FeedbackFacts) {
        // What is lost on the way was sent all the same: the share that arrives is the capacity less the loss.
        let clearing = self.capacity.get().scaled(1.0 / (1.0 - self.loss.get().min(LOSS_MAX)));
        let first = ByteCount(FIRST_WINDOW * facts.datagram.0);
        let floor = if self.phase == Phase::Start {
            Rate::of(first, facts.smoothed_rtt.max(Duration::from_millis(1)))
        } else {
            Rate::of(ByteCount(4 * facts.datagram.0), facts.smoothed_rtt.max(Duration::from_millis(1)))
        };
        self.rate = clearing.scaled(self.gain()).max(floor);
        self.bound();
        let flight = facts.base_rtt.saturating_mul(2) + Duration::from_millis(10);
        let gain = if self.phase == Phase::Start { START_GAIN } else { 1.0 };
        self.window = clearing.scaled(gain).max(self.rate).bytes_in(flight).max(first);
    }
}

impl RateController for Adaptive {
    fn on_feedback(&mut self, facts: &FeedbackFacts) {
        self.datagram = facts.datagram;
        let round_begins = self.rounds.on_feedback(facts);
        self.loss.on_feedback(facts, round_begins);
        if let Some(sample) = facts.delivery_rate
            && (!facts.app_limited || sample > self.capacity.get())
        {
            self.capacity.record(self.rounds.count(), sample);
        }
        match self.phase {
            Phase::Start => self.step_start(facts, round_begins),
            Phase::Drain => {
                if Self::queue(facts) <= Self::delay_limit(facts) / 2 {
                    self.phase = Phase::Cruise;
                    self.cycle = 2;
                }
            }
            Phase::Cruise => self.step_cruise(facts, round_begins),
        }
        self.decide(facts);
    }

    fn on_sent(&mut self, _now: Instant, _bytes: ByteCount, _in_flight: ByteCount) {}

    fn on_outage(&mut self, _now: Instant) {
        self.rate = self.rate.scaled(0.5);
        self.bound();
    }

    fn on_path_change(&mut self, _now: Instant) {
        self.capacity.reset(self.capacity.get().scaled(0.5));
        self.phase = Phase::Start;
        self.flat_rounds = 0;
        self.last_peak = Rate::ZERO;
    }

    fn on_rates(&mut self, _now: Instant, rates: &Rates) {
        self.rates = *rates;
        self.bound();
    }

    fn rate(&self) -> Rate {
        self.rate
    }

    fn window(&self) -> ByteCount {
        self.window
    }

    fn is_starting(&self) -> bool {
        self.phase == Phase::Start
    }
}
