//! The adaptive policies: find the capacity, take the share that the policy names, keep the queue short.
//!
//! `docs/rate-control.md` derives the law. In short: a flow of rate r wants a queue of `target(r)` seconds, and moves its window
//! towards that; equal queues are equal rates.

use core::time::Duration;

use crate::config::{PathMemory, RatePolicy, Rates};
use crate::units::{ByteCount, Instant, Rate};

use super::ceiling::Ceiling;
use super::competition::Competition;
use super::fixed::Fixed;
use super::loss::{LossTest, Verdict};
use super::model::{Clearing, Queue, Rounds};
use super::search::Search;
use super::target::{queue_target, weight};
use super::{FeedbackFacts, RateController};

/// Datagrams in flight before anything is known.
const FIRST_WINDOW: f64 = 32.0;
/// Seconds over which the first window is spread before the round-trip time is known.
const FIRST_SPREAD: f64 = 0.1;
/// Fewest datagrams in flight.
const LEAST_WINDOW: f64 = 4.0;
/// Share of the error of the queue that is corrected per round trip.
const CORRECTION: f64 = 0.4;
/// Most that a window changes in a round trip by the law.
const CHANGE_MAX: f64 = 0.25;
/// Pace above what the window gives, so that the window binds and not the pacer; the same while searching.
const PACE: f64 = 1.1;
const PACE_SEARCH: f64 = 1.5;
/// Share of the target below which a queue counts as empty, and multiple above which it is drained at once.
const EMPTY: f64 = 0.25;
const LONG: f64 = 2.0;
/// Most loss that is made up for by sending more.
const USUAL_MAX: f64 = 0.5;
/// Round trips that draining may take.
const SETTLE_ROUNDS: u32 = 3;

#[derive(Debug)]
enum Phase {
    /// Looks for capacity.
    Search(Search),
    /// Sets the window to what was found, so that the excess drains. `before` is the window before.
    Settle { rounds: u32, fastest: f64, before: f64, test: bool },
    /// Keeps the queue at its target.
    Steady,
    /// Somebody else fills the queue.
    Compete(Competition),
}

/// `high`, `fair` and `low`.
#[derive(Debug)]
pub struct Adaptive {
    rates: Rates,
    datagram: f64,
    phase: Phase,
    rounds: Rounds,
    clearing: Clearing,
    queue: Queue,
    loss: LossTest,
    ceiling: Ceiling,
    /// Bytes.
    window: f64,
    /// The window before the cut that is being tested.
    before_cut: f64,
    /// What cleared in bytes per second when the loss was suspected.
    passed: f64,
    /// The window to go on with after the outage, if there is one.
    after_outage: Option<f64>,
    /// Seconds that a byte spends in flight: round trip and the wait for feedback.
    flight: f64,
    heard_at: Option<Instant>,
    /// Seconds between feedbacks.
    gap: f64,
    empty_rounds: u32,
    long_rounds: u32,
    was_empty: bool,
    /// Most bytes in flight since the round began, and in the round before.
    used: f64,
    used_before: f64,
}

impl Adaptive {
    pub(super) fn new(rates: &Rates, datagram: ByteCount, memory: Option<PathMemory>) -> Self {
        let datagram = datagram.0 as f64;
        let remembered = memory.map_or(0.0, |m| m.rate.scaled(0.5).bytes_in(m.min_rtt).0 as f64);
        let window = (FIRST_WINDOW * datagram).max(remembered.min(1e12));
        Self {
            rates: *rates,
            datagram,
            phase: Phase::Search(Search::start()),
            rounds: Rounds::default(),
            clearing: Clearing::default(),
            queue: Queue::default(),
            loss: LossTest::default(),
            ceiling: Ceiling::default(),
            window,
            before_cut: window,
            passed: 0.0,
            after_outage: None,
            flight: memory.map_or(FIRST_SPREAD, |m| m.min_rtt.as_secs_f64().max(0.01)),
            heard_at: None,
            gap: 0.0,
            empty_rounds: 0,
            long_rounds: 0,
            was_empty: false,
            used: 0.0,
            used_before: 0.0,
        }
    }

