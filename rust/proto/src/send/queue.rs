//! The part of the stream that the peer may still need: what was written and is not acknowledged yet.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::memory::ChunkPool;
use crate::ranges::RangeSet;

/// A piece of the stream that goes into one datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Where it begins in the stream.
    pub(crate) offset: u64,
    /// Bytes, at least 1.
    pub(crate) len: usize,
}

impl Segment {
    /// One above the last byte's place in the stream.
    pub(crate) fn end(&self) -> u64 {
        self.offset + self.len as u64
    }
}

/// Bytes as the application handed them in.
struct Chunk {
    offset: u64,
    bytes: Bytes,
}

impl Chunk {
    fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }
}

/// Holds the unacknowledged stream and knows what is to be sent, and what once more.
///
/// Every byte below `written` is in one of four states: acknowledged, lost (and queued to be sent again), in flight, or unsent.
/// The bytes stay where the application put them; memory is given back chunk by chunk once everything below is acknowledged.
#[derive(Default)]
pub(crate) struct SendQueue {
    memory: ChunkPool,
    chunks: VecDeque<Chunk>,
    /// Bytes pushed since the beginning.
    written: u64,
    /// Everything below was sent at least once.
    sent: u64,
    /// Acknowledged; the first range begins at 0 as soon as byte 0 is acknowledged.
    acked: RangeSet,
    /// Sent, taken for lost, and not sent again yet. Disjoint from `acked`.
    lost: RangeSet,
    /// How many bytes `lost` holds.
    lost_bytes: u64,
}

impl SendQueue {
    /// The queue of a stream that begins; what is acknowledged goes back to `memory`.
    pub(crate) fn new(memory: ChunkPool) -> Self {
        Self { memory, ..Self::default() }
    }

    /// Adds the next bytes of the stream.
    pub(crate) fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            let offset = self.written;
            self.written += bytes.len() as u64;
            self.chunks.push_back(Chunk { offset, bytes });
        }
    }

    /// As if the stream had come so far and all of it had been acknowledged.
    #[cfg(test)]
    pub(crate) fn pretend_acknowledged(&mut self, bytes: u64) {
        (self.written, self.sent) = (bytes, bytes);
        self.acked.insert(0..bytes);
    }

    /// Bytes written since the beginning; where the next push will stand.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Bytes sent at least once.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Bytes that were never sent.
    pub(crate) fn unsent(&self) -> u64 {
        self.written - self.sent
    }

    /// Bytes that wait to be sent again.
    pub(crate) fn lost(&self) -> u64 {
        self.lost_bytes
    }

    /// Everything below is acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acked.first().filter(|first| first.start == 0).map_or(0, |first| first.end)
    }

    /// Bytes that are kept in memory.
    pub(crate) fn buffered(&self) -> u64 {
        self.written - self.chunks.front().map_or(self.written, |chunk| chunk.offset)
    }

    /// The next segment that was never sent, at most `max_len` bytes; counts as sent from now on. A shorter one only if
    /// `allow_partial`. None if there is nothing, or too little.
    pub(crate) fn next_new(&mut self, max_len: usize, allow_partial: bool) -> Option<Segment> {
        let len = self.unsent().min(max_len as u64);
        if len == 0 || (len < max_len as u64 && !allow_partial) {
            return None;
        }
        let segment = Segment { offset: self.sent, len: len as usize };
        self.sent = segment.end();
        Some(segment)
    }

    /// The lowest segment that is to be sent again, at most `max_len` bytes; counts as in flight from now on.
    pub(crate) fn next_lost(&mut self, max_len: usize) -> Option<Segment> {
        let range = self.lost.take_first(max_len as u64)?;
        let len = range.end - range.start;
        self.lost_bytes -= len;
        Some(Segment { offset: range.start, len: len as usize })
    }

    /// The datagram that carried `segment` is taken for lost: what of it is not acknowledged is queued to be sent again.
    pub(crate) fn mark_lost(&mut self, segment: Segment) {
        debug_assert!(segment.end() <= self.sent, "only what was sent can be lost");
        for missing in self.acked.missing_in(segment.offset..segment.end()) {
            let queued: u64 =
                self.lost.missing_in(missing.clone()).map(|range| range.end - range.start).sum();
            self.lost_bytes += queued;
            self.lost.insert(missing);
        }
    }

    /// The datagram that carried `segment` has arrived. In any order, any number of times; gives how many bytes were not known to have
    /// arrived before.
    pub(crate) fn acked(&mut self, segment: Segment) -> u64 {
        debug_assert!(segment.end() <= self.sent, "only what was sent can be acknowledged");
        let range = segment.offset..segment.end();
        let new = self.acked.missing_in(range.clone()).map(|range| range.end - range.start).sum();
        if new > 0 {
            if self.lost.intersects(&range) {
                let kept: u64 =
                    self.lost.missing_in(range.clone()).map(|range| range.end - range.start).sum();
                self.lost_bytes -= segment.len as u64 - kept;
                self.lost.remove(range.clone());
            }
            self.acked.insert(range);
            self.free();
        }
        new
    }

    /// The first piece of `segment` that is not acknowledged; None if all of it is. Only such a piece may be sent again: memory below it
    /// may be gone.
    pub(crate) fn missing(&self, segment: Segment) -> Option<Segment> {
        let missing = self.acked.missing_in(segment.offset..segment.end()).next()?;
        Some(Segment { offset: missing.start, len: (missing.end - missing.start) as usize })
    }

    /// True if all of `segment` is acknowledged.
    pub(crate) fn is_acked(&self, segment: Segment) -> bool {
        self.acked.contains_all(&(segment.offset..segment.end()))
    }

    /// The bytes of a segment that is not acknowledged, where they lie; one slice unless it straddles what the application handed in.
    pub(crate) fn slices(&self, segment: Segment) -> impl Iterator<Item = &[u8]> {
        let first = self.chunks.partition_point(|chunk| chunk.end() <= segment.offset);
        self.chunks.range(first..).take_while(move |chunk| chunk.offset < segment.end()).map(move |chunk| {
            // Within the chunk, so both fit a usize.
            let from = segment.offset.saturating_sub(chunk.offset) as usize;
            let to = (segment.end().min(chunk.end()) - chunk.offset) as usize;
            chunk.bytes.get(from..to).unwrap_or_default()
        })
    }

    /// The bytes of a segment that is not acknowledged, if they lie in one piece.
    pub(crate) fn as_single_slice(&self, segment: Segment) -> Option<&[u8]> {
        self.slices(segment).next().filter(|slice| slice.len() == segment.len)
    }

    /// Copies the bytes of a segment that is not acknowledged to the front of `out`, which is at least as long, and gives them.
    pub(crate) fn copy_to<'a>(&self, segment: Segment, out: &'a mut [u8]) -> &'a [u8] {
        let mut len = 0;
        for slice in self.slices(segment) {
            out[len..len + slice.len()].copy_from_slice(slice);
            len += slice.len();
        }
        debug_assert_eq!(len, segment.len, "acknowledged bytes are gone");
        &out[..len]
    }

    /// Gives whole chunks back that lie below everything unacknowledged.
    fn free(&mut self) {
        let acknowledged = self.acknowledged();
        while self.chunks.front().is_some_and(|chunk| chunk.end() <= acknowledged) {
            self.chunks.pop_front().into_iter().for_each(|chunk| self.memory.give_back(chunk.bytes));
        }
    }
}

