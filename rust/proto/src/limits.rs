//! How long each bound was the one that limited the stream.

use crate::io::{Limit, LimitTimes};
use crate::units::Instant;

/// Sums up time by bound.
#[derive(Clone, Debug)]
pub(crate) struct LimitClock {
    active: Limit,
    since: Instant,
    times: LimitTimes,
}

impl LimitClock {
    /// Nothing was written yet, so the application is what limits.
    pub(crate) fn new() -> Self {
        Self { active: Limit::ApplicationWrite, since: Instant::ZERO, times: LimitTimes::default() }
    }

    /// From `now` on, `limit` is the active bound.
    pub(crate) fn set(&mut self, now: Instant, limit: Limit) {
        if limit != self.active {
            self.times = self.times_at(now);
            self.since = now;
            self.active = limit;
        }
    }

    /// The active bound.
    pub(crate) fn active(&self) -> Limit {
        self.active
    }

    /// The sums up to `now`.
    pub(crate) fn times_at(&self, now: Instant) -> LimitTimes {
        let mut times = self.times;
        times.0[self.active as usize] += now.since(self.since);
        times
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn the_sums_add_up_to_the_life_of_the_session() {
        let mut clock = LimitClock::new();
        let at = |ms: u64| Instant::from_nanos(ms * 1_000_000);
        clock.set(at(10), Limit::NetworkCapacity);
        clock.set(at(30), Limit::NetworkCapacity);
        clock.set(at(50), Limit::TargetRate);
        let times = clock.times_at(at(60));
        assert_eq!(times.0[Limit::ApplicationWrite as usize], Duration::from_millis(10));
        assert_eq!(times.0[Limit::NetworkCapacity as usize], Duration::from_millis(40));
        assert_eq!(times.0.iter().sum::<Duration>(), Duration::from_millis(60));
        assert_eq!(clock.active(), Limit::TargetRate);
    }
}
