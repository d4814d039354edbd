//! Beside those who fill the queue: like is answered with like.
//!
//! A delay law yields everything to a TCP that grows until it loses. So where drains show that the queue is somebody else's, the window
//! follows the ceiling that loss sets, the cubic function, whatever the delay. A second CUBIC flow would get its share so, in a minute;
//! who comes late catches up: the time from one answer to loss to the next says how much a flow holds that answers as often. Where loss
//! goes on although it was answered, the other one does not yield to loss (BBR of the first version), and to yield alone has no use.

use super::drain::{LEFT, Purpose};
use super::rival::GONE;
use super::{Adaptive, LONG, Phase};
use crate::rate::FeedbackFacts;
use crate::rate::cubic::Cubic;
use crate::rate::search::WOBBLES;

/// Seconds after which it is tried whether somebody still fills the queue.
const REFRESH: f64 = 10.0;
/// Share of the longest queue of late above which a drain can tell: after an answer to loss the queue is short whoever fills it.
const TALL: f64 = 0.7;
/// Share of loss above which nobody who answers loss fills a queue: with 0.15 % a CUBIC flow of 100 ms keeps some 25 datagrams in flight.
pub(super) const LOSSY: f64 = 0.001_5;
/// The same above which competing ends, and the seconds without an answer to loss after which that counts: overflow looks like it before.
const SURELY_LOSSY: f64 = 0.006;
const SETTLED: f64 = 3.0;
/// Growth per round trip of a flow that competes and has not lost yet: its share is still to be found.
const ENTRY: f64 = 0.2;
/// Growth per round trip towards the ceiling.
const APPROACH: f64 = 0.5;
/// Most that a window catches up in a cycle, as a factor.
const CATCH_UP: f64 = 3.0;
/// Bandwidth-delay products in flight where loss is not answered, and the change per round trip towards that.
const STUBBORN: f64 = 2.5;
const STUBBORN_CHANGE: f64 = 0.1;

impl Adaptive {
    /// A drain has left a queue. `is_clear` is false where jitter or a search may have left as much.
    ///
    /// The window grows from what it is by now: streams that were taken for a rival make room for one that grows gradually, which shows,
    /// and not for one that leaps.
    pub(super) fn contest(&mut self, facts: &FeedbackFacts, is_clear: bool) {
        if !self.rival.suspect(facts.now, is_clear) || self.loss.usual() > LOSSY {
            return;
        }
        self.phase = Phase::Compete;
        self.full_at = facts.now;
        if !self.rival.is_known(facts.now) {
            // What was cut while yielding is no share: it is found like that of a flow that begins.
            self.cubic = None;
        }
        self.lossless = self.cubic.is_none();
        self.rival.meet(facts.now, &self.path, self.window);
        let (datagrams, flight) = (self.window / self.path.datagram(), self.path.flight());
        self.cubic = Some(self.cubic.unwrap_or_else(|| Cubic::from_here(facts, datagrams, flight)));
    }

    /// The ceiling of a flow that competes, after somebody has answered a loss: what a flow holds that answers as often.
    pub(super) fn catch_up(&self, cubic: &mut Cubic) {
        let most = CATCH_UP * self.window / self.path.datagram();
        cubic.aim(Cubic::peak_of(self.rival.cycle.lasted(), self.path.flight()).min(most));
    }

    fn is_mistaken(&mut self, facts: &FeedbackFacts, begins: bool) -> bool {
        let is_lossy = self.loss.usual() > SURELY_LOSSY && self.rival.cycle.age(facts.now) > SETTLED;
        is_lossy || begins && self.rival.is_none(&self.path, self.window)
    }

    pub(super) fn step_compete(&mut self, facts: &FeedbackFacts, begins: bool, cleared: f64, target: f64) {
        if self.rival.cycle.has_given_way(facts.now, &self.path, target)
            && let Some(mut cubic) = self.cubic
        {
            self.catch_up(&mut cubic);
            self.cubic = Some(cubic);
            // What he has given up is room for whoever takes it.
            self.rival.measure_growth(&self.path, self.window);
        }
        if self.path.queue().peak() >= LEFT * target + WOBBLES * self.path.queue().wobble() {
            self.full_at = facts.now;
        }
        let is_queued = self.path.queue().standing() > LONG * target;
        let is_stale = self.is_stale(facts, REFRESH) && self.path.queue().standing() > TALL * self.crest;
        if self.is_mistaken(facts, begins) {
            self.phase = Phase::Steady;
            self.rival.forget();
            if self.lossless {
                // The ceiling is where competing began.
                self.cubic = None;
            }
        } else if facts.now.since(self.full_at).as_secs_f64() > GONE {
            self.phase = Phase::Steady;
            self.rival.see(facts.now);
        } else if self.rival.alone.seems_so(facts.now, &self.path, self.window, is_queued)
            || begins && is_stale
        {
            // Whether he is still there: his own answer to loss empties the queue as well as his absence.
            self.rival.see(facts.now);
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
