//! FEEDBACK, the word of the receiver (wire-format.md §4.1): counters, and which packet numbers have come.

use core::ops::RangeInclusive;
use core::time::Duration;

use super::buffer::{BufferReader, BufferWriter, Full};
use super::header::PACKET_NUMBER_END;
use super::varint;
use crate::units::Instant;

/// Most (gap, run) pairs in one FEEDBACK.
pub const PAIRS_MAX: usize = 1_024;

/// The counters of a FEEDBACK; every one fits a varint, larger ones saturate on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    /// The largest packet number received.
    pub largest: u64,
    /// When it came, on the receiver's session clock, in whole microseconds.
    pub received_at: Instant,
    /// From then until this feedback was made, in whole microseconds.
    pub delay: Duration,
    /// Stream bytes below this offset may be sent.
    pub limit: u64,
    /// Bytes that the application has taken.
    pub consumed: u64,
    /// Wire bytes of all datagrams that authenticated and were new.
    pub arrived: u64,
    /// Stream bytes that arrived again.
    pub duplicate_bytes: u64,
    /// Datagrams that the receiving system itself dropped.
    pub local_drops: u64,
}

/// The packet numbers of one FEEDBACK, from the newest range down. Reads straight from the datagram, which was checked as a whole.
#[derive(Clone, Debug)]
pub struct FeedbackRanges<'a> {
    largest: u64,
    /// The lowest number of the range that was given last.
    low: Option<u64>,
    pairs_left: usize,
    rest: BufferReader<'a>,
}

/// Writes the body of a FEEDBACK frame with as many ranges as fit, and gives how many were written. `ranges` come from the newest
/// down, disjoint and not adjacent; the first ends at `feedback.largest`.
///
/// # Errors
/// [`Full`] if not even the first range fits; nothing is written then.
pub fn encode(
    feedback: &Feedback,
    mut ranges: impl Iterator<Item = RangeInclusive<u64>>,
    to: &mut BufferWriter<'_>,
) -> Result<usize, Full> {
    to.all_or_nothing(|to| {
        let first = ranges.next().unwrap_or(feedback.largest..=feedback.largest);
        debug_assert_eq!(*first.end(), feedback.largest, "the newest range ends at the largest number");
        encode_counters(feedback, to)?;
        // The number of pairs is known when they stand; two bytes hold any up to 16,383.
        let count_at = to.len();
        to.put_zeros(2)?;
        varint::encode(feedback.largest - first.start(), to)?;
        let pairs = encode_pairs(*first.start(), ranges, to);
        to.patch(count_at, &(0x4000 | pairs as u16).to_be_bytes());
        Ok(1 + pairs)
    })
}

fn encode_counters(feedback: &Feedback, to: &mut BufferWriter<'_>) -> Result<(), Full> {
    varint::encode(feedback.largest, to)?;
    varint::encode(feedback.received_at.as_micros(), to)?;
    varint::encode(u64::try_from(feedback.delay.as_micros()).unwrap_or(varint::MAX), to)?;
    varint::encode(feedback.limit, to)?;
    varint::encode(feedback.consumed, to)?;
    varint::encode(feedback.arrived, to)?;
    varint::encode(feedback.duplicate_bytes, to)?;
    varint::encode(feedback.local_drops, to)
}

/// Writes pairs below `low` until the buffer is full, there are no more, or there are [`PAIRS_MAX`].
fn encode_pairs(
    mut low: u64,
    ranges: impl Iterator<Item = RangeInclusive<u64>>,
    to: &mut BufferWriter<'_>,
) -> usize {
    let mut pairs = 0;
    for range in ranges.take(PAIRS_MAX) {
        let gap = low - range.end() - 2;
        let run = range.end() - range.start();
        let written = to.all_or_nothing(|to| {
            varint::encode(gap, to)?;
            varint::encode(run, to)
        });
        if written.is_err() {
            break;
        }
        low = *range.start();
        pairs += 1;
    }
    pairs
}

/// Reads the body of a FEEDBACK frame. None if it is malformed: cut off, too many pairs, or numbers below zero.
pub fn decode<'a>(from: &mut BufferReader<'a>) -> Option<(Feedback, FeedbackRanges<'a>)> {
    let feedback = decode_counters(from)?;
    let pairs = usize::try_from(varint::decode(from)?).ok().filter(|pairs| *pairs <= PAIRS_MAX)?;
    let mut ranges = FeedbackRanges { largest: feedback.largest, low: None, pairs_left: pairs, rest: *from };
    let unchecked = ranges.clone();
    // One walk over all of them now, so that nothing can go wrong when they are used.
    for _ in 0..=pairs {
        ranges.advance()?;
    }
    *from = ranges.rest;
    Some((feedback, unchecked))
}

fn decode_counters(from: &mut BufferReader<'_>) -> Option<Feedback> {
    let mut next = || varint::decode(from);
    Some(Feedback {
        largest: next().filter(|number| *number < PACKET_NUMBER_END)?,
        received_at: Instant::from_nanos(next()?.saturating_mul(1_000)),
        delay: Duration::from_micros(next()?),
        limit: next()?,
        consumed: next()?,
        arrived: next()?,
        duplicate_bytes: next()?,
        local_drops: next()?,
    })
}

impl FeedbackRanges<'_> {
    /// The next range down; None if the bytes do not hold one.
    fn advance(&mut self) -> Option<RangeInclusive<u64>> {
        let high = match self.low {
            None => self.largest,
            Some(low) => low.checked_sub(varint::decode(&mut self.rest)?)?.checked_sub(2)?,
        };
        let low = high.checked_sub(varint::decode(&mut self.rest)?)?;
        self.low = Some(low);
        Some(low..=high)
    }
}

