//! The adaptive policies: find the capacity, take the share that the policy names, keep the queue short.
//!
//! `docs/rate-control.md` derives the law. In short: a flow of rate r wants a queue of `target(r)` seconds, and moves its window
//! towards that; equal queues are equal rates. Loss sets a ceiling over the window. Where somebody else fills the queue, the window
//! follows the ceiling.

use core::time::Duration;

use crate::config::{PathMemory, RatePolicy, Rates};
use crate::units::{ByteCount, Instant, Rate};

use super::cubic::{BETA, Cubic};
use super::fixed::Fixed;
use super::loss::{LossJudge, Verdict};
use super::path::Path;
use super::search::Search;
use super::target::{queue_target, weight};
use super::{FeedbackFacts, RateController};

/// Datagrams in flight before anything is known.
const FIRST_WINDOW: f64 = 32.0;
/// Fewest datagrams in flight.
const LEAST_WINDOW: f64 = 4.0;
/// Share of the error of the queue that is corrected per round trip.
const CORRECTION: f64 = 0.4;
/// Most that a window changes in a round trip by the law.
const CHANGE_MAX: f64 = 0.25;
/// Pace above what the window gives, so that the window binds and not the pacer; the same while searching.
const PACE: f64 = 1.1;
const PACE_SEARCH: f64 = 1.5;
/// Shortest flight in seconds that the pace of a start is made for.
const START_FLIGHT: f64 = 0.005;
/// Share of the target below which a queue counts as empty, and multiple above which it is too long.
const EMPTY: f64 = 0.25;
const LONG: f64 = 1.5;
/// Round trips for which a queue must be too long before it is drained; the same where it is far too long.
const LONG_ROUNDS: u32 = 6;
const FAR_ROUNDS: u32 = 1;
/// Share of the bandwidth-delay product in flight while the queue drains, and the round trips that this may take.
const DRAIN: f64 = 0.9;
const DRAIN_ROUNDS: u32 = 2;
/// Seconds after which a queue that was not empty in between is drained, so that the base delay is seen.
const REFRESH: f64 = 5.0;
/// The same after a drain that has not emptied it, and while competing.
const RETRY: f64 = 1.5;
const COMPETE_REFRESH: f64 = 10.0;
/// Share of a queue that has overflowed that is safe, and its growth per second.
const SAFE: f64 = 0.6;
const OVERFLOW_GROWTH: f64 = 0.05;
/// Growth per round trip of a flow that competes and has not lost yet.
const ENTRY: f64 = 1.2;
/// Share of the queue that must be left after a drain for it to have failed, and failures in a row that show a rival.
const LEFT: f64 = 0.5;
const FAILURES: u32 = 2;
/// Round trips after a search in which no other begins.
const PAUSE: i32 = 5;
/// What a delay-led flow keeps after loss, at least.
const BETA_GENTLE: f64 = 0.85;
/// Round trips and seconds that a ceiling may hold over an empty queue, its rise meanwhile, and seconds where no queue was seen at all.
const IDLE_ROUNDS: u32 = 8;
const IDLE_TIME: f64 = 0.3;
const MEND: f64 = 1.01;
const BLOCKED_HOLD: f64 = 2.5;
/// Multiple of what passes that is never exceeded after the start.
const RUNAWAY: f64 = 1.6;
/// Share of the best rate so far that `low` keeps while others fill the queue.
const LOW_FLOOR: f64 = 0.06;

#[derive(Debug)]
enum Phase {
    /// Looks for capacity.
    Search(Search),
    /// Lets the queue run empty.
    Drain(Drain),
    /// Keeps the queue at its target.
    Steady,
    /// Somebody else fills the queue: the window follows the ceiling.
    Compete,
}

#[derive(Clone, Copy, Debug)]
struct Drain {
    rounds: u32,
    /// Bytes per second that are taken for the capacity.
    rate: f64,
    /// The queue before, in seconds.
    queue: f64,
    /// The window that goes on, if the queue turns out to be somebody else's.
    before: f64,
    /// After a search the capacity may show only now.
    learns: bool,
}

