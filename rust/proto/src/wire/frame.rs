//! The frames of control datagrams (wire-format.md §4).

use super::buffer::{BufferReader, BufferWriter, Full};
use super::feedback::{self, Feedback, FeedbackRanges};
use super::header::STREAM_MAX;
use super::varint;
use crate::digest::{Digest, DigestAlgorithm};
use crate::io::EndOfStream;

/// Most bytes of a reason in ABORT.
pub const REASON_MAX: usize = 512;

/// The type bytes.
mod kind {
    pub(super) const PADDING: u8 = 0x00;
    pub(super) const PING: u8 = 0x01;
    pub(super) const FEEDBACK: u8 = 0x02;
    pub(super) const FEEDBACK_ACK: u8 = 0x03;
    pub(super) const END: u8 = 0x04;
    pub(super) const COMPLETE: u8 = 0x05;
    pub(super) const ABORT: u8 = 0x06;
    pub(super) const PATH_CHALLENGE: u8 = 0x07;
    pub(super) const PATH_RESPONSE: u8 = 0x08;
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// This many PADDING frames in a row, at least one.
    Padding(usize),
    /// Wants an answer at once.
    Ping,
    /// What has arrived, and how far the sender may go. The session writes it with [`encode_feedback`].
    Feedback(Feedback, FeedbackRanges<'a>),
    /// The largest packet number that has arrived from the receiver.
    FeedbackAck(u64),
    /// Where the stream ends and what it adds up to.
    End(EndOfStream),
    /// The application has read it all; length and digest agree.
    Complete,
    /// The session is over without completion.
    Abort {
        /// One of wire-format.md §5, or one of a newer version.
        code: u64,
        /// For a human; at most [`REASON_MAX`] bytes.
        reason: &'a str,
    },
    /// Wants the same bytes back, from where it was sent to.
    PathChallenge([u8; 8]),
    /// The bytes of a challenge.
    PathResponse([u8; 8]),
}

/// A frame of unknown type, cut off, or with values that are not allowed: ends the session with `PROTOCOL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of type {kind:#04x} is unknown or malformed; both ends need the same version")]
pub struct MalformedFrame {
    /// The type byte.
    pub kind: u8,
}

/// Writes a FEEDBACK with the newest of `ranges` that fit, and gives how many were written (see [`feedback::encode`]).
///
/// # Errors
/// [`Full`] if not even the first range fits; nothing is written then.
pub fn encode_feedback(
    feedback: &Feedback,
    ranges: impl Iterator<Item = core::ops::RangeInclusive<u64>>,
    to: &mut BufferWriter<'_>,
) -> Result<usize, Full> {
    to.all_or_nothing(|to| {
        to.put(&[kind::FEEDBACK])?;
        feedback::encode(feedback, ranges, to)
    })
}

/// Writes one frame.
///
/// # Errors
/// [`Full`] if it does not fit; nothing is written then.
pub fn encode(frame: &Frame<'_>, to: &mut BufferWriter<'_>) -> Result<(), Full> {
    to.all_or_nothing(|to| match frame {
        Frame::Padding(count) => to.put_zeros(*count),
        Frame::Ping => to.put(&[kind::PING]),
        Frame::Feedback(feedback, ranges) => encode_feedback(feedback, ranges.clone(), to).map(|_| ()),
        Frame::FeedbackAck(largest) => {
            to.put(&[kind::FEEDBACK_ACK])?;
            varint::encode(*largest, to)
        }
        Frame::End(end) => {
            to.put(&[kind::END])?;
            varint::encode(end.length, to)?;
            to.put(&[end.digest.algorithm().number()])?;
            to.put(end.digest.as_bytes())
        }
        Frame::Complete => to.put(&[kind::COMPLETE]),
        Frame::Abort { code, reason } => {
            let reason = cut_reason(reason);
            to.put(&[kind::ABORT])?;
            varint::encode(*code, to)?;
            varint::encode(reason.len() as u64, to)?;
            to.put(reason.as_bytes())
        }
        Frame::PathChallenge(bytes) => {
            to.put(&[kind::PATH_CHALLENGE])?;
            to.put(bytes)
        }
        Frame::PathResponse(bytes) => {
            to.put(&[kind::PATH_RESPONSE])?;
            to.put(bytes)
        }
    })
}

/// The longest beginning of `reason` that may travel: at most [`REASON_MAX`] bytes, whole characters.
pub fn cut_reason(reason: &str) -> &str {
    let end = (0..=reason.len().min(REASON_MAX)).rev().find(|end| reason.is_char_boundary(*end));
    &reason[..end.unwrap_or(0)]
}

/// Reads the frames of one control datagram, in order; ends after the first that is malformed.
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    rest: BufferReader<'a>,
}

