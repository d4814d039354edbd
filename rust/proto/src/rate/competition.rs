//! Against those who fill the queue: like is answered with like.
//!
//! A queue that stays long although this flow has drained its part of it is somebody else's: a TCP that grows until it loses. A
//! delay law would yield everything to it. So the window follows the cubic function of RFC 9438 section 4.2, which gives what a second
//! CUBIC flow would get, and is cut when loss comes. Where the loss does not end after the cut, the other one does not yield (BBR of
//! the first version): then yielding has no use, and the window stands at what BBR would allow itself.

use crate::units::{ByteCount, Instant};

use super::FeedbackFacts;

/// RFC 9438 section 5.1, datagrams per s³.
const C: f64 = 0.4;
/// What is kept after a cut, RFC 9438 section 4.6.
const BETA: f64 = 0.7;
/// Round trips for which loss is not answered after it has outlived a cut.
const STUBBORN_ROUNDS: u32 = 40;

/// The window while somebody fills the queue.
#[derive(Debug)]
pub(super) struct Competition {
    /// Datagrams: the window at the last cut, and the cubic function since.
    peak: f64,
    origin: f64,
    inflection: f64,
    since: Instant,
    /// Loss before this much is delivered belongs to the last cut.
    answered: ByteCount,
    /// Rounds with loss among those since the cut.
    lossy_rounds: u32,
    rounds: u32,
    lost_in_round: bool,
    stubborn: u32,
    before_cut: f64,
}

impl Competition {
    /// Begins at `window` datagrams.
    pub(super) fn new(facts: &FeedbackFacts, window: f64) -> Self {
        Self {
            peak: window,
            origin: window,
            inflection: 0.0,
            since: facts.now,
            answered: facts.delivered,
            lossy_rounds: 0,
            rounds: 0,
            lost_in_round: false,
            stubborn: 0,
            before_cut: window,
        }
    }

    /// True if the other one does not yield.
    pub(super) fn is_stubborn(&self) -> bool {
        self.stubborn > 0
    }

    /// The window in datagrams that follows `window`; `usual` is the share that is lost whatever is sent.
    pub(super) fn step(
        &mut self,
        facts: &FeedbackFacts,
        begins: bool,
        window: f64,
        cap: f64,
        usual: f64,
    ) -> f64 {
        let acked = facts.acked.0 as f64 / facts.datagram.0 as f64;
        let lost = facts.lost.0 as f64 / facts.datagram.0 as f64;
        self.lost_in_round |= lost > usual * (acked + lost) * 2.0;
        if begins {
            self.end_round();
        }
        if self.stubborn > 0 {
            return window + (cap - window).clamp(-0.1 * acked, 0.1 * acked);
        }
        if self.lost_in_round && facts.prior_delivered >= self.answered {
            return self.cut(facts, window);
        }
        if facts.prior_delivered < self.answered {
            return window;
        }
        if self.rounds >= 3 && self.lossy_rounds >= 3 {
            self.stubborn = STUBBORN_ROUNDS;
            return self.before_cut;
        }
        let t = (facts.now.since(self.since) + facts.base_rtt).as_secs_f64();
        let target = (C * (t - self.inflection).powi(3) + self.origin).clamp(window, 1.5 * window);
        window + (target - window) / window * acked
    }

    fn end_round(&mut self) {
        self.rounds += 1;
        self.lossy_rounds += u32::from(core::mem::take(&mut self.lost_in_round));
        self.stubborn = self.stubborn.saturating_sub(1);
        if self.rounds >= 6 {
            (self.rounds, self.lossy_rounds) = (0, 0);
        }
    }

    fn cut(&mut self, facts: &FeedbackFacts, window: f64) -> f64 {
        if self.lossy_rounds == 0 {
            self.before_cut = window;
        }
        self.peak = if window < self.peak { window * (1.0 + BETA) / 2.0 } else { window };
        let smaller = window * BETA;
        self.origin = self.peak;
        self.inflection = ((self.origin - smaller).max(0.0) / C).cbrt();
        self.since = facts.now;
        self.answered = facts.delivered;
        smaller
    }
}
