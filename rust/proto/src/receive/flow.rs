//! The flow-control window: follows the reader and the bandwidth-delay product, and never falls (wire-format.md §4.1).

use core::time::Duration;

use crate::units::{ByteCount, Instant, Rate};

/// Assumed until the round-trip time was measured.
const RTT_GUESS: Duration = Duration::from_millis(100);

/// Room beside the bandwidth-delay product.
const SLACK: u64 = 6 << 20;

/// Arrivals are summed over at least this.
const ROUND_MIN: Duration = Duration::from_millis(10);

/// Rounds for which the best one counts.
const ROUNDS: usize = 8;

/// The window of one stream.
#[derive(Clone, Debug)]
pub(crate) struct FlowWindow {
    first: u64,
    max: u64,
    window: u64,
    limit: u64,
    consumed: u64,
    /// The limit that the sender was told last.
    told: u64,
    rtt: Option<Duration>,
    least_rtt: Option<Duration>,
    round_began: Instant,
    round_bytes: u64,
    /// Bytes per round trip of the last rounds.
    rounds: [u64; ROUNDS],
}

impl FlowWindow {
    /// Starts with `first`, which the peer knows already, and grows to `max`. A window of nothing opens with the first datagram.
    pub(crate) fn new(first: u64, max: u64) -> Self {
        let window = if first == 0 { SLACK.min(max) } else { first };
        Self {
            first,
            max: max.max(first),
            window,
            limit: window,
            consumed: 0,
            told: first,
            rtt: None,
            least_rtt: None,
            round_began: Instant::ZERO,
            round_bytes: 0,
            rounds: [0; ROUNDS],
        }
    }

    /// Bytes below this offset may be sent.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// Bytes that the application has taken.
    pub(crate) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// The present size.
    pub(crate) fn window(&self) -> u64 {
        self.window
    }

    /// The round-trip time, or a guess until it was measured.
    pub(crate) fn rtt(&self) -> Duration {
        self.rtt.unwrap_or(RTT_GUESS)
    }

    /// The round-trip time, if it was measured.
    pub(crate) fn measured_rtt(&self) -> Option<Duration> {
        self.rtt
    }

    /// The smallest round-trip time that was measured.
    pub(crate) fn least_rtt(&self) -> Option<Duration> {
        self.least_rtt
    }

    /// Stream bytes that came for the first time, over about the last round trip.
    pub(crate) fn rate(&self) -> Rate {
        Rate::of(ByteCount(self.rounds[0]), self.rtt())
    }

    /// The round-trip time was measured.
    pub(crate) fn on_rtt(&mut self, rtt: Duration) {
        self.least_rtt = Some(self.least_rtt.map_or(rtt, |least| least.min(rtt)));
        self.rtt = Some(self.rtt.map_or(rtt, |old| (old * 7 + rtt) / 8));
    }

    /// `bytes` of the stream have come for the first time.
    pub(crate) fn on_received(&mut self, now: Instant, bytes: u64) {
        self.round_bytes += bytes;
        let rtt = self.rtt();
        let elapsed = now.since(self.round_began);
        if elapsed >= rtt.max(ROUND_MIN) {
            let per_rtt = u128::from(self.round_bytes) * rtt.as_nanos() / elapsed.as_nanos().max(1);
            self.rounds.rotate_right(1);
            self.rounds[0] = u64::try_from(per_rtt).unwrap_or(u64::MAX);
            (self.round_began, self.round_bytes) = (now, 0);
            self.resize();
        }
    }

    /// Four times what arrives in a round trip: one on its way, one behind a gap, one behind a gap whose retransmission is lost too,
    /// and one for growth.
    fn resize(&mut self) {
        let product = self.rounds.into_iter().max().unwrap_or(0);
        let wanted = product.saturating_mul(4) + SLACK.min(self.max);
        self.window = wanted.max(self.first).min(self.max);
        self.raise();
    }

    /// The application has taken `total` bytes since the beginning.
    pub(crate) fn on_consumed(&mut self, total: u64) {
        self.consumed = self.consumed.max(total);
        self.raise();
    }

    /// True if the sender has to be told of the limit at once: it has risen by much, and `highest`, the end of what came so far, is
    /// near the limit that the sender knows.
    pub(crate) fn wants_update(&self, highest: u64) -> bool {
        let step = self.window / 4;
        self.limit - self.told >= step.max(1) && highest + step >= self.told
    }

    /// A FEEDBACK with the present limit was sent.
    pub(crate) fn on_told(&mut self) {
        self.told = self.limit;
    }

    fn raise(&mut self) {
        self.limit = self.limit.max(self.consumed.saturating_add(self.window));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn at(ms: u64) -> Instant {
        Instant::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn the_window_grows_to_four_bandwidth_delay_products_at_most_and_not_beyond_the_buffer() {
        for (max, least) in [(1 << 30, 3 * 10 * MIB), (16 * MIB, 16 * MIB)] {
            let mut flow = FlowWindow::new(MIB, max);
            flow.on_rtt(Duration::from_millis(100));
            (0..2_000).for_each(|ms| flow.on_received(at(ms), MIB / 10)); // 10 MiB in 100 ms
            assert!(flow.window() >= least && flow.window() <= (4 * 10 * MIB + 8 * MIB).min(max));
        }
    }

    #[test]
    fn the_limit_never_falls_although_the_window_shrinks() {
        let mut flow = FlowWindow::new(MIB, 1 << 30);
        flow.on_rtt(Duration::from_millis(100));
        (0..1_000).for_each(|ms| flow.on_received(at(ms), MIB / 10));
        flow.on_consumed(50 * MIB);
        let limit = flow.limit();
        (1_000..5_000).for_each(|ms| flow.on_received(at(ms), 10));
        assert!(flow.window() < 7 * MIB);
        flow.on_consumed(51 * MIB);
        assert_eq!(flow.limit(), limit);
    }

    #[test]
    fn a_sender_that_may_be_blocked_is_told_at_once_and_another_is_not() {
        let mut flow = FlowWindow::new(MIB, 1 << 30);
        flow.on_consumed(MIB / 2);
        assert!(!flow.wants_update(MIB / 2 + 10), "half of the window is still free");
        assert!(flow.wants_update(MIB), "the window is full");
        flow.on_told();
        flow.on_consumed(MIB / 2 + 1);
        assert!(!flow.wants_update(MIB), "too little to be worth a datagram");
    }

    #[test]
    fn a_window_of_nothing_opens_as_soon_as_it_can_be_told() {
        let flow = FlowWindow::new(0, 64 * MIB);
        assert!(flow.limit() >= SLACK && flow.wants_update(0));
    }
}
