//! Packets as the kernel would hand them out, and a receiver that checks what it gets.

use std::rc::Rc;

use super::checksum;
use super::layout::{Layout, Transport, Version};
use super::super_packet::SuperPacket;
use super::vnet::{self, PartialChecksum, VnetHeader};

/// Payload with a pattern from which each byte's place can be told.
pub(super) fn payload(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + i / 251) as u8).collect()
}

/// A kind of super-packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) version: Version,
    pub(super) transport: Transport,
}

pub(super) const KINDS: [Kind; 4] = [
    Kind { version: Version::V4, transport: Transport::Tcp },
    Kind { version: Version::V6, transport: Transport::Tcp },
    Kind { version: Version::V4, transport: Transport::Udp },
    Kind { version: Version::V6, transport: Transport::Udp },
];

impl Kind {
    fn ip_len(self) -> usize {
        match self.version {
            Version::V4 => 20,
            Version::V6 => 40,
        }
    }

    /// The headers; a TCP header has 12 bytes of options, as with timestamps.
    fn header(self, sequence: u32, flags: u8, payload_len: usize) -> Vec<u8> {
        let transport_len = match self.transport {
            Transport::Tcp => 32,
            Transport::Udp => 8,
        } + payload_len;
        let mut packet = match self.version {
            Version::V4 => {
                let mut ip = vec![0x45, 0x02, 0, 0, 0xff, 0xfe, 0x40, 0, 64, self.transport.number(), 0, 0];
                ip.extend([10, 77, 0, 1, 10, 77, 0, 2]);
                ip[2..4].copy_from_slice(&((20 + transport_len) as u16).to_be_bytes());
                let sum = !checksum::folded(checksum::sum(&ip));
                ip[10..12].copy_from_slice(&sum.to_be_bytes());
                ip
            }
            Version::V6 => {
                let mut ip = vec![0x60, 0, 0, 0, 0, 0, self.transport.number(), 64];
                ip.extend([[0xfd, 0x77], [0; 2], [0; 2], [0; 2], [0; 2], [0; 2], [0; 2], [0, 1]].concat());
                ip.extend([[0xfd, 0x77], [0; 2], [0; 2], [0; 2], [0; 2], [0; 2], [0; 2], [0, 2]].concat());
                ip[4..6].copy_from_slice(&(transport_len as u16).to_be_bytes());
                ip
            }
        };
        packet.extend([0x9c, 0x40, 0x1f, 0x90]);
        match self.transport {
            Transport::Tcp => {
                packet.extend(sequence.to_be_bytes());
                packet.extend([0, 0, 0, 99, 0x80, flags, 0x20, 0, 0, 0, 0, 0]);
                packet.extend([1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]);
            }
            Transport::Udp => {
                packet.extend((transport_len as u16).to_be_bytes());
                packet.extend([0, 0]);
            }
        }
        packet
    }

    /// What the device would hand out: `body` in segments of `segment` bytes behind one header.
    pub(super) fn read(self, sequence: u32, flags: u8, body: &[u8], segment: u16) -> Vec<u8> {
        let checksum =
            PartialChecksum { start: self.ip_len() as u16, offset: self.transport.checksum_offset() };
        let mut packet = self.header(sequence, flags, body.len());
        packet.extend_from_slice(body);
        let layout = Layout::of(&packet, checksum).expect("a whole packet");
        let transport_len = packet.len() - layout.transport_at;
        let pseudo =
            checksum::pseudo_header(layout.addresses(&packet), self.transport.number(), transport_len);
        let field = layout.transport_at + usize::from(checksum.offset);
        packet[field..field + 2].copy_from_slice(&checksum::folded(pseudo).to_be_bytes());
        let mut vnet = VnetHeader { checksum: Some(checksum), ..VnetHeader::default() };
        if body.len() > usize::from(segment) {
            vnet.segmentation = Some((layout.segmentation(), segment));
        }
        [vnet.to_bytes().as_slice(), &packet].concat()
    }

    pub(super) fn packet(self, sequence: u32, flags: u8, body: &[u8], segment: u16) -> Rc<SuperPacket> {
        SuperPacket::from_device(&self.read(sequence, flags, body, segment))
            .expect("a packet that can be cut")
    }
}

/// A TCP or UDP packet as a receiver without offloads sees it, with every length and checksum verified.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) sequence: Option<u32>,
    pub(super) flags: Option<u8>,
    pub(super) identification: Option<u16>,
    pub(super) payload: Vec<u8>,
}

/// Puts in the open checksum as a network card would, then verifies all.
pub(super) fn received(mut packet: Vec<u8>, layout: Layout) -> Received {
    let at = layout.transport_at;
    let field = at + usize::from(layout.transport.checksum_offset());
    let sum = !checksum::folded(checksum::sum(&packet[at..]));
    packet[field..field + 2].copy_from_slice(&sum.to_be_bytes());

    let transport_len = packet.len() - at;
    let pseudo = checksum::pseudo_header(layout.addresses(&packet), layout.transport.number(), transport_len);
    assert_eq!(checksum::folded(pseudo + checksum::sum(&packet[at..])), 0xffff, "checksum of the transport");
    let word = |at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
    let v4 = layout.version == Version::V4;
    if v4 {
        assert_eq!(checksum::folded(checksum::sum(&packet[..at])), 0xffff, "checksum of the IPv4 header");
        assert_eq!(usize::from(word(2)), packet.len(), "total length");
    } else {
        assert_eq!(usize::from(word(4)), packet.len() - 40, "payload length");
    }
    let tcp = layout.transport == Transport::Tcp;
    if !tcp {
        assert_eq!(usize::from(word(at + 4)), transport_len, "UDP length");
    }
    Received {
        sequence: tcp.then(|| u32::from(word(at + 4)) << 16 | u32::from(word(at + 6))),
        flags: tcp.then(|| packet[at + 13]),
        identification: v4.then(|| word(4)),
        payload: packet[layout.payload_at..].to_vec(),
    }
}

/// Splits what would be written into the virtio header and the packet.
pub(super) fn written(parts: &[std::io::IoSlice<'_>]) -> (VnetHeader, Vec<u8>) {
    let all: Vec<u8> = parts.iter().flat_map(|part| part.to_vec()).collect();
    let (header, packet) = all.split_first_chunk::<{ vnet::LEN }>().expect("a virtio header");
    (VnetHeader::parse(header).expect("a header that is known"), packet.to_vec())
}
