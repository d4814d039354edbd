//! The clock of one end: it began when the session began, and it may run fast or slow.

use core::time::Duration;

use faspstream_netem::Time;
use faspstream_proto::units::Instant;

const MILLION: i128 = 1_000_000;

/// Translates between the time of the world and the time of a session.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Time,
    /// Millionths by which this clock is faster than the world's.
    drift: i128,
}

impl Clock {
    /// A clock that shows zero at `origin` and runs `ppm` millionths fast (slow if negative).
    pub const fn new(origin: Time, ppm: i32) -> Self {
        Self { origin, drift: ppm as i128 }
    }

    /// The clock stands still for so long.
    pub fn stand_still(&mut self, lasting: Duration) {
        self.origin = self.origin + lasting;
    }

    /// What this clock shows at `now`; zero before its origin.
    pub fn local(&self, now: Time) -> Instant {
        let elapsed = now.as_nanos().saturating_sub(self.origin.as_nanos());
        if self.drift == 0 {
            return Instant::from_nanos(elapsed);
        }
        let shown = i128::from(elapsed) * (MILLION + self.drift) / MILLION;
        Instant::from_nanos(u64::try_from(shown).unwrap_or(u64::MAX))
    }

    /// The first moment at which this clock shows `local` or more; None for [`Instant::NEVER`].
    pub fn world(&self, local: Instant) -> Option<Time> {
        if local == Instant::NEVER {
            return None;
        }
        if self.drift == 0 {
            return Some(self.origin + Duration::from_nanos(local.as_nanos()));
        }
        let shown = i128::from(local.as_nanos()) * MILLION;
        let rate = MILLION + self.drift;
        let elapsed = (shown + rate - 1).div_euclid(rate);
        Some(self.origin + Duration::from_nanos(u64::try_from(elapsed).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_never_fires_before_its_time_on_a_drifting_clock() {
        for ppm in [-100, -1, 0, 1, 100] {
            let clock = Clock::new(Time::from_millis(5), ppm);
            for nanos in [0, 1, 999_999, 123_456_789, 3_600_000_000_000] {
                let at = clock.world(Instant::from_nanos(nanos)).expect("a moment that comes");
                assert!(clock.local(at) >= Instant::from_nanos(nanos), "{ppm} ppm, {nanos} ns");
                assert!(clock.local(at) <= Instant::from_nanos(nanos + 1), "{ppm} ppm, {nanos} ns");
            }
        }
    }
}