    /// `fixed` on the same path.
    pub(super) fn to_fixed(&self, rates: &Rates) -> Fixed {
        Fixed::new(rates, ByteCount(self.datagram as u64))
    }

    fn target(&self, facts: &FeedbackFacts) -> f64 {
        let weight = weight(self.rates.policy);
        queue_target(self.clearing.rate(), weight, self.datagram, self.queue.noise(), facts.base_rtt)
    }

    /// The rate in bytes per second at which a flight clears that loses no more than usual.
    fn clearing_now(&self) -> f64 {
        self.clearing.fastest_delivery() / (1.0 - self.loss.usual().min(USUAL_MAX))
    }

    /// The window of a flow of `rate` bytes per second that stands `queue` seconds in the queue.
    fn window_for(&self, facts: &FeedbackFacts, rate: f64, queue: f64) -> f64 {
        rate * (facts.base_rtt.as_secs_f64() + 1.1 * self.gap + queue)
    }

    fn measure(&mut self, facts: &FeedbackFacts) -> bool {
        self.datagram = facts.datagram.0 as f64;
        let gap = self.heard_at.replace(facts.now).map_or(0.0, |at| facts.now.since(at).as_secs_f64());
        self.gap += 0.125 * (gap.min(facts.smoothed_rtt.as_secs_f64() + 0.02) - self.gap);
        self.flight = facts.smoothed_rtt.as_secs_f64() + self.gap;
        self.queue.on_feedback(facts);
        let begins = self.rounds.on_feedback(facts);
        self.clearing.on_feedback(facts, begins);
        if begins {
            (self.used_before, self.used) = (self.used, 0.0);
            self.ceiling.on_round(facts, self.clearing.rate(), self.used_before >= 0.8 * self.window);
        }
        self.used = self.used.max((facts.in_flight + facts.acked + facts.lost).0 as f64);
        begins
    }

    /// True if the window, and not the application, was the bound of the last round trip.
    fn is_busy(&self, facts: &FeedbackFacts) -> bool {
        self.used.max(self.used_before) >= 0.8 * self.window && !facts.app_limited
    }

    fn step(&mut self, facts: &FeedbackFacts, begins: bool, cleared: f64) {
        let target = self.target(facts);
        match &mut self.phase {
            Phase::Search(search) => {
                if search.is_over(facts, &self.queue, begins, 0.5 * target, self.loss.usual()) {
                    let blocked = search.is_blocked();
                    self.settle(facts, false);
                    if blocked {
                        self.ceiling.set(facts, self.window, self.clearing_now());
                    }
                } else if !facts.app_limited {
                    self.window += (search.growth(self.window, self.datagram) - 1.0) * cleared;
                }
            }
            Phase::Settle { .. } => self.step_settle(facts, begins, target),
            Phase::Steady => self.step_steady(facts, begins, cleared, target),
            Phase::Compete(competition) => {
                let cap = 2.0 * facts.base_rtt.as_secs_f64() * self.clearing.rate() / self.datagram;
                let window = self.window / self.datagram;
                self.window = competition.step(facts, begins, window, cap, self.loss.usual()) * self.datagram;
                if self.queue.peak() < target {
                    self.phase = Phase::Steady;
                }
            }
        }
    }

    fn settle(&mut self, facts: &FeedbackFacts, test: bool) {
        self.phase = Phase::Settle { rounds: 0, fastest: self.clearing_now(), before: self.window, test };
        self.loss.skip_flight(facts);
        self.empty_rounds = 0;
        self.long_rounds = 0;
        self.step_settle(facts, false, self.target(facts));
    }

    fn step_settle(&mut self, facts: &FeedbackFacts, begins: bool, target: f64) {
        let now = self.clearing_now();
        let Phase::Settle { rounds, fastest, before, test } = &mut self.phase else { return };
        *rounds += u32::from(begins);
        if !*test || *rounds == 0 {
            *fastest = fastest.max(now);
        }
        let (rounds, fastest, before, test) = (*rounds, *fastest, *before, *test);
        self.window = self.window_for(facts, fastest, target.min(self.queue.peak())).min(before);
        if self.queue.recent() < target || rounds >= SETTLE_ROUNDS {
            let others =
                test && self.queue.standing() > LONG * target && self.rates.policy != RatePolicy::Low;
            self.phase = if others {
                self.window = before;
                Phase::Compete(Competition::new(facts, before / self.datagram))
            } else {
                Phase::Steady
            };
        }
    }

