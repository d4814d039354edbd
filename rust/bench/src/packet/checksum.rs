//! The Internet checksum (RFC 1071).

/// The one's complement sum of the bytes as big-endian 16-bit words, an odd last byte padded by zero, not yet folded.
pub(super) fn sum(bytes: &[u8]) -> u64 {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let words: u64 = pairs.iter().map(|pair| u64::from(u16::from_be_bytes(*pair))).sum();
    words + rest.first().map_or(0, |last| u64::from(*last) << 8)
}

/// Folds a sum of words to 16 bits by adding the carries.
pub(super) fn folded(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// The sum over the pseudo header: addresses (source and destination, one behind the other), protocol, length of the transport
/// part (RFC 9293 section 3.1, RFC 8200 section 8.1).
pub(super) fn pseudo_header(addresses: &[u8], protocol: u8, transport_len: usize) -> u64 {
    sum(addresses) + u64::from(protocol) + transport_len as u64
}