/// `high`, `fair` and `low`.
#[derive(Debug)]
pub struct Adaptive {
    rates: Rates,
    phase: Phase,
    path: Path,
    loss: LossJudge,
    cubic: Option<Cubic>,
    /// Bytes.
    window: f64,
    /// The window when the queue was last no longer than wanted.
    content: f64,
    /// The window before loss was answered for the first time in a row.
    before_loss: f64,
    /// The window to go on with after an outage, if there is one.
    after_outage: Option<f64>,
    /// Round trips with an empty queue; below zero, as many must pass first.
    empty_rounds: i32,
    long_rounds: u32,
    was_empty: bool,
    /// Round trips that the ceiling held while the queue was empty.
    idle_rounds: u32,
    idle_since: Instant,
    /// True if the ceiling stands where no queue was seen.
    blocked: bool,
    /// When the queue was last seen empty, or drained.
    empty_at: Instant,
    /// Seconds of queue that are safe where a longer one has overflowed; infinite where none has.
    overflow: f64,
    /// Drains in a row that have not emptied the queue, and the window before the first of them.
    failures: u32,
    before_failures: f64,
    /// True while competing without having lost yet: the share is still to be found.
    lossless: bool,
}

impl Adaptive {
    pub(super) fn new(rates: &Rates, datagram: ByteCount, memory: Option<PathMemory>) -> Self {
        let datagram = datagram.0 as f64;
        let remembered = memory.map_or(0.0, |m| m.rate.scaled(0.5).bytes_in(m.min_rtt).0 as f64);
        let window = (FIRST_WINDOW * datagram).max(remembered.min(1e12));
        Self {
            rates: *rates,
            phase: Phase::Search(Search::start()),
            path: Path::new(datagram, memory),
            loss: LossJudge::default(),
            cubic: None,
            window,
            content: window,
            before_loss: window,
            after_outage: None,
            empty_rounds: 0,
            long_rounds: 0,
            was_empty: false,
            idle_rounds: 0,
            idle_since: Instant::ZERO,
            blocked: false,
            empty_at: Instant::ZERO,
            overflow: f64::INFINITY,
            failures: 0,
            before_failures: 0.0,
            lossless: false,
        }
    }

    /// `fixed` on the same path.
    pub(super) fn to_fixed(&self, rates: &Rates) -> Fixed {
        Fixed::new(rates, ByteCount(self.path.datagram() as u64))
    }

    /// The queue to aim at, in seconds; below what has overflowed.
    fn target(&self) -> f64 {
        let weight = weight(self.rates.policy);
        let target =
            queue_target(self.path.clearing(), weight, self.path.datagram(), self.path.queue().noise());
        target.min(self.overflow)
    }

    fn is_low(&self) -> bool {
        self.rates.policy == RatePolicy::Low
    }

    fn is_busy(&self, facts: &FeedbackFacts) -> bool {
        self.path.used() >= 0.8 * self.window && !facts.app_limited
    }

    fn step(&mut self, facts: &FeedbackFacts, begins: bool, cleared: f64) {
        let target = self.target();
        let queue = self.path.queue().standing();
        if queue < EMPTY * target {
            self.empty_at = facts.now;
            self.failures = 0;
        }
        match &mut self.phase {
            Phase::Search(search) => {
                let usual = self.loss.usual();
                if search.is_over(facts, self.path.queue(), begins, 0.5 * target, usual) {
                    let blocked = search.is_blocked();
                    self.end_search(facts, blocked);
                } else if !facts.app_limited && !search.hesitates(facts, self.path.queue()) {
                    let best = self.path.window_for(self.path.best(), 0.0);
                    self.window += (search.growth(self.window, self.path.datagram(), best) - 1.0) * cleared;
                }
            }
            Phase::Drain(drain) => {
                let drain = *drain;
                self.step_drain(facts, begins, target, drain);
            }
            Phase::Steady => self.step_steady(facts, begins, cleared, target, queue),
            Phase::Compete => {
                if self.path.queue().peak() < target {
                    self.phase = Phase::Steady;
                } else if begins && self.is_stale(facts, COMPETE_REFRESH) {
                    self.drain(facts, self.window, false);
                } else if self.loss.is_pardoned() {
                    let most = 2.0 * self.path.window_for(self.path.clearing(), 0.0);
                    self.window += (most - self.window).clamp(-0.1 * cleared, 0.1 * cleared);
                } else if self.is_busy(facts) {
                    let growth = if self.lossless { ENTRY - 1.0 } else { 0.5 };
                    self.window += growth * cleared;
                }
            }
        }
    }

