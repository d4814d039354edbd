//! Bytes over time.

use core::time::Duration;

use faspstream_netem::Time;

/// The width of a bin.
const WIDTH: u64 = 1_000_000;

/// Bytes per millisecond since the world began.
#[derive(Clone, Debug, Default)]
pub struct Bins {
    bytes: Vec<u32>,
    total: u64,
}

impl Bins {
    /// Adds `bytes` at `at`.
    pub fn add(&mut self, at: Time, bytes: u64) {
        let bin = (at.as_nanos() / WIDTH) as usize;
        if bin >= self.bytes.len() {
            self.bytes.resize(bin + 1, 0);
        }
        self.bytes[bin] = self.bytes[bin].saturating_add(bytes as u32);
        self.total += bytes;
    }

    /// All bytes.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The end of the last millisecond in which something passed.
    pub fn last(&self) -> Option<Time> {
        let bin = self.bytes.iter().rposition(|bytes| *bytes > 0)?;
        Some(Time::from_nanos((bin as u64 + 1) * WIDTH))
    }

    /// Bits per second on average from `from` to `to`, in whole milliseconds; zero for an empty span.
    pub fn rate(&self, from: Time, to: Time) -> f64 {
        let (first, last) = (bin(from), bin(to));
        if last <= first {
            return 0.0;
        }
        self.sum(first, last) as f64 * 8e9 / ((last - first) as u64 * WIDTH) as f64
    }

    /// The end of the first millisecond by which `bytes` had passed.
    pub fn reached(&self, bytes: u64) -> Option<Time> {
        let mut sum = 0;
        let bin = self.bytes.iter().position(|b| {
            sum += u64::from(*b);
            sum >= bytes
        })?;
        Some(Time::from_nanos((bin as u64 + 1) * WIDTH))
    }

    /// The largest average over any window of this length, in whole milliseconds.
    pub fn peak_rate(&self, window: Duration) -> f64 {
        self.windows(window).map(|(_, rate)| rate).fold(0.0, f64::max)
    }

    /// The smallest average over any window of this length between two moments.
    pub fn least_rate(&self, window: Duration, from: Time, to: Time) -> f64 {
        let inside = self.windows(window).filter(|(end, _)| *end - window >= from && *end <= to);
        inside.map(|(_, rate)| rate).fold(f64::INFINITY, f64::min)
    }

    /// The longest time between two moments in which nothing passed, in whole milliseconds, and when it ended.
    pub fn longest_gap(&self, from: Time, to: Time) -> (Duration, Time) {
        let (first, last) = (bin(from), bin(to));
        let (mut longest, mut ended, mut run) = (0, first, 0);
        for index in first..last {
            run = if self.bytes.get(index).is_some_and(|bytes| *bytes > 0) { 0 } else { run + 1 };
            if run > longest {
                (longest, ended) = (run, index + 1);
            }
        }
        (Duration::from_nanos(longest as u64 * WIDTH), Time::from_nanos(ended as u64 * WIDTH))
    }

    /// The end of the first window of this length, ending after `from`, whose average is at least `rate`.
    pub fn first_reaching(&self, rate: f64, window: Duration, from: Time) -> Option<Time> {
        self.windows(window).find(|(end, r)| *end > from && *r >= rate).map(|(end, _)| end)
    }

    /// Every window of this length (at least one bin) in turn: its end, and bits per second in it. Before the beginning nothing was sent.
    fn windows(&self, window: Duration) -> impl Iterator<Item = (Time, f64)> + '_ {
        let width = ((window.as_nanos() as u64) / WIDTH).max(1) as usize;
        let mut sum = 0u64;
        (0..self.bytes.len()).map(move |i| {
            sum += u64::from(self.bytes[i]);
            if i >= width {
                sum -= u64::from(self.bytes[i - width]);
            }
            (Time::from_nanos((i as u64 + 1) * WIDTH), sum as f64 * 8e9 / (width as u64 * WIDTH) as f64)
        })
    }

    fn sum(&self, first: usize, last: usize) -> u64 {
        let last = last.min(self.bytes.len());
        self.bytes.get(first..last).unwrap_or(&[]).iter().map(|b| u64::from(*b)).sum()
    }
}

fn bin(at: Time) -> usize {
    (at.as_nanos() / WIDTH) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_gap_counts_what_never_came_too() {
        let mut bins = Bins::default();
        [1, 2, 9, 10].into_iter().for_each(|ms| bins.add(Time::from_millis(ms), 1));
        let at = Time::from_millis;
        assert_eq!(bins.longest_gap(at(0), at(11)), (Duration::from_millis(6), at(9)));
        assert_eq!(bins.longest_gap(at(0), at(30)), (Duration::from_millis(19), at(30)));
        assert_eq!(bins.longest_gap(at(1), at(3)), (Duration::ZERO, at(1)));
    }

    #[test]
    fn rates_and_windows_follow_the_bytes() {
        let mut bins = Bins::default();
        // 8 Mbit/s, but twice that in the third 10 ms.
        for ms in 0..100u64 {
            bins.add(Time::from_millis(ms), if (20..30).contains(&ms) { 2000 } else { 1000 });
        }
        let at = Time::from_millis;
        assert_eq!(bins.rate(at(0), at(20)), 8e6);
        assert_eq!(bins.rate(at(15), at(25)), 12e6);
        assert_eq!(bins.peak_rate(Duration::from_millis(10)), 16e6);
        assert_eq!(bins.first_reaching(16e6, Duration::from_millis(10), Time::ZERO), Some(at(30)));
        assert_eq!(bins.first_reaching(17e6, Duration::from_millis(10), Time::ZERO), None);
        assert_eq!(bins.reached(21_500), Some(at(21)));
        assert_eq!(bins.least_rate(Duration::from_millis(10), at(20), at(100)), 8e6);
    }
}
