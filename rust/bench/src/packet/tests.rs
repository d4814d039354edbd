//! Laws of cutting and joining.

use faspstream_netem::Packet;

use super::fixtures::{KINDS, Kind, payload, received, written};
use super::layout::{Transport, Version};
use super::vnet::VnetHeader;
use super::wire::{ACK, CWR, FIN, PSH};
use super::{Joiner, Run, SuperPacket, WirePacket};
use crate::sys::Offloads;

const ALL: Offloads = Offloads { tcp: true, udp: true };
const TCP4: Kind = KINDS[0];
const UDP4: Kind = KINDS[2];

fn join(pieces: impl IntoIterator<Item = WirePacket>, offloads: Offloads) -> Vec<(VnetHeader, Vec<u8>)> {
    let mut joiner = Joiner::new(offloads);
    let mut runs: Vec<Run> = pieces.into_iter().filter_map(|piece| joiner.push(piece)).collect();
    runs.extend(joiner.finish());
    let mut all = Vec::new();
    for run in runs {
        run.write(|parts| {
            all.push(written(parts));
            Ok(())
        })
        .expect("a sink that takes all");
    }
    all
}

#[test]
fn a_super_packet_is_cut_into_whole_packets_that_carry_its_bytes() {
    for kind in KINDS {
        let body = payload(10_000);
        let packet = kind.packet(u32::MAX - 2000, ACK, &body, 1400);
        let layout = packet.layout.expect("a known layout");
        let pieces: Vec<_> = packet.cut().map(|piece| received(piece.to_bytes(), layout)).collect();
        assert_eq!(pieces.len(), 8, "{kind:?}");
        assert_eq!(pieces.iter().flat_map(|p| p.payload.clone()).collect::<Vec<_>>(), body, "{kind:?}");
        for (i, piece) in pieces.iter().enumerate() {
            if kind.transport == Transport::Tcp {
                // The sequence number wraps on the way.
                assert_eq!(piece.sequence, Some((u32::MAX - 2000).wrapping_add(i as u32 * 1400)));
            }
            if kind.version == Version::V4 {
                assert_eq!(piece.identification, Some(0xfffe_u16.wrapping_add(i as u16)));
            }
        }
    }
}

#[test]
fn the_wire_lengths_add_up_to_the_payload_and_a_header_each() {
    for kind in KINDS {
        let packet = kind.packet(1, ACK, &payload(10_000), 1400);
        let header = packet.layout.expect("a known layout").payload_at as u64;
        let wire: u64 = packet.cut().map(|piece| piece.wire_len()).sum();
        assert_eq!(wire, 10_000 + 8 * header, "{kind:?}");
    }
}

#[test]
fn flags_that_end_stand_on_the_last_piece_and_cwr_on_the_first() {
    let packet = TCP4.packet(1, ACK | FIN | PSH | CWR, &payload(3000), 1000);
    let flags: Vec<_> = packet.cut().map(|piece| piece.tcp_flags()).collect();
    assert_eq!(flags, [Some(ACK | CWR), Some(ACK), Some(ACK | FIN | PSH)]);
}

#[test]
fn neighbours_are_joined_into_what_they_were_cut_from() {
    for kind in KINDS {
        let body = payload(10_000);
        let packet =
            kind.packet(7, ACK | if kind.transport == Transport::Tcp { PSH } else { 0 }, &body, 1400);
        let layout = packet.layout.expect("a known layout");
        let all = join(packet.cut(), ALL);
        assert_eq!(all.len(), 1, "{kind:?}");
        let (vnet, joined) = &all[0];
        assert_eq!(vnet.segmentation, Some((layout.segmentation(), 1400)));
        assert_eq!(vnet.checksum, Some(layout.checksum()));
        assert_eq!(usize::from(vnet.header_len), layout.payload_at);
        let (joined, original) = (received(joined.clone(), layout), received(packet.bytes.to_vec(), layout));
        assert_eq!(joined, original, "{kind:?}");
        assert_eq!(joined.payload, body);
    }
}

#[test]
fn a_missing_piece_parts_tcp_but_not_udp() {
    for kind in KINDS {
        let packet = kind.packet(7, ACK, &payload(14_000), 1400);
        let layout = packet.layout.expect("a known layout");
        let kept = packet.cut().enumerate().filter(|(i, _)| *i != 3).map(|(_, piece)| piece);
        let all = join(kept, ALL);
        let lengths: Vec<_> = all.iter().map(|(_, bytes)| bytes.len() - layout.payload_at).collect();
        match kind.transport {
            Transport::Tcp => {
                assert_eq!(lengths, [3 * 1400, 6 * 1400], "{kind:?}");
                assert_eq!(received(all[1].1.clone(), layout).sequence, Some(7 + 4 * 1400));
            }
            Transport::Udp => assert_eq!(lengths, [9 * 1400], "{kind:?}"),
        }
    }
}

