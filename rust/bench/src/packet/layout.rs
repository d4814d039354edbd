//! Where the parts of a TCP or UDP packet stand.

use super::vnet::{PartialChecksum, Segmentation};

/// Version of the Internet Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V4,
    V6,
}

/// The transports that the lab can cut and join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Tcp,
    Udp,
}

impl Transport {
    /// The number of the protocol.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
        }
    }

    /// Where the checksum stands in the header of the transport.
    pub(super) fn checksum_offset(self) -> u16 {
        match self {
            Self::Tcp => 16,
            Self::Udp => 6,
        }
    }
}

/// Bytes of the fixed part of the headers.
pub(super) const IPV4_LEN: usize = 20;
pub(super) const IPV6_LEN: usize = 40;
pub(super) const TCP_LEN: usize = 20;
pub(super) const UDP_LEN: usize = 8;

/// A TCP or UDP packet whose parts are known to lie inside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) version: Version,
    pub(super) transport: Transport,
    /// Where the header of the transport begins.
    pub(super) transport_at: usize,
    /// Where the payload begins.
    pub(super) payload_at: usize,
}

impl Layout {
    /// The layout of a packet whose checksum was left open. None for anything but whole TCP and UDP packets.
    pub(super) fn of(packet: &[u8], checksum: PartialChecksum) -> Option<Self> {
        let (version, least) = match packet.first()? >> 4 {
            4 => (Version::V4, IPV4_LEN),
            6 => (Version::V6, IPV6_LEN),
            _ => return None,
        };
        let transport = match checksum.offset {
            16 => Transport::Tcp,
            6 => Transport::Udp,
            _ => return None,
        };
        let transport_at = usize::from(checksum.start);
        if transport_at < least || packet.len() < transport_at {
            return None;
        }
        // Only the last header of IPv4 names the transport; in IPv6 extension headers may stand between.
        if version == Version::V4 && (packet[9] != transport.number() || is_fragment(packet)) {
            return None;
        }
        let payload_at = transport_at + transport_header_len(&packet[transport_at..], transport)?;
        (packet.len() >= payload_at).then_some(Self { version, transport, transport_at, payload_at })
    }

    /// The same as told by the header of the device.
    pub(super) fn segmentation(&self) -> Segmentation {
        match (self.transport, self.version) {
            (Transport::Udp, _) => Segmentation::Udp,
            (Transport::Tcp, Version::V4) => Segmentation::Tcp4,
            (Transport::Tcp, Version::V6) => Segmentation::Tcp6,
        }
    }

    /// Where the open checksum stands.
    pub(super) fn checksum(&self) -> PartialChecksum {
        // No header chain that the kernel makes comes near 64 KiB, and `of` took the number from 16 bits.
        PartialChecksum { start: self.transport_at as u16, offset: self.transport.checksum_offset() }
    }

    /// Both addresses, one behind the other.
    pub(super) fn addresses<'p>(&self, packet: &'p [u8]) -> &'p [u8] {
        match self.version {
            Version::V4 => &packet[12..20],
            Version::V6 => &packet[8..40],
        }
    }
}

fn is_fragment(ipv4: &[u8]) -> bool {
    // More fragments, or a fragment offset.
    u16::from_be_bytes([ipv4[6], ipv4[7]]) & 0x3fff != 0
}

fn transport_header_len(header: &[u8], transport: Transport) -> Option<usize> {
    match transport {
        Transport::Udp => (header.len() >= UDP_LEN).then_some(UDP_LEN),
        Transport::Tcp => {
            let len = usize::from(header.get(12)? >> 4) * 4;
            (len >= TCP_LEN).then_some(len)
        }
    }
}
