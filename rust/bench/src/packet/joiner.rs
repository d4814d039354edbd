//! Neighbours that are due together, written as one packet.

use core::ops::Range;
use std::io::{self, IoSlice};
use std::rc::Rc;

use super::header::{Header, same_flow};
use super::layout::Transport;
use super::super_packet::SuperPacket;
use super::vnet::VnetHeader;
use super::wire::WirePacket;
use crate::sys::Offloads;

/// Most wire packets in one: what receivers of UDP take (UDP_MAX_SEGMENTS of older kernels).
const MOST_JOINED: usize = 64;
/// Most bytes of a packet: the length field of IP.
const MOST_BYTES: usize = 65_535;

/// Collects wire packets and joins them where the receiver's kernel can take them apart again.
#[derive(Debug)]
pub(crate) struct Joiner {
    offloads: Offloads,
    run: Option<Run>,
}

/// Pieces of one flow, one behind the other: one packet for the device.
#[derive(Debug)]
pub(crate) struct Run {
    first: WirePacket,
    last: WirePacket,
    count: usize,
    payload_len: usize,
    parts: Vec<(Rc<SuperPacket>, Range<usize>)>,
}

impl Joiner {
    pub(crate) fn new(offloads: Offloads) -> Self {
        Self { offloads, run: None }
    }

    /// Takes the next packet that is due. Gives what stands before it and cannot be joined with it.
    pub(crate) fn push(&mut self, packet: WirePacket) -> Option<Run> {
        match &mut self.run {
            Some(run) if run.takes(&packet, self.offloads) => {
                run.append(packet);
                None
            }
            run => run.replace(Run::begin(packet)),
        }
    }

    /// Gives what was collected.
    pub(crate) fn finish(&mut self) -> Option<Run> {
        self.run.take()
    }
}

impl Run {
    fn begin(packet: WirePacket) -> Self {
        let payload = packet.payload();
        Self {
            last: packet.clone(),
            count: 1,
            payload_len: payload.len(),
            parts: vec![(Rc::clone(&packet.whole), payload)],
            first: packet,
        }
    }

    fn takes(&self, next: &WirePacket, offloads: Offloads) -> bool {
        let Some(layout) = self.first.whole.layout else { return false };
        let next_len = next.payload().len();
        let room = self.count < MOST_JOINED && layout.payload_at + self.payload_len + next_len <= MOST_BYTES;
        // All pieces are as long as the first; only the last may be shorter.
        let full = self.first.payload().len();
        let sizes = self.last.payload().len() == full && next_len <= full && next_len > 0;
        let in_order = match layout.transport {
            Transport::Tcp => offloads.tcp && next.tcp_sequence() == self.next_sequence(),
            Transport::Udp => offloads.udp,
        };
        room && sizes
            && in_order
            && next.flip.is_none()
            && self.last.may_lead()
            && same_flow(&self.first, next)
    }

    fn next_sequence(&self) -> Option<u32> {
        // At most 64 KiB are joined.
        self.first.tcp_sequence().map(|s| s.wrapping_add(self.payload_len as u32))
    }

    fn append(&mut self, packet: WirePacket) {
        let payload = packet.payload();
        self.count += 1;
        self.payload_len += payload.len();
        match self.parts.last_mut() {
            Some((whole, range)) if Rc::ptr_eq(whole, &packet.whole) && range.end == payload.start => {
                range.end = payload.end;
            }
            _ => self.parts.push((Rc::clone(&packet.whole), payload)),
        }
        self.last = packet;
    }

    /// Number of wire packets.
    pub(crate) fn packets(&self) -> u64 {
        self.count as u64
    }

    /// Hands the parts of the packet to `write`, its virtio header first.
    pub(crate) fn write(&self, mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<()>) -> io::Result<()> {
        let mut vnet = VnetHeader { checksum: self.first.whole.checksum, ..VnetHeader::default() };
        if self.first.flip.is_some() {
            return write(&[IoSlice::new(&vnet.to_bytes()), IoSlice::new(&self.first.to_bytes())]);
        }
        let mut header = Vec::new();
        if let Some(made) = Header::of(&self.first) {
            header = made.ending_with(&self.last).finished(self.payload_len);
            // Headers were read from a packet of at most 64 KiB.
            vnet.header_len = header.len() as u16;
        }
        if let Some(layout) = self.first.whole.layout.filter(|_| self.count > 1) {
            let size = u16::try_from(self.first.payload().len()).unwrap_or(u16::MAX);
            vnet.segmentation = Some((layout.segmentation(), size));
            vnet.checksum = Some(layout.checksum());
        }
        let vnet = vnet.to_bytes();
        let mut slices = Vec::with_capacity(self.parts.len() + 2);
        slices.push(IoSlice::new(&vnet));
        slices.push(IoSlice::new(&header));
        slices.extend(self.parts.iter().map(|(whole, range)| IoSlice::new(&whole.bytes[range.clone()])));
        write(&slices)
    }
}
