//! Tells loss that sending less would cure from loss that it would not.
//!
//! Loss is counted in epochs of at least a round trip. An epoch that has lost clearly more than is usual on this path is a suspicion, and
//! the suspicion is put to the test: the window is cut, and the next epoch that was sent with the smaller window is the
//! evidence. If the loss has gone, it was congestion (a full queue, a policer) and the cut stays. If it has not, it is either random or
//! caused by somebody who does not yield: it becomes what is usual, and the cut is taken back.

use crate::units::{ByteCount, Instant};

use super::FeedbackFacts;

/// Fewest datagrams of an epoch.
const EPOCH: f64 = 100.0;
/// Weight of an epoch in what is usual; the same of a test that has shown it.
const WEIGHT: f64 = 0.1;
const TEST_WEIGHT: f64 = 0.8;
/// Share above the usual that is not worth a test.
const LEAST_EXCESS: f64 = 0.02;

/// What an epoch has shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    /// Nothing unusual.
    Usual,
    /// Clearly more than usual was lost.
    Suspicion,
    /// The cut has cured it.
    Congestion,
    /// The cut has not cured it.
    NotOurs,
}

/// Counts loss and tests suspicions.
#[derive(Debug, Default)]
pub(super) struct LossTest {
    acked: f64,
    lost: f64,
    usual: f64,
    spread: f64,
    epochs: f64,
    /// The loss that raised the suspicion that is being tested.
    test: Option<f64>,
    /// Only what was sent when this much was delivered counts.
    counts_from: ByteCount,
    since: Instant,
}

impl LossTest {
    /// The share that is usually lost, 0 to 1.
    pub(super) fn usual(&self) -> f64 {
        self.usual
    }

    /// True while the window is cut for a test.
    pub(super) fn is_testing(&self) -> bool {
        self.test.is_some()
    }

    /// Counts, and gives the verdict when an epoch ends.
    pub(super) fn on_feedback(&mut self, facts: &FeedbackFacts) -> Verdict {
        self.acked += facts.acked.0 as f64;
        self.lost += facts.lost.0 as f64;
        if facts.prior_delivered < self.counts_from {
            (self.acked, self.lost) = (0.0, 0.0);
            self.since = facts.now;
            return Verdict::Usual;
        }
        let datagrams = (self.acked + self.lost) / facts.datagram.0 as f64;
        if datagrams < EPOCH || facts.now.since(self.since) < facts.smoothed_rtt {
            return Verdict::Usual;
        }
        let share = self.lost / (self.acked + self.lost);
        (self.acked, self.lost) = (0.0, 0.0);
        self.since = facts.now;
        self.judge(facts, share, datagrams)
    }

    fn judge(&mut self, facts: &FeedbackFacts, share: f64, datagrams: f64) -> Verdict {
        self.epochs += 1.0;
        let chance = |p: f64| (p * (1.0 - p) / datagrams).sqrt();
        if let Some(before) = self.test.take() {
            if share > before - (0.5 * (before - self.usual)).max(2.0 * chance(before)) {
                self.learn((share + before) / 2.0, TEST_WEIGHT);
                return Verdict::NotOurs;
            }
            self.learn(share, WEIGHT);
            return Verdict::Congestion;
        }
        let limit =
            self.usual + (4.0 * chance(self.usual.max(0.005))).max(3.0 * self.spread).max(LEAST_EXCESS);
        if share > limit {
            self.test = Some(share);
            self.counts_from = facts.delivered;
            return Verdict::Suspicion;
        }
        self.learn(share, WEIGHT);
        Verdict::Usual
    }

    fn learn(&mut self, share: f64, weight: f64) {
        let off = share - self.usual;
        self.spread += 0.1 * (off.abs() - self.spread);
        self.usual += weight.max(1.0 / self.epochs) * off;
    }

    /// Does not count what is in flight now: its loss has been answered already.
    pub(super) fn skip_flight(&mut self, facts: &FeedbackFacts) {
        self.counts_from = facts.delivered;
    }

    /// Forgets the test, as after an outage, but not what is usual.
    pub(super) fn forget(&mut self) {
        self.test = None;
    }
}
