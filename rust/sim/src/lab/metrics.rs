//! What a run is judged by.

use core::time::Duration;

/// What one flow got, in slices of time.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Nanoseconds per slice.
    pub slice: u64,
    /// Wire bytes that arrived in each slice.
    pub delivered: Vec<u64>,
    /// Datagrams sent in each slice.
    pub sent: Vec<u64>,
    /// Datagrams of those sent that were dropped by the queue or the policer, in the slice in which that was noticed.
    pub lost: Vec<u64>,
    /// Queueing delay of every datagram that arrived: slice and nanoseconds.
    pub waited: Vec<(u32, u64)>,
    /// What the law said at the end of each slice: rate in bit/s, window in bytes.
    pub said: Vec<(u64, u64)>,
}

impl Trace {
    pub(super) fn new(slice: Duration) -> Self {
        Self { slice: slice.as_nanos() as u64, ..Self::default() }
    }

    fn at(list: &mut Vec<u64>, index: usize) -> &mut u64 {
        if list.len() <= index {
            list.resize(index + 1, 0);
        }
        &mut list[index]
    }

    pub(super) fn on_sent(&mut self, now: u64, rate: u64, window: u64) {
        let index = (now / self.slice) as usize;
        *Self::at(&mut self.sent, index) += 1;
        if self.said.len() <= index {
            self.said.resize(index + 1, (rate, window));
        }
        self.said[index] = (rate, window);
    }

    pub(super) fn on_lost(&mut self, now: u64, datagrams: u64) {
        *Self::at(&mut self.lost, (now / self.slice) as usize) += datagrams;
    }

    pub(super) fn on_arrival(&mut self, now: u64, bytes: u64, waited: u64) {
        let index = (now / self.slice) as usize;
        *Self::at(&mut self.delivered, index) += bytes;
        self.waited.push((index as u32, waited));
    }

    fn range(&self, from: f64, to: f64) -> core::ops::Range<usize> {
        let slices = |s: f64| (s * 1e9 / self.slice as f64).round() as usize;
        slices(from)..slices(to)
    }

    fn sum(list: &[u64], range: core::ops::Range<usize>) -> u64 {
        list.iter().take(range.end).skip(range.start).sum()
    }

    /// Bits per second that arrived between two moments in seconds.
    pub fn goodput(&self, from: f64, to: f64) -> f64 {
        Self::sum(&self.delivered, self.range(from, to)) as f64 * 8.0 / (to - from)
    }

    /// Share of the datagrams that was lost between two moments in seconds.
    pub fn loss(&self, from: f64, to: f64) -> f64 {
        let lost = Self::sum(&self.lost, self.range(from, to)) as f64;
        lost / (Self::sum(&self.sent, self.range(from, to)) as f64).max(1.0)
    }

    /// The queueing delay in milliseconds that the share `quantile` of the datagrams stayed below.
    pub fn queueing(&self, from: f64, to: f64, quantile: f64) -> f64 {
        let range = self.range(from, to);
        let mut all: Vec<u64> =
            self.waited.iter().filter(|(s, _)| range.contains(&(*s as usize))).map(|(_, w)| *w).collect();
        if all.is_empty() {
            return 0.0;
        }
        let index = ((all.len() - 1) as f64 * quantile) as usize;
        *all.select_nth_unstable(index).1 as f64 / 1e6
    }

    /// The first moment (seconds, counted from `from`) after which the arrivals over `span` seconds reach `bps`; None if never.
    pub fn reaches(&self, from: f64, span: f64, bps: f64) -> Option<f64> {
        let first = self.range(from, from).start;
        let width = ((span * 1e9 / self.slice as f64).round() as usize).max(1);
        let seconds = width as f64 * self.slice as f64 / 1e9;
        (first..self.delivered.len().saturating_sub(width))
            .find(|i| Self::sum(&self.delivered, *i..*i + width) as f64 * 8.0 / seconds >= bps)
            .map(|i| (i + width - first) as f64 * self.slice as f64 / 1e9)
    }
}

/// Jain's fairness index: 1 if all are equal, 1/n if one has everything.
pub fn jain(shares: &[f64]) -> f64 {
    let sum: f64 = shares.iter().sum();
    let squares: f64 = shares.iter().map(|s| s * s).sum();
    if squares == 0.0 { 1.0 } else { sum * sum / (shares.len() as f64 * squares) }
}
