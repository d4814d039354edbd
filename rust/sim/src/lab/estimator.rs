//! What a sender measures: delivery rate, base delay, smoothed round-trip time.

use core::time::Duration;

/// The smallest value of the last 5 to 10 s.
#[derive(Debug)]
pub(super) struct WindowedMin {
    present: i64,
    former: i64,
    since: u64,
}

/// Nanoseconds per generation of [`WindowedMin`].
const GENERATION: u64 = 5_000_000_000;

impl WindowedMin {
    pub(super) fn new() -> Self {
        Self { present: i64::MAX, former: i64::MAX, since: 0 }
    }

    /// The smallest so far; None before the first value.
    pub(super) fn get(&self) -> Option<i64> {
        Some(self.present.min(self.former)).filter(|least| *least < i64::MAX)
    }

    pub(super) fn record(&mut self, now: u64, value: i64) -> i64 {
        if now >= self.since + GENERATION {
            self.former = self.present;
            self.present = i64::MAX;
            self.since = now;
        }
        self.present = self.present.min(value);
        self.present.min(self.former)
    }
}

/// Smoothed round-trip time, RFC 9002 section 5.3.
#[derive(Debug, Default)]
pub(super) struct Smoothed {
    value: Option<u64>,
}

impl Smoothed {
    pub(super) fn record(&mut self, sample: u64) -> Duration {
        let value = self.value.map_or(sample, |v| v - v / 8 + sample / 8);
        self.value = Some(value);
        Duration::from_nanos(value)
    }

    pub(super) fn get(&self) -> Option<Duration> {
        self.value.map(Duration::from_nanos)
    }
}
