//! Which datagrams are lost: packet-number order with a reordering window that adapts (RFC 9002 section 6.1, RFC 8985).
//!
//! Packet numbers and send times rise together, so whatever is lost lies below one frontier, and the frontier only moves up: each
//! datagram is looked at once.

use core::cmp::Reverse;
use core::time::Duration;

use super::rtt::{GRANULARITY, RttEstimator};
use super::sent::{Fate, Purpose, SentRing};
use super::windowed::WindowedMin;
use crate::units::{ByteCount, Instant};

/// So many later datagrams have to arrive before one is lost for its place alone (RFC 9002 section 6.1.1).
const PACKET_THRESHOLD: u64 = 3;

/// For how many round trips a reordering is remembered (RFC 8985 section 6.2 uses 16 recoveries).
const MEMORY_RTTS: u32 = 16;

/// A reordering is remembered at least this long.
const MEMORY_MIN: Duration = Duration::from_secs(2);

/// The reordering window never grows beyond the smoothed round trip or this, whichever is larger.
const WINDOW_CAP_MIN: Duration = Duration::from_millis(50);

/// Finds losses.
#[derive(Clone, Debug, Default)]
pub(crate) struct LossDetector {
    /// All numbers below were looked at.
    frontier: u64,
    /// How far datagrams were overtaken of late, in send time.
    reordering: WindowedMin<Reverse<Duration>>,
    /// When the datagram at the frontier is lost if nothing is heard of it.
    deadline: Option<Instant>,
    /// When the newest datagram below the frontier was sent.
    settled_at: Instant,
}

impl LossDetector {
    /// When [`Self::detect`] is to be called although no feedback came.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// When the newest datagram of which it is known what became of it, and of all before it, was sent.
    pub(crate) fn settled_at(&self) -> Instant {
        self.settled_at
    }

    /// How long after its successors a datagram may still come.
    pub(crate) fn reorder_window(&self, rtt: &RttEstimator) -> Duration {
        let seen = self.reordering.get().map_or(Duration::ZERO, |Reverse(extent)| extent);
        (seen + seen / 4).min(rtt.smoothed().max(WINDOW_CAP_MIN))
    }

    /// A datagram sent at `sent` has arrived after one that was sent `extent` later.
    pub(crate) fn on_reordering(&mut self, now: Instant, rtt: &RttEstimator, extent: Duration) {
        self.reordering.insert(now, memory(rtt), Reverse(extent));
    }

    /// Declares lost what has to be, the lowest number first; gives the wire bytes of what has arrived below the frontier since the last
    /// call, which what is lost is a share of. `largest` is the highest number that arrived.
    pub(crate) fn detect(
        &mut self,
        now: Instant,
        largest: u64,
        rtt: &RttEstimator,
        sent: &SentRing,
        mut lost: impl FnMut(u64),
    ) -> ByteCount {
        let mut passed = ByteCount::ZERO;
        self.reordering.expire(now, memory(rtt));
        self.deadline = None;
        let Some(newest) = sent.get(largest).map(|d| d.sent_at) else { return passed };
        let window = self.reorder_window(rtt);
        let patience = time_threshold(rtt, window);
        self.frontier = self.frontier.max(sent.first_number());
        while self.frontier <= largest {
            let Some(datagram) = sent.get(self.frontier) else { return passed };
            if datagram.fate == Fate::Arrived && datagram.purpose != Purpose::Silent {
                passed += ByteCount(u64::from(datagram.wire));
            }
            if datagram.fate == Fate::Outstanding {
                let overtaken =
                    largest - self.frontier >= PACKET_THRESHOLD && newest.since(datagram.sent_at) >= window;
                let deadline = datagram.sent_at + patience;
                if !overtaken && now < deadline {
                    self.deadline = Some(deadline);
                    return passed;
                }
                lost(self.frontier);
            }
            self.settled_at = datagram.sent_at;
            self.frontier += 1;
        }
        passed
    }
}

