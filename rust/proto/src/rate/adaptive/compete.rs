//! Beside those who fill the queue: like is answered with like.
//!
//! A delay law yields everything to a TCP that grows until it loses. So where drains show that the queue is somebody else's, the window
//! follows the ceiling that loss sets, the cubic function, whatever the delay: what a second CUBIC flow would get. Where loss goes on
//! although it was answered, the other one does not yield to loss (BBR of the first version), and to yield alone has no use.

use super::drain::{LEFT, Purpose};
use super::{Adaptive, Phase};
use crate::rate::FeedbackFacts;

/// Seconds after which it is tried whether somebody still fills the queue.
const REFRESH: f64 = 10.0;
/// Growth per round trip of a flow that competes and has not lost yet: its share is still to be found.
const ENTRY: f64 = 0.2;
/// Growth per round trip towards the ceiling.
const APPROACH: f64 = 0.5;
/// Bandwidth-delay products in flight where loss is not answered, and the change per round trip towards that.
const STUBBORN: f64 = 2.5;
const STUBBORN_CHANGE: f64 = 0.1;

impl Adaptive {
    pub(super) fn step_compete(&mut self, facts: &FeedbackFacts, begins: bool, cleared: f64, target: f64) {
        if self.path.queue().peak() < LEFT * target {
            self.phase = Phase::Steady;
        } else if begins && self.is_stale(facts, REFRESH) {
            self.drain(facts, self.window, Purpose::Refresh);
        } else if self.loss.is_pardoned() {
            let most = STUBBORN * self.path.window_for(self.path.clearing(), 0.0);
            self.window += (most - self.window).clamp(-STUBBORN_CHANGE * cleared, STUBBORN_CHANGE * cleared);
        } else if self.is_busy(facts) {
            let growth = if self.lossless { ENTRY } else { APPROACH };
            self.window += growth * cleared;
        }
    }
}
