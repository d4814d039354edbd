//! Loss, judged round trip by round trip against what is usual on the path.
//!
//! The share that is usually lost is followed slowly; a round trip that has lost more than chance allows (for a Poisson count:
//! the mean and three deviations) is an episode. An episode is answered by a smaller window. If episodes go on although the window is
//! smaller, sending less does not cure them: the loss is random, or it is caused by somebody who does not yield. Then it becomes
//! what is usual, and the answer is taken back.

use crate::units::{ByteCount, Instant};

use super::FeedbackFacts;

/// Fewest datagrams that are judged together.
const LEAST: f64 = 20.0;
/// Datagrams over which the usual share is averaged.
const MEMORY: f64 = 20_000.0;
/// Weight of a quiet round trip in what is usual.
const QUIET_WEIGHT: f64 = 0.5;
/// Episodes in a row, each before the window has recovered from the one before, after which loss is not answered any more.
const IN_VAIN: u32 = 3;
/// Share above the usual that an episode must have lost to count among those.
const MUCH: f64 = 0.01;
/// Share of a round trip with which an episode is heavy: far more was sent than passes.
const HEAVY: f64 = 0.05;

/// What a round trip has shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    /// Nothing unusual, or too little to tell.
    Usual,
    /// More was lost than chance allows.
    Episode {
        /// The share that was lost.
        share: f64,
        /// True if far more was sent than passes.
        heavy: bool,
    },
    /// More was lost than chance allows, and answers do not help.
    NotOurs,
}

/// Counts loss.
#[derive(Debug, Default)]
pub(super) struct LossJudge {
    acked: f64,
    lost: f64,
    usual: f64,
    episodes: u32,
    /// Only what was sent when this much was delivered counts.
    counts_from: ByteCount,
    /// Until when the window recovers from the last episode.
    recovers_until: Instant,
    /// Rounds in which loss is not answered.
    pardon: u32,
}

impl LossJudge {
    /// The share that is usually lost, 0 to 1.
    pub(super) fn usual(&self) -> f64 {
        self.usual
    }

    /// True while loss is not answered because answers were in vain.
    pub(super) fn is_pardoned(&self) -> bool {
        self.pardon > 0
    }

    /// Counts, and judges when a round trip is over. `quiet`: less was sent than passes, so that no loss is congestion.
    pub(super) fn on_feedback(&mut self, facts: &FeedbackFacts, begins: bool, quiet: bool) -> Verdict {
        if facts.prior_delivered < self.counts_from {
            return Verdict::Usual;
        }
        self.acked += facts.acked.0 as f64 / facts.datagram.0 as f64;
        self.lost += facts.lost.0 as f64 / facts.datagram.0 as f64;
        let all = self.acked + self.lost;
        if !begins || all < LEAST {
            return Verdict::Usual;
        }
        let (lost, share) = (self.lost, self.lost / all);
        (self.acked, self.lost) = (0.0, 0.0);
        self.pardon = self.pardon.saturating_sub(1);
        if quiet {
            self.usual += QUIET_WEIGHT * (share - self.usual);
            return Verdict::Usual;
        }
        let mean = self.usual * all;
        let usual = lost <= mean + 3.0 * mean.sqrt() + 0.5 || self.pardon > 0;
        let weight = (all / MEMORY).min(0.2);
        self.usual += (share - self.usual) * if usual { weight } else { weight / 4.0 };
        if usual { Verdict::Usual } else { self.episode(facts, share) }
    }

    fn episode(&mut self, facts: &FeedbackFacts, share: f64) -> Verdict {
        self.counts_from = facts.delivered;
        let in_vain = facts.now < self.recovers_until && share > self.usual + MUCH;
        self.episodes = if in_vain { self.episodes + 1 } else { 1 };
        if self.episodes <= IN_VAIN {
            return Verdict::Episode { share, heavy: share > self.usual + HEAVY };
        }
        self.usual += 0.8 * (share - self.usual);
        self.episodes = 0;
        self.pardon = PARDON;
        Verdict::NotOurs
    }

    /// An episode without a queue: `share` is more likely what the path loses.
    pub(super) fn excuse(&mut self, share: f64) {
        self.usual += 0.1 * (share - self.usual);
    }

    /// The answer to an episode lasts until `until`.
    pub(super) fn recovers(&mut self, until: Instant) {
        self.recovers_until = until;
    }

    /// Does not count what is in flight now: its loss has been answered already.
    pub(super) fn skip_flight(&mut self, facts: &FeedbackFacts) {
        self.counts_from = facts.delivered;
        (self.acked, self.lost) = (0.0, 0.0);
    }
}

/// Round trips for which loss is not answered after answers were in vain.
const PARDON: u32 = 60;
