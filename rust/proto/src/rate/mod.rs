//! Rate control: strategies that are told facts and answer with a rate and a window.
//!
//! A controller holds no pointer to its session, reads no clock and sends nothing. Rates count bytes on the wire: UDP payload plus
//! IP and UDP headers. See `docs/rate-control.md`.

use core::time::Duration;

use crate::config::Rates;
use crate::units::{ByteCount, Instant, Rate};

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
    /// Wire bytes newly known to have arrived.
    pub acked: ByteCount,
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
    /// The user has changed target, minimum or policy.
    fn on_rates(&mut self, now: Instant, rates: &Rates);
    /// Bytes on the wire per second at which the pacer may send now; never above the target.
    fn rate(&self) -> Rate;
    /// Most wire bytes in flight.
    fn window(&self) -> ByteCount;
    /// True while the law still searches for the capacity.
    fn is_starting(&self) -> bool;
}
