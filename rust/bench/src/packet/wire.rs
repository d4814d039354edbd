//! One packet on the wire.

use core::ops::Range;
use std::rc::Rc;

use faspstream_netem::Packet;

use super::header::Header;
use super::layout::Transport;
use super::super_packet::SuperPacket;

/// TCP flags (RFC 9293 section 3.1, RFC 3168 section 6.1).
pub(super) const FIN: u8 = 0x01;
pub(super) const PSH: u8 = 0x08;
pub(super) const ACK: u8 = 0x10;
const ECE: u8 = 0x40;
pub(super) const CWR: u8 = 0x80;

/// One packet on the wire: a piece of a [`SuperPacket`].
#[derive(Clone, Debug)]
pub(crate) struct WirePacket {
    pub(super) whole: Rc<SuperPacket>,
    pub(super) index: usize,
    /// Chooses the bit of the payload that is flipped.
    pub(super) flip: Option<u64>,
}

impl WirePacket {
    pub(super) fn new(whole: Rc<SuperPacket>, index: usize) -> Self {
        Self { whole, index, flip: None }
    }

    /// Where its payload stands in the whole; the entire packet if its parts are not known.
    pub(super) fn payload(&self) -> Range<usize> {
        let end = self.whole.bytes.len();
        match self.whole.layout {
            None => 0..end,
            Some(layout) => {
                let start = layout.payload_at + self.index * self.whole.segment;
                start..end.min(start + self.whole.segment)
            }
        }
    }

    /// The TCP flags of this piece: FIN and PSH belong to the last, CWR to the first. None if it is not TCP.
    pub(super) fn tcp_flags(&self) -> Option<u8> {
        let layout = self.whole.layout.filter(|l| l.transport == Transport::Tcp)?;
        let mut flags = self.whole.bytes[layout.transport_at + 13];
        if self.index > 0 {
            flags &= !CWR;
        }
        if self.index + 1 < self.whole.segments {
            flags &= !(FIN | PSH);
        }
        Some(flags)
    }

    /// The TCP sequence number of its first byte.
    pub(super) fn tcp_sequence(&self) -> Option<u32> {
        let layout = self.whole.layout.filter(|l| l.transport == Transport::Tcp)?;
        let field = self.whole.bytes[layout.transport_at..].get(4..8)?.first_chunk()?;
        // Sequence numbers wrap (RFC 9293 section 3.4), and so does the cast.
        Some(u32::from_be_bytes(*field).wrapping_add((self.index * self.whole.segment) as u32))
    }

    /// True if more may be joined behind this piece: data, with nothing that has to be told at once.
    pub(super) fn may_lead(&self) -> bool {
        let calm = self.tcp_flags().is_none_or(|flags| flags & !(ECE) == ACK);
        self.whole.layout.is_some() && self.flip.is_none() && !self.payload().is_empty() && calm
    }

    /// The packet as a whole, with the bit flipped if one is to be; the checksum still open if it was.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let payload = self.payload();
        let mut bytes = match Header::of(self) {
            Some(header) => header.finished(payload.len()),
            None => Vec::new(),
        };
        let payload_at = bytes.len();
        bytes.extend_from_slice(&self.whole.bytes[payload]);
        let bits = (bytes.len() - payload_at) as u64 * 8;
        if let Some(draw) = self.flip.filter(|_| bits > 0) {
            let bit = draw % bits;
            // Below the length of the vector, so it fits.
            bytes[payload_at + (bit / 8) as usize] ^= 1 << (bit % 8);
        }
        bytes
    }
}

impl Packet for WirePacket {
    fn wire_len(&self) -> u64 {
        let header = self.whole.layout.map_or(0, |l| l.payload_at);
        (header + self.payload().len()) as u64
    }

    /// Flips a bit of the payload. Where the checksum is left open the receiving kernel trusts the packet, so the damage reaches
    /// the application: it is the kind of damage that checksums miss (the other kind is nothing but loss). A packet without payload
    /// stays whole.
    fn damage(&mut self, draw: u64) {
        self.flip = Some(draw);
    }
}
