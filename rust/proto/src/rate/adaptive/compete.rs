//! Beside those who fill the queue: like is answered with like.
//!
//! A delay law yields everything to a TCP that grows until it loses. So where drains show that the queue is somebody else's, the window
//! follows the ceiling that loss sets, the cubic function, whatever the delay: what a second CUBIC flow would get. Where loss goes on
//! although it was answered, the other one does not yield to loss (BBR of the first version), and to yield alone has no use.

use super::drain::{LEFT, Purpose};
use super::{Adaptive, EMPTY, Phase};
use crate::rate::FeedbackFacts;
use crate::rate::cubic::Cubic;

/// Seconds after which it is tried whether somebody still fills the queue.
const REFRESH: f64 = 10.0;
/// Seconds for which drains have to leave a queue before it is somebody else's: several streams like this one that start soon after each
/// other leave one for two or three seconds.
const PROOF: f64 = 3.0;
/// Seconds for which the queue has to be short before the other one is gone: its own answer to loss empties the queue too.
const GONE: f64 = 1.5;
/// Seconds for which another one is looked for more often after he has gone.
const MEMORY: f64 = 20.0;
/// Share of loss above which nobody who answers loss fills a queue: with 0.15 % a CUBIC flow of 100 ms keeps some 25 datagrams in flight.
const LOSSY: f64 = 0.001_5;
/// The same above which competing ends: overflow alone does not get there.
const SURELY_LOSSY: f64 = 0.006;
/// Share of the longest queue of late above which a drain can tell whose the queue is.
const TALL: f64 = 0.7;
/// Share of the longest queue since then below which somebody has given way.
const FALLEN: f64 = 0.6;
/// Most that a window catches up in a cycle, as a factor.
const CATCH_UP: f64 = 3.0;
/// Growth per round trip of a flow that competes and has not lost yet: its share is still to be found.
const ENTRY: f64 = 0.2;
/// Growth per round trip towards the ceiling.
const APPROACH: f64 = 0.5;
/// Bandwidth-delay products in flight where loss is not answered, and the change per round trip towards that.
const STUBBORN: f64 = 2.5;
const STUBBORN_CHANGE: f64 = 0.1;

/// Growth of the window, as a factor, by which it shows whether the others make room.
const GROWN: f64 = 4.0;
/// Share of the link up to which a flow may have grown so much beside others who make no room: then the queue has grown by as much.
const UNSEEN: f64 = 0.15;

/// Where growth beside others began: bytes in flight, the queue in seconds, and the longest one since.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    window: f64,
    queue: f64,
    longest: f64,
}

impl Adaptive {
    /// Growth beside the others is measured from here on.
    pub(super) fn set_mark(&mut self) {
        let queue = self.path.queue().latest();
        self.mark = Mark { window: self.window, queue, longest: queue };
    }

    /// True if the window has grown and the queue has not grown with it: who fills a queue makes no room before something is lost, so
    /// that what is sent beside him stands in it.
    fn have_others_made_room(&mut self) -> bool {
        let queue = self.path.queue().standing();
        if self.window < 1.2 * self.mark.window {
            self.mark.queue = self.mark.queue.min(queue);
            self.mark.longest = self.mark.queue;
        }
        self.mark.longest = self.mark.longest.max(queue);
        self.window >= GROWN * self.mark.window
            && (self.mark.longest - self.mark.queue) * self.path.best()
                < UNSEEN * (self.window - self.mark.window)
    }

