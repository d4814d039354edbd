//! Frames and fields of the control channel (wire-format.md §2).

use thiserror::Error;

/// Most bytes of a message behind its length (wire-format.md §2).
pub(crate) const MESSAGE_MAX: usize = 65_536;
/// Most bytes of a message of a peer that is not authenticated yet: HELLO and WELCOME are far smaller.
pub(crate) const GREETING_MAX: usize = 4_096;
/// Most fields of a message; every type has fewer, the rest is room for newer versions.
const FIELDS_MAX: usize = 64;

/// What is wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum CodecError {
    #[error("a message of {0} bytes, at most {1} are allowed here")]
    TooLong(usize, usize),
    #[error("an empty message")]
    Empty,
    #[error("a message ends in the middle of a field")]
    Truncated,
    #[error("field {0} stands twice")]
    Twice(u64),
    #[error("more than {FIELDS_MAX} fields in a message")]
    TooManyFields,
    #[error("field {0} is missing")]
    Missing(u64),
    #[error("field {0} has a value that is not allowed")]
    BadValue(u64),
    #[error("unknown message type {0}")]
    UnknownType(u8),
}

type Result<T> = core::result::Result<T, CodecError>;

/// Appends the variable-length form of `value`, which is below 2^62 (RFC 9000 section 16).
pub(crate) fn put_varint(out: &mut Vec<u8>, value: u64) {
    match value {
        0..=0x3f => out.push(value as u8),
        0x40..=0x3fff => out.extend_from_slice(&(0x4000 | value as u16).to_be_bytes()),
        0x4000..=0x3fff_ffff => out.extend_from_slice(&(0x8000_0000 | value as u32).to_be_bytes()),
        _ => out.extend_from_slice(&(0xc000_0000_0000_0000 | value.min(VARINT_MAX)).to_be_bytes()),
    }
}

/// The largest number that a varint holds; an unlimited rate travels as this.
pub(crate) const VARINT_MAX: u64 = (1 << 62) - 1;

/// Takes a varint from the front of `from`.
pub(crate) fn take_varint(from: &mut &[u8]) -> Option<u64> {
    let first = *from.first()?;
    let len = 1usize << (first >> 6);
    let bytes = take(from, len)?;
    let value = bytes.iter().fold(0u64, |v, b| (v << 8) | u64::from(*b));
    Some(value & mask(len))
}

/// The bits of a varint of `len` bytes that carry the value.
fn mask(len: usize) -> u64 {
    (1u64 << (8 * len - 2)) - 1
}

/// Takes `len` bytes from the front of `from`.
pub(crate) fn take<'a>(from: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (head, tail) = from.split_at_checked(len)?;
    *from = tail;
    Some(head)
}

/// Takes a varint length and as many bytes.
pub(crate) fn take_prefixed<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = usize::try_from(take_varint(from)?).ok()?;
    take(from, len)
}

/// A message being written.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new(kind: u8) -> Self {
        Self(vec![0, 0, 0, 0, kind])
    }

    pub(crate) fn bytes(mut self, tag: u64, value: &[u8]) -> Self {
        put_varint(&mut self.0, tag);
        put_varint(&mut self.0, value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    pub(crate) fn int(self, tag: u64, value: u64) -> Self {
        let mut bytes = Vec::with_capacity(8);
        put_varint(&mut bytes, value);
        self.bytes(tag, &bytes)
    }

    /// The whole frame, length first.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let len = (self.0.len() - 4) as u32;
        self.0[..4].copy_from_slice(&len.to_be_bytes());
        self.0
    }
}

/// The fields of a message that was received.
pub(crate) struct Fields<'a>(Vec<(u64, &'a [u8])>);

impl<'a> Fields<'a> {
    pub(crate) fn parse(mut body: &'a [u8]) -> Result<Self> {
        let mut fields: Vec<(u64, &[u8])> = Vec::new();
        while !body.is_empty() {
            let tag = take_varint(&mut body).ok_or(CodecError::Truncated)?;
            let value = take_prefixed(&mut body).ok_or(CodecError::Truncated)?;
            if fields.iter().any(|(seen, _)| *seen == tag) {
                return Err(CodecError::Twice(tag));
            }
            if fields.len() == FIELDS_MAX {
                return Err(CodecError::TooManyFields);
            }
            fields.push((tag, value));
        }
        Ok(Self(fields))
    }

