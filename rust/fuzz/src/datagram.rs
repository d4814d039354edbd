//! The bytes of a datagram: header, frames, protection.

use faspstream_proto::config::{Cipher, ConnectionId, MasterSecret, Side};
use faspstream_proto::protection::{Opener, Sealer};
use faspstream_proto::wire::buffer::{BufferReader, BufferWriter};
use faspstream_proto::wire::frame::{Frame, Frames, encode};
use faspstream_proto::wire::header::{Header, Kind, TAG_LEN, expand_packet_number};
use faspstream_proto::wire::varint;

/// Reads `data` as header, as packet number, as frames and as a sealed datagram; what could be read is written and read again.
pub fn datagram(data: &[u8]) {
    header(data);
    packet_number(data);
    frames(data);
    protection(data);
}

fn header(data: &[u8]) {
    let Some((header, len)) = Header::decode(data) else { return };
    let mut again = [0; 15];
    assert_eq!(header.encode(&mut again), len);
    assert_eq!(again[..len], data[..len]);
}

fn packet_number(data: &[u8]) {
    let mut reader = BufferReader::new(data);
    let (Some(low), Some(next)) = (varint::decode(&mut reader), varint::decode(&mut reader)) else { return };
    let number = expand_packet_number(low as u32, next);
    assert_eq!(number as u32, low as u32);
}

fn frames(data: &[u8]) {
    for frame in Frames::new(data).map_while(Result::ok) {
        match frame {
            Frame::Feedback(feedback, ranges) => {
                let mut below = feedback.largest.saturating_add(1);
                for range in ranges {
                    assert!(range.start() <= range.end() && *range.end() < below, "ranges go down");
                    below = *range.start();
                }
            }
            frame => {
                let mut buffer = vec![0; data.len() + 16];
                let mut writer = BufferWriter::new(&mut buffer);
                encode(&frame, &mut writer).expect("it came from fewer bytes");
                let again: Vec<_> = Frames::new(writer.written()).collect();
                assert_eq!(again, [Ok(frame)]);
            }
        }
    }
}

fn protection(data: &[u8]) {
    let master = MasterSecret::new([7; 32]);
    let mut opener = Opener::new(Cipher::Aes128Gcm, &master, Side::Client);
    let mut plain = vec![0; data.len() + TAG_LEN];
    if let Some(sealed) = opener.parse(data) {
        assert!(opener.open(&sealed, &mut plain).is_err(), "nobody who has no key makes a tag that fits");
    }
    if data.is_empty() {
        return;
    }
    let mut sealer = Sealer::new(Cipher::Aes128Gcm, &master, Side::Client);
    let mut out = vec![0; data.len() + 64];
    let len = sealer.seal(ConnectionId(1), Kind::Control, 0, data, &mut out).expect("there is room");
    let sealed = opener.parse(&out[..len]).expect("it was just made");
    opener.open(&sealed, &mut plain).expect("it is authentic");
    assert_eq!(&plain[..data.len()], data);
}
