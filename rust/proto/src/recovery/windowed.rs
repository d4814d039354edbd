//! The best value of the last while, in constant memory (Kathleen Nichols' three-sample filter, as in Linux `win_minmax.c`).

use core::time::Duration;

use crate::units::Instant;

/// The smallest of the values that came within the window; for a maximum, store `Reverse`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WindowedMin<T> {
    best: [Option<(Instant, T)>; 3],
}

impl<T> Default for WindowedMin<T> {
    fn default() -> Self {
        Self { best: [None, None, None] }
    }
}

impl<T: Copy + Ord> WindowedMin<T> {
    /// The smallest value, as of the last call of [`Self::insert`] or [`Self::expire`].
    pub(crate) fn get(&self) -> Option<T> {
        self.best[0].map(|(_, value)| value)
    }

    /// Takes `value` in and gives the smallest of the last `window`.
    pub(crate) fn insert(&mut self, now: Instant, window: Duration, value: T) -> T {
        self.expire(now, window);
        let sample = Some((now, value));
        if self.best[0].is_none_or(|(_, best)| value <= best) {
            self.best = [sample; 3];
        } else if self.best[1].is_none_or(|(_, second)| value <= second) {
            self.best[1] = sample;
            self.best[2] = sample;
        } else if self.best[2].is_none_or(|(_, third)| value <= third) {
            self.best[2] = sample;
        }
        self.spread(now, window, sample);
        self.best[0].map_or(value, |(_, best)| best)
    }

    /// Forgets what is older than `window`.
    pub(crate) fn expire(&mut self, now: Instant, window: Duration) {
        while self.best[0].is_some_and(|(at, _)| now.since(at) > window) {
            self.best = [self.best[1], self.best[2], None];
        }
    }

    /// Keeps the runners-up from being as old as the best: they shall still stand when it leaves.
    fn spread(&mut self, now: Instant, window: Duration, sample: Option<(Instant, T)>) {
        let at = |entry: Option<(Instant, T)>| entry.map(|(at, _)| at);
        if at(self.best[1]) == at(self.best[0]) && self.older_than(0, now, window / 4) {
            self.best[1] = sample;
            self.best[2] = sample;
        } else if at(self.best[2]) == at(self.best[1]) && self.older_than(1, now, window / 2) {
            self.best[2] = sample;
        }
    }

    fn older_than(&self, index: usize, now: Instant, age: Duration) -> bool {
        self.best[index].is_some_and(|(at, _)| now.since(at) > age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    fn at(ms: u64) -> Instant {
        Instant::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn the_smallest_stays_until_it_is_too_old() {
        let mut min = WindowedMin::default();
        assert_eq!(min.insert(at(0), WINDOW, 5), 5);
        for ms in (100..10_000).step_by(100) {
            assert_eq!(min.insert(at(ms), WINDOW, 8), 5);
        }
        assert_eq!(min.insert(at(10_100), WINDOW, 8), 8);
    }

    #[test]
    fn it_is_never_below_the_true_minimum_and_follows_it_within_a_quarter_window() {
        let mut state = 1_u64;
        let mut min = WindowedMin::default();
        let mut seen: Vec<(Instant, u64)> = Vec::new();
        for step in 0..20_000_u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = (state >> 33) % 1_000 + step / 10;
            let now = at(step * 10);
            seen.push((now, value));
            let got = min.insert(now, WINDOW, value);
            let least = |window: Duration| {
                seen.iter().rev().take_while(|(t, _)| now.since(*t) <= window).map(|(_, v)| *v).min()
            };
            assert!(Some(got) >= least(WINDOW), "step {step}");
            assert!(Some(got) <= least(WINDOW / 2), "step {step}");
        }
    }
}
