//! Proofs that failed, by network: the answer to the next that fails is delayed.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::address::network;

/// So many failures of a network are answered at once: people mistype.
const FREE: u32 = 3;
/// The first delay, which doubles with each failure, and the longest.
const DELAY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3));
/// A network without a failure for so long is forgotten.
const MEMORY: Duration = Duration::from_secs(60);
/// Most networks that are remembered.
const NETWORKS_MAX: usize = 4_096;

/// The books of failures.
#[derive(Debug, Default)]
pub(super) struct Strikes(HashMap<IpAddr, (u32, Instant)>);

impl Strikes {
    /// A proof from `ip` has failed: by how much the answer is to be delayed.
    pub(super) fn strike(&mut self, ip: IpAddr, now: Instant) -> Duration {
        self.0.retain(|_, (_, last)| now.saturating_duration_since(*last) < MEMORY);
        let network = network(ip);
        if self.0.len() >= NETWORKS_MAX && !self.0.contains_key(&network) {
            let oldest = self.0.iter().min_by_key(|(_, (_, last))| *last).map(|(network, _)| *network);
            oldest.and_then(|network| self.0.remove(&network));
        }
        let (failures, last) = self.0.entry(network).or_insert((0, now));
        *failures = failures.saturating_add(1);
        *last = now;
        match failures.checked_sub(FREE + 1) {
            None => Duration::ZERO,
            Some(beyond) => (DELAY.0 * (1 << beyond.min(10))).min(DELAY.1),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("it is an address")
    }

    #[test]
    fn delays_grow_with_the_failures_of_a_network_and_are_forgotten() {
        let (mut strikes, now) = (Strikes::default(), Instant::now());
        let of = |last: u8| ip(&format!("192.0.2.{last}"));
        let delays: Vec<_> = (0..12).map(|i| strikes.strike(of(i), now).as_millis()).collect();
        assert_eq!(delays, [0, 0, 0, 100, 200, 400, 800, 1_600, 3_000, 3_000, 3_000, 3_000]);
        assert_eq!(strikes.strike(ip("192.0.3.1"), now), Duration::ZERO, "another network");
        assert_eq!(strikes.strike(of(1), now + MEMORY), Duration::ZERO, "it is forgotten");
    }

    #[test]
    fn a_flood_of_networks_is_not_remembered_without_bound() {
        let (mut strikes, now) = (Strikes::default(), Instant::now());
        (0..2 * NETWORKS_MAX as u32).for_each(|i| {
            strikes.strike(Ipv4Addr::from_bits(i << 8).into(), now + Duration::from_micros(u64::from(i)));
        });
        assert_eq!(strikes.0.len(), NETWORKS_MAX);
    }
}
