//! How old the records of a live stream were when they were read.

use std::time::Duration;

use crate::peer::LiveDelays;
use crate::probe::quantile;

/// Ages of records in milliseconds, from the writer that had them due to the reader that took them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delays {
    /// Sorted.
    ages: Vec<f64>,
    /// Share of all records that never came.
    pub missing: f64,
}

impl Delays {
    /// Those of the records that were read from `from` on; what is missing is judged over all of the stream.
    pub(super) fn of(live: &LiveDelays, from: Duration) -> Self {
        let steady = live.records.iter().filter(|(at, _)| *at >= from);
        let mut ages: Vec<f64> = steady.map(|(_, age)| age.as_secs_f64() * 1e3).collect();
        ages.sort_by(f64::total_cmp);
        let missing = 1.0 - live.records.len() as f64 / live.written.max(1) as f64;
        Self { ages, missing }
    }

    /// The age that a share of the records stayed below; NaN without records.
    pub fn quantile(&self, share: f64) -> f64 {
        quantile(&self.ages, share).unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_is_left_out_and_what_never_came_is_counted() {
        let record =
            |n: u64| (Duration::from_millis(n * 10), Duration::from_millis(if n < 50 { 500 } else { 20 }));
        let live = LiveDelays { records: (0..90).map(record).collect(), written: 100 };
        let delays = Delays::of(&live, Duration::from_millis(500));
        assert_eq!((delays.quantile(0.0), delays.quantile(1.0)), (20.0, 20.0));
        assert!((delays.missing - 0.1).abs() < 1e-9, "{}", delays.missing);
    }
}
