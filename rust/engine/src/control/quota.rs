//! Whether a writer keeps to the rate that its key allows. The rate is told to it; one that means ill takes no notice.

use std::time::{Duration, Instant};

use faspstream_proto::units::Rate;

/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Bytes that may come beyond the average: what a pace lets go in one burst, and what clocks differ by.
const BURST: u64 = 4 << 20;

/// What a session may have brought, from its beginning on. An average since then: what waits behind a gap comes all at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota {
    most: Rate,
    since: Instant,
    next: Instant,
}

impl Quota {
    pub(crate) fn new(most: Rate, now: Instant) -> Self {
        Self { most, since: now, next: now + LOOK }
    }

    /// When to look next.
    pub(super) fn next_look(&self) -> Instant {
        self.next
    }

    /// The rate that is allowed if `moved` bytes since the beginning are more than that; looks once a second.
    pub(super) fn exceeded(&mut self, now: Instant, moved: u64) -> Option<Rate> {
        if now < self.next {
            return None;
        }
        self.next = now + LOOK;
        let earned = self.most.bytes_in(now.saturating_duration_since(self.since)).0;
        (moved > (earned + earned / 4).saturating_add(BURST)).then_some(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_keeps_the_rate_is_never_told_off_and_who_does_not_soon_is() {
        let (start, rate) = (Instant::now(), Rate::from_mbps(10));
        let bytes = |seconds: u64, mbit: u64| seconds * mbit * 125_000;
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut honest = Quota::new(rate, start);
        assert!((1..1_000).all(|s| honest.exceeded(at(s), bytes(s, 10)).is_none()));
        let mut late = Quota::new(rate, start);
        assert!(late.exceeded(at(100), bytes(100, 10)).is_none(), "what waited behind a gap");
        let mut greedy = Quota::new(rate, start);
        let told = (1..1_000).find(|s| greedy.exceeded(at(*s), bytes(*s, 20)).is_some());
        assert!(told.is_some_and(|s| s < 10), "{told:?}");
    }
}
