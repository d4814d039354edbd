//! Whose an address is, where places are counted and failures are remembered.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What stands for all addresses of one subscriber: an IPv4 address by itself, the /64 of an IPv6 one, in which a subscriber draws
/// addresses at will. An IPv4 address that is mapped into IPv6 is IPv4.
pub(super) fn of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        v4 => v4,
    }
}

/// What stands for a whole network: an IPv4 /24, the smallest that is routed by itself, or an IPv6 /64.
pub(super) fn network(ip: IpAddr) -> IpAddr {
    match of(ip) {
        IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() & (u32::MAX << 8)).into(),
        v6 => v6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("it is an address")
    }

    #[test]
    fn a_subscriber_of_ipv6_is_one_address_and_one_network() {
        let (a, b, other) = (ip("2001:db8::1"), ip("2001:db8::ffff:0:0:9"), ip("2001:db8:0:1::1"));
        assert_eq!((of(a), network(a)), (of(b), network(b)));
        assert_ne!(of(a), of(other));
        assert_ne!(network(a), network(other));
    }

    #[test]
    fn neighbours_of_ipv4_are_two_addresses_in_one_network_and_mapped_addresses_are_ipv4() {
        let (a, b) = (ip("192.0.2.7"), ip("192.0.2.8"));
        assert_ne!(of(a), of(b));
        assert_eq!(network(a), network(b));
        assert_eq!((of(ip("::ffff:192.0.2.7")), network(ip("::ffff:192.0.2.7"))), (a, ip("192.0.2.0")));
    }
}
