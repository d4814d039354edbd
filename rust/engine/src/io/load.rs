//! How busy a thread is.

use std::time::{Duration, Instant};

/// The time over which the share is taken.
const WINDOW: Duration = Duration::from_millis(100);
/// A thread that sleeps less of its time than this has none left.
const IDLE_LEAST: f64 = 0.05;

/// The share of its time that a thread sleeps.
#[derive(Debug)]
pub(crate) struct LoadMeter {
    began: Instant,
    slept: Duration,
    is_full: bool,
}

impl LoadMeter {
    pub(crate) fn new(now: Instant) -> Self {
        Self { began: now, slept: Duration::ZERO, is_full: false }
    }

    /// The thread slept from `from` to `to`.
    pub(crate) fn on_slept(&mut self, from: Instant, to: Instant) {
        self.slept += to.saturating_duration_since(from);
    }

    /// True if the thread has no time left, or has again: told once, when it changes.
    pub(crate) fn change(&mut self, now: Instant) -> Option<bool> {
        let window = now.saturating_duration_since(self.began);
        if window < WINDOW {
            return None;
        }
        let is_full = self.slept.as_secs_f64() < IDLE_LEAST * window.as_secs_f64();
        (self.began, self.slept) = (now, Duration::ZERO);
        (core::mem::replace(&mut self.is_full, is_full) != is_full).then_some(is_full)
    }

    /// True if the thread had no time left of late.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_hardly_sleeps_is_full_and_is_told_so_once() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut meter = LoadMeter::new(start);
        meter.on_slept(at(10), at(13));
        assert_eq!(meter.change(at(99)), None);
        assert_eq!(meter.change(at(100)), Some(true));
        assert_eq!((meter.change(at(201)), meter.is_full()), (None, true));
        meter.on_slept(at(210), at(250));
        assert_eq!((meter.change(at(301)), meter.is_full()), (Some(false), false));
    }
}
