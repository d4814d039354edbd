//! How far apart feedbacks come, and whether that is seldom for the path.

/// Weight of a feedback in the mean.
const WEIGHT: f64 = 0.125;
/// The same in what is usual, and the multiple of it that one counts at most: neither a silence nor a loss that is told of at once makes
/// another kind of path.
const USUAL_WEIGHT: f64 = 1.0 / 32.0;
const USUAL_MOST: f64 = 2.0;
/// Multiple of what is usual that counts at most: nothing arrives in the hole that a drain leaves, or after a black hole, and a window that
/// made up for such a silence would be a queue. Feedbacks that are lost count.
const HOLE: f64 = 3.0;
/// The same where a round trip is shorter than the time between feedbacks: no drain leaves a hole there.
const HOLE_SHORT: f64 = 10.0;
/// Feedbacks in a round trip below which they are few, and above which they are many again.
const FEW: f64 = 14.0;
const MANY: f64 = 20.0;

/// The times between feedbacks, in seconds.
#[derive(Debug, Default)]
pub(super) struct Spacing {
    mean: f64,
    /// Averaged over time and not over feedbacks: word of a loss comes soon after the feedback before, and a byte seldom meets so short
    /// a wait.
    met: f64,
    usual: f64,
    is_coarse: bool,
    is_short: bool,
}

impl Spacing {
    /// A feedback has come `gap` seconds after the one before.
    pub(super) fn on_feedback(&mut self, gap: f64) {
        self.usual = match self.usual {
            0.0 => gap,
            usual => usual + USUAL_WEIGHT * (gap.min(USUAL_MOST * usual) - usual),
        };
        let gap = gap.min(if self.is_short { HOLE_SHORT } else { HOLE } * self.usual);
        self.mean += WEIGHT * (gap - self.mean);
        let weight = WEIGHT * (gap / self.met.max(1e-6)).min(2.0);
        self.met += weight * (gap - self.met);
    }

    /// A round trip is over that takes `base` seconds without queue.
    pub(super) fn on_round(&mut self, base: f64) {
        self.is_short = base < self.usual;
        self.is_coarse = base < if self.is_coarse { MANY } else { FEW } * self.usual;
    }

    /// The mean, in seconds.
    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    /// What a byte waits on average for the next feedback, in seconds.
    pub(super) fn wait(&self) -> f64 {
        if self.is_coarse { self.met } else { self.mean }
    }

    /// True if feedback comes but a few times in a round trip.
    pub(super) fn is_coarse(&self) -> bool {
        self.is_coarse
    }
}
