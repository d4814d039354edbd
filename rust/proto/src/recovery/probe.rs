//! The tail: what nothing is heard of is asked for by probes, ever more rarely (RFC 9002 section 6.2).

use core::time::Duration;

use super::rtt::RttEstimator;
use crate::units::Instant;

/// The longest that the receiver waits with FEEDBACK while datagrams come: its budget is used up, and earns by time only.
const FEEDBACK_DELAY: Duration = Duration::from_millis(20);

/// In an outage probes go out at least this often, on a path of any length.
const SLOWEST_MIN: Duration = Duration::from_millis(250);

/// ... and no more rarely than this: an outage is over at most so much later.
const SLOWEST_MAX: Duration = Duration::from_secs(1);

/// So many probes without an answer are an outage.
const OUTAGE_PROBES: u32 = 3;

/// The probe timer.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProbeTimer {
    /// Probes since something was heard.
    unanswered: u32,
    /// When the last datagram went out that wants an answer.
    last_sent: Instant,
}

impl ProbeTimer {
    /// A datagram that wants an answer was sent.
    pub(crate) fn on_sent(&mut self, now: Instant) {
        self.last_sent = now;
    }

    /// The peer has answered; true if that ends an outage.
    pub(crate) fn on_answer(&mut self) -> bool {
        let was_out = self.is_outage();
        self.unanswered = 0;
        was_out
    }

    /// The timer has expired and a probe goes out; true if an outage begins with it.
    pub(crate) fn on_timeout(&mut self, now: Instant) -> bool {
        self.unanswered += 1;
        self.last_sent = now;
        self.unanswered == OUTAGE_PROBES
    }

    /// True while probes stay unanswered.
    pub(crate) fn is_outage(&self) -> bool {
        self.unanswered >= OUTAGE_PROBES
    }

    /// Probes since something was heard.
    pub(crate) fn unanswered(&self) -> u32 {
        self.unanswered
    }

    /// When the next probe is due, given that something is in flight.
    pub(crate) fn deadline(&self, rtt: &RttEstimator) -> Instant {
        self.last_sent + self.interval(rtt)
    }

    /// The probe timeout with its backoff.
    pub(crate) fn interval(&self, rtt: &RttEstimator) -> Duration {
        let first = rtt.probe_timeout() + FEEDBACK_DELAY;
        let slowest = rtt.smoothed().clamp(SLOWEST_MIN, SLOWEST_MAX);
        (first * (1 << self.unanswered.min(10))).min(slowest).max(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn settled(rtt_ms: u32) -> RttEstimator {
        let mut rtt = RttEstimator::new(None);
        (0..100).for_each(|_| rtt.on_sample(rtt_ms * MS));
        rtt
    }

    #[test]
    fn probes_back_off_to_an_interval_that_sees_the_link_return_soon() {
        for (rtt_ms, slowest) in [(1, 250), (100, 250), (600, 621), (1_500, 1_521)] {
            let rtt = settled(rtt_ms);
            let mut timer = ProbeTimer::default();
            assert!(timer.interval(&rtt) <= rtt_ms * MS + 22 * MS);
            let begun = (0..20).filter(|_| timer.on_timeout(Instant::ZERO)).count();
            assert_eq!(begun, 1, "an outage begins once");
            assert!(timer.interval(&rtt).abs_diff(slowest * MS) <= MS, "{:?}", timer.interval(&rtt));
            assert!(timer.on_answer() && !timer.on_answer());
        }
    }
}
