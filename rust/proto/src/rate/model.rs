//! What is measured of the path: round trips, the rate at which the flight clears, the standing queue.

use core::time::Duration;
use std::collections::VecDeque;

use crate::units::{ByteCount, Instant};

use super::FeedbackFacts;

/// Counts round trips: one is over when something is acknowledged that was sent after it began.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    ends_at: ByteCount,
    since: Instant,
}

impl Rounds {
    /// True if this feedback begins a new round trip.
    pub(super) fn on_feedback(&mut self, facts: &FeedbackFacts) -> bool {
        // After a pause in which nothing arrived, the count alone would see rounds that are too short.
        let lasted = facts.now.since(self.since) >= facts.base_rtt;
        let begins = facts.prior_delivered >= self.ends_at && lasted;
        if begins {
            self.begin(facts);
        }
        begins
    }

    /// Begins a round trip here.
    pub(super) fn begin(&mut self, facts: &FeedbackFacts) {
        self.ends_at = facts.delivered;
        self.since = facts.now;
    }
}

/// The rate at which sent bytes clear, in bytes per second over whole round trips: what arrives, and beside it what is usually lost.
///
/// Lost bytes count as far as they are usual, since the law sets what is sent; what is lost to overload does not.
#[derive(Debug, Default)]
pub(super) struct Clearing {
    bytes: u64,
    since: Option<Instant>,
    rate: f64,
    /// Fastest delivery of this round trip and of the one before.
    fastest: [f64; 2],
}

/// Shortest time over which a rate is taken.
const CLEARING_TIME: Duration = Duration::from_millis(5);
/// Most loss that is made up for by sending more.
const LOSS_MAX: f64 = 0.4;

impl Clearing {
    pub(super) fn on_feedback(&mut self, facts: &FeedbackFacts, round_begins: bool, usual_loss: f64) {
        let passing = 1.0 - usual_loss.min(LOSS_MAX);
        if round_begins {
            self.fastest = [0.0, self.fastest[0]];
        }
        if let Some(rate) = facts.delivery_rate {
            self.fastest[0] = self.fastest[0].max(rate.as_bps() as f64 / 8.0 / passing);
        }
        let since = *self.since.get_or_insert(facts.now);
        self.bytes += facts.acked.0;
        let elapsed = facts.now.since(since);
        if round_begins && elapsed >= CLEARING_TIME.max(facts.smoothed_rtt / 2) {
            self.rate = self.bytes as f64 / elapsed.as_secs_f64() / passing;
            self.bytes = 0;
            self.since = Some(facts.now);
        }
    }

    /// The fastest clearing of the last one to two round trips, in bytes per second.
    pub(super) fn fastest(&self) -> f64 {
        self.fastest[0].max(self.fastest[1])
    }

    /// Bytes per second; zero before the first round trip is over.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }
}

/// The queue, in seconds, from the samples of about the last round trip.
#[derive(Debug, Default)]
pub(super) struct Queue {
    samples: VecDeque<(Instant, f64)>,
    noise: f64,
    /// How far a sample lies from the one before, on average.
    wobble: f64,
    /// The standing queue at the end of the last round trip, and how far it moves from one to the next on average.
    before: f64,
    swing: f64,
    /// How far it has moved in the last round trip.
    moved: f64,
    /// Seconds that were taken for a queue and are the path's own.
    accepted: f64,
    mean: f64,
    step: Option<Step>,
    /// Sum and number of the samples of this round trip, and the means of the two before.
    sum: (f64, u32),
    means: [f64; 2],
}

/// A delay that has leapt from one sample to the next.
#[derive(Clone, Copy, Debug)]
struct Step {
    since: Instant,
    /// Seconds before, what they rose by, and the smallest since.
    before: f64,
    rise: f64,
    least: f64,
}

/// Least step in seconds, and its least steepness: seconds of delay per second between the sending of the two samples.
const STEP_MIN: f64 = 0.01;
const STEEP: f64 = 8.0;
/// Share of a step that has to stand for it to be no stall, which is made up for as fast as it came.
const STANDS: f64 = 0.9;

