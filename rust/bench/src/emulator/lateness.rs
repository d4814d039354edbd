//! How late packets were written.

use std::time::Duration;

/// Buckets per power of two.
const FINENESS: u32 = 8;
const BUCKETS: usize = (FINENESS * 32) as usize;

/// A histogram of durations up to some hours, exact to an eighth.
#[derive(Clone, Debug)]
pub struct Lateness {
    counts: Box<[u64; BUCKETS]>,
    total: u64,
    worst: Duration,
}

impl Default for Lateness {
    fn default() -> Self {
        Self { counts: Box::new([0; BUCKETS]), total: 0, worst: Duration::ZERO }
    }
}

impl Lateness {
    /// Counts one packet that was written `late`.
    pub(crate) fn record(&mut self, late: Duration) {
        self.counts[bucket(late)] += 1;
        self.total += 1;
        self.worst = self.worst.max(late);
    }

    /// The lateness that a share of the packets stayed below; `share` 0.99 for the 99th percentile. Zero if nothing was written.
    pub fn quantile(&self, share: f64) -> Duration {
        let wanted = (share * self.total as f64).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                return upper_bound(bucket).min(self.worst);
            }
        }
        self.worst
    }

    /// The latest of all.
    pub fn worst(&self) -> Duration {
        self.worst
    }

    /// What was counted since `earlier`, a former copy of this histogram; the worst stays that of all the time.
    pub fn since(&self, earlier: &Self) -> Self {
        let mut rest = self.clone();
        for (count, before) in rest.counts.iter_mut().zip(earlier.counts.iter()) {
            *count -= before;
        }
        rest.total -= earlier.total;
        rest
    }
}

/// In units of 128 ns: below 8 units one bucket each, above it 8 buckets for each power of two.
fn bucket(late: Duration) -> usize {
    let units = u64::try_from(late.as_nanos() / 128).unwrap_or(u64::MAX);
    if units < u64::from(FINENESS) {
        return units as usize;
    }
    let power = units.ilog2() - FINENESS.ilog2();
    let within = (units >> power) as u32 - FINENESS;
    ((FINENESS * (power + 1) + within) as usize).min(BUCKETS - 1)
}

fn upper_bound(bucket: usize) -> Duration {
    let (bucket, fineness) = (bucket as u64, u64::from(FINENESS));
    let units = if bucket < fineness {
        bucket + 1
    } else {
        (fineness + bucket % fineness + 1) << (bucket / fineness - 1)
    };
    Duration::from_nanos(units.saturating_mul(128))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_exact_to_an_eighth() {
        let mut lateness = Lateness::default();
        for micros in 1..=1000 {
            lateness.record(Duration::from_micros(micros));
        }
        for (share, micros) in [(0.5, 500.0), (0.9, 900.0), (0.99, 990.0)] {
            let found = lateness.quantile(share).as_secs_f64() * 1e6;
            assert!((micros..=micros * 1.13).contains(&found), "{share}: {found} us");
        }
        assert_eq!(lateness.quantile(1.0), Duration::from_millis(1));
    }

    #[test]
    fn what_was_counted_before_is_taken_off() {
        let mut lateness = Lateness::default();
        lateness.record(Duration::from_millis(50));
        let before = lateness.clone();
        lateness.record(Duration::from_micros(10));
        assert!(lateness.since(&before).quantile(1.0) < Duration::from_micros(12));
    }
}
