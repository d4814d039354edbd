//! Path MTU discovery by probes (RFC 8899), and the detection of a black hole that opens later.

use core::time::Duration;

use crate::units::Instant;

/// UDP payloads that paths are likely to carry: IPv6's least MTU, tunnels, PPPoE, Ethernet (IPv6, IPv4), jumbo frames likewise.
const LIKELY: [u16; 7] = [1_232, 1_372, 1_452, 1_472, 4_052, 8_952, 8_972];

/// Every path is taken to carry this (RFC 9000 section 14).
pub(crate) const BASE: u16 = 1_200;

/// A size fails after so many lost probes.
const TRIES: u32 = 3;

/// The search ends when the answer is known this well.
const PRECISION: u16 = 16;

/// After the search ended below the bound, it starts again (RFC 8899 section 5.1.1: PMTU_RAISE_TIMER is 600 s).
const RAISE: Duration = Duration::from_secs(600);

/// After a black hole the search starts again sooner: it may have been a burst of losses after all.
const RETRY: Duration = Duration::from_secs(20);

/// Large datagrams lost in a row that were sent between smaller ones which were delivered, and how many of those, that make a black
/// hole. What was lost before the first small one says nothing: an outage loses large ones too, and what arrives first after it is
/// likely to be a small probe.
const LOST_LARGE: u32 = 6;
const DELIVERED_SMALL: u32 = 2;

/// The search and what guards its result.
#[derive(Clone, Debug)]
pub(crate) struct MtuSearch {
    /// The present UDP payload of a full datagram.
    size: u16,
    /// What black holes fall back to.
    base: u16,
    max: u16,
    /// The smallest size that failed.
    failed: Option<u16>,
    probe: Option<Probe>,
    /// When the next search may begin; None while one runs or none is wanted.
    rest_until: Option<Instant>,
    hole: BlackHole,
}

#[derive(Clone, Copy, Debug)]
struct Probe {
    size: u16,
    tries: u32,
    in_flight: bool,
}

/// Evidence since a datagram above the base size arrived last.
#[derive(Clone, Copy, Debug, Default)]
struct BlackHole {
    first_lost: Option<Instant>,
    /// When the first small datagram that arrived since was sent.
    first_small: Option<Instant>,
    /// Large ones lost that were sent after it.
    lost_large: u32,
    delivered_small: u32,
}

impl MtuSearch {
    /// Starts with datagrams of `start` bytes and never goes above `max`.
    pub(crate) fn new(start: u16, max: u16) -> Self {
        Self {
            size: start,
            base: start.min(BASE),
            max,
            failed: None,
            probe: None,
            rest_until: None,
            hole: BlackHole::default(),
        }
    }

    /// UDP payload of a full datagram.
    pub(crate) fn size(&self) -> u16 {
        self.size
    }

    /// The size to probe now; None while a probe is in flight or the search rests.
    pub(crate) fn due_probe(&mut self, now: Instant) -> Option<u16> {
        if self.rest_until.is_some_and(|until| until <= now) {
            self.rest_until = None;
            self.failed = None;
        }
        if self.rest_until.is_some() || self.probe.is_some_and(|probe| probe.in_flight) {
            return None;
        }
        match self.probe {
            Some(probe) => Some(probe.size),
            None => match self.next_size() {
                Some(size) => {
                    self.probe = Some(Probe { size, tries: 0, in_flight: false });
                    Some(size)
                }
                None => {
                    self.rest_until = Some(if self.size < self.max { now + RAISE } else { Instant::NEVER });
                    None
                }
            },
        }
    }