    fn step_steady(&mut self, facts: &FeedbackFacts, begins: bool, cleared: f64, target: f64) {
        let queue = self.queue.standing();
        self.was_empty &= queue < EMPTY * target;
        if begins {
            let free = self.was_empty && self.is_busy(facts) && !self.loss.is_testing();
            self.empty_rounds = if free { self.empty_rounds + 1 } else { 0 };
            self.long_rounds = if queue > LONG * target { self.long_rounds + 1 } else { 0 };
            self.was_empty = true;
            if self.long_rounds > 1 {
                return self.settle(facts, true);
            }
            if self.empty_rounds > 1 && !self.ceiling.binds(self.window) {
                self.phase = Phase::Search(Search::resume(self.clearing.rate()));
                self.empty_rounds = 0;
                return;
            }
        }
        let growth = (CORRECTION * (target - queue) / self.flight).clamp(-CHANGE_MAX, CHANGE_MAX);
        if growth <= 0.0 || self.is_busy(facts) && !self.loss.is_testing() {
            self.window += growth * cleared;
        }
    }

    fn step_loss(&mut self, facts: &FeedbackFacts) {
        if !matches!(self.phase, Phase::Steady) {
            self.loss.skip_flight(facts);
            return;
        }
        match self.loss.on_feedback(facts) {
            Verdict::Usual => {}
            Verdict::Suspicion => {
                self.before_cut = self.window;
                self.passed = self.clearing_now();
                let passes = self.window_for(facts, self.passed, self.queue.peak() / 2.0);
                self.window = self.window.min(passes);
            }
            Verdict::Congestion => self.ceiling.set(facts, self.window, self.passed),
            Verdict::NotOurs => self.window = self.window.max(self.before_cut),
        }
    }

    fn bound(&mut self) {
        let least = LEAST_WINDOW * self.datagram;
        // With a target, more than it lets out in a flight and a half is of no use.
        let most = match self.rates.target {
            Rate::UNLIMITED => 1e15,
            target => 1.5 * self.flight * target.as_bps() as f64 / 8.0 + 16.0 * self.datagram,
        };
        let min = 1.1 * self.flight * self.rates.min.as_bps() as f64 / 8.0;
        self.window = self.ceiling.apply(self.window).min(most).max(least).max(min);
    }
}

impl RateController for Adaptive {
    fn on_feedback(&mut self, facts: &FeedbackFacts) {
        if let Some(window) = self.after_outage.take() {
            self.window = window;
        }
        let begins = self.measure(facts);
        let cleared = (facts.acked + facts.lost).0 as f64;
        self.step(facts, begins, cleared);
        self.step_loss(facts);
        self.bound();
    }

    fn on_sent(&mut self, _now: Instant, _bytes: ByteCount, in_flight: ByteCount) {
        self.used = self.used.max(in_flight.0 as f64);
    }

    fn on_outage(&mut self, _now: Instant) {
        if self.after_outage.is_none() {
            self.after_outage = Some(self.window / 2.0);
        }
        self.window = LEAST_WINDOW * self.datagram;
        self.loss.forget();
        self.queue.forget();
    }

    fn on_path_change(&mut self, _now: Instant) {
        self.window = (self.window / 2.0).max(LEAST_WINDOW * self.datagram);
        self.phase = Phase::Search(Search::start());
        self.ceiling.lift();
        self.queue.forget();
    }

    fn on_rates(&mut self, _now: Instant, rates: &Rates) {
        self.rates = *rates;
        self.bound();
    }

    fn rate(&self) -> Rate {
        let pace = if matches!(self.phase, Phase::Search(_)) { PACE_SEARCH } else { PACE };
        let rate = Rate::from_bps((pace * self.window / self.flight.max(1e-4) * 8.0) as u64);
        rate.max(self.rates.min).min(self.rates.target)
    }

    fn window(&self) -> ByteCount {
        ByteCount(self.window as u64)
    }

    fn is_starting(&self) -> bool {
        matches!(&self.phase, Phase::Search(search) if search.is_start())
    }
}
