//! How much arrives in a round trip: what the flow-control window is made for.

use core::time::Duration;

use crate::units::Instant;

/// Arrivals are summed over a part of the round trip, and at least over this. A start trebles what is sent from one round trip to the
/// next: summed over whole ones, what is known would be a tenth of what is on its way.
const PARTS: u32 = 4;
const PART_MIN: Duration = Duration::from_millis(10);

/// Parts of which the best one counts: eight round trips.
const MEMORY: usize = 32;

/// Where one datagram in eight to three is lost, the path does it: less may be what a start has sent too much, and more is mostly what
/// a queue has no room for.
const LOST_MUCH: u64 = 8;
const LOST_MOST: u64 = 3;

/// Data that has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    /// Bytes of the stream that came for the first time.
    pub(crate) new: u64,
    /// The end of all that came so far.
    pub(crate) highest: u64,
    /// The largest packet number so far.
    pub(crate) number: u64,
}

/// Counts what arrives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrivals {
    began: Instant,
    /// Bytes of the stream that came for the first time since then.
    bytes: u64,
    /// True if the flow-control limit may have kept the sender back since then.
    is_bound: bool,
    /// Datagrams with data so far.
    came: u64,
    /// Bytes and time of the parts of the last round trip.
    last: [(u64, Duration); PARTS as usize],
    /// Bytes per round trip in the last parts, as they were sent.
    parts: [u64; MEMORY],
}

/// Bytes per `rtt` where `bytes` came in `elapsed`.
fn scaled(bytes: u64, rtt: Duration, elapsed: Duration) -> u64 {
    let bytes = u128::from(bytes) * rtt.as_nanos() / elapsed.as_nanos().max(1);
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The bytes that are sent for `arriving` to arrive where `came` of `sent` datagrams have come; `arriving` itself where that says nothing
/// of the path.
fn as_sent(arriving: u64, sent: u64, came: u64) -> u64 {
    if !(sent / LOST_MUCH..sent / LOST_MOST).contains(&sent.saturating_sub(came)) {
        return arriving;
    }
    let bytes = u128::from(arriving) * u128::from(sent) / u128::from(came.max(1));
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

impl Arrivals {
    /// A datagram has come; `is_bound` if the limit may have kept the next one back. True if [`product`](Self::product) is a new one.
    pub(crate) fn on_received(
        &mut self,
        now: Instant,
        rtt: Duration,
        received: Received,
        is_bound: bool,
    ) -> bool {
        self.bytes += received.new;
        self.came += 1;
        self.is_bound |= is_bound;
        let elapsed = now.since(self.began);
        if elapsed < (rtt / PARTS).max(PART_MIN) {
            return false;
        }
        self.last.rotate_right(1);
        self.last[0] = (self.bytes, elapsed);
        // A part that the limit has kept back shows how long gaps stay open and not what the path can carry: a window that followed it
        // would shrink with every round trip.
        let least = if self.is_bound { self.product() } else { 0 };
        let arrived = scaled(self.bytes, rtt, elapsed);
        self.parts.rotate_right(1);
        self.parts[0] = as_sent(arrived, received.number.saturating_add(1), self.came).max(least);
        (self.began, self.bytes, self.is_bound) = (now, 0, false);
        true
    }

    /// Bytes of the stream per `rtt` that came for the first time, over about the last round trip.
    pub(crate) fn per_round(&self, rtt: Duration) -> u64 {
        let (bytes, elapsed) =
            self.last.iter().fold((0, Duration::ZERO), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        scaled(bytes, rtt, elapsed)
    }

    /// Bytes that are sent in a round trip, at the best of the last ones.
    pub(crate) fn product(&self) -> u64 {
        self.parts.into_iter().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_path_loses_is_added_and_what_a_start_or_a_queue_loses_is_not() {
        assert_eq!(as_sent(750, 1_000, 750), 1_000);
        for came in [1_001, 1_000, 950, 876, 666, 1, 0] {
            assert_eq!(as_sent(750, 1_000, came), 750, "{came}");
        }
        assert_eq!(as_sent(750, 0, 0), 750);
        assert_eq!(as_sent(u64::MAX, 8, 6), u64::MAX);
    }

    #[test]
    fn a_start_that_trebles_is_seen_within_a_part_of_the_round_trip() {
        let (mut arrivals, rtt) = (Arrivals::default(), Duration::from_millis(100));
        let mut highest = 0;
        // 100 bytes a millisecond at first, three times as many from one round trip to the next.
        for ms in 1..=400_u64 {
            let new = (100.0 * 3_f64.powf(ms as f64 / 100.0)) as u64;
            highest += new;
            arrivals.on_received(
                Instant::from_nanos(ms * 1_000_000),
                rtt,
                Received { new, highest, number: ms },
                false,
            );
        }
        let at_the_end = 100 * 81 * 100;
        assert!(arrivals.product() > at_the_end * 4 / 5, "{} of {at_the_end}", arrivals.product());
        assert!(arrivals.product() < at_the_end);
        assert!(arrivals.per_round(rtt) < arrivals.product(), "over a whole round trip it is less");
    }
}