impl<'a> Frames<'a> {
    /// The frames of this plaintext.
    pub const fn new(plaintext: &'a [u8]) -> Self {
        Self { rest: BufferReader::new(plaintext) }
    }

    fn body(&mut self, kind: u8) -> Option<Frame<'a>> {
        let from = &mut self.rest;
        Some(match kind {
            kind::PADDING => Frame::Padding(1 + skip_zeros(from)),
            kind::PING => Frame::Ping,
            kind::FEEDBACK => {
                let (feedback, ranges) = feedback::decode(from)?;
                Frame::Feedback(feedback, ranges)
            }
            kind::FEEDBACK_ACK => Frame::FeedbackAck(varint::decode(from)?),
            kind::END => Frame::End(decode_end(from)?),
            kind::COMPLETE => Frame::Complete,
            kind::ABORT => {
                let code = varint::decode(from)?;
                let len = usize::try_from(varint::decode(from)?).ok().filter(|len| *len <= REASON_MAX)?;
                Frame::Abort { code, reason: str::from_utf8(from.take(len)?).ok()? }
            }
            kind::PATH_CHALLENGE => Frame::PathChallenge(from.take_array()?),
            kind::PATH_RESPONSE => Frame::PathResponse(from.take_array()?),
            _ => return None,
        })
    }
}

/// Path MTU probes are made of PADDING; a run of it is one step, not thousands.
fn skip_zeros(from: &mut BufferReader<'_>) -> usize {
    let zeros = from.rest().iter().take_while(|byte| **byte == kind::PADDING).count();
    from.take(zeros).map_or(0, <[u8]>::len)
}

