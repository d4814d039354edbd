//! A packet as the device handed it out: one wire packet, or many behind one header.

use std::rc::Rc;

use super::layout::Layout;
use super::vnet::{self, PartialChecksum, VnetHeader};
use super::wire::WirePacket;

/// A packet of the device, cut but not copied: see [`SuperPacket::cut`].
#[derive(Debug)]
pub(crate) struct SuperPacket {
    pub(super) bytes: Box<[u8]>,
    /// Of a TCP or UDP packet whose checksum is open; None for everything else, which passes as it is.
    pub(super) layout: Option<Layout>,
    pub(super) checksum: Option<PartialChecksum>,
    /// Payload bytes of each wire packet but the last.
    pub(super) segment: usize,
    /// Number of wire packets.
    pub(super) segments: usize,
}

impl SuperPacket {
    /// Takes what was read from the device, its virtio header in front. None if it is not one that the lab can cut.
    pub(crate) fn from_device(read: &[u8]) -> Option<Rc<Self>> {
        let (header, packet) = read.split_first_chunk::<{ vnet::LEN }>()?;
        let header = VnetHeader::parse(header)?;
        let layout = header.checksum.and_then(|checksum| Layout::of(packet, checksum));
        let mut segment = packet.len();
        let mut segments = 1;
        if let Some((kind, size)) = header.segmentation {
            let layout = layout.filter(|l| l.segmentation() == kind)?;
            segment = usize::from(size);
            let payload = packet.len() - layout.payload_at;
            if segment == 0 {
                return None;
            }
            segments = payload.div_ceil(segment).max(1);
        }
        Some(Rc::new(Self { bytes: packet.into(), layout, checksum: header.checksum, segment, segments }))
    }

    /// The wire packets, in order.
    pub(crate) fn cut(self: &Rc<Self>) -> impl Iterator<Item = WirePacket> {
        let whole = Rc::clone(self);
        (0..self.segments).map(move |index| WirePacket::new(Rc::clone(&whole), index))
    }
}