/// Most samples that are kept.
const SAMPLES_MAX: usize = 64;
/// Fewest samples that a minimum is taken of.
const SAMPLES_MIN: usize = 3;
/// Stands for a queue of which nothing is known, in seconds.
const UNKNOWN: f64 = 1e3;
/// Weight of a round trip in the swing, and the most that one counts, in seconds.
const SWING_WEIGHT: f64 = 1.0 / 16.0;
const SWING_MAX: f64 = 0.03;
/// Multiple of the swing that is taken for no queue.
const SWING_SHARE: f64 = 1.5;
/// Share of the noise within a round trip that is taken for no queue.
const NOISE_SHARE: f64 = 0.35;
/// Weight of a new sample in the noise.
const NOISE_WEIGHT: f64 = 1.0 / 32.0;
/// Weight of a new sample in the wobble.
const WOBBLE_WEIGHT: f64 = 1.0 / 16.0;

impl Queue {
    pub(super) fn on_feedback(&mut self, facts: &FeedbackFacts) {
        let Some(delay) = facts.queueing_delay else { return };
        let oldest = facts.now - facts.smoothed_rtt;
        while self.samples.len() > SAMPLES_MIN
            && (self.samples.len() >= SAMPLES_MAX || self.samples.front().is_some_and(|(at, _)| *at < oldest))
        {
            self.samples.pop_front();
        }
        self.rebase(facts.base_moved);
        // A sample below what was accepted shows that less is the path's own.
        self.accepted = self.accepted.min(delay.as_secs_f64());
        let delay = delay.as_secs_f64() - self.accepted;
        self.watch_step(facts, delay);
        self.sum = (self.sum.0 + delay, self.sum.1 + 1);
        if let Some((_, before)) = self.samples.back() {
            self.wobble += WOBBLE_WEIGHT * ((delay - before).abs() - self.wobble);
        }
        self.mean += 0.125 * (delay - self.mean);
        self.samples.push_back((facts.now, delay));
        self.noise += NOISE_WEIGHT * (delay - self.standing() - self.noise);
    }

    /// The base has become longer by so many seconds, so that what was measured before is less of a queue.
    fn rebase(&mut self, by: f64) {
        if self.samples.is_empty() {
            return;
        }
        let moved = |delay: f64| (delay - by).max(0.0);
        for (_, delay) in &mut self.samples {
            *delay = moved(*delay);
        }
        self.before = moved(self.before);
        self.mean = moved(self.mean);
        self.sum.0 = (self.sum.0 - by * f64::from(self.sum.1)).max(0.0);
        if by > 0.0 {
            // Not where it has become shorter: who begins in the queue of others sees that often, and what was usual by then was theirs.
            self.means = self.means.map(moved);
        }
    }

    fn watch_step(&mut self, facts: &FeedbackFacts, delay: f64) {
        if let Some(step) = &mut self.step {
            step.least = step.least.min(delay);
        } else if let Some((at, before)) = self.samples.back() {
            let rise = delay - before;
            let sent_apart = facts.now.since(*at).as_secs_f64() - rise;
            if rise > STEP_MIN.max(STEEP * sent_apart) {
                self.step = Some(Step { since: facts.now, before: *before, rise, least: delay });
            }
        }
        self.step = self.step.filter(|step| step.least >= step.before + STANDS * step.rise);
    }

    /// The mean delay in the round trip before the last.
    pub(super) fn earlier(&self) -> f64 {
        self.means[1]
    }

    /// True while the delay stands where it has leapt to.
    pub(super) fn is_stepping(&self) -> bool {
        self.step.is_some()
    }