    fn end_search(&mut self, facts: &FeedbackFacts, blocked: bool) {
        self.drain(facts, self.window, true);
        if blocked {
            // Neither a queue nor more speed: what passes is all there is (a policer, or hardly any queue).
            let passes = self.path.window_for(self.path.fastest(), 0.0);
            let flight = self.path.flight();
            self.cubic = Some(Cubic::after_cut(facts, passes / self.path.datagram(), 0.99, flight, None));
            self.blocked = true;
        }
    }

    fn drain(&mut self, facts: &FeedbackFacts, before: f64, learns: bool) {
        let rate = self.path.fastest();
        let drain = Drain { rounds: 0, rate, queue: self.path.queue().standing(), before, learns };
        self.loss.skip_flight(facts);
        self.empty_rounds = -PAUSE;
        self.long_rounds = 0;
        self.step_drain(facts, false, self.target(), drain);
    }

    fn step_drain(&mut self, facts: &FeedbackFacts, begins: bool, target: f64, mut drain: Drain) {
        drain.rounds += u32::from(begins);
        if drain.learns {
            drain.rate = drain.rate.max(self.path.fastest());
        }
        let before = self.window;
        self.window = self.path.window_for(drain.rate * (1.0 - self.loss.usual()), 0.0) * DRAIN;
        self.phase = Phase::Drain(drain);
        let recent = self.path.queue().recent();
        if drain.rounds >= 1 && recent < EMPTY * target || drain.rounds >= DRAIN_ROUNDS {
            self.empty_at = facts.now;
            self.end_drain(facts, target, recent, drain);
        } else if drain.rounds == 0 {
            self.window = self.window.min(before);
        }
    }

    fn end_drain(&mut self, facts: &FeedbackFacts, target: f64, recent: f64, drain: Drain) {
        self.phase = Phase::Steady;
        self.window = self.path.window_for(drain.rate, target.min(drain.queue.max(0.2 * target)));
        if drain.learns && recent < LONG * target {
            return;
        }
        if recent < LEFT * drain.queue || recent < EMPTY * target || self.is_low() {
            self.failures = 0;
            return;
        }
        if recent > 0.97 * drain.queue && recent > LONG * target {
            // Less in flight, and the delay has not moved at all: the path is longer, nothing is queued.
            self.path.accept_delay(recent);
            self.window = self.window.max(drain.before);
            self.phase = Phase::Search(Search::resume(self.path.clearing()));
            return;
        }
        if self.failures == 0 {
            self.before_failures = drain.before;
        }
        self.failures += 1;
        if self.failures >= FAILURES || recent > LONG * target {
            self.window = self.window.max(self.before_failures).max(drain.before);
            self.phase = Phase::Compete;
            self.lossless = self.cubic.is_none();
            let (datagrams, flight) = (self.window / self.path.datagram(), self.path.flight());
            self.cubic = Some(self.cubic.unwrap_or_else(|| Cubic::from_here(facts, datagrams, flight)));
        }
    }

    fn step_steady(&mut self, facts: &FeedbackFacts, begins: bool, cleared: f64, target: f64, queue: f64) {
        if queue <= 1.15 * target {
            self.content = self.window;
        }
        self.was_empty &= queue < EMPTY * target;
        if begins && self.end_round(facts, target, queue) {
            return;
        }
        let growth = (CORRECTION * (target - queue) / self.path.flight()).clamp(-CHANGE_MAX, CHANGE_MAX);
        if growth <= 0.0 || self.is_busy(facts) {
            self.window += growth * cleared;
        }
    }

