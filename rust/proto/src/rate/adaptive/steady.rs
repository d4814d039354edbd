//! The delay law: the window moves towards the queue that a flow of this rate wants.

use super::drain::Purpose;
use super::{Adaptive, EMPTY, LONG, Phase};
use crate::rate::FeedbackFacts;
use crate::rate::search::Search;

/// Share of the error of the queue that is corrected per round trip.
const CORRECTION: f64 = 0.4;
/// The same where the pace binds: half of it is in the pace already.
const CORRECTION_PACED: f64 = 0.25;
/// Most that a window changes in a round trip by the law.
const CHANGE_MAX: f64 = 0.25;
/// Round trips for which a queue must be too long before it is drained; the same where it is far too long.
const LONG_ROUNDS: u32 = 6;
const FAR_ROUNDS: u32 = 1;
/// Seconds after which a queue that was not empty in between is drained, so that the base delay is seen.
const REFRESH: f64 = 5.0;
/// The same after a drain that has not emptied it, and where somebody else has filled it of late.
const RETRY: f64 = 1.5;
/// Round trips and seconds that a ceiling may hold over an empty queue, and its rise meanwhile; the rise per second and the seconds
/// where no queue was seen at all.
const IDLE_ROUNDS: u32 = 8;
const IDLE_TIME: f64 = 0.3;
const MEND: f64 = 1.01;
const CREEP: f64 = 0.04;
const BLOCKED_HOLD: f64 = 10.0;
/// Share of the queue that is aimed at below which a ceiling is what keeps the queue short: others fill the rest of it.
const CRAMPED: f64 = 0.85;

impl Adaptive {
    pub(super) fn step_steady(
        &mut self,
        facts: &FeedbackFacts,
        begins: bool,
        cleared: f64,
        target: f64,
        queue: f64,
    ) {
        let aim = self.aim();
        if queue <= 1.15 * target {
            self.content = self.window;
        }
        self.was_empty &= queue < EMPTY * target;
        if begins {
            self.watch_error(facts, aim, queue);
            if self.end_round(facts, queue) {
                return;
            }
        }
        if self.joins_drain(facts) {
            return self.drain(facts, self.window, Purpose::Refresh);
        }
        let correction = if self.path.is_coarse() { CORRECTION_PACED } else { CORRECTION };
        // Where a round trip is shorter than the time between feedbacks, its last ones are of a queue that has gone.
        let queue = if self.path.is_short() { self.path.queue().recent() } else { queue };
        let growth =
            (correction * self.urgency() * (aim - queue) / self.path.flight()).clamp(-CHANGE_MAX, CHANGE_MAX);
        // The smallest delay of a round trip is late word of a queue that builds: what stands there by now is no cause to grow on.
        let may_grow = self.is_busy(facts) && self.path.queue().recent() < LONG * aim;
        if growth <= 0.0 || may_grow {
            self.window += growth * cleared;
        }
    }

    /// The queue to aim at in seconds. Jitter lengthens it, but not into one that overflows.
    fn aim(&self) -> f64 {
        (self.target() + self.path.queue().swing()).min(self.overflow)
    }

    /// What a round trip gives cause for; true if the phase has changed.
    pub(super) fn end_round(&mut self, facts: &FeedbackFacts, queue: f64) -> bool {
        let free = core::mem::replace(&mut self.was_empty, true) && self.is_busy(facts);
        self.empty_rounds = if free || self.empty_rounds < 0 { self.empty_rounds + 1 } else { 0 };
        let longest = self.longest_own() + self.path.queue().swing();
        let is_long = queue > LONG * longest && !self.path.queue().is_stepping();
        self.long_rounds = if is_long { self.long_rounds + 1 } else { 0 };
        let is_cramped = queue < CRAMPED * self.aim() && !self.is_low() && !self.is_shallow();
        self.lift(facts, free || is_cramped);
        let patience =
            if self.rival.is_suspected() || self.rival.is_known(facts.now) { RETRY } else { REFRESH };
        let far = queue > 2.0 * LONG * longest;
        // What was content before somebody else took its place goes on beside him.
        let before = self.content.max(self.window);
        if self.long_rounds >= if far { FAR_ROUNDS } else { LONG_ROUNDS } {
            self.drain(facts, before, Purpose::Refresh);
        } else if self.empty_rounds > i32::from(!self.is_low()) && !self.is_capped(facts) {
            let rate = self.path.clearing();
            self.phase =
                Phase::Search(if self.is_low() { Search::yielded(rate) } else { Search::resume(rate) });
        } else if self.is_stale(facts, patience) {
            self.drain(facts, before, Purpose::Refresh);
        } else {
            return false;
        }
        true
    }

    /// A ceiling that holds although the queue is empty, or shorter than this flow wants it, is too low: it is lifted after some round
    /// trips, where no queue was seen at all (a policer) after some seconds.
    pub(super) fn lift(&mut self, facts: &FeedbackFacts, free: bool) {
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
            && let Some(cubic) = &mut self.cubic
        {
            let creep = 1.0 + CREEP * facts.smoothed_rtt.as_secs_f64().max(self.path.since_last());
            cubic.raise(if self.blocked { creep.min(MEND) } else { MEND });
        }
    }

    pub(super) fn is_capped(&self, facts: &FeedbackFacts) -> bool {
        self.cubic.is_some_and(|c| self.window >= 0.98 * c.allows(facts) * self.path.datagram())
    }
}