impl core::fmt::Debug for SendQueue {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SendQueue")
            .field("written", &self.written)
            .field("sent", &self.sent)
            .field("acknowledged", &self.acknowledged())
            .field("lost", &self.lost)
            .field("chunks", &self.chunks.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum State {
        Unsent,
        InFlight,
        Lost,
        Acked,
    }

    #[derive(Clone, Debug)]
    enum Operation {
        Push(usize),
        NextNew(usize, bool),
        NextLost(usize),
        /// Of the segment at this position among all that were ever given out.
        Lost(prop::sample::Index),
        Acked(prop::sample::Index),
    }

    fn any_operation() -> impl Strategy<Value = Operation> {
        prop_oneof![
            2 => (0usize..60).prop_map(Operation::Push),
            4 => (0usize..40, any::<bool>()).prop_map(|(len, partial)| Operation::NextNew(len, partial)),
            2 => (0usize..40).prop_map(Operation::NextLost),
            2 => any::<prop::sample::Index>().prop_map(Operation::Lost),
            2 => any::<prop::sample::Index>().prop_map(Operation::Acked),
        ]
    }

    /// The byte at this place of the stream.
    fn byte_at(offset: u64) -> u8 {
        (offset * 31 % 251) as u8
    }

    /// The state of every byte, one by one.
    #[derive(Default)]
    struct Oracle {
        states: Vec<State>,
        given: Vec<Segment>,
    }

    impl Oracle {
        fn of(&mut self, segment: Segment) -> &mut [State] {
            &mut self.states[segment.offset as usize..segment.end() as usize]
        }

        fn count(&self, state: State) -> u64 {
            self.states.iter().filter(|found| **found == state).count() as u64
        }

        /// The first run in `state`, at most `most` long.
        fn first_run(&self, state: State, most: usize) -> Option<Segment> {
            let start = self.states.iter().position(|found| *found == state).filter(|_| most > 0)?;
            let len = self.states[start..].iter().take(most).take_while(|found| **found == state).count();
            Some(Segment { offset: start as u64, len })
        }

        fn take(&mut self, expected: Option<Segment>) {
            if let Some(segment) = expected {
                self.of(segment).fill(State::InFlight);
                self.given.push(segment);
            }
        }
    }

    fn apply(operation: Operation, queue: &mut SendQueue, oracle: &mut Oracle) {
        match operation {
            Operation::Push(len) => {
                let start = oracle.states.len() as u64;
                queue.push((start..start + len as u64).map(byte_at).collect::<Vec<_>>().into());
                oracle.states.resize(oracle.states.len() + len, State::Unsent);
            }
            Operation::NextNew(most, partial) => {
                let expected = oracle.first_run(State::Unsent, most).filter(|s| partial || s.len == most);
                assert_eq!(queue.next_new(most, partial), expected);
                oracle.take(expected);
            }
            Operation::NextLost(most) => {
                let expected = oracle.first_run(State::Lost, most);
                assert_eq!(queue.next_lost(most), expected);
                oracle.take(expected);
            }
            Operation::Lost(index) if !oracle.given.is_empty() => {
                let segment = *index.get(&oracle.given);
                queue.mark_lost(segment);
                oracle.of(segment).iter_mut().filter(|s| **s != State::Acked).for_each(|s| *s = State::Lost);
            }
            Operation::Acked(index) if !oracle.given.is_empty() => {
                let segment = *index.get(&oracle.given);
                let new = oracle.of(segment).iter().filter(|s| **s != State::Acked).count() as u64;
                assert_eq!(queue.acked(segment), new);
                oracle.of(segment).fill(State::Acked);
                assert!(queue.is_acked(segment));
            }
            Operation::Lost(_) | Operation::Acked(_) => {}
        }
    }

    fn assert_same(queue: &SendQueue, oracle: &Oracle) {
        assert_eq!(queue.written(), oracle.states.len() as u64);
        assert_eq!(queue.unsent(), oracle.count(State::Unsent));
        assert_eq!(queue.sent() + queue.unsent(), queue.written());
        assert_eq!(queue.lost(), oracle.count(State::Lost));
        let prefix = oracle.states.iter().take_while(|s| **s == State::Acked).count() as u64;
        assert_eq!(queue.acknowledged(), prefix);
        assert!(queue.buffered() >= queue.written() - prefix);
        assert!(
            queue.buffered() - (queue.written() - prefix) < 60,
            "at most a part of one chunk is kept too long"
        );
    }

    fn assert_bytes(queue: &SendQueue, segment: Segment) {
        let expected: Vec<u8> = (segment.offset..segment.end()).map(byte_at).collect();
        assert_eq!(queue.copy_to(segment, &mut [0; 64]), expected);
        assert_eq!(queue.slices(segment).collect::<Vec<_>>().concat(), expected);
        let pieces = queue.slices(segment).count();
        assert_eq!(queue.as_single_slice(segment), (pieces == 1).then_some(&expected[..]));
        assert!(queue.slices(segment).all(|slice| !slice.is_empty()));
    }

    #[test]
    fn what_was_acknowledged_while_it_waited_is_not_sent_again() {
        let mut queue = SendQueue::default();
        queue.push(Bytes::from_static(&[7; 300]));
        let sent: Vec<_> = core::iter::from_fn(|| queue.next_new(100, false)).collect();
        sent.iter().for_each(|segment| queue.mark_lost(*segment));
        assert_eq!(queue.acked(sent[1]), 100);
        assert_eq!((queue.next_lost(1_000), queue.next_lost(1_000)), (Some(sent[0]), Some(sent[2])));
        assert_eq!(queue.next_lost(1_000), None);
        queue.mark_lost(sent[1]);
        assert_eq!(queue.next_lost(1_000), None, "nor after a late word of its loss");
    }

    #[test]
    fn memory_is_given_back_as_soon_as_everything_below_has_arrived() {
        let mut queue = SendQueue::default();
        let (first, second) = (Bytes::from(vec![1; 100]), Bytes::from(vec![2; 100]));
        queue.push(first.clone());
        queue.push(second.clone());
        let sent: Vec<_> = core::iter::from_fn(|| queue.next_new(50, false)).collect();
        assert_eq!([1, 2, 3].map(|i| queue.acked(sent[i])), [50; 3]);
        assert!(!first.is_unique() && !second.is_unique() && queue.buffered() == 200);
        queue.acked(sent[0]);
        assert!(first.is_unique() && second.is_unique() && queue.buffered() == 0);
    }

    proptest! {
        #[test]
        fn every_byte_is_in_the_state_that_it_was_brought_to(
            operations in prop::collection::vec(any_operation(), 1..120),
        ) {
            let (mut queue, mut oracle) = (SendQueue::default(), Oracle::default());
            for operation in operations {
                apply(operation, &mut queue, &mut oracle);
                assert_same(&queue, &oracle);
                for segment in oracle.given.iter().filter(|s| s.offset >= queue.acknowledged()) {
                    assert_bytes(&queue, *segment);
                }
            }
        }
    }

    #[test]
    fn what_is_left_of_a_segment_begins_behind_what_is_acknowledged() {
        let mut queue = SendQueue::default();
        (0..3).for_each(|_| queue.push(Bytes::from_static(&[1; 100])));
        let whole = queue.next_new(300, false).expect("all of it");
        queue.acked(Segment { offset: 0, len: 120 });
        queue.acked(Segment { offset: 150, len: 10 });
        assert_eq!(queue.missing(whole), Some(Segment { offset: 120, len: 30 }));
        queue.acked(whole);
        assert_eq!(queue.missing(whole), None);
    }
}