    /// What a round trip gives cause for; true if the phase has changed.
    fn end_round(&mut self, facts: &FeedbackFacts, target: f64, queue: f64) -> bool {
        let free = core::mem::replace(&mut self.was_empty, true) && self.is_busy(facts);
        self.empty_rounds = if free || self.empty_rounds < 0 { self.empty_rounds + 1 } else { 0 };
        self.long_rounds = if queue > LONG * target { self.long_rounds + 1 } else { 0 };
        self.lift(facts, free);
        let far = queue > 2.0 * LONG * target;
        if self.long_rounds >= if far { FAR_ROUNDS } else { LONG_ROUNDS } {
            let rival = self.content.max(self.window);
            self.drain(facts, rival, false);
        } else if self.empty_rounds > i32::from(!self.is_low()) && !self.is_capped(facts) {
            self.phase = Phase::Search(Search::resume(self.path.clearing()));
        } else if self.is_stale(facts, if self.failures > 0 { RETRY } else { REFRESH }) {
            self.drain(facts, self.window, false);
        } else {
            return false;
        }
        true
    }

    /// True if the queue was not seen empty for `seconds`.
    fn is_stale(&self, facts: &FeedbackFacts, seconds: f64) -> bool {
        facts.now.since(self.empty_at).as_secs_f64() > seconds && self.is_busy(facts)
    }

    /// A ceiling that holds although the queue is empty is too low: it is lifted after some round trips, where no queue was seen at
    /// all (a policer) after some seconds.
    fn lift(&mut self, facts: &FeedbackFacts, free: bool) {
        if self.idle_rounds == 0 {
            self.idle_since = facts.now;
        }
        self.idle_rounds = if free && self.is_capped(facts) { self.idle_rounds + 1 } else { 0 };
        let hold = if self.blocked { BLOCKED_HOLD } else { 0.0 };
        let idle = facts.now.since(self.idle_since).as_secs_f64();
        if self.idle_rounds >= IDLE_ROUNDS
            && idle >= IDLE_TIME
            && self.cubic.is_some_and(|c| c.age(facts.now) >= hold)
        {
            self.cubic = None;
            self.blocked = false;
        } else if self.idle_rounds > 1
            && !self.blocked
            && let Some(cubic) = &mut self.cubic
        {
            cubic.raise(MEND);
        }
    }

    fn is_capped(&self, facts: &FeedbackFacts) -> bool {
        self.cubic.is_some_and(|c| self.window >= 0.98 * c.allows(facts) * self.path.datagram())
    }

    fn step_loss(&mut self, facts: &FeedbackFacts, begins: bool) {
        if matches!(self.phase, Phase::Search(_)) {
            return;
        }
        let quiet = matches!(self.phase, Phase::Drain(_));
        match self.loss.on_feedback(facts, begins, quiet) {
            Verdict::Usual => {}
            Verdict::Episode { share, heavy } => self.answer(facts, share, heavy),
            Verdict::NotOurs => {
                self.window = self.window.max(self.before_loss);
                self.cubic = None;
            }
        }
    }

    fn answer(&mut self, facts: &FeedbackFacts, share: f64, heavy: bool) {
        if !heavy && self.path.queue().peak() < EMPTY * self.target() {
            return self.loss.excuse(share);
        }
        if self.cubic.is_none_or(|c| c.age(facts.now) >= c.recovery()) {
            self.before_loss = self.window;
        }
        self.lossless = false;
        let queue = self.path.queue();
        let product = self.path.window_for(1.0, 0.0);
        let mut beta = if matches!(self.phase, Phase::Compete) {
            BETA
        } else {
            // Alone, what stands in the queue is enough to give up.
            BETA_GENTLE.max(product / (product + queue.standing()))
        };
        if heavy {
            let passes = self.path.fastest();
            let passes = self.path.window_for(passes, queue.peak() / 2.0);
            beta = beta.min(passes / self.window).max(0.1);
        }
        let beta = beta.min(0.99);
        self.blocked = queue.peak() < EMPTY * self.target();
        if !self.blocked {
            self.overflow = SAFE * queue.peak();
        }
        let window = self.window / self.path.datagram();
        let cubic = Cubic::after_cut(facts, window, beta, self.path.flight(), self.cubic.as_ref());
        self.loss.recovers(facts.now + Duration::from_secs_f64((cubic.recovery() / 2.0).min(60.0)));
        self.cubic = Some(cubic);
        self.window *= beta;
    }

