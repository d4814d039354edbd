//! The flow-control window: follows the reader and the bandwidth-delay product, and never falls (wire-format.md §4.1).

use core::time::Duration;

use crate::units::{ByteCount, Instant, Rate};

use super::arrivals::{Arrivals, Received};

/// Assumed until the round-trip time was measured.
const RTT_GUESS: Duration = Duration::from_millis(100);

/// Room beside the bandwidth-delay product.
const SLACK: u64 = 6 << 20;

/// What came is near the limit when this share of the window is left: the last datagrams below it may be lost.
const NEAR: u64 = 16;

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
    arrivals: Arrivals,
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
            arrivals: Arrivals::default(),
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
        Rate::of(ByteCount(self.arrivals.per_round(self.rtt())), self.rtt())
    }

    /// The round-trip time was measured.
    pub(crate) fn on_rtt(&mut self, rtt: Duration) {
        self.least_rtt = Some(self.least_rtt.map_or(rtt, |least| least.min(rtt)));
        self.rtt = Some(self.rtt.map_or(rtt, |old| (old * 7 + rtt) / 8));
    }

    /// A datagram with bytes of the stream has come.
    pub(crate) fn on_received(&mut self, now: Instant, received: Received) {
        let is_bound = received.highest + self.window / NEAR >= self.told;
        if self.arrivals.on_received(now, self.rtt(), received, is_bound) {
            self.resize();
        }
    }

    /// Four times what is sent in a round trip: one on its way, one behind a gap, one behind a gap whose retransmission is lost too,
    /// and one for growth.
    fn resize(&mut self) {
        let wanted = self.arrivals.product().saturating_mul(4) + SLACK.min(self.max);
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

    /// A datagram each millisecond of `from` to `to`, with so many new bytes; the sender has sent `percent` for a hundred that come.
    fn stream(flow: &mut FlowWindow, from: u64, to: u64, bytes: u64, percent: u64) {
        for ms in from..to {
            let received = Received { new: bytes, highest: (ms - from) * bytes, number: ms * percent / 100 };
            flow.on_received(at(ms), received);
        }
    }

    #[test]
    fn the_window_grows_to_four_bandwidth_delay_products_at_most_and_not_beyond_the_buffer() {
        for (max, least) in [(1 << 30, 3 * 10 * MIB), (16 * MIB, 16 * MIB)] {
            let mut flow = FlowWindow::new(MIB, max);
            flow.on_rtt(Duration::from_millis(100));
            stream(&mut flow, 0, 2_000, MIB / 10, 100); // 10 MiB in 100 ms
            assert!(flow.window() >= least && flow.window() <= (4 * 10 * MIB + 8 * MIB).min(max));
        }
    }

    #[test]
    fn what_was_lost_on_the_way_counts_for_the_window_and_not_for_the_rate() {
        let mut flow = FlowWindow::new(MIB, 1 << 30);
        flow.on_rtt(Duration::from_millis(100));
        stream(&mut flow, 1, 2_000, MIB / 13, 130); // 10 MiB in 100 ms are sent, 7.7 MiB arrive
        assert!(flow.window().abs_diff(4 * 10 * MIB + SLACK) < MIB, "{}", flow.window());
        let rate = Rate::of(ByteCount(100 * MIB / 13), Duration::from_millis(100));
        assert!(flow.rate().as_bps().abs_diff(rate.as_bps()) < rate.as_bps() / 20, "{}", flow.rate());
    }

    #[test]
    fn a_window_that_keeps_the_sender_back_does_not_shrink() {
        let mut flow = FlowWindow::new(MIB, 1 << 30);
        flow.on_rtt(Duration::from_millis(100));
        stream(&mut flow, 0, 1_000, MIB / 10, 100);
        flow.on_told();
        let (window, limit) = (flow.window(), flow.limit());
        // Nothing new fits below the limit until a gap is closed.
        for ms in 1_000..5_000 {
            flow.on_received(at(ms), Received { new: 10, highest: limit, number: ms });
        }
        assert_eq!(flow.window(), window);
    }

    #[test]
    fn the_limit_never_falls_although_the_window_shrinks() {
        let mut flow = FlowWindow::new(MIB, 1 << 30);
        flow.on_rtt(Duration::from_millis(100));
        stream(&mut flow, 0, 1_000, MIB / 10, 100);
        flow.on_consumed(50 * MIB);
        flow.on_told();
        let limit = flow.limit();
        stream(&mut flow, 1_000, 5_000, 10, 100);
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
