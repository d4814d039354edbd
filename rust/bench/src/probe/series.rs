//! Bytes over time.

use std::time::Duration;

/// Bytes that arrived, in equal steps of time from the beginning of a measurement.
#[derive(Clone, Debug)]
pub struct Series {
    step: Duration,
    bytes: Vec<u64>,
}

impl Series {
    /// An empty series with steps of `step`.
    pub fn new(step: Duration) -> Self {
        Self { step, bytes: Vec::new() }
    }

    /// Adds bytes that arrived `at` after the beginning.
    pub fn add(&mut self, at: Duration, bytes: u64) {
        let place = usize::try_from(at.as_nanos() / self.step.as_nanos().max(1)).unwrap_or(usize::MAX);
        if place >= self.bytes.len() && place < 10_000_000 {
            self.bytes.resize(place + 1, 0);
        }
        if let Some(step) = self.bytes.get_mut(place) {
            *step += bytes;
        }
    }

    /// The length of a step.
    pub fn step(&self) -> Duration {
        self.step
    }

    /// From the beginning to the end of the last step.
    pub fn span(&self) -> Duration {
        self.step * self.bytes.len() as u32
    }

    /// Bytes of each step.
    pub fn steps(&self) -> &[u64] {
        &self.bytes
    }

    /// All bytes.
    pub fn total(&self) -> u64 {
        self.bytes.iter().sum()
    }

    /// Mean rate in bits per second from `from` to `to`, both rounded down to whole steps; zero if nothing lies between.
    pub fn rate(&self, from: Duration, to: Duration) -> f64 {
        let place = |t: Duration| (t.as_nanos() / self.step.as_nanos().max(1)) as usize;
        let (from, to) = (place(from), place(to));
        if to <= from {
            return 0.0;
        }
        let bytes: u64 = self.bytes.iter().skip(from).take(to - from).sum();
        bytes as f64 * 8.0 / (self.step.as_secs_f64() * (to - from) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_counts_empty_steps_too() {
        let mut series = Series::new(Duration::from_millis(100));
        series.add(Duration::from_millis(50), 1000);
        series.add(Duration::from_millis(250), 1000);
        let rate = series.rate(Duration::ZERO, Duration::from_millis(400));
        assert!((rate - 40_000.0).abs() < 1e-6, "{rate}");
        assert_eq!(series.total(), 2000);
    }
}
