//! Names for connections that carry datagrams where UDP is blocked (wire-format.md §2.3).
//!
//! A session knows its peer by addresses. A connection is one of `100::/64`, the prefix that nothing comes from and nothing goes to
//! (RFC 6666); its owner, who routes what the session sends, gives each connection a number of its own.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

const PREFIX: u128 = 0x0100 << 112;

/// The address under which a session knows connection `number`.
pub fn connection_address(number: u64) -> SocketAddr {
    SocketAddr::new(Ipv6Addr::from(PREFIX | u128::from(number)).into(), 0)
}

/// The number of the connection that `address` names; None if it names a host.
pub fn connection_number(address: SocketAddr) -> Option<u64> {
    let IpAddr::V6(ip) = address.ip() else { return None };
    let bits = u128::from(ip);
    (bits >> 64 == PREFIX >> 64).then_some(bits as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_has_a_name_that_no_host_has() {
        for number in [0, 1, u64::MAX] {
            assert_eq!(connection_number(connection_address(number)), Some(number));
        }
        for host in ["192.0.2.1:0", "[::1]:0", "[101::1]:0", "[100:0:0:1::1]:0", "[::ffff:1.0.0.0]:0"] {
            assert_eq!(connection_number(host.parse().expect("it is an address")), None, "{host}");
        }
    }
}
