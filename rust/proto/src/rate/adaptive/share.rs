//! Several streams like this one: how they come to equal rates soon.
//!
//! The delay law corrects the error of the queue at a gain that one flow alone endures. Where several share, the queue stands still long
//! before their rates are alike: each of them sees a queue that is too long for it, or too short, round trip after round trip. That
//! lasting error is what is answered here.

use super::{Adaptive, EMPTY};
use crate::rate::FeedbackFacts;

/// Share of the queue that is aimed at within which it is no error.
const BAND: f64 = 0.15;
/// Share of the error by which a queue that is too short may move in a round trip and still stand.
const STILL: f64 = 0.25;
/// Round trips with an error on the same side after which the correction grows, by how much per round trip, and at most.
const PATIENCE: u32 = 3;
const QUICKER: f64 = 0.6;
const QUICKEST: f64 = 8.0;
/// Most that a drain changes a window, as a factor.
const REBALANCED: f64 = 1.5;
/// Seconds after which a queue that was not seen empty and now shrinks is drained together with whoever drains it.
const JOIN_TIME: f64 = 3.0;
/// Share of the delay of the round trip before below which a queue shrinks.
const SHRUNK: f64 = 0.85;

impl Adaptive {
    /// A round trip is over in which a queue of `aim` seconds was wanted and one of `queue` stood.
    pub(super) fn watch_error(&mut self, facts: &FeedbackFacts, aim: f64, queue: f64) {
        let error = aim - queue;
        let may_grow = self.is_busy(facts) && !self.is_capped(facts);
        // Who yields to everybody has no share to look for.
        self.astray = if self.is_low() || error.abs() < BAND * aim || error > 0.0 && !may_grow {
            0
        } else if error > 0.0 {
            self.astray.max(0) + 1
        } else {
            self.astray.min(0) - 1
        };
    }

    /// Multiple of the usual correction: the more, the longer the error lasts.
    pub(super) fn urgency(&self) -> f64 {
        let rounds = self.astray.unsigned_abs().saturating_sub(PATIENCE);
        (1.0 + f64::from(rounds) * QUICKER).min(QUICKEST)
    }

    /// True if somebody else lets the queue run empty, and this flow has not seen it empty for long: together they see the base delay,
    /// alone a flow among many does not. What falls by no more than the queue moves by itself from round to round is nobody's drain.
    pub(super) fn joins_drain(&self, facts: &FeedbackFacts) -> bool {
        let (earlier, recent) = (self.path.queue().earlier(), self.path.queue().recent());
        !self.rival.is_suspected()
            && !self.is_low()
            && self.is_stale(facts, JOIN_TIME)
            && recent < SHRUNK * earlier
            && earlier - recent > self.path.queue().swing()
    }

    /// The factor by which the window changes after a drain that has emptied a queue of `queue` seconds where `wanted` were aimed at.
    ///
    /// In equilibrium the queue is the mean of what the flows want, weighted by their rates, so that all of them together have no more
    /// in flight than before; each one's distance from its share is halved.
    pub(super) fn rebalanced(&self, wanted: f64, queue: f64) -> f64 {
        // An error no larger than what the queue moves by itself is none: a stream alone would give up a fifth of its window to it.
        if (wanted - queue).abs() <= self.path.queue().swing() {
            return 1.0;
        }
        // A queue that moves with this flow is its own, and too short only for the moment.
        if self.is_low() || queue < wanted && self.path.queue().moved() > STILL * (wanted - queue) {
            return 1.0;
        }
        // Alone, a flow has mended the error itself by then: what is left is noise.
        let lasts = if queue > wanted { -self.astray } else { self.astray };
        if lasts <= PATIENCE.cast_signed() {
            return 1.0;
        }
        (wanted / queue.max(EMPTY * wanted)).clamp(1.0 / REBALANCED, REBALANCED)
    }
}
