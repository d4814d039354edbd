//! The headers of one wire packet, or of several that are written as one.

use super::checksum;
use super::layout::{Layout, Transport, Version};
use super::wire::{FIN, PSH, WirePacket};

/// The headers of a wire packet, from which those of a joined packet are made.
#[derive(Debug)]
pub(super) struct Header<'p> {
    first: &'p WirePacket,
    layout: Layout,
    /// Flags that the last of the joined packets adds.
    last_flags: u8,
}

impl<'p> Header<'p> {
    /// None if the parts of the packet are not known.
    pub(super) fn of(first: &'p WirePacket) -> Option<Self> {
        first.whole.layout.map(|layout| Self { first, layout, last_flags: 0 })
    }

    /// Takes over what only the last of several packets says.
    pub(super) fn ending_with(mut self, last: &WirePacket) -> Self {
        self.last_flags = last.tcp_flags().unwrap_or(0) & (FIN | PSH);
        self
    }

    /// The headers for `payload_len` bytes of payload. The checksum of the transport is left open: its field holds the sum of the
    /// pseudo header, as the kernel wants it.
    pub(super) fn finished(&self, payload_len: usize) -> Vec<u8> {
        let Layout { version, transport, transport_at, payload_at } = self.layout;
        let mut header = self.first.whole.bytes[..payload_at].to_vec();
        let total = payload_at + payload_len;
        match version {
            Version::V4 => self.finish_ipv4(&mut header, total),
            Version::V6 => put(&mut header, 4, as_u16(total - super::layout::IPV6_LEN)),
        }
        let transport_len = total - transport_at;
        match transport {
            Transport::Tcp => self.finish_tcp(&mut header),
            Transport::Udp => put(&mut header, transport_at + 4, as_u16(transport_len)),
        }
        let addresses = self.layout.addresses(&header);
        let sum = checksum::pseudo_header(addresses, transport.number(), transport_len);
        let field = transport_at + usize::from(transport.checksum_offset());
        put(&mut header, field, checksum::folded(sum));
        header
    }

    fn finish_ipv4(&self, header: &mut [u8], total: usize) {
        put(header, 2, as_u16(total));
        let identification = u16::from_be_bytes([header[4], header[5]]);
        // Identifications wrap, and so does the cast.
        put(header, 4, identification.wrapping_add(self.first.index as u16));
        put(header, 10, 0);
        let sum = checksum::folded(checksum::sum(&header[..self.layout.transport_at]));
        put(header, 10, !sum);
    }

    fn finish_tcp(&self, header: &mut [u8]) {
        let at = self.layout.transport_at;
        if let (Some(sequence), Some(flags)) = (self.first.tcp_sequence(), self.first.tcp_flags()) {
            header[at + 4..at + 8].copy_from_slice(&sequence.to_be_bytes());
            header[at + 13] = flags | self.last_flags;
        }
    }
}

/// True if the two packets have the same headers, but for what tells the pieces of one flow apart: lengths, checksums,
/// identification, sequence number, FIN, PSH.
pub(super) fn same_flow(a: &WirePacket, b: &WirePacket) -> bool {
    let (Some(layout), Some(other)) = (a.whole.layout, b.whole.layout) else { return false };
    if layout != other {
        return false;
    }
    if a.tcp_flags().map(|f| f & !(FIN | PSH)) != b.tcp_flags().map(|f| f & !(FIN | PSH)) {
        return false;
    }
    let (x, y) = (&a.whole.bytes[..layout.payload_at], &b.whole.bytes[..layout.payload_at]);
    let (ip, transport) = x.split_at(layout.transport_at);
    let (other_ip, other_transport) = y.split_at(layout.transport_at);
    same_ip(ip, other_ip, layout.version) && same_transport(transport, other_transport, layout.transport)
}

fn same_ip(a: &[u8], b: &[u8], version: Version) -> bool {
    match version {
        Version::V4 => a[..2] == b[..2] && a[6..10] == b[6..10] && a[12..] == b[12..],
        Version::V6 => a[..4] == b[..4] && a[6..] == b[6..],
    }
}

fn same_transport(a: &[u8], b: &[u8], transport: Transport) -> bool {
    match transport {
        // Ports, acknowledgement number and data offset, window, urgent pointer and options.
        Transport::Tcp => {
            a[..4] == b[..4] && a[8..13] == b[8..13] && a[14..16] == b[14..16] && a[18..] == b[18..]
        }
        Transport::Udp => a[..4] == b[..4],
    }
}

fn put(header: &mut [u8], at: usize, value: u16) {
    header[at..at + 2].copy_from_slice(&value.to_be_bytes());
}

/// Lengths of IP packets fit 16 bits: what the device handed out did, and the joiner keeps to it.
fn as_u16(len: usize) -> u16 {
    u16::try_from(len).unwrap_or(u16::MAX)
}
