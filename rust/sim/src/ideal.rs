//! What could be had at best.

use core::time::Duration;

use faspstream_netem::BitRate;

use crate::packet::IP_UDP_HEADER;

/// Bytes of a full data datagram that are not the application's: header and tag (wire-format.md §3).
pub const DATAGRAM_OVERHEAD: u64 = 31;

/// Application bytes per byte of IP packet in a full datagram at this MTU.
pub fn efficiency(mtu: u64) -> f64 {
    mtu.saturating_sub(IP_UDP_HEADER + DATAGRAM_OVERHEAD) as f64 / mtu as f64
}

/// Ideal goodput in bits per second: `C x (1 - p) x e`.
pub fn goodput(capacity: BitRate, loss: f64, efficiency: f64) -> f64 {
    capacity.as_bps() as f64 * (1.0 - loss) * efficiency
}

/// The bandwidth-delay product in bytes.
pub fn bdp(capacity: BitRate, rtt: Duration) -> u64 {
    capacity.bytes_in(rtt)
}