    /// The seconds by which the path has become longer, once: a step of the delay that has stood for as long as it is high. A queue
    /// rises as slowly as it is filled, and what a stall has held back is made up for in the time that the stall took.
    pub(super) fn take_step(&mut self, now: Instant) -> Option<f64> {
        let step = self.step?;
        // Too much is corrected by the first sample below, too little by none.
        let height = step.rise.max(step.least - step.before);
        (now.since(step.since).as_secs_f64() >= height).then(|| {
            self.step = None;
            height
        })
    }

    /// A round trip is over.
    pub(super) fn on_round(&mut self) {
        let (sum, count) = core::mem::take(&mut self.sum);
        self.means = [sum / f64::from(count.max(1)), self.means[0]];
        let standing = self.standing();
        if standing < UNKNOWN {
            self.moved = (standing - self.before).abs();
            self.swing += SWING_WEIGHT * (self.moved.min(SWING_MAX) - self.swing);
            self.before = standing;
        }
    }

    /// The smallest delay of the last round trip: what stands in the queue, free of spikes.
    pub(super) fn standing(&self) -> f64 {
        self.samples.iter().map(|(_, q)| *q).fold(f64::INFINITY, f64::min).min(UNKNOWN)
    }

    /// How far the standing queue has moved in the last round trip, in seconds.
    pub(super) fn moved(&self) -> f64 {
        self.moved
    }

    /// The newest sample.
    pub(super) fn latest(&self) -> f64 {
        self.samples.back().map_or(0.0, |(_, q)| *q)
    }

    /// The smaller of the last two samples: early word of a queue that builds.
    pub(super) fn recent(&self) -> f64 {
        if self.samples.len() < 2 {
            return 0.0;
        }
        self.samples.iter().rev().take(2).map(|(_, q)| *q).fold(f64::INFINITY, f64::min)
    }

    /// The largest delay of the last round trip.
    pub(super) fn peak(&self) -> f64 {
        self.samples.iter().map(|(_, q)| *q).fold(0.0, f64::max)
    }

    /// Seconds of delay within a round trip that may be noise.
    pub(super) fn allowance(&self) -> f64 {
        NOISE_SHARE * self.noise
    }

    /// How far the standing queue moves from round trip to round trip: that much is jitter and no queue of ours.
    pub(super) fn swing(&self) -> f64 {
        SWING_SHARE * self.swing
    }

    /// How far a sample lies from the one before, on average: noise without the rise of a queue.
    pub(super) fn wobble(&self) -> f64 {
        self.wobble
    }

    /// Takes `delay` seconds of what is seen for the path's own.
    pub(super) fn accept(&mut self, delay: f64) {
        self.accepted += delay;
        self.mean = 0.0;
        self.samples.clear();
    }

    /// Seconds that were taken for a queue and are the path's own.
    pub(super) fn accepted(&self) -> f64 {
        self.accepted
    }

    /// The smoothed delay in seconds.
    pub(super) fn mean(&self) -> f64 {
        self.mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rate::tests::facts;
    use crate::units::Rate;

    #[test]
    fn a_base_that_moves_before_anything_was_measured_makes_no_queue() {
        let mut queue = Queue::default();
        let told = facts(5, 0, 0, Rate::ZERO, Duration::ZERO);
        queue.on_feedback(&FeedbackFacts { base_moved: -0.4, ..told });
        assert_eq!((queue.mean(), queue.peak()), (0.0, 0.0));
    }

    #[test]
    fn a_base_that_becomes_longer_is_no_queue_that_falls() {
        let mut queue = Queue::default();
        let told = |ms, delay| facts(ms, 0, 0, Rate::ZERO, Duration::from_millis(delay));
        for ms in 0..20 {
            queue.on_feedback(&told(5 * ms, 30));
        }
        queue.on_round();
        let swing = queue.swing();
        queue.on_feedback(&FeedbackFacts { base_moved: 0.020, ..told(100, 10) });
        assert!((queue.peak() - 0.010).abs() < 1e-9, "{}", queue.peak());
        queue.on_round();
        assert!(queue.moved() < 1e-9 && queue.swing() <= swing, "{} {}", queue.moved(), queue.swing());
    }
}
