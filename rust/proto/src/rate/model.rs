//! What is measured of the path, in round trips: the highest delivery rate, the loss.

use crate::units::{ByteCount, Rate};

use super::FeedbackFacts;

/// Counts round trips: one is over when something is acknowledged that was sent after it began.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    count: u64,
    ends_at: ByteCount,
}

impl Rounds {
    /// True if this feedback begins a new round trip.
    pub(super) fn on_feedback(&mut self, facts: &FeedbackFacts) -> bool {
        if facts.prior_delivered < self.ends_at {
            return false;
        }
        self.count += 1;
        self.ends_at = facts.delivered;
        true
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }
}

/// The largest value of the last few round trips, in two generations.
#[derive(Debug, Default)]
pub(super) struct MaxRate {
    present: Rate,
    former: Rate,
    since: u64,
}

/// Round trips per generation of [`MaxRate`].
const GENERATION: u64 = 5;

impl MaxRate {
    pub(super) fn record(&mut self, round: u64, sample: Rate) {
        if round >= self.since + GENERATION {
            self.former = self.present;
            self.present = Rate::ZERO;
            self.since = round;
        }
        self.present = self.present.max(sample);
    }

    pub(super) fn get(&self) -> Rate {
        self.present.max(self.former)
    }

    pub(super) fn reset(&mut self, value: Rate) {
        self.present = value;
        self.former = Rate::ZERO;
    }
}

/// The share of the bytes that are lost, as an average over a few round trips.
#[derive(Debug, Default)]
pub(super) struct LossShare {
    acked: u64,
    lost: u64,
    share: f64,
}

/// Weight of one more round trip in [`LossShare`].
const LOSS_WEIGHT: f64 = 0.25;

impl LossShare {
    pub(super) fn on_feedback(&mut self, facts: &FeedbackFacts, round_begins: bool) {
        self.acked += facts.acked.0;
        self.lost += facts.lost.0;
        if round_begins && self.acked + self.lost > 0 {
            let now = self.lost as f64 / (self.acked + self.lost) as f64;
            self.share += LOSS_WEIGHT * (now - self.share);
            self.acked = 0;
            self.lost = 0;
        }
    }

    /// 0 to 1.
    pub(super) fn get(&self) -> f64 {
        self.share
    }
}