    /// A drain has left a queue: somebody else's if drains do so for some seconds, at once if that has been so of late. `before` is the
    /// window before the drain, `is_clear` is false where jitter or a search may have left as much.
    pub(super) fn contest(&mut self, facts: &FeedbackFacts, before: f64, is_clear: bool) {
        let is_first = !core::mem::replace(&mut self.contested, true);
        if is_first {
            self.before_contest = before;
            self.contested_at = facts.now;
        }
        let is_proven = facts.now.since(self.contested_at).as_secs_f64() >= PROOF;
        if self.loss.usual() > LOSSY || !(is_proven || is_clear && self.has_known_rival(facts)) {
            return;
        }
        self.window = self.window.max(self.before_contest).max(before);
        self.phase = Phase::Compete;
        self.full_at = facts.now;
        if !self.has_known_rival(facts) {
            // What was cut while yielding is no share: it is found like that of a flow that begins.
            self.cubic = None;
        }
        self.lossless = self.cubic.is_none();
        self.set_mark();
        self.refills = 0;
        (self.cycle, self.cycle_at, self.top) = (0.0, facts.now, 0.0);
        let (datagrams, flight) = (self.window / self.path.datagram(), self.path.flight());
        self.cubic = Some(self.cubic.unwrap_or_else(|| Cubic::from_here(facts, datagrams, flight)));
    }

    /// True if somebody else has filled the queue of late.
    pub(super) fn has_known_rival(&self, facts: &FeedbackFacts) -> bool {
        self.rival_at.is_some_and(|at| facts.now.since(at).as_secs_f64() < MEMORY)
    }

    /// Streams like this one that let the queue run empty fill it again at once; who answers a loss does so slowly.
    pub(super) fn watch_fall(&mut self, facts: &FeedbackFacts, target: f64, queue: f64) {
        if queue < EMPTY * target && self.fallen.is_none() {
            self.fallen = Some((facts.now, self.path.queue().peak()));
        }
        let Some((at, from)) = self.fallen else { return };
        let lasted = facts.now.since(at).as_secs_f64();
        if queue > 0.5 * from.max(target) {
            self.fallen = None;
            let is_slow = lasted > 4.0 * self.path.flight();
            self.contested &= is_slow;
            self.refills = if is_slow { 0 } else { self.refills + 1 };
        } else if lasted > GONE {
            self.fallen = None;
            self.contested = false;
        }
    }

    /// Somebody has given way: a cycle of those who fill the queue is over.
    fn note_cycle(&mut self, facts: &FeedbackFacts) {
        let lasted = facts.now.since(self.cycle_at).as_secs_f64();
        if lasted > 4.0 * self.path.flight() {
            self.cycle = lasted;
            self.cycle_at = facts.now;
        }
        self.top = self.path.queue().latest();
    }

    pub(super) fn catch_up(&mut self, facts: &FeedbackFacts, mut cubic: Cubic) -> Cubic {
        if matches!(self.phase, Phase::Compete) {
            self.note_cycle(facts);
            let window = self.window / self.path.datagram();
            cubic.aim(Cubic::peak_of(self.cycle, self.path.flight()).min(CATCH_UP * window));
        }
        cubic
    }

    fn watch_cycle(&mut self, facts: &FeedbackFacts, target: f64) {
        let latest = self.path.queue().latest();
        self.top = self.top.max(self.path.queue().standing());
        if latest < FALLEN * self.top && self.top > target {
            self.note_cycle(facts);
            if let Some(cubic) = &mut self.cubic {
                cubic.aim(
                    Cubic::peak_of(self.cycle, self.path.flight())
                        .min(CATCH_UP * self.window / self.path.datagram()),
                );
            }
        }
    }

    pub(super) fn step_compete(&mut self, facts: &FeedbackFacts, begins: bool, cleared: f64, target: f64) {
        self.watch_cycle(facts, target);
        if self.path.queue().peak() >= LEFT * target {
            self.full_at = facts.now;
        }
        let is_lossy =
            self.loss.usual() > SURELY_LOSSY && facts.now.since(self.cycle_at).as_secs_f64() > PROOF;
        if is_lossy || self.refills >= 2 || begins && self.have_others_made_room() {
            self.phase = Phase::Steady;
            self.rival_at = None;
            self.contested = false;
        } else if facts.now.since(self.full_at).as_secs_f64() > GONE {
            self.phase = Phase::Steady;
            self.rival_at = Some(facts.now);
        } else if begins && self.is_stale(facts, REFRESH) && self.path.queue().standing() > TALL * self.crest
        {
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