impl Iterator for FeedbackRanges<'_> {
    type Item = RangeInclusive<u64>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.low.is_some() {
            self.pairs_left = self.pairs_left.checked_sub(1)?;
        }
        self.advance()
    }
}

/// Equal if they give the same ranges, however these were written.
impl PartialEq for FeedbackRanges<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.clone().eq(other.clone())
    }
}

impl Eq for FeedbackRanges<'_> {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Ranges from the newest down, made of (gap - 1, run - 1) pairs below `largest`.
    fn ranges_below(largest: u64, pairs: &[(u64, u64)]) -> Vec<RangeInclusive<u64>> {
        let mut ranges: Vec<RangeInclusive<u64>> = Vec::new();
        for (gap, run) in pairs {
            let high = match ranges.last() {
                None => Some(largest),
                Some(above) => above.start().checked_sub(gap + 2),
            };
            let Some((low, high)) = high.and_then(|high| Some((high.checked_sub(*run)?, high))) else {
                break;
            };
            ranges.push(low..=high);
        }
        ranges
    }

    fn encoded(feedback: &Feedback, ranges: &[RangeInclusive<u64>], room: usize) -> (Vec<u8>, usize) {
        let mut bytes = vec![0; room];
        let mut writer = BufferWriter::new(&mut bytes);
        let count = encode(feedback, ranges.iter().cloned(), &mut writer).expect("room for the counters");
        (writer.written().to_vec(), count)
    }

    fn any_feedback() -> impl Strategy<Value = Feedback> {
        let counter = || (0u64..=varint::MAX, 0u32..62).prop_map(|(value, shift)| value >> shift);
        let micros = || (0u64..=varint::MAX, 10u32..62).prop_map(|(value, shift)| value >> shift);
        (counter(), micros(), micros(), prop::array::uniform5(counter())).prop_map(
            |(largest, at, delay, [limit, consumed, arrived, duplicate_bytes, local_drops])| Feedback {
                largest,
                received_at: Instant::from_nanos(at * 1_000),
                delay: Duration::from_micros(delay),
                limit,
                consumed,
                arrived,
                duplicate_bytes,
                local_drops,
            },
        )
    }

    #[test]
    fn when_space_is_short_the_newest_ranges_travel() {
        let largest = 100_000;
        let feedback = Feedback { largest, ..Feedback::default() };
        let all = ranges_below(largest, &[(3, 5); 2_000]);
        let (bytes, count) = encoded(&feedback, &all, 200);
        assert!((80..100).contains(&count) && bytes.len() <= 200, "{count} ranges in {}", bytes.len());
        let (_, ranges) = decode(&mut BufferReader::new(&bytes)).expect("well formed");
        assert!(ranges.eq(all[..count].iter().cloned()));

        let (bytes, count) = encoded(&feedback, &all, 9_000);
        assert_eq!(count, 1 + PAIRS_MAX);
        let (_, ranges) = decode(&mut BufferReader::new(&bytes)).expect("well formed");
        assert!(ranges.eq(all[..count].iter().cloned()));
    }

    #[test]
    fn numbers_below_zero_and_too_many_pairs_are_malformed() {
        let body = |largest: u64, count: u64, numbers: &[u64]| {
            let mut bytes = vec![0; 9_000];
            let mut writer = BufferWriter::new(&mut bytes);
            encode_counters(&Feedback { largest, ..Feedback::default() }, &mut writer).expect("room");
            for number in [&[count], numbers].concat() {
                varint::encode(number, &mut writer).expect("room");
            }
            writer.written().to_vec()
        };
        let decodes = |bytes: &[u8]| decode(&mut BufferReader::new(bytes)).is_some();
        assert!(decodes(&body(5, 0, &[5])));
        assert!(!decodes(&body(5, 0, &[6])), "first run below zero");
        assert!(decodes(&body(5, 1, &[0, 3, 0])));
        assert!(!decodes(&body(5, 1, &[0, 4, 0])), "gap below zero");
        assert!(!decodes(&body(5, 1, &[0, 3, 1])), "run below zero");
        assert!(!decodes(&body(5, 2, &[0, 0, 0])), "a pair is missing");
        assert!(!decodes(&body(1 << 40, PAIRS_MAX as u64 + 1, &[0; 2 * PAIRS_MAX + 3])), "too many");
        assert!(decodes(&body(1 << 40, PAIRS_MAX as u64, &[0; 2 * PAIRS_MAX + 1])));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            feedback in any_feedback(),
            pairs in prop::collection::vec((0u64..70_000, 0u64..70_000), 1..60),
        ) {
            let mut all = ranges_below(feedback.largest, &pairs);
            if all.is_empty() {
                all.push(0..=feedback.largest);
            }
            let (bytes, count) = encoded(&feedback, &all, 2_000);
            prop_assert_eq!(count, all.len());
            let mut reader = BufferReader::new(&bytes);
            let (read, ranges) = decode(&mut reader).expect("well formed");
            prop_assert!(reader.is_empty());
            prop_assert_eq!(read, feedback);
            prop_assert!(ranges.eq(all));
        }

        #[test]
        fn ranges_from_any_bytes_are_ordered_disjoint_and_as_many_as_stated(bytes: Vec<u8>) {
            if let Some((feedback, ranges)) = decode(&mut BufferReader::new(&bytes)) {
                let all: Vec<_> = ranges.collect();
                prop_assert_eq!(*all[0].end(), feedback.largest);
                for pair in all.windows(2) {
                    prop_assert!(pair[1].end() + 1 < *pair[0].start());
                }
                prop_assert!(all.iter().all(|range| range.start() <= range.end()));
            }
        }
    }
}
