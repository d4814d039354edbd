//! The ceiling over the window after loss: the cubic function of RFC 9438 section 4.2.
//!
//! After a cut from `peak` to `beta * peak` the ceiling returns to `peak` within `K = cbrt(0.3 peak / C)` seconds, flat there, then
//! rises ever faster. A gentler cut (`beta` above 0.7) has a function as much flatter, so that `K`, and with it the share beside a
//! CUBIC flow, stays the same.

use crate::units::Instant;

use super::FeedbackFacts;

/// RFC 9438 section 5.1, datagrams per s³.
const C: f64 = 0.4;
/// What CUBIC keeps after a loss, RFC 9438 section 4.6.
pub(super) const BETA: f64 = 0.7;

/// Datagrams in flight that the loss law allows; none before the first loss.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cubic {
    peak: f64,
    steepness: f64,
    inflection: f64,
    since: Instant,
    /// The Reno-friendly region, RFC 9438 section 4.3: datagrams at the cut, and datagrams per second from there.
    floor: f64,
    slope: f64,
}

impl Cubic {
    /// Rises from `window` datagrams without a loss before; a round trip takes `flight` seconds.
    pub(super) fn from_here(facts: &FeedbackFacts, window: f64, flight: f64) -> Self {
        let slope = reno_slope(BETA, flight);
        Self { peak: window, steepness: C, inflection: 0.0, since: facts.now, floor: window, slope }
    }

    /// After a cut from `window` to `beta` times that; `former` is the function before.
    pub(super) fn after_cut(
        facts: &FeedbackFacts,
        window: f64,
        beta: f64,
        flight: f64,
        former: Option<&Self>,
    ) -> Self {
        // Fast convergence, RFC 9438 section 4.7: a flow that did not get back to its peak makes room.
        let shrinks = former.is_some_and(|f| window < 0.98 * f.peak);
        let peak = if shrinks { window * (1.0 + beta) / 2.0 } else { window };
        let steepness = C * (1.0 - beta) / (1.0 - BETA);
        let inflection = ((peak - beta * window).max(0.0) / steepness.max(1e-9)).cbrt();
        Self {
            peak,
            steepness,
            inflection,
            since: facts.now,
            floor: beta * window,
            slope: reno_slope(beta, flight),
        }
    }

    /// The peak of a flow that loses once in `period` seconds: what it grows by in that time is what it has given up, RFC 9438 sections
    /// 4.2 and 4.3.
    pub(super) fn peak_of(period: f64, flight: f64) -> f64 {
        (C / (1.0 - BETA) * period.powi(3)).max(reno_slope(BETA, flight) / (1.0 - BETA) * period)
    }

    /// Rises to `peak` datagrams before it is flat, if that is more.
    pub(super) fn aim(&mut self, peak: f64) {
        self.peak = self.peak.max(peak);
        self.inflection = ((self.peak - self.floor).max(0.0) / self.steepness.max(1e-9)).cbrt();
    }

    /// Datagrams allowed now.
    pub(super) fn allows(&self, facts: &FeedbackFacts) -> f64 {
        let t = (facts.now.since(self.since) + facts.base_rtt).as_secs_f64();
        let cubic = self.peak + self.steepness * (t - self.inflection).powi(3);
        cubic.max(self.floor + self.slope * t)
    }

    /// Raises it by `factor`.
    pub(super) fn raise(&mut self, factor: f64) {
        self.peak *= factor;
        self.floor *= factor;
    }

    /// Seconds from the cut until it is back at its peak.
    pub(super) fn recovery(&self) -> f64 {
        self.inflection.min((self.peak - self.floor).max(0.0) / self.slope.max(1e-9))
    }

    /// Seconds since the cut.
    pub(super) fn age(&self, now: Instant) -> f64 {
        now.since(self.since).as_secs_f64()
    }
}

/// Datagrams per second of a Reno flow that cuts to `beta` and is as aggressive as one that halves.
fn reno_slope(beta: f64, flight: f64) -> f64 {
    3.0 * (1.0 - beta) / (1.0 + beta) / flight.max(1e-3)
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::rate::tests::facts;
    use crate::units::Rate;

    fn at(ms: u64) -> FeedbackFacts {
        facts(ms, 0, 0, Rate::ZERO, Duration::ZERO)
    }

    #[test]
    fn a_flow_that_is_back_at_its_peak_after_one_cycle_has_that_peak() {
        for peak in [100.0, 1_000.0, 10_000.0] {
            let cubic = Cubic::after_cut(&at(0), peak, BETA, 10.0, None);
            let of_cycle = Cubic::peak_of(cubic.inflection, 10.0);
            assert!((of_cycle / peak - 1.0).abs() < 1e-9, "{of_cycle} for {peak}");
        }
        // In the Reno-friendly region the peak follows from the slope.
        let cubic = Cubic::after_cut(&at(0), 50.0, BETA, 0.01, None);
        assert!((Cubic::peak_of(cubic.recovery(), 0.01) / 50.0 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_aimed_at_is_reached_without_a_leap_and_never_lowers() {
        let cut = Cubic::after_cut(&at(0), 1_000.0, BETA, 0.1, None);
        let mut cubic = cut;
        cubic.aim(500.0);
        assert_eq!(cubic.allows(&at(100)), cut.allows(&at(100)));
        cubic.aim(2_000.0);
        let base = facts(0, 0, 0, Rate::ZERO, Duration::ZERO).base_rtt.as_secs_f64();
        let begins = cubic.allows(&at(0));
        assert!(begins > 700.0 && begins < 700.0 + 700.0 * base * 3.0, "{begins}");
        let reached = (cubic.inflection * 1e3) as u64;
        assert!((cubic.allows(&at(reached)) - 2_000.0).abs() < 1.0);
    }
}
