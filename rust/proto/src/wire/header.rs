//! The part of a datagram that is not encrypted (wire-format.md §3).

use crate::config::ConnectionId;

/// Bytes of the tag at the end of every datagram.
pub const TAG_LEN: usize = 16;
/// Header bytes of a data datagram.
pub const DATA_HEADER_LEN: usize = 15;
/// Header bytes of a control datagram.
pub const CONTROL_HEADER_LEN: usize = 9;
/// The largest length of a stream, which is also the first offset that has no byte: 48 bits.
pub const STREAM_MAX: u64 = (1 << 48) - 1;
/// Packet numbers stay below this, so that they fit a varint.
pub const PACKET_NUMBER_END: u64 = 1 << 62;

const VERSION_BITS: u8 = 0b0100_0000;
const CONTROL_BIT: u8 = 0b0010_0000;
const KEY_PHASE_BIT: u8 = 0b0001_0000;

/// What the datagram carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes of the stream.
    Data {
        /// Where the first of them stands in the stream; at most 2^48 - 1.
        offset: u64,
    },
    /// Frames (wire-format.md §4).
    Control,
}

/// A header, read or to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the datagram carries.
    pub kind: Kind,
    /// The key phase bit (wire-format.md §3.2).
    pub key_phase: bool,
    /// The receiving end's name of the session.
    pub connection_id: ConnectionId,
    /// The low 32 bits of the packet number; [`expand_packet_number`] finds the rest.
    pub packet_number_low: u32,
}

impl Kind {
    /// Bytes of a header of this kind.
    pub const fn header_len(self) -> usize {
        match self {
            Self::Data { .. } => DATA_HEADER_LEN,
            Self::Control => CONTROL_HEADER_LEN,
        }
    }
}

impl Header {
    /// Writes the header to the front of `out` and gives its length. `out` holds at least [`Kind::header_len`] bytes.
    pub fn encode(&self, out: &mut [u8]) -> usize {
        out[0] = VERSION_BITS | if self.key_phase { KEY_PHASE_BIT } else { 0 };
        out[1..5].copy_from_slice(&self.connection_id.0.to_be_bytes());
        out[5..9].copy_from_slice(&self.packet_number_low.to_be_bytes());
        match self.kind {
            Kind::Control => out[0] |= CONTROL_BIT,
            Kind::Data { offset } => {
                debug_assert!(offset <= STREAM_MAX, "the session ends a stream before 2^48 bytes");
                out[9..DATA_HEADER_LEN].copy_from_slice(&offset.to_be_bytes()[2..]);
            }
        }
        self.kind.header_len()
    }

    /// Reads the header of a whole datagram, and its length. None if the datagram must be discarded as malformed: bits that are not
    /// zero, or too short for one byte of content and the tag.
    pub fn decode(datagram: &[u8]) -> Option<(Self, usize)> {
        let (&[flags, c0, c1, c2, c3, n0, n1, n2, n3], rest) = datagram.split_first_chunk()?;
        if flags & !(CONTROL_BIT | KEY_PHASE_BIT) != VERSION_BITS {
            return None;
        }
        let kind = if flags & CONTROL_BIT != 0 {
            Kind::Control
        } else {
            let &[o0, o1, o2, o3, o4, o5] = rest.first_chunk()?;
            Kind::Data { offset: u64::from_be_bytes([0, 0, o0, o1, o2, o3, o4, o5]) }
        };
        let header = Self {
            kind,
            key_phase: flags & KEY_PHASE_BIT != 0,
            connection_id: ConnectionId(u32::from_be_bytes([c0, c1, c2, c3])),
            packet_number_low: u32::from_be_bytes([n0, n1, n2, n3]),
        };
        (datagram.len() > kind.header_len() + TAG_LEN).then(|| (header, kind.header_len()))
    }
}

/// The session that a datagram is for. None if it is malformed.
pub fn connection_id(datagram: &[u8]) -> Option<ConnectionId> {
    Header::decode(datagram).map(|(header, _)| header.connection_id)
}

