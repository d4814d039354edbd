//! The other sign of BBR, where the queue is short: it is gone for a moment in every eighth round trip.
//!
//! BBR of the first version sends a quarter less for one of eight base round trips (draft-cardwell-iccrg-bbr-congestion-control-00,
//! section 4.3.4.3), which empties a queue that is short. A flow that answers loss empties it seldom, and not at such times in a row.

use core::ops::Range;

use crate::units::Instant;

/// Base round trips from one gap to the next: that of less ends early, and each is over only with an acknowledgement.
const CYCLE: Range<f64> = 7.0..8.7;
/// How often the next gap has to come in time: beside CUBIC, and among streams like this one, it never did so more than twice in a row
/// (`faspstream-sim shares`, some hundred runs).
const BEATS: u32 = 6;

/// Gaps that follow each other as BBR's cycles do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pulse {
    last: Option<Instant>,
    beats: u32,
    /// True if it was believed and no search has borne it out since: who answers BBR has such cycles too, and streams like this one would
    /// take each other for BBR in turns.
    is_spent: bool,
}

impl Pulse {
    /// The queue was gone from `at` on, on a path with round trips of `base` seconds without it. True if cycles are known by now.
    pub(super) fn beat(&mut self, at: Instant, base: f64) -> bool {
        let Some(last) = self.last.replace(at) else { return false };
        let trips = at.since(last).as_secs_f64() / base.max(1e-3);
        if CYCLE.contains(&trips) {
            self.beats += 1;
        } else if !CYCLE.contains(&(trips / 2.0)) {
            // Not one that was missed either.
            self.beats = 0;
        }
        let is_known = self.beats >= BEATS && !self.is_spent;
        self.is_spent |= is_known;
        is_known
    }

    /// A search has borne it out.
    pub(super) fn confirm(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    const BASE: f64 = 0.05;

    /// How often cycles are known of gaps so many base round trips apart.
    fn known(pulse: &mut Pulse, start: u64, trips: &[f64]) -> usize {
        let mut at = Instant::ZERO + Duration::from_secs(start);
        let mut beats = |trips: f64| {
            at = at + Duration::from_secs_f64(trips * BASE);
            pulse.beat(at, BASE)
        };
        beats(0.0);
        trips.iter().filter(|trips| beats(**trips)).count()
    }

    #[test]
    fn six_gaps_in_time_are_cycles_and_one_may_be_missed() {
        assert_eq!(known(&mut Pulse::default(), 0, &[8.1; 5]), 0);
        assert_eq!(known(&mut Pulse::default(), 0, &[8.1; 6]), 1);
        assert_eq!(known(&mut Pulse::default(), 0, &[7.4, 8.1, 8.1, 16.0, 8.1, 8.1]), 0);
        assert_eq!(known(&mut Pulse::default(), 0, &[7.4, 8.1, 8.1, 16.0, 8.1, 8.1, 8.1]), 1);
    }

    #[test]
    fn gaps_at_other_times_are_none() {
        for trips in [4.0, 6.5, 9.0, 24.0] {
            assert_eq!(known(&mut Pulse::default(), 0, &[trips; 40]), 0, "{trips}");
        }
        assert_eq!(
            known(&mut Pulse::default(), 0, &[8.1, 8.1, 8.1, 5.0, 8.1, 8.1, 8.1]),
            0,
            "one between them"
        );
    }

    #[test]
    fn they_are_believed_again_only_after_a_search() {
        let mut pulse = Pulse::default();
        assert_eq!(known(&mut pulse, 0, &[8.0; 30]), 1);
        assert_eq!(known(&mut pulse, 100, &[8.0; 30]), 0);
        pulse.confirm();
        assert_eq!(known(&mut pulse, 200, &[8.0; 30]), 1);
    }
}
