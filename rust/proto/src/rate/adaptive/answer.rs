//! What the law answers to loss.

use core::time::Duration;

use super::drain::Purpose;
use super::{Adaptive, EMPTY, Phase};
use crate::rate::FeedbackFacts;
use crate::rate::cubic::{BETA, Cubic};
use crate::rate::loss::Verdict;

/// Share of a queue that has overflowed that is safe.
pub(super) const SAFE: f64 = 0.6;
/// Share of the longest queue of late below which a queue is short.
const SHORT: f64 = 0.6;
/// Share of loss below which a path may carry a flow that answers to every loss.
pub(super) const CLEAN: f64 = 0.003;
/// Share above the usual that shows a limit without a queue where there was one.
const FOUND: f64 = 0.01;
/// What a delay-led flow keeps after loss, at least.
const BETA_GENTLE: f64 = 0.85;

impl Adaptive {
    pub(super) fn step_loss(&mut self, facts: &FeedbackFacts, begins: bool) {
        if matches!(self.phase, Phase::Search(_) | Phase::Insist(_)) {
            return;
        }
        let quiet = matches!(self.phase, Phase::Drain(_));
        let is_short = self.crest > self.target() && self.path.queue().latest() < SHORT * self.crest;
        // A queue that has overflowed is kept shorter: if it overflows again, somebody else fills it, who answers to every loss.
        let competes =
            matches!(self.phase, Phase::Compete) || self.overflow.is_finite() && self.loss.usual() < CLEAN;
        self.loss.set_limited(self.blocked);
        match self.loss.on_feedback(facts, begins, quiet, is_short, competes) {
            Verdict::Usual => {}
            Verdict::Episode { share, heavy } => self.answer(facts, share, heavy),
            Verdict::Doubtful { share } if matches!(self.phase, Phase::Compete) => {
                self.loss.pardon(share);
                self.window = self.window.max(self.before_loss);
            }
            Verdict::Doubtful { share } => self.drain(facts, self.window, Purpose::Doubt { share }),
        }
    }

    /// What the window is to be multiplied with for a queue that is too long to be as long as wanted: if the answer turns out to have been
    /// in vain and is taken back, the excess of the queue is not. Beside somebody else who fills it nothing is excess.
    fn without_excess(&self) -> f64 {
        let (queue, target) = (self.path.queue().standing(), self.target());
        if matches!(self.phase, Phase::Compete) || queue <= target {
            return 1.0;
        }
        self.path.window_for(1.0, target) / self.path.window_for(1.0, queue)
    }

    pub(super) fn answer(&mut self, facts: &FeedbackFacts, share: f64, heavy: bool) {
        let unqueued = self.path.queue().peak() < EMPTY * self.target();
        if heavy && unqueued && !self.blocked && !matches!(self.phase, Phase::Compete) {
            // Far too much, or chance: to be seen before it is answered.
            self.before_loss = self.window;
            return self.drain(facts, self.window, Purpose::Doubt { share });
        }
        // A limit without a queue that is known is found again by the first loss.
        let heavy = heavy || unqueued && self.blocked && share > self.loss.usual() + FOUND;
        if !heavy && unqueued {
            return self.loss.excuse(share);
        }
        if self.cubic.is_none_or(|c| c.age(facts.now) >= c.recovery()) {
            self.before_loss = self.window * self.without_excess();
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
        self.blocked = unqueued;
        if !self.blocked && queue.peak() > 0.9 * self.crest {
            let serialization = 2.0 * self.path.datagram() / self.path.fastest().max(1.0);
            self.overflow = (SAFE * queue.peak()).max(serialization);
        }
        let window = self.window / self.path.datagram();
        let mut cubic = Cubic::after_cut(facts, window, beta, self.path.flight(), self.cubic.as_ref());
        if matches!(self.phase, Phase::Compete) {
            self.rival.cycle.end(facts.now, &self.path);
            self.catch_up(&mut cubic);
        }
        self.loss.recovers(facts.now, Duration::from_secs_f64((cubic.recovery() / 2.0).min(60.0)));
        self.cubic = Some(cubic);
        self.window *= beta;
        self.rival.measure_growth(&self.path, self.window);
    }
}
