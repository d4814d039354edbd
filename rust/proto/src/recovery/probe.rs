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

/// The first probes follow each other as often as feedback does, this share of a probe timeout apart: a burst of losses on the way
/// back lasts so many feedbacks, however long they take.
const QUICK_SHARE: u32 = 8;

/// So many quick probes, worth two probe timeouts, without an answer are an outage; the further ones come ever more rarely.
const QUICK: u32 = 2 * QUICK_SHARE;

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
        self.unanswered == QUICK
    }

    /// True while probes stay unanswered.
    pub(crate) fn is_outage(&self) -> bool {
        self.unanswered >= QUICK
    }

    /// True while a probe is unanswered.
    pub(crate) fn is_waiting(&self) -> bool {
        self.unanswered > 0
    }

    /// True if more than one probe is unanswered.
    pub(crate) fn is_lasting(&self) -> bool {
        self.unanswered > 1
    }

    /// When the next probe is due, given that something is in flight.
    pub(crate) fn deadline(&self, rtt: &RttEstimator) -> Instant {
        self.last_sent + self.interval(rtt)
    }

    fn interval(&self, rtt: &RttEstimator) -> Duration {
        match self.unanswered {
            0 => Self::timeout(rtt),
            1..QUICK => Self::timeout(rtt) / QUICK_SHARE,
            _ => self.patience(rtt),
        }
    }

    /// The probe timeout with its backoff in an outage.
    pub(crate) fn patience(&self, rtt: &RttEstimator) -> Duration {
        let first = Self::timeout(rtt);
        let slowest = rtt.smoothed().clamp(SLOWEST_MIN, SLOWEST_MAX);
        let backoff = self.unanswered.saturating_sub(QUICK).min(10);
        (first * (1 << backoff)).min(slowest).max(first)
    }

    fn timeout(rtt: &RttEstimator) -> Duration {
        rtt.probe_timeout() + FEEDBACK_DELAY
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
    fn the_first_probes_are_as_frequent_as_feedback() {
        let rtt = settled(100);
        let mut timer = ProbeTimer::default();
        let whole = timer.interval(&rtt);
        let begun: Vec<bool> = (0..QUICK).map(|_| timer.on_timeout(Instant::ZERO)).collect();
        assert!(begun.iter().rev().skip(1).all(|begins| !begins) && timer.is_outage());
        timer.unanswered = 1;
        assert_eq!(timer.interval(&rtt), whole / 8);
        assert!(timer.is_waiting() && !timer.is_lasting());
    }

    #[test]
    fn probes_back_off_to_an_interval_that_sees_the_link_return_soon() {
        for (rtt_ms, slowest) in [(1, 250), (100, 250), (600, 621), (1_500, 1_521)] {
            let rtt = settled(rtt_ms);
            let mut timer = ProbeTimer::default();
            assert!(timer.interval(&rtt) <= rtt_ms * MS + 22 * MS);
            let begun = (0..40).filter(|_| timer.on_timeout(Instant::ZERO)).count();
            assert_eq!(begun, 1, "an outage begins once");
            assert!(timer.interval(&rtt).abs_diff(slowest * MS) <= MS, "{:?}", timer.interval(&rtt));
            assert!(timer.on_answer() && !timer.on_answer());
        }
    }
}
