//! Rate control: strategies that are told facts and answer with a rate and a window.
//!
//! A controller holds no pointer to its session, reads no clock and sends nothing. Rates count bytes on the wire: UDP payload plus
//! IP and UDP headers. See `docs/rate-control.md`.

mod adaptive;
mod cubic;
mod fixed;
mod loss;
mod model;
mod path;
mod search;
mod spacing;
mod target;

use core::time::Duration;

use crate::config::{PathMemory, RatePolicy, Rates};
use crate::pacer::{BURST, LATE_MAX};
use crate::units::{ByteCount, Instant, Rate};

use adaptive::Adaptive;
use fixed::Fixed;

/// What one FEEDBACK has told the sender; everything is measured on the sender's clock unless said otherwise.
#[derive(Clone, Copy, Debug)]
pub struct FeedbackFacts {
    /// When the feedback was handled.
    pub now: Instant,
    /// Round-trip time of the newest datagram, without the receiver's delay; None if it was no fresh sample.
    pub rtt: Option<Duration>,
    /// Smoothed round-trip time (RFC 9002 section 5.3).
    pub smoothed_rtt: Duration,
    /// Smallest round-trip time in the base-RTT window.
    pub base_rtt: Duration,
    /// One-way queueing delay of the newest datagram: receive time less send time, less the smallest such difference in the
    /// base window, drift of the clocks taken out. None if it was no fresh sample.
    pub queueing_delay: Option<Duration>,
    /// Seconds by which that smallest difference has become longer with this sample, below zero shorter: queueing delays that were told
    /// before were as much too long. It becomes longer when the shortest one leaves the window.
    pub base_moved: f64,
    /// Wire bytes newly known to have arrived.
    pub acked: ByteCount,
    /// Wire bytes that have arrived and that nothing outstanding stands before, since the last feedback. `lost` is to be held against
    /// these: a datagram is known to have arrived earlier than its neighbour is known to be lost, by as much as the path reorders.
    pub passed: ByteCount,
    /// When the newest datagram that `passed` and `lost` tell of was sent, or an earlier feedback told of.
    pub settled_at: Instant,
    /// All wire bytes known to have arrived.
    pub delivered: ByteCount,
    /// `delivered` as it stood when the newest acknowledged datagram was sent: `delivered - prior_delivered` arrived in one round trip.
    pub prior_delivered: ByteCount,
    /// Delivery rate over about one round trip, by the receiver's clock where that is finer
    /// (the estimator of draft-ietf-ccwg-bbr section 4.1); None without a sample.
    pub delivery_rate: Option<Rate>,
    /// True if the sample was taken while the application or flow control, not the rate, held the sender back.
    pub app_limited: bool,
    /// Wire bytes newly declared lost, without those that the receiver's own system dropped.
    pub lost: ByteCount,
    /// Wire bytes dropped newly by the receiving system itself (its socket buffer), not by the path.
    pub local_drops: ByteCount,
    /// Wire bytes sent and neither acknowledged nor declared lost, after this feedback.
    pub in_flight: ByteCount,
    /// Full wire size of a datagram at the present path MTU.
    pub datagram: ByteCount,
}

/// A control law.
pub trait RateController: core::fmt::Debug + Send {
    /// Feedback has come.
    fn on_feedback(&mut self, facts: &FeedbackFacts);
    /// `bytes` on the wire were sent at `now`; `in_flight` includes them.
    fn on_sent(&mut self, now: Instant, bytes: ByteCount, in_flight: ByteCount);
    /// Nothing has been heard for several round trips: all that was in flight is taken for lost.
    fn on_outage(&mut self, now: Instant);
    /// The path has changed (address, or round-trip time by far): what was learnt of it may be wrong.
    fn on_path_change(&mut self, now: Instant);
    /// Datagrams were longer than the path carries: that they were lost says nothing of how much it carries.
    fn on_black_hole(&mut self, _now: Instant) {}
    /// The user has changed target, minimum or policy.
    fn on_rates(&mut self, now: Instant, rates: &Rates);
    /// Bytes on the wire per second at which the pacer may send now; never above the target.
    fn rate(&self) -> Rate;
    /// Most wire bytes in flight.
    fn window(&self) -> ByteCount;
    /// The most time for which a sender that its own machine has kept from sending may make up in one burst.
    fn late_max(&self) -> Duration {
        LATE_MAX
    }
    /// The largest burst of a sender that is woken in time, in time at the rate.
    fn burst(&self) -> Duration {
        BURST
    }
    /// True while the law still searches for the capacity.
    fn is_starting(&self) -> bool;
    /// The share of datagrams, 0 to 1, that the law has found to be lost whatever is sent; None of a law that does not look for it.
    fn usual_loss(&self) -> Option<f64> {
        None
    }
}

/// The law in force, dispatched without allocation.
#[expect(clippy::large_enum_variant, reason = "one per session, and no indirection on the packet path")]
#[derive(Debug)]
pub enum Controller {
    /// The target rate, whatever the network says.
    Fixed(Fixed),
    /// `high`, `fair` and `low`.
    Adaptive(Adaptive),
}

impl Controller {
    /// The law that `rates` asks for. `datagram` is the full wire size of a datagram at the start, `memory` what an earlier session
    /// learnt of the path.
    pub fn new(rates: &Rates, datagram: ByteCount, memory: Option<PathMemory>) -> Self {
        match rates.policy {
            RatePolicy::Fixed => Self::Fixed(Fixed::new(rates, datagram)),
            _ => Self::Adaptive(Adaptive::new(rates, datagram, memory)),
        }
    }
}