    /// When [`Self::due_probe`] is worth a call although nothing else happens.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.rest_until.filter(|until| *until < Instant::NEVER)
    }

    /// The probe of the size that was due is on its way.
    pub(crate) fn on_probe_sent(&mut self) {
        if let Some(probe) = &mut self.probe {
            probe.tries += 1;
            probe.in_flight = true;
        }
    }

    /// A probe of `size` arrived; true if datagrams grow.
    pub(crate) fn on_probe_arrived(&mut self, size: u16) -> bool {
        self.probe = self.probe.filter(|probe| probe.size != size);
        let grows = size > self.size && size <= self.max;
        if grows {
            self.size = size;
            self.hole = BlackHole::default();
        }
        grows
    }

    /// A probe of `size` was lost.
    pub(crate) fn on_probe_lost(&mut self, size: u16) {
        if let Some(probe) = self.probe.as_mut().filter(|probe| probe.size == size) {
            probe.in_flight = false;
            if probe.tries >= TRIES {
                self.failed = Some(size);
                self.probe = None;
            }
        }
    }

    /// A datagram of `size`, sent at `sent_at`, arrived. `patience` is the least time that a black hole has to last; true if this one
    /// is found now and datagrams shrink.
    pub(crate) fn on_arrived(&mut self, size: u16, sent_at: Instant, patience: Duration) -> bool {
        if size > self.base {
            self.hole = BlackHole::default();
            return false;
        }
        let Some(first) = self.hole.first_lost else { return false };
        if sent_at > first {
            self.hole.delivered_small += 1;
            self.hole.first_small.get_or_insert(sent_at);
        }
        let is_hole = self.size > self.base
            && self.hole.lost_large >= LOST_LARGE
            && self.hole.delivered_small >= DELIVERED_SMALL
            && sent_at.since(first) >= patience;
        if is_hole {
            self.failed = Some(self.size);
            self.size = self.base;
            self.probe = None;
            self.rest_until = Some(sent_at + RETRY);
            self.hole = BlackHole::default();
        }
        is_hole
    }

    /// A datagram of `size`, sent at `sent_at`, was lost and was no probe.
    pub(crate) fn on_lost(&mut self, size: u16, sent_at: Instant) {
        if size > self.base {
            self.hole.first_lost.get_or_insert(sent_at);
            self.hole.lost_large += u32::from(self.hole.first_small.is_some_and(|small| sent_at > small));
        }
    }

    /// The path is another one: all that is known is that it carries the base size.
    pub(crate) fn on_path_change(&mut self) {
        *self = Self { size: self.size.min(self.base.max(BASE)), ..Self::new(self.base, self.max) };
    }

    /// What to try next: Ethernet first, then the bound, then the middle of what is left, at a likely size if there is one.
    fn next_size(&self) -> Option<u16> {
        let (low, high) = (self.size, self.failed.map_or(self.max, |failed| failed - 1));
        let precision = if self.failed.is_some() { PRECISION } else { 1 };
        if high < low.saturating_add(precision) {
            return None;
        }
        let likely = || LIKELY.into_iter().filter(|size| (low + 1..=high).contains(size));
        if self.failed.is_none() {
            return likely().rfind(|size| *size <= 1_472).or(Some(high));
        }
        let middle = low + (high - low).div_ceil(2);
        likely().min_by_key(|size| size.abs_diff(middle)).or(Some(middle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(300);

    fn at(ms: u64) -> Instant {
        Instant::from_nanos(ms * 1_000_000)
    }

    /// Runs the search on a path that carries `mtu`; gives the number of probes.
    fn search(mtu: u16, max: u16) -> (u16, u32) {
        let mut search = MtuSearch::new(BASE, max);
        let mut probes = 0;
        while let Some(size) = search.due_probe(at(1)) {
            search.on_probe_sent();
            assert_eq!(search.due_probe(at(1)), None, "one at a time");
            probes += 1;
            if size <= mtu {
                search.on_probe_arrived(size);
            } else {
                search.on_probe_lost(size);
            }
        }
        (search.size(), probes)
    }

    #[test]
    fn common_paths_are_found_exactly_and_others_to_16_bytes() {
        assert_eq!(search(1_472, 1_472), (1_472, 1));
        assert_eq!(search(8_972, 8_972), (8_972, 2));
        for mtu in [1_232, 1_372, 1_452, 1_472] {
            assert_eq!(search(mtu, 8_972).0.abs_diff(mtu), 0, "{mtu}");
        }
        for mtu in (1_200..9_000).step_by(37) {
            let (found, probes) = search(mtu, 8_972);
            assert!(found <= mtu && mtu - found < PRECISION + 1, "{mtu}: {found}");
            assert!(probes <= 45, "{mtu}: {probes}");
        }
    }

    #[test]
    fn a_configured_size_is_never_probed_above() {
        assert_eq!(search(9_000, 1_200), (1_200, 0));
        let mut fixed = MtuSearch::new(1_400, 1_400);
        assert_eq!(fixed.due_probe(at(5)), None);
        assert_eq!(fixed.deadline(), None);
    }

    #[test]
    fn random_loss_never_looks_like_a_black_hole() {
        let mut search = MtuSearch::new(1_472, 1_472);
        let mut state = 3_u64;
        for ms in 0..2_000_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let size = if ms % 20 == 0 { 60 } else { 1_472 };
            if (state >> 33).is_multiple_of(10) {
                search.on_lost(size, at(ms));
            } else {
                assert!(!search.on_arrived(size, at(ms), PATIENCE), "at {ms} ms");
            }
        }
        assert_eq!(search.size(), 1_472);
    }

    #[test]
    fn a_black_hole_is_left_after_a_few_probe_timeouts_and_looked_at_again() {
        let mut search = MtuSearch::new(1_472, 1_472);
        search.on_arrived(1_472, at(0), PATIENCE);
        (1..50).for_each(|ms| search.on_lost(1_472, at(ms)));
        assert!(!search.on_arrived(60, at(200), PATIENCE));
        (201..210).for_each(|ms| search.on_lost(1_472, at(ms)));
        assert!(!search.on_arrived(60, at(260), PATIENCE));
        assert!(search.on_arrived(60, at(400), PATIENCE));
        assert_eq!(search.size(), BASE);
        let again = search.deadline().expect("it may have been a burst");
        assert_eq!(search.due_probe(again), Some(1_472));
    }

    #[test]
    fn an_outage_after_which_small_ones_arrive_first_is_no_black_hole() {
        let mut search = MtuSearch::new(1_472, 1_472);
        search.on_arrived(1_472, at(0), PATIENCE);
        (1..2_000).for_each(|ms| search.on_lost(1_472, at(ms)));
        (2_000..2_020).for_each(|ms| assert!(!search.on_arrived(60, at(ms), PATIENCE)));
        assert_eq!(search.size(), 1_472);
    }
}