/// The packet number with these low 32 bits that is nearest to `next_expected`, one above the largest that was received
/// (RFC 9000 appendix A.3).
pub fn expand_packet_number(low: u32, next_expected: u64) -> u64 {
    const WINDOW: u64 = 1 << 32;
    const HALF: u64 = WINDOW / 2;
    let candidate = (next_expected & !(WINDOW - 1)) | u64::from(low);
    if candidate.saturating_add(HALF) <= next_expected && candidate < PACKET_NUMBER_END - WINDOW {
        candidate + WINDOW
    } else if candidate > next_expected.saturating_add(HALF) && candidate >= WINDOW {
        candidate - WINDOW
    } else {
        candidate
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_header() -> impl Strategy<Value = Header> {
        (prop::option::of(0..=STREAM_MAX), any::<bool>(), any::<u32>(), any::<u32>()).prop_map(
            |(offset, key_phase, id, packet_number_low)| Header {
                kind: offset.map_or(Kind::Control, |offset| Kind::Data { offset }),
                key_phase,
                connection_id: ConnectionId(id),
                packet_number_low,
            },
        )
    }

    #[test]
    fn a_data_header_looks_like_the_picture_in_the_specification() {
        let header = Header {
            kind: Kind::Data { offset: 0x0102_0304_0506 },
            key_phase: true,
            connection_id: ConnectionId(0xa1a2_a3a4),
            packet_number_low: 0xb1b2_b3b4,
        };
        let mut bytes = [0; DATA_HEADER_LEN];
        assert_eq!(header.encode(&mut bytes), DATA_HEADER_LEN);
        assert_eq!(bytes, [0x50, 0xa1, 0xa2, 0xa3, 0xa4, 0xb1, 0xb2, 0xb3, 0xb4, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn every_number_within_half_a_window_of_the_next_is_found() {
        for next in [0, 1, 5, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 40) + 17, PACKET_NUMBER_END - (1 << 33)]
        {
            for distance in [0, 1, 2, 1000, (1 << 31) - 1] {
                let above = next + distance;
                assert_eq!(expand_packet_number(above as u32, next), above);
                if let Some(below) = u64::checked_sub(next, distance) {
                    assert_eq!(expand_packet_number(below as u32, next), below);
                }
            }
        }
    }

    #[test]
    fn a_header_without_content_or_tag_is_malformed() {
        let control = [&[0x60][..], &[0; 8 + TAG_LEN]].concat();
        assert_eq!(connection_id(&control), None);
        assert_eq!(connection_id(&[&control[..], &[0]].concat()), Some(ConnectionId(0)));
        let data = [&[0x40][..], &[0; 14 + TAG_LEN]].concat();
        assert_eq!(connection_id(&data), None);
        assert_eq!(connection_id(&[&data[..], &[0]].concat()), Some(ConnectionId(0)));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(header in any_header(), content in 1usize..40) {
            let mut datagram = vec![0xee; 64];
            let len = header.encode(&mut datagram);
            datagram.truncate(len + content + TAG_LEN);
            prop_assert_eq!(Header::decode(&datagram), Some((header, len)));
            prop_assert_eq!(connection_id(&datagram), Some(header.connection_id));
        }

        #[test]
        fn any_bytes_are_either_a_header_that_writes_the_same_or_malformed(datagram: Vec<u8>) {
            if let Some((header, len)) = Header::decode(&datagram) {
                let mut again = [0; DATA_HEADER_LEN];
                prop_assert_eq!(header.encode(&mut again), len);
                prop_assert_eq!(&again[..len], &datagram[..len]);
            }
        }

        #[test]
        fn expansion_keeps_the_low_bits_and_stays_a_packet_number(low: u32, next in 0..PACKET_NUMBER_END) {
            let number = expand_packet_number(low, next);
            prop_assert_eq!(number as u32, low);
            prop_assert!(number < PACKET_NUMBER_END);
        }
    }
}