macro_rules! each {
    ($self:expr, $law:ident => $call:expr) => {
        match $self {
            Controller::Fixed($law) => $call,
            Controller::Adaptive($law) => $call,
        }
    };
}

impl RateController for Controller {
    fn on_feedback(&mut self, facts: &FeedbackFacts) {
        each!(self, law => law.on_feedback(facts));
    }

    fn on_sent(&mut self, now: Instant, bytes: ByteCount, in_flight: ByteCount) {
        each!(self, law => law.on_sent(now, bytes, in_flight));
    }

    fn on_outage(&mut self, now: Instant) {
        each!(self, law => law.on_outage(now));
    }

    fn on_path_change(&mut self, now: Instant) {
        each!(self, law => law.on_path_change(now));
    }

    fn on_black_hole(&mut self, now: Instant) {
        each!(self, law => law.on_black_hole(now));
    }

    fn on_rates(&mut self, now: Instant, rates: &Rates) {
        match (&mut *self, rates.policy) {
            (Self::Fixed(law), RatePolicy::Fixed) => law.on_rates(now, rates),
            (Self::Adaptive(law), RatePolicy::High | RatePolicy::Fair | RatePolicy::Low) => {
                law.on_rates(now, rates)
            }
            (Self::Fixed(law), _) => *self = Self::Adaptive(law.to_adaptive(rates)),
            (Self::Adaptive(law), RatePolicy::Fixed) => *self = Self::Fixed(law.to_fixed(rates)),
        }
    }

    fn rate(&self) -> Rate {
        each!(self, law => law.rate())
    }

    fn window(&self) -> ByteCount {
        each!(self, law => law.window())
    }

    fn late_max(&self) -> Duration {
        each!(self, law => law.late_max())
    }

    fn burst(&self) -> Duration {
        each!(self, law => law.burst())
    }

    fn is_starting(&self) -> bool {
        each!(self, law => law.is_starting())
    }

    fn usual_loss(&self) -> Option<f64> {
        each!(self, law => law.usual_loss())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pacer::BURST_AT_TARGET;

    const DATAGRAM: ByteCount = ByteCount(1_500);

    pub(super) fn facts(ms: u64, delivered: u64, prior: u64, rate: Rate, queue: Duration) -> FeedbackFacts {
        FeedbackFacts {
            now: Instant::ZERO + Duration::from_millis(ms),
            rtt: Some(Duration::from_millis(50) + queue),
            smoothed_rtt: Duration::from_millis(50) + queue,
            base_rtt: Duration::from_millis(50),
            queueing_delay: Some(queue),
            base_moved: 0.0,
            acked: DATAGRAM,
            passed: DATAGRAM,
            settled_at: Instant::ZERO + Duration::from_millis(ms),
            delivered: ByteCount(delivered),
            prior_delivered: ByteCount(prior),
            delivery_rate: Some(rate),
            app_limited: false,
            lost: ByteCount::ZERO,
            local_drops: ByteCount::ZERO,
            in_flight: ByteCount::ZERO,
            datagram: DATAGRAM,
        }
    }

    #[test]
    fn the_target_is_never_exceeded_and_the_minimum_is_kept() {
        let (target, min) = (Rate::from_mbps(20), Rate::from_mbps(5));
        for policy in [RatePolicy::High, RatePolicy::Fair, RatePolicy::Low] {
            let mut law = Controller::new(&Rates { target, min, policy }, DATAGRAM, None);
            assert!(law.rate() <= target);
            law.on_feedback(&facts(50, 1 << 20, 0, Rate::from_mbps(900), Duration::ZERO));
            assert!(law.rate() <= target, "{policy:?} exceeds the target");
            for ms in 51..500 {
                law.on_feedback(&facts(
                    ms,
                    (1 << 20) * ms,
                    0,
                    Rate::from_bps(10),
                    Duration::from_millis(900),
                ));
            }
            assert!(law.rate() >= min, "{policy:?} falls below the minimum");
        }
    }

    #[test]
    fn bursts_are_longer_where_the_target_keeps_the_rate_and_not_the_law() {
        let burst = |policy, target| {
            Controller::new(&Rates { target, min: Rate::ZERO, policy }, DATAGRAM, None).burst()
        };
        let slow = Rate::from_bps(100_000);
        assert_eq!(burst(RatePolicy::Fixed, slow), BURST_AT_TARGET);
        assert_eq!(burst(RatePolicy::Fair, slow), BURST_AT_TARGET);
        assert_eq!(burst(RatePolicy::Fair, Rate::UNLIMITED), BURST);
    }

    #[test]
    fn a_policy_that_changes_live_keeps_the_bounds() {
        let target = Rate::from_mbps(100);
        let rates = |policy| Rates { target, min: Rate::ZERO, policy };
        let mut law = Controller::new(&rates(RatePolicy::Fixed), DATAGRAM, None);
        assert_eq!(law.rate(), target);
        law.on_feedback(&facts(50, 1 << 20, 0, Rate::from_mbps(40), Duration::ZERO));
        law.on_rates(Instant::ZERO, &rates(RatePolicy::Fair));
        assert!(law.rate() <= Rate::from_mbps(40), "goes on from what was delivered, not from the target");
        law.on_rates(Instant::ZERO, &rates(RatePolicy::Fixed));
        assert_eq!(law.rate(), target);
    }
}