#[test]
fn a_shorter_piece_ends_a_joined_packet_and_a_longer_one_begins_another() {
    let sizes = [1200, 1200, 700, 1200, 1300];
    let singles = sizes.map(|len| UDP4.packet(0, 0, &payload(len), 1400));
    let all = join(singles.iter().flat_map(SuperPacket::cut), ALL);
    let lengths: Vec<_> = all.iter().map(|(_, bytes)| bytes.len() - 28).collect();
    assert_eq!(lengths, [3100, 1200, 1300]);
}

#[test]
fn a_joined_packet_holds_at_most_64_pieces_and_64_kib() {
    let small = (0..130).map(|_| UDP4.packet(0, 0, &payload(100), 1400)).collect::<Vec<_>>();
    let counts: Vec<_> = join(small.iter().flat_map(SuperPacket::cut), ALL)
        .iter()
        .map(|(_, bytes)| (bytes.len() - 28) / 100)
        .collect();
    assert_eq!(counts, [64, 64, 2]);
    let large = (0..10).map(|_| UDP4.packet(0, 0, &payload(8900), 8900)).collect::<Vec<_>>();
    for (_, bytes) in join(large.iter().flat_map(SuperPacket::cut), ALL) {
        assert!(bytes.len() <= 65_535);
    }
}

#[test]
fn nothing_is_joined_that_the_device_cannot_take_apart() {
    for kind in KINDS {
        let packet = kind.packet(7, ACK, &payload(5600), 1400);
        let all = join(packet.cut(), Offloads { tcp: true, udp: false });
        let expected = if kind.transport == Transport::Tcp { 1 } else { 4 };
        assert_eq!(all.len(), expected, "{kind:?}");
    }
}

#[test]
fn pieces_of_unlike_flows_and_pure_acknowledgements_are_not_joined() {
    let one = TCP4.packet(7, ACK, &payload(1000), 1400);
    let mut other = TCP4.read(1007, ACK, &payload(1000), 1400);
    // The source port, behind the virtio and the IPv4 header.
    other[30] ^= 1;
    let other = SuperPacket::from_device(&other).expect("a packet");
    assert_eq!(join(one.cut().chain(other.cut()), ALL).len(), 2);

    let acks = [TCP4.packet(7, ACK, &[], 1400), TCP4.packet(7, ACK, &[], 1400)];
    assert_eq!(join(acks.iter().flat_map(SuperPacket::cut), ALL).len(), 2);
}

#[test]
fn damage_flips_one_bit_of_the_payload_and_leaves_the_header_valid() {
    for kind in KINDS {
        let body = payload(4200);
        let packet = kind.packet(7, ACK, &body, 1400);
        let layout = packet.layout.expect("a known layout");
        let mut pieces: Vec<_> = packet.cut().collect();
        pieces[1].damage(0xdead_beef_0123_4567);
        let all = join(pieces, ALL);
        assert_eq!(all.len(), 3, "a damaged packet stands alone");
        let after: Vec<u8> =
            all.iter().flat_map(|(_, bytes)| received(bytes.clone(), layout).payload).collect();
        let flipped: u32 = after.iter().zip(&body).map(|(a, b)| (a ^ b).count_ones()).sum();
        assert_eq!(flipped, 1, "{kind:?}");
        assert_eq!(packet.bytes[layout.payload_at..], body, "the shared original stays whole");
    }
}

#[test]
fn what_is_neither_tcp_nor_udp_passes_as_it_is() {
    // ICMP echo, with the kernel's own checksum.
    let mut read = VnetHeader::default().to_bytes().to_vec();
    let icmp =
        [0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1, 0, 0, 10, 77, 0, 1, 10, 77, 0, 2, 8, 0, 0xf7, 0xff, 0, 0, 0, 0];
    read.extend(icmp);
    let packet = SuperPacket::from_device(&read).expect("a packet");
    let twice = [packet.cut(), packet.cut()].into_iter().flatten();
    let all = join(twice, ALL);
    assert_eq!(all, [(VnetHeader::default(), icmp.to_vec()), (VnetHeader::default(), icmp.to_vec())]);
}

#[test]
fn a_broken_read_is_refused_and_never_panics() {
    let whole = TCP4.read(7, ACK, &payload(100), 40);
    for len in 0..whole.len() {
        if let Some(packet) = SuperPacket::from_device(&whole[..len]) {
            packet.cut().for_each(|piece| drop(piece.to_bytes()));
        }
    }
    let mut no_size = whole.clone();
    no_size[4..6].fill(0);
    assert!(SuperPacket::from_device(&no_size).is_none(), "segments of no bytes");
}