/// The time after sending at which a datagram with a later one acknowledged is lost (RFC 9002 section 6.1.2).
fn time_threshold(rtt: &RttEstimator, window: Duration) -> Duration {
    let rtt = rtt.conservative();
    rtt + window.max(rtt / 8).max(GRANULARITY)
}

fn memory(rtt: &RttEstimator) -> Duration {
    (rtt.smoothed() * MEMORY_RTTS).max(MEMORY_MIN)
}

#[cfg(test)]
mod tests {
    use super::super::sent::tests::data;
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn at(ms: u64) -> Instant {
        Instant::from_nanos(ms * 1_000_000)
    }

    fn setup(count: u64) -> (LossDetector, SentRing, RttEstimator) {
        let mut ring = SentRing::default();
        (0..count).for_each(|i| ring.push(data(i, i * 1_000)));
        let mut rtt = RttEstimator::new(None);
        (0..100).for_each(|_| rtt.on_sample(100 * MS));
        (LossDetector::default(), ring, rtt)
    }

    fn losses(
        detector: &mut LossDetector,
        now: u64,
        largest: u64,
        rtt: &RttEstimator,
        ring: &mut SentRing,
    ) -> Vec<u64> {
        let mut found = Vec::new();
        _ = detector.detect(at(now), largest, rtt, ring, |number| found.push(number));
        for number in &found {
            ring.settle(*number, Fate::Lost);
        }
        found
    }

    #[test]
    fn three_later_arrivals_make_a_loss_where_nothing_is_reordered() {
        let (mut detector, mut ring, rtt) = setup(10);
        for number in [1, 2] {
            ring.settle(number, Fate::Arrived);
        }
        assert_eq!(losses(&mut detector, 102, 2, &rtt, &mut ring), []);
        ring.settle(3, Fate::Arrived);
        assert_eq!(losses(&mut detector, 103, 3, &rtt, &mut ring), [0]);
        assert_eq!(losses(&mut detector, 104, 3, &rtt, &mut ring), []);
    }

    #[test]
    fn one_later_arrival_and_time_make_a_loss_too() {
        let (mut detector, mut ring, rtt) = setup(2);
        ring.settle(1, Fate::Arrived);
        assert_eq!(losses(&mut detector, 101, 1, &rtt, &mut ring), []);
        let deadline = detector.deadline().expect("a timer");
        assert!(deadline.since(at(0)).abs_diff(112 * MS + MS / 2) < MS, "{deadline:?}");
        let then = deadline.as_nanos() / 1_000_000 + 1;
        assert_eq!(losses(&mut detector, then, 1, &rtt, &mut ring), [0]);
    }

    #[test]
    fn the_window_grows_with_what_was_overtaken_and_forgets_it_slowly() {
        let (mut detector, mut ring, rtt) = setup(100);
        detector.on_reordering(at(100), &rtt, 30 * MS);
        assert!(detector.reorder_window(&rtt).abs_diff(37 * MS) < MS);
        (1..30).for_each(|i| _ = ring.settle(i, Fate::Arrived));
        assert_eq!(losses(&mut detector, 105, 29, &rtt, &mut ring), [], "it may still come");
        (30..50).for_each(|i| _ = ring.settle(i, Fate::Arrived));
        assert_eq!(losses(&mut detector, 110, 49, &rtt, &mut ring), [0]);
        assert_eq!(losses(&mut detector, 5_000, 49, &rtt, &mut ring), []);
        assert_eq!(detector.reorder_window(&rtt), Duration::ZERO);
    }

    #[test]
    fn the_window_is_bounded_whatever_a_peer_makes_of_it() {
        let (mut detector, _, rtt) = setup(0);
        detector.on_reordering(at(100), &rtt, Duration::from_secs(60));
        assert_eq!(detector.reorder_window(&rtt), rtt.smoothed());
    }
}
