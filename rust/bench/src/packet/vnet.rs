//! The header in front of each packet of a TUN device with IFF_VNET_HDR (virtio 1.2 section 5.1.6, legacy layout of 10 bytes).

/// Bytes of the header.
pub(super) const LEN: usize = 10;

const NEEDS_CSUM: u8 = 1;
const GSO_TCP4: u8 = 1;
const GSO_TCP6: u8 = 4;
const GSO_UDP: u8 = 5;
/// Set beside the kind if the first wire packet has CWR.
const GSO_ECN: u8 = 0x80;

/// Segmentation that is left to whoever comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segmentation {
    Tcp4,
    Tcp6,
    Udp,
}

/// Where a checksum is to be put in, over all bytes from `start` on; its field holds the sum of the pseudo header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PartialChecksum {
    pub(super) start: u16,
    /// From `start` to the field.
    pub(super) offset: u16,
}

/// The header, with the fields that mean something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct VnetHeader {
    pub(super) checksum: Option<PartialChecksum>,
    /// The kind, and the payload bytes of each wire packet.
    pub(super) segmentation: Option<(Segmentation, u16)>,
    /// Bytes of all headers together: a hint for the receiver.
    pub(super) header_len: u16,
}

impl VnetHeader {
    /// None if the header asks for something that is not known here.
    pub(super) fn parse(bytes: &[u8; LEN]) -> Option<Self> {
        let word = |at: usize| u16::from_ne_bytes([bytes[at], bytes[at + 1]]);
        let kind = match bytes[1] & !GSO_ECN {
            0 => None,
            GSO_TCP4 => Some(Segmentation::Tcp4),
            GSO_TCP6 => Some(Segmentation::Tcp6),
            GSO_UDP => Some(Segmentation::Udp),
            _ => return None,
        };
        Some(Self {
            checksum: (bytes[0] & NEEDS_CSUM != 0)
                .then(|| PartialChecksum { start: word(6), offset: word(8) }),
            segmentation: kind.map(|kind| (kind, word(4))),
            header_len: word(2),
        })
    }

    pub(super) fn to_bytes(self) -> [u8; LEN] {
        let mut bytes = [0; LEN];
        if let Some(checksum) = self.checksum {
            bytes[0] = NEEDS_CSUM;
            bytes[6..8].copy_from_slice(&checksum.start.to_ne_bytes());
            bytes[8..10].copy_from_slice(&checksum.offset.to_ne_bytes());
        }
        if let Some((kind, size)) = self.segmentation {
            bytes[1] = match kind {
                Segmentation::Tcp4 => GSO_TCP4,
                Segmentation::Tcp6 => GSO_TCP6,
                Segmentation::Udp => GSO_UDP,
            };
            bytes[4..6].copy_from_slice(&size.to_ne_bytes());
        }
        bytes[2..4].copy_from_slice(&self.header_len.to_ne_bytes());
        bytes
    }
}