fn decode_end(from: &mut BufferReader<'_>) -> Option<EndOfStream> {
    let length = varint::decode(from).filter(|length| *length <= STREAM_MAX)?;
    let algorithm = DigestAlgorithm::from_number(from.take_u8()?.into())?;
    let digest = Digest::new(algorithm, from.take(algorithm.length())?)?;
    Some(EndOfStream { length, digest })
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, MalformedFrame>;

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.rest.take_u8()?;
        let frame = self.body(kind).ok_or(MalformedFrame { kind });
        if frame.is_err() {
            self.rest = BufferReader::new(&[]);
        }
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Frames without borrowed parts, for the generator.
    #[derive(Clone, Debug)]
    enum Made {
        Plain(Frame<'static>),
        Abort(u64, String),
        Feedback(u64, u64),
    }

    fn any_digest() -> impl Strategy<Value = Digest> {
        (any::<bool>(), any::<[u8; 32]>()).prop_map(|(strong, bytes)| {
            let algorithm = if strong { DigestAlgorithm::Blake3 } else { DigestAlgorithm::Xxh3 };
            Digest::new(algorithm, &bytes[..algorithm.length()]).expect("the length is right")
        })
    }

    fn any_made() -> impl Strategy<Value = Made> {
        let plain = prop_oneof![
            (1usize..50).prop_map(Frame::Padding),
            Just(Frame::Ping),
            (0..=varint::MAX).prop_map(Frame::FeedbackAck),
            (0..=STREAM_MAX, any_digest())
                .prop_map(|(length, digest)| Frame::End(EndOfStream { length, digest })),
            Just(Frame::Complete),
            any::<[u8; 8]>().prop_map(Frame::PathChallenge),
            any::<[u8; 8]>().prop_map(Frame::PathResponse),
        ];
        prop_oneof![
            5 => plain.prop_map(Made::Plain),
            1 => (0..=varint::MAX, "\\PC{0,100}").prop_map(|(code, reason)| Made::Abort(code, reason)),
            1 => (0u64..1 << 40, 0u64..1000).prop_map(|(low, run)| Made::Feedback(low, run)),
        ]
    }

    fn write(made: &Made, to: &mut BufferWriter<'_>) -> Result<(), Full> {
        match made {
            Made::Plain(frame) => encode(frame, to),
            Made::Abort(code, reason) => encode(&Frame::Abort { code: *code, reason }, to),
            Made::Feedback(low, run) => {
                let feedback = Feedback { largest: low + run, limit: 7, ..Feedback::default() };
                encode_feedback(&feedback, core::iter::once(*low..=low + run), to).map(|_| ())
            }
        }
    }

    fn frames(bytes: &[u8]) -> Vec<Result<Frame<'_>, MalformedFrame>> {
        Frames::new(bytes).collect()
    }

    #[test]
    fn an_unknown_type_ends_the_datagram() {
        assert_eq!(frames(&[0x01, 0x3f, 0x01]), [Ok(Frame::Ping), Err(MalformedFrame { kind: 0x3f })]);
    }

    #[test]
    fn an_end_beyond_the_longest_stream_or_with_an_unknown_or_cut_digest_is_malformed() {
        let end = |length: u64, algorithm: u8, digest: &[u8]| {
            let mut bytes = [0; 60];
            let mut writer = BufferWriter::new(&mut bytes);
            writer.put(&[kind::END]).expect("room");
            varint::encode(length, &mut writer).expect("room");
            writer.put(&[algorithm]).expect("room");
            writer.put(digest).expect("room");
            Frames::new(writer.written()).all(|frame| frame.is_ok())
        };
        assert!(end(STREAM_MAX, 1, &[9; 16]) && end(STREAM_MAX, 2, &[9; 32]));
        assert!(!end(STREAM_MAX + 1, 1, &[9; 16]));
        assert!(!end(0, 3, &[9; 32]) && !end(0, 0, &[9; 32]));
        assert!(!end(0, 1, &[9; 15]) && !end(0, 2, &[9; 31]));
    }

    #[test]
    fn a_reason_is_cut_at_a_character_and_a_longer_one_is_malformed() {
        let mut bytes = [0; 2_000];
        let mut writer = BufferWriter::new(&mut bytes);
        let reason = "€".repeat(300);
        encode(&Frame::Abort { code: 10, reason: &reason }, &mut writer).expect("room");
        assert_eq!(frames(writer.written()), [Ok(Frame::Abort { code: 10, reason: &reason[..510] })]);

        let long = [&[kind::ABORT, 10, 0x42, 0x01][..], &[b'x'; 513]].concat();
        assert!(frames(&long)[0].is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_in_order(all in prop::collection::vec(any_made(), 1..12)) {
            let mut bytes = [0; 8_000];
            let mut writer = BufferWriter::new(&mut bytes);
            let mut paddings = 0;
            for made in &all {
                write(made, &mut writer).expect("room");
                paddings += if let Made::Plain(Frame::Padding(count)) = made { *count } else { 0 };
            }
            let mut again = [0; 8_000];
            let mut rewriter = BufferWriter::new(&mut again);
            for frame in frames(writer.written()) {
                let frame = frame.expect("well formed");
                paddings -= if let Frame::Padding(count) = frame { count } else { 0 };
                encode(&frame, &mut rewriter).expect("room");
            }
            prop_assert_eq!(writer.written(), rewriter.written());
            prop_assert_eq!(paddings, 0);
        }

        #[test]
        fn a_frame_that_does_not_fit_leaves_no_trace(made in any_made(), room in 0usize..150) {
            let mut bytes = [0; 150];
            let mut writer = BufferWriter::new(&mut bytes[..room]);
            if write(&made, &mut writer).is_err() {
                prop_assert!(writer.is_empty());
            }
        }

        #[test]
        fn any_bytes_end_in_frames_or_in_one_malformed_frame(bytes: Vec<u8>) {
            let all = frames(&bytes);
            let good = all.iter().take_while(|frame| frame.is_ok()).count();
            prop_assert!(all.len() <= good + 1 && all.len() <= bytes.len());
        }
    }
}