    fn bound(&mut self, facts: &FeedbackFacts) {
        let datagram = self.path.datagram();
        let free = match self.phase {
            Phase::Search(_) => true,
            Phase::Compete => self.lossless,
            Phase::Drain(_) | Phase::Steady => false,
        };
        if let (false, Some(cubic)) = (free, &self.cubic) {
            self.window = self.window.min(cubic.allows(facts) * datagram);
        }
        if !self.is_starting() {
            // Whatever the reason: much more than what passes only gets lost.
            let passes =
                self.path.window_for(self.path.fastest().max(self.path.clearing()), self.path.queue().peak());
            self.window = self.window.min(RUNAWAY * passes + 16.0 * datagram);
        }
        // With a target, more than it lets out in a flight and a half is of no use.
        let flight = self.path.flight();
        let most = match self.rates.target {
            Rate::UNLIMITED => 1e15,
            target => 1.5 * flight * target.as_bps() as f64 / 8.0 + 16.0 * datagram,
        };
        let floor = if self.is_low() { LOW_FLOOR * self.path.window_for(self.path.best(), 0.0) } else { 0.0 };
        let min = 1.1 * flight * self.rates.min.as_bps() as f64 / 8.0;
        self.window = self.window.min(most).max(LEAST_WINDOW * datagram).max(floor).max(min);
    }
}

impl RateController for Adaptive {
    fn on_feedback(&mut self, facts: &FeedbackFacts) {
        if let Some(window) = self.after_outage.take() {
            self.window = window;
        }
        let begins = self.path.on_feedback(facts, self.loss.usual());
        self.overflow *= 1.0 + OVERFLOW_GROWTH * self.path.since_last().min(1.0);
        self.step(facts, begins, (facts.acked + facts.lost).0 as f64);
        self.step_loss(facts, begins);
        self.bound(facts);
    }

    fn on_sent(&mut self, _now: Instant, _bytes: ByteCount, in_flight: ByteCount) {
        self.path.on_sent(in_flight);
    }

    fn on_outage(&mut self, _now: Instant) {
        if self.after_outage.is_none() {
            self.after_outage = Some(self.window / 2.0);
        }
        self.window = LEAST_WINDOW * self.path.datagram();
        self.path.forget_queue();
    }

    fn on_path_change(&mut self, _now: Instant) {
        self.window = (self.window / 2.0).max(LEAST_WINDOW * self.path.datagram());
        self.phase = Phase::Search(Search::start());
        self.cubic = None;
        self.path.forget_queue();
    }

    fn on_rates(&mut self, _now: Instant, rates: &Rates) {
        self.rates = *rates;
    }

    fn rate(&self) -> Rate {
        let (pace, least) = match &self.phase {
            Phase::Search(search) if search.is_start() => (PACE_SEARCH, START_FLIGHT),
            Phase::Search(_) => (PACE_SEARCH, 1e-4),
            _ => (PACE, 1e-4),
        };
        let rate = Rate::from_bps((pace * self.window / self.path.flight().max(least) * 8.0) as u64);
        rate.max(self.rates.min).min(self.rates.target)
    }

    fn window(&self) -> ByteCount {
        ByteCount((self.window * (1.0 + self.path.way_back() / self.path.flight().max(1e-4))) as u64)
    }

    fn is_starting(&self) -> bool {
        matches!(&self.phase, Phase::Search(search) if search.is_start())
    }
}