    pub(crate) fn find(&self, tag: u64) -> Option<&'a [u8]> {
        self.0.iter().find(|(t, _)| *t == tag).map(|(_, value)| *value)
    }

    pub(crate) fn bytes(&self, tag: u64) -> Result<&'a [u8]> {
        self.find(tag).ok_or(CodecError::Missing(tag))
    }

    pub(crate) fn array<const N: usize>(&self, tag: u64) -> Result<[u8; N]> {
        self.bytes(tag)?.try_into().map_err(|_| CodecError::BadValue(tag))
    }

    pub(crate) fn int(&self, tag: u64) -> Result<u64> {
        let mut value = self.bytes(tag)?;
        let number = take_varint(&mut value).ok_or(CodecError::BadValue(tag))?;
        if value.is_empty() { Ok(number) } else { Err(CodecError::BadValue(tag)) }
    }

    pub(crate) fn int_or(&self, tag: u64, default: u64) -> Result<u64> {
        if self.find(tag).is_some() { self.int(tag) } else { Ok(default) }
    }

    /// A whole number that fits a smaller type.
    pub(crate) fn narrow<T: TryFrom<u64>>(&self, tag: u64) -> Result<T> {
        T::try_from(self.int(tag)?).map_err(|_| CodecError::BadValue(tag))
    }

    /// UTF-8 of at most `most` bytes; empty if the field is not there.
    pub(crate) fn text(&self, tag: u64, most: usize) -> Result<String> {
        let bytes = self.find(tag).unwrap_or_default();
        match core::str::from_utf8(bytes) {
            Ok(text) if bytes.len() <= most => Ok(text.to_owned()),
            _ => Err(CodecError::BadValue(tag)),
        }
    }
}

/// Cuts a stream of bytes into messages. Holds at most one message and what was read along with it.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    bytes: Vec<u8>,
    start: usize,
}

impl Inbox {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.start = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes that were not taken.
    pub(crate) fn pending(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// What was not taken.
    pub(crate) fn into_rest(mut self) -> Vec<u8> {
        self.bytes.drain(..self.start);
        self.bytes
    }

    /// The next message, type byte first. A length above `most` is an error as soon as it is seen.
    pub(crate) fn next(&mut self, most: usize) -> Result<Option<&[u8]>> {
        let rest = &self.bytes[self.start..];
        let Some(length) = rest.first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_be_bytes(*length) as usize;
        if length > most {
            return Err(CodecError::TooLong(length, most));
        }
        if length == 0 {
            return Err(CodecError::Empty);
        }
        if rest.len() < 4 + length {
            return Ok(None);
        }
        let at = self.start + 4;
        self.start = at + length;
        Ok(Some(&self.bytes[at..at + length]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_varint_reads_back(value in 0..=VARINT_MAX) {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value);
            let mut rest = bytes.as_slice();
            prop_assert_eq!(take_varint(&mut rest), Some(value));
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn whatever_arrives_is_cut_or_refused_and_never_panics(
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
            cut in 1usize..64,
        ) {
            let mut inbox = Inbox::default();
            for part in bytes.chunks(cut) {
                inbox.push(part);
                loop {
                    match inbox.next(MESSAGE_MAX) {
                        Ok(Some(message)) => { let _ = Fields::parse(&message[1..]); }
                        Ok(None) => break,
                        Err(_) => return Ok(()),
                    }
                }
            }
        }
    }

    #[test]
    fn the_examples_of_rfc_9000_appendix_a1_read_right() {
        for (mut bytes, value) in [
            (&[0xc2u8, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c][..], 151_288_809_941_952_652),
            (&[0x9d, 0x7f, 0x3e, 0x7d], 494_878_333),
            (&[0x7b, 0xbd], 15_293),
            (&[0x25], 37),
        ] {
            assert_eq!(take_varint(&mut bytes), Some(value));
        }
    }

    #[test]
    fn messages_come_out_as_they_went_in_however_they_are_cut() {
        let frame = Writer::new(3).int(1, 77).bytes(3, b"name").finish();
        let mut inbox = Inbox::default();
        for byte in frame.iter().chain(&frame) {
            inbox.push(core::slice::from_ref(byte));
            if let Some(message) = inbox.next(MESSAGE_MAX).expect("it is well-formed") {
                assert_eq!(message[0], 3);
                let fields = Fields::parse(&message[1..]).expect("it is well-formed");
                assert_eq!((fields.int(1), fields.text(3, 10)), (Ok(77), Ok("name".to_owned())));
            }
        }
        assert_eq!(inbox.next(MESSAGE_MAX), Ok(None));
    }

    #[test]
    fn a_length_that_is_too_large_is_refused_before_anything_is_kept() {
        let mut inbox = Inbox::default();
        inbox.push(&[0, 1, 0, 1]);
        assert_eq!(inbox.next(MESSAGE_MAX), Err(CodecError::TooLong(65_537, MESSAGE_MAX)));
    }

    #[test]
    fn a_field_that_stands_twice_or_is_cut_is_refused() {
        let twice = Writer::new(1).int(1, 1).int(1, 2).finish();
        assert_eq!(Fields::parse(&twice[5..]).err(), Some(CodecError::Twice(1)));
        let whole = Writer::new(1).bytes(9, &[0; 20]).finish();
        assert_eq!(Fields::parse(&whole[5..whole.len() - 1]).err(), Some(CodecError::Truncated));
    }
}
