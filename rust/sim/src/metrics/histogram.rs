//! Durations, counted in buckets that are fine enough for percentiles.

use core::time::Duration;

/// Buckets per doubling: a percentile is exact to 1/32, about 3 %.
const FINE: u64 = 32;

/// A histogram of durations from nanoseconds up, in constant memory.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    most: u64,
}

impl Histogram {
    /// Counts one.
    pub fn record(&mut self, value: Duration) {
        let nanos = u64::try_from(value.as_nanos()).unwrap_or(u64::MAX);
        let bucket = bucket_of(nanos);
        if bucket >= self.buckets.len() {
            self.buckets.resize(bucket + 1, 0);
        }
        self.buckets[bucket] += 1;
        self.count += 1;
        self.most = self.most.max(nanos);
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The largest, exactly.
    pub fn most(&self) -> Duration {
        Duration::from_nanos(self.most)
    }

    /// The value below or at which the share `q` (0 to 1) of all lies; zero if nothing was counted.
    pub fn quantile(&self, q: f64) -> Duration {
        let rank = ((self.count as f64 * q).ceil() as u64).clamp(1, self.count.max(1));
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_nanos(top_of(bucket).min(self.most));
            }
        }
        Duration::ZERO
    }
}

fn bucket_of(nanos: u64) -> usize {
    if nanos < FINE {
        return nanos as usize;
    }
    let doubling = u64::from(nanos.ilog2()) - u64::from(FINE.ilog2());
    (doubling * FINE + (nanos >> doubling)) as usize
}

/// The largest value of a bucket.
fn top_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * FINE {
        return bucket;
    }
    let doubling = bucket / FINE - 1;
    let within = bucket - doubling * FINE;
    ((within + 1) << doubling) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_bucket() {
        for nanos in (0..200).chain([1_000, 12_345, 999_999_999, u64::MAX / 3]) {
            let bucket = bucket_of(nanos);
            assert!(top_of(bucket) >= nanos, "{nanos}");
            assert!(bucket == 0 || top_of(bucket - 1) < nanos, "{nanos}");
        }
    }

    #[test]
    fn quantiles_are_within_their_precision() {
        let mut h = Histogram::default();
        (1..=10_000u64).for_each(|us| h.record(Duration::from_micros(us)));
        for q in [0.01, 0.5, 0.95, 0.999] {
            let exact = 10_000_000.0 * q;
            let got = h.quantile(q).as_nanos() as f64;
            assert!(got >= exact && got < exact * 1.04, "{q}: {got}");
        }
        assert_eq!(h.most(), Duration::from_millis(10));
    }
}
