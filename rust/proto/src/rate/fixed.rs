//! `fixed`: the target rate, whatever the network says.

use core::time::Duration;

use crate::config::{PathMemory, Rates};
use crate::pacer::BURST_AT_TARGET;
use crate::units::{ByteCount, Instant, Rate};

use super::adaptive::Adaptive;
use super::{FeedbackFacts, RateController};

/// Round-trip time that is assumed before the first sample.
const UNKNOWN_RTT: Duration = Duration::from_millis(500);
/// Most bytes in flight, so that an unlimited target does not ask for unlimited memory.
const WINDOW_MAX: ByteCount = ByteCount(1 << 30);

/// Sends at the target rate. The window only bounds what a silent path may swallow.
#[derive(Debug)]
pub struct Fixed {
    target: Rate,
    datagram: ByteCount,
    smoothed_rtt: Duration,
    base_rtt: Duration,
    delivery_rate: Rate,
}

impl Fixed {
    pub(super) fn new(rates: &Rates, datagram: ByteCount) -> Self {
        Self {
            target: rates.target,
            datagram,
            smoothed_rtt: UNKNOWN_RTT,
            base_rtt: UNKNOWN_RTT,
            delivery_rate: Rate::ZERO,
        }
    }

    /// The adaptive law that takes over on the same path.
    pub(super) fn to_adaptive(&self, rates: &Rates) -> Adaptive {
        let known = self.delivery_rate > Rate::ZERO;
        let memory = known.then_some(PathMemory { min_rtt: self.base_rtt, rate: self.delivery_rate });
        Adaptive::new(rates, self.datagram, memory)
    }
}

impl RateController for Fixed {
    fn on_feedback(&mut self, facts: &FeedbackFacts) {
        self.smoothed_rtt = facts.smoothed_rtt;
        self.base_rtt = facts.base_rtt;
        self.datagram = facts.datagram;
        self.delivery_rate = facts.delivery_rate.unwrap_or(self.delivery_rate);
    }

    fn on_sent(&mut self, _now: Instant, _bytes: ByteCount, _in_flight: ByteCount) {}

    fn on_outage(&mut self, _now: Instant) {}

    fn on_path_change(&mut self, _now: Instant) {}

    fn on_rates(&mut self, _now: Instant, rates: &Rates) {
        self.target = rates.target;
    }

    fn rate(&self) -> Rate {
        self.target
    }

    /// Two round trips and 100 ms of the target: losses wait about one round trip in flight before they are known.
    fn window(&self) -> ByteCount {
        let time = self.smoothed_rtt.saturating_mul(2) + Duration::from_millis(100);
        let floor = ByteCount(64 * self.datagram.0);
        self.target.bytes_in(time).max(floor).min(WINDOW_MAX)
    }

    fn burst(&self) -> Duration {
        BURST_AT_TARGET
    }

    fn is_starting(&self) -> bool {
        false
    }
}
