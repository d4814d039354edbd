//! The queue that a flow aims at: the shorter the faster it is, so that flows that share a queue share its rate.

use crate::config::RatePolicy;

/// Rate of the reference flow in bytes per second (100 Mbit/s), which aims at [`REFERENCE_QUEUE`].
const REFERENCE_RATE: f64 = 11_250_000.0;
/// Seconds.
const REFERENCE_QUEUE: f64 = 0.003_8;
/// Below this rate, in bytes per second (10 Mbit/s), the queue grows with the fourth root only: delay counts more there.
const SLOW_RATE: f64 = 1_250_000.0;
/// Shortest queue that is aimed at, in seconds: below, nothing can be measured.
const QUEUE_MIN: f64 = 0.000_3;
/// Longest queue that `low` aims at, in seconds.
const QUEUE_LOW: f64 = 0.002;

/// What the policy's share is, `fair` being 1.
pub(super) fn weight(policy: RatePolicy) -> f64 {
    match policy {
        RatePolicy::High => 2.0,
        RatePolicy::Fixed | RatePolicy::Fair => 1.0,
        RatePolicy::Low => 0.1,
    }
}

/// The queueing delay in seconds at which a flow of `rate` bytes per second is content: `Q sqrt(w R / rate)`.
///
/// All flows of a bottleneck see the same delay `q`, so that in equilibrium each has `rate = w R (Q / q)²`, whatever its round-trip
/// time. The root keeps the delay within a range that can be measured and endured for rates that span four decades.
pub(super) fn queue_target(rate: f64, weight: f64, datagram: f64, noise: f64) -> f64 {
    let rate = rate.max(1.0) / weight;
    let wanted = if rate >= SLOW_RATE {
        REFERENCE_QUEUE * (REFERENCE_RATE / rate).sqrt()
    } else {
        REFERENCE_QUEUE * (REFERENCE_RATE / SLOW_RATE).sqrt() * (SLOW_RATE / rate).powf(0.25)
    };
    let most = if weight < 1.0 { QUEUE_LOW } else { f64::INFINITY };
    let serialization = 2.0 * datagram / (rate * weight);
    wanted.clamp(QUEUE_MIN, most).max(serialization.min(0.1)) + noise
}
