//! Integers of variable length (RFC 9000 section 16).
//!
//! The top two bits of the first byte say how many bytes there are (1, 2, 4 or 8); the rest is the value, big-endian. A value
//! written longer than it needs to be is accepted, as the RFC has it.

use super::buffer::{BufferReader, BufferWriter, Full};

/// The largest value that has a form.
pub const MAX: u64 = (1 << 62) - 1;

/// The bytes of the shortest form: 1, 2, 4 or 8. Values above [`MAX`] have none and count as 8.
pub const fn encoded_len(value: u64) -> usize {
    match value {
        0..=0x3f => 1,
        0x40..=0x3fff => 2,
        0x4000..=0x3fff_ffff => 4,
        _ => 8,
    }
}

/// Writes the shortest form. A value above [`MAX`] is written as [`MAX`]: counters saturate, they never wrap.
///
/// # Errors
/// [`Full`] if the form does not fit; nothing is written then.
pub fn encode(value: u64, to: &mut BufferWriter<'_>) -> Result<(), Full> {
    let value = value.min(MAX);
    match encoded_len(value) {
        1 => to.put(&[value as u8]),
        2 => to.put(&(value as u16 | 0x4000).to_be_bytes()),
        4 => to.put(&(value as u32 | 0x8000_0000).to_be_bytes()),
        _ => to.put(&(value | 0xc000_0000_0000_0000).to_be_bytes()),
    }
}

/// Reads one value; None if the bytes end before it does.
pub fn decode(from: &mut BufferReader<'_>) -> Option<u64> {
    let first = from.peek()?;
    let bytes = from.take(1 << (first >> 6))?;
    let value = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    // The mark is the top two bits of however many bytes there were.
    Some(value & (u64::MAX >> (64 - (bytes.len() * 8 - 2))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(value: u64) -> Vec<u8> {
        let mut bytes = [0; 8];
        let mut writer = BufferWriter::new(&mut bytes);
        encode(value, &mut writer).expect("eight bytes hold any form");
        writer.written().to_vec()
    }

    #[test]
    fn the_examples_of_rfc_9000_read_and_write() {
        for (value, bytes) in [
            (151_288_809_941_952_652, &[0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c][..]),
            (494_878_333, &[0x9d, 0x7f, 0x3e, 0x7d]),
            (15_293, &[0x7b, 0xbd]),
            (37, &[0x25]),
        ] {
            assert_eq!(decode(&mut BufferReader::new(bytes)), Some(value));
            assert_eq!(encoded(value), bytes);
        }
        assert_eq!(decode(&mut BufferReader::new(&[0x40, 0x25])), Some(37));
    }

    #[test]
    fn a_value_that_has_no_form_saturates() {
        assert_eq!(encoded(u64::MAX), encoded(MAX));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_from_its_own_bytes_only(shift in 0u32..62, value: u64) {
            let value = (value & MAX) >> shift;
            let bytes = encoded(value);
            prop_assert_eq!(bytes.len(), encoded_len(value));
            prop_assert_eq!(decode(&mut BufferReader::new(&bytes)), Some(value));
            prop_assert_eq!(decode(&mut BufferReader::new(&bytes[..bytes.len() - 1])), None);
        }
    }
}
