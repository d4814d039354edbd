//! Round-trip time: smoothed and its variation (RFC 9002 section 5.3).

use core::time::Duration;

/// The finest time that a timer is set to (RFC 9002 section 6.1.2).
pub(crate) const GRANULARITY: Duration = Duration::from_millis(1);

/// Assumed before the first sample: short enough to start again soon, long enough for most paths.
const INITIAL: Duration = Duration::from_millis(150);

/// Estimates from samples that are free of the receiver's own delay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RttEstimator {
    latest: Duration,
    smoothed: Duration,
    variation: Duration,
    has_sample: bool,
}

impl RttEstimator {
    /// Starts from what is remembered of the path, or from a guess.
    pub(crate) fn new(remembered: Option<Duration>) -> Self {
        let smoothed = remembered.unwrap_or(INITIAL).max(GRANULARITY);
        Self { latest: smoothed, smoothed, variation: smoothed / 2, has_sample: false }
    }

    /// A round trip took `rtt`.
    pub(crate) fn on_sample(&mut self, rtt: Duration) {
        self.latest = rtt;
        if !self.has_sample {
            self.has_sample = true;
            self.smoothed = rtt;
            self.variation = rtt / 2;
            return;
        }
        let off = self.smoothed.abs_diff(rtt);
        self.variation = (self.variation * 3 + off) / 4;
        self.smoothed = (self.smoothed * 7 + rtt) / 8;
    }

    /// True once something was measured.
    pub(crate) fn has_sample(&self) -> bool {
        self.has_sample
    }

    /// Smoothed round-trip time; a guess before the first sample.
    pub(crate) fn smoothed(&self) -> Duration {
        self.smoothed
    }

    /// The larger of the smoothed and the latest.
    pub(crate) fn conservative(&self) -> Duration {
        self.smoothed.max(self.latest)
    }

    /// Mean deviation.
    pub(crate) fn variation(&self) -> Duration {
        self.variation
    }

    /// How long an answer may take at most, if the peer answers at once (RFC 9002 section 6.2.1).
    pub(crate) fn probe_timeout(&self) -> Duration {
        self.smoothed + (self.variation * 4).max(GRANULARITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_first_sample_replaces_the_guess() {
        let mut rtt = RttEstimator::new(None);
        assert!(!rtt.has_sample());
        rtt.on_sample(40 * MS);
        assert_eq!((rtt.smoothed(), rtt.variation()), (40 * MS, 20 * MS));
        assert_eq!(rtt.probe_timeout(), 120 * MS);
    }

    #[test]
    fn a_steady_path_leaves_no_variation_and_the_timer_keeps_its_granularity() {
        let mut rtt = RttEstimator::new(Some(10 * MS));
        (0..200).for_each(|_| rtt.on_sample(100 * MS));
        assert_eq!(rtt.smoothed(), 100 * MS);
        assert!(rtt.variation() < MS);
        assert!(rtt.probe_timeout() >= 101 * MS);
    }
}
