//! Beside BBR: like is answered with like.
//!
//! BBR of the first version does not answer loss, and keeps two bandwidth-delay products of what it takes for the bandwidth in flight: it
//! leaves a flow that yields, whether to delay or to loss, a small part of the link. Only its own law holds a share beside it
//! (draft-cardwell-iccrg-bbr-congestion-control-00, section 4.3): the best rate of ten round trips sets the pace, an eighth of the time a
//! quarter more and an eighth a quarter less. That law would leave a TCP that answers loss as little as BBR does. So it is in force only
//! while somebody is known for BBR, and goes on only while he searches for the base delay; streams like this one follow such a search and
//! begin none, so they cannot mistake each other for long. How fast the queue falls when the other one stops for his search tells how much
//! of the link is this stream's, which keeps no more than half and tries it where it has less.

use super::drain::{LEFT, Purpose};
use super::rival::{GONE, Sight};
use super::{Adaptive, Phase};
use crate::rate::search::WOBBLES;
use crate::rate::{FeedbackFacts, RateController};
use crate::units::Instant;

/// Round trips of which the best rate counts.
const ROUNDS: usize = 10;
/// Gain of the pace in each base round trip of a cycle, and while the share is still to be found.
const CYCLE: [f64; 8] = [1.25, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
const ENTRY: f64 = 2.0;
/// Growth of the rate in a round trip below which it is found, and such round trips in a row: with three, as BBR has it, who comes late
/// stays below half where the queue is short.
const GROWTH: f64 = 1.25;
const FOUND_ROUNDS: u32 = 5;
/// Bandwidth-delay products in flight, and while the other one searches.
const PRODUCTS: f64 = 2.0;
const PRODUCTS_AWAY: f64 = 1.0;
/// Share of the link beside one other.
const HALF: f64 = 0.5;
/// Multiple of its rate that a stream tries at most which has less than that.
const PRESS: f64 = 2.0;
/// Seconds from one search to the next at least.
const APART: f64 = 5.0;
/// Share of the best rate above which a drain of this stream empties a queue by itself.
const DRAINS: f64 = 0.5;
/// Share of the best rate below which a stream has yielded, and share of a round trip above which a mean queue is long: who has all that
/// it knows of, and a short queue, is most likely alone, whatever that queue does.
const YIELDED: f64 = 0.7;
const TALL: f64 = 0.06;

/// The state of a stream that insists.
#[derive(Clone, Copy, Debug)]
pub(super) struct Insist {
    /// Bytes per second: the fastest delivery of each of the last round trips, and where the newest stands.
    rates: [f64; ROUNDS],
    newest: usize,
    /// Bytes per second that are this stream's share at most.
    most: f64,
    /// The best rate when it last grew, and the round trips since; None once the share is found.
    entry: Option<(f64, u32)>,
    phase: usize,
    phase_since: Instant,
    /// Seconds of a round trip without queue.
    base: f64,
    /// True while the other one searches for it, and when he last began.
    is_away: bool,
    away_since: Instant,
    /// When something was last queued.
    full_at: Instant,
}

impl Insist {
    /// Begins at `rate` bytes per second on a path with round trips of `base` seconds.
    fn new(now: Instant, rate: f64, base: f64) -> Self {
        Self {
            rates: [rate; ROUNDS],
            newest: 0,
            most: f64::INFINITY,
            entry: Some((rate, 0)),
            phase: 2,
            phase_since: now,
            base,
            is_away: false,
            away_since: now,
            full_at: now,
        }
    }

    fn rate(&self) -> f64 {
        self.rates.iter().copied().fold(0.0, f64::max).min(self.most)
    }

    /// Bytes per second that may be sent.
    pub(super) fn pace(&self) -> f64 {
        let gain = match self.entry {
            _ if self.is_away => 1.0,
            Some(_) => ENTRY,
            None => CYCLE[self.phase],
        };
        gain * self.rate()
    }

    /// Bandwidth-delay products that may be in flight.
    fn products(&self) -> f64 {
        match self.entry {
            _ if self.is_away => PRODUCTS_AWAY,
            Some(_) => ENTRY * PRODUCTS,
            None => PRODUCTS,
        }
    }

    /// The other one stops for a search, after which `share` of the link was still used, or goes on.
    fn set_away(&mut self, now: Instant, is_away: bool, share: Option<f64>) {
        if is_away && !self.is_away && now.since(self.away_since).as_secs_f64() > APART {
            self.away_since = now;
            // He had stopped before the queue has fallen: what has passed since was no share.
            let rate = self.rate();
            self.rates[self.newest] = 0.0;
            self.rates[(self.newest + ROUNDS - 1) % ROUNDS] = 0.0;
            let half = share.map_or(rate, |share| rate / share * HALF);
            self.most = if half < rate { half } else { f64::INFINITY };
            if half > rate {
                // Pressed for as long as both of them remember a rate: who has less would keep the less.
                self.rates[self.newest] = half.min(PRESS * rate);
            }
        }
        self.is_away = is_away;
    }

    fn on_feedback(&mut self, facts: &FeedbackFacts, begins: bool) {
        if facts.now.since(self.phase_since).as_secs_f64() > self.base {
            self.phase = (self.phase + 1) % CYCLE.len();
            self.phase_since = facts.now;
        }
        let sample = facts.delivery_rate.map_or(0.0, |rate| rate.as_bps() as f64 / 8.0);
        let is_less = facts.app_limited && sample <= self.rate();
        if self.is_away || is_less {
            return;
        }
        if begins {
            self.end_round();
        }
        self.rates[self.newest] = self.rates[self.newest].max(sample);
    }

    fn end_round(&mut self) {
        self.newest = (self.newest + 1) % ROUNDS;
        self.rates[self.newest] = 0.0;
        if let Some((rate, rounds)) = self.entry {
            let best = self.rate();
            self.entry = match rounds + 1 {
                _ if best >= GROWTH * rate => Some((best, 0)),
                FOUND_ROUNDS => None,
                rounds => Some((rate, rounds)),
            };
        }
    }
}

impl Adaptive {
    /// Looks for searches for the base delay as BBR makes them, and meets who makes them.
    pub(super) fn watch_searches(&mut self, facts: &FeedbackFacts) {
        let Some(queue) = facts.queueing_delay else { return };
        if self.is_starting() || self.is_low() {
            return;
        }
        let path = &self.path;
        let drains = matches!(self.phase, Phase::Drain(_)) && path.clearing() > DRAINS * path.best();
        let (queue, flight, rate) = (queue.as_secs_f64(), path.flight(), path.clearing());
        let insists = matches!(self.phase, Phase::Insist(_));
        let sight = Sight { queue, flight, base: path.base(), rate, drains, insists };
        let searched = self.rival.searches.on_feedback(facts.now, sight);
        let yields = |rate: f64| rate < YIELDED * path.best();
        let rate = match searched {
            Some(before) => before,
            None if yields(rate) && self.rival.searches.has_stopped(facts.now) => rate,
            None => return,
        };
        let is_beside = yields(rate) || self.rival.searches.mean() > TALL * path.base();
        if let Phase::Insist(insist) = &mut self.phase {
            insist.base = self.path.base();
        } else if is_beside {
            self.phase = Phase::Insist(Insist::new(facts.now, rate, self.path.base()));
            self.cubic = None;
            self.blocked = false;
        }
    }

    pub(super) fn step_insist(
        &mut self,
        facts: &FeedbackFacts,
        begins: bool,
        mut insist: Insist,
        target: f64,
    ) {
        let searches = &self.rival.searches;
        insist.set_away(facts.now, searches.is_under_way(facts.now), searches.share_left(facts.now));
        insist.on_feedback(facts, begins);
        insist.base = insist.base.min(self.path.base());
        let queue = self.path.queue();
        if queue.peak() >= LEFT * target + WOBBLES * queue.wobble() {
            insist.full_at = facts.now;
        }
        self.phase = Phase::Insist(insist);
        let is_known = self.rival.searches.is_known(facts.now, self.path.flight());
        let is_full = facts.now.since(insist.full_at).as_secs_f64() <= GONE;
        if !is_known || !is_full || self.is_low() {
            // What stood in the queue all the time is the base delay by now, for all who have filled it.
            return self.drain_to(facts, insist.base, self.window, Purpose::Found);
        }
        let beyond = insist.products() * insist.base - self.path.base();
        self.window = self.path.window_for(insist.rate(), beyond);
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::config::Rates;
    use crate::rate::tests::facts;
    use crate::units::{ByteCount, Rate};

    /// Bytes per second.
    const RATE: f64 = 1e6;

    /// A stream that insists and is told of `rates` Mbit/s, one round trip of 50 ms after the other.
    fn told(insist: &mut Insist, rates: &[u64]) {
        for mbps in rates {
            let ms = insist.phase_since.since(Instant::ZERO).as_millis() as u64 + 51;
            insist.on_feedback(&facts(ms, 0, 0, Rate::from_mbps(*mbps), Duration::ZERO), true);
        }
    }

    fn fresh() -> Insist {
        Insist::new(Instant::ZERO, RATE, 0.05)
    }

    #[test]
    fn the_entry_ends_when_the_rate_grows_no_more() {
        let mut insist = fresh();
        told(&mut insist, &[8, 16, 32, 34, 34, 34, 34]);
        assert!(insist.entry.is_some());
        assert_eq!(insist.pace(), ENTRY * 34e6 / 8.0);
        told(&mut insist, &[34, 34]);
        assert!(insist.entry.is_none());
        assert_eq!(insist.products(), PRODUCTS);
    }

    #[test]
    fn the_best_rate_of_ten_round_trips_sets_the_pace_in_a_cycle_of_eight() {
        let mut insist = Insist { entry: None, phase: 7, ..fresh() };
        told(&mut insist, &[40]);
        assert_eq!(insist.pace(), 1.25 * 5e6);
        told(&mut insist, &[20]);
        assert_eq!(insist.pace(), 0.75 * 5e6);
        told(&mut insist, &[20; 6]);
        assert_eq!(insist.pace(), 5e6);
        told(&mut insist, &[20, 20, 20]);
        assert_eq!(insist.rate(), 2.5e6, "the best is forgotten");
    }

    #[test]
    fn what_passes_while_the_other_one_is_away_is_no_share_and_more_than_half_is_given_up() {
        let mut insist = Insist { entry: None, ..fresh() };
        told(&mut insist, &[60; 10]);
        let at = Instant::ZERO + Duration::from_secs(6);
        told(&mut insist, &[90, 90]);
        insist.phase = 3;
        insist.set_away(at, true, Some(0.75));
        told(&mut insist, &[100]);
        assert_eq!((insist.rate(), insist.products()), (60e6 / 8.0, PRODUCTS_AWAY));
        insist.set_away(at, false, None);
        assert_eq!(insist.rate(), 60e6 / 8.0);
    }

    #[test]
    fn who_has_less_than_half_tries_it_for_ten_round_trips_and_no_more_than_twice_its_rate() {
        for (share, tries) in [(0.4, 50e6), (0.1, 80e6)] {
            let mut insist = Insist { entry: None, phase: 3, ..fresh() };
            told(&mut insist, &[40; 10]);
            let at = Instant::ZERO + Duration::from_secs(6);
            insist.set_away(at, true, Some(share));
            insist.set_away(at, false, None);
            assert_eq!(insist.rate(), tries / 8.0);
            told(&mut insist, &[40; 11]);
            assert_eq!(insist.rate(), 40e6 / 8.0, "nothing came of it");
        }
    }

    #[test]
    fn who_has_measured_nothing_still_sends() {
        let mut law = Adaptive::new(&Rates::default(), ByteCount(1_500), None);
        law.phase = Phase::Insist(Insist::new(Instant::ZERO, 0.0, 0.05));
        assert!(
            law.rate() > Rate::ZERO && law.window() > ByteCount::ZERO,
            "{} {:?}",
            law.rate(),
            law.window()
        );
    }

    #[test]
    fn a_rate_that_the_application_limits_is_no_less_of_a_share() {
        let mut insist = Insist { entry: None, ..fresh() };
        told(&mut insist, &[40; 10]);
        for ms in 0..20 {
            let told = facts(10_000 + 51 * ms, 0, 0, Rate::from_mbps(1), Duration::ZERO);
            insist.on_feedback(&FeedbackFacts { app_limited: true, ..told }, true);
        }
        assert_eq!(insist.rate(), 5e6);
    }
}
