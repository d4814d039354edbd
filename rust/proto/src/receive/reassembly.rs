//! Puts the stream together from segments that come in any order, any number of times.

use bytes::Bytes;

use super::store::ChunkStore;
use crate::memory::ChunkPool;
use crate::ranges::RangeSet;

/// Most gaps in the stream; holds the gaps of 10 Gbit/s over 0.3 s at 30 % loss. Only a hostile peer has more.
const GAPS_MAX: usize = 65_536;

/// Why a segment was not taken; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It ends above the flow-control limit that the sender was told: the peer breaks the protocol.
    BeyondLimit,
    /// It would make one gap too many. To be treated as if the datagram had been lost.
    TooManyGaps,
}

/// The received part of the stream.
///
/// Two ways in: [`place`](Self::place) gives the memory where a whole new segment belongs, for the datagram to be opened straight into, and
/// [`commit`](Self::commit) makes it count; [`insert`](Self::insert) copies what is new of any other segment. One way out:
/// [`poll_read`](Self::poll_read).
pub(crate) struct Reassembly {
    store: ChunkStore,
    /// What has arrived, from the beginning of the stream on.
    received: RangeSet,
    /// How many bytes `received` holds.
    received_bytes: u64,
    /// Everything below was handed out.
    read: u64,
    /// The flow-control limit: no byte at or above is taken.
    limit: u64,
    duplicate_bytes: u64,
}

impl Reassembly {
    /// Nothing received; bytes below `limit` are taken, into chunks of `pool`. Memory stays below `limit` less what was handed
    /// out, plus two chunks.
    pub(crate) fn new(limit: u64, pool: ChunkPool) -> Self {
        Self {
            store: ChunkStore::new(pool),
            received: RangeSet::new(),
            received_bytes: 0,
            read: 0,
            limit,
            duplicate_bytes: 0,
        }
    }

    /// As if everything below `bytes` had arrived and been handed out.
    #[cfg(test)]
    pub(crate) fn pretend_read(&mut self, bytes: u64) {
        self.store.pretend_base(bytes);
        self.received.insert(0..bytes);
        (self.received_bytes, self.read) = (bytes, bytes);
        self.limit += bytes;
    }

    /// Takes bytes below `limit` from now on; a lower one than before changes nothing.
    pub(crate) fn raise_limit(&mut self, limit: u64) {
        self.limit = self.limit.max(limit);
    }

    /// The memory where the `len` bytes from `offset` on belong. None if any of them was received already, if they do not lie in one
    /// chunk, or if they may not be taken or not yet have a chunk: [`insert`](Self::insert) knows what to do.
    ///
    /// What is written there counts only after [`commit`](Self::commit). The datagram is not authentic yet, so this takes memory for at
    /// most one chunk beyond what has arrived.
    pub(crate) fn place(&mut self, offset: u64, len: usize) -> Option<&mut [u8]> {
        let end = offset.checked_add(len as u64)?;
        let range = offset..end;
        if len == 0 || self.check(offset, end).is_err() || self.received.intersects(&range) {
            return None;
        }
        let chunk = self.store.chunk_of(offset);
        let is_near = chunk <= self.store.chunk_of(self.highest()) + 1;
        (is_near && chunk == self.store.chunk_of(end - 1)).then(|| self.store.slot(offset, len))
    }

    /// The memory that [`place`](Self::place) gave for this segment holds its bytes now.
    pub(crate) fn commit(&mut self, offset: u64, len: usize) {
        let range = offset..offset + len as u64;
        debug_assert!(!self.received.intersects(&range), "a place is committed once");
        self.received_bytes += len as u64;
        self.received.insert(range);
    }

    /// Copies what is new of a segment, and gives how many bytes that were.
    ///
    /// # Errors
    /// See [`Refused`]; checked before any memory is taken.
    pub(crate) fn insert(&mut self, offset: u64, bytes: &[u8]) -> Result<u64, Refused> {
        let len = bytes.len() as u64;
        let end = offset.checked_add(len).ok_or(Refused::BeyondLimit)?;
        self.check(offset, end)?;
        let mut new = 0;
        for missing in self.received.missing_in(offset..end) {
            let piece = &bytes[(missing.start - offset) as usize..(missing.end - offset) as usize];
            self.store.write(missing.start, piece);
            new += missing.end - missing.start;
        }
        self.received.insert(offset..end);
        self.received_bytes += new;
        self.duplicate_bytes += len - new;
        Ok(new)
    }

    /// The next bytes of the stream, as many as lie in one piece; None if they have not arrived.
    pub(crate) fn poll_read(&mut self) -> Option<Bytes> {
        let contiguous = self.contiguous();
        if self.read == contiguous {
            return None;
        }
        let bytes = self.store.split_off(self.read, contiguous)?;
        self.read += bytes.len() as u64;
        Some(bytes)
    }

    /// Everything below has arrived.
    pub(crate) fn contiguous(&self) -> u64 {
        self.received.first().filter(|first| first.start == 0).map_or(0, |first| first.end)
    }

    /// One above the highest byte that has arrived.
    pub(crate) fn highest(&self) -> u64 {
        self.received.last().map_or(0, |last| last.end)
    }

    /// Everything below was handed out by [`poll_read`](Self::poll_read).
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// Bytes that have arrived and were not handed out.
    pub(crate) fn buffered(&self) -> u64 {
        self.received_bytes - self.read
    }

    /// Bytes of memory in use for what was not handed out; whole chunks.
    #[cfg(test)]
    pub(crate) fn allocated(&self) -> u64 {
        self.store.allocated()
    }

    /// Bytes that came again.
    pub(crate) fn duplicate_bytes(&self) -> u64 {
        self.duplicate_bytes
    }

    fn check(&self, offset: u64, end: u64) -> Result<(), Refused> {
        if end > self.limit {
            return Err(Refused::BeyondLimit);
        }
        // With this many gaps only what closes the lowest one or extends the highest part is taken.
        let is_crowded = self.received.range_count() >= GAPS_MAX;
        if is_crowded && offset > self.contiguous() && offset != self.highest() {
            return Err(Refused::TooManyGaps);
        }
        Ok(())
    }
}

impl core::fmt::Debug for Reassembly {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reassembly")
            .field("read", &self.read)
            .field("contiguous", &self.contiguous())
            .field("highest", &self.highest())
            .field("limit", &self.limit)
            .field("ranges", &self.received.range_count())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHUNK: usize = 64;

    fn byte_at(offset: u64) -> u8 {
        (offset * 37 % 253) as u8
    }

    fn bytes_at(offset: u64, len: usize) -> Vec<u8> {
        (offset..offset + len as u64).map(byte_at).collect()
    }

    #[derive(Clone, Debug)]
    enum Operation {
        /// A segment arrives and is authentic.
        Arrive(u64, usize),
        /// A segment arrives, is opened into its place if it has one, and is forged.
        Forge(u64, usize),
        Read,
        RaiseLimit(u64),
    }

    fn any_operation() -> impl Strategy<Value = Operation> {
        let segment = || (0u64..600, 0usize..100);
        prop_oneof![
            8 => segment().prop_map(|(offset, len)| Operation::Arrive(offset, len)),
            2 => segment().prop_map(|(offset, len)| Operation::Forge(offset, len)),
            3 => Just(Operation::Read),
            1 => (0u64..700).prop_map(Operation::RaiseLimit),
        ]
    }

    /// A plain vector of what has arrived, byte by byte.
    struct Oracle {
        arrived: Vec<bool>,
        limit: u64,
        read: Vec<u8>,
        duplicates: u64,
    }

    impl Oracle {
        fn new(limit: u64) -> Self {
            Self { arrived: vec![false; 800], limit, read: Vec::new(), duplicates: 0 }
        }

        fn of(&mut self, offset: u64, len: usize) -> &mut [bool] {
            &mut self.arrived[offset as usize..][..len]
        }

        fn arrive(&mut self, offset: u64, len: usize) -> Result<u64, Refused> {
            if offset + len as u64 > self.limit {
                return Err(Refused::BeyondLimit);
            }
            let new = self.of(offset, len).iter().filter(|arrived| !**arrived).count() as u64;
            self.of(offset, len).fill(true);
            self.duplicates += len as u64 - new;
            Ok(new)
        }
    }

    /// As the session does it: opened into the place if there is one, else copied.
    fn arrive(reassembly: &mut Reassembly, offset: u64, len: usize) -> Result<u64, Refused> {
        let bytes = bytes_at(offset, len);
        match reassembly.place(offset, len) {
            Some(place) => {
                place.copy_from_slice(&bytes);
                reassembly.commit(offset, len);
                Ok(len as u64)
            }
            None => reassembly.insert(offset, &bytes),
        }
    }

    fn apply(operation: Operation, reassembly: &mut Reassembly, oracle: &mut Oracle) {
        match operation {
            Operation::Arrive(offset, len) => {
                assert_eq!(arrive(reassembly, offset, len), oracle.arrive(offset, len));
            }
            Operation::Forge(offset, len) => {
                if let Some(place) = reassembly.place(offset, len) {
                    assert!(oracle.of(offset, len).iter().all(|arrived| !arrived));
                    assert!(offset + len as u64 <= oracle.limit);
                    place.fill(0xff);
                }
            }
            Operation::Read => {
                if let Some(bytes) = reassembly.poll_read() {
                    assert!(!bytes.is_empty());
                    oracle.read.extend_from_slice(&bytes);
                }
            }
            Operation::RaiseLimit(limit) => {
                reassembly.raise_limit(limit);
                oracle.limit = oracle.limit.max(limit);
            }
        }
    }

    fn assert_same(reassembly: &Reassembly, oracle: &Oracle) {
        let contiguous = oracle.arrived.iter().take_while(|arrived| **arrived).count();
        let arrived = oracle.arrived.iter().filter(|arrived| **arrived).count() as u64;
        assert_eq!(reassembly.contiguous(), contiguous as u64);
        assert_eq!(
            reassembly.highest(),
            oracle.arrived.iter().rposition(|a| *a).map_or(0, |last| last as u64 + 1)
        );
        assert_eq!(reassembly.read(), oracle.read.len() as u64);
        assert_eq!(reassembly.buffered(), arrived - reassembly.read());
        assert_eq!(reassembly.duplicate_bytes(), oracle.duplicates);
        assert!(reassembly.allocated() <= oracle.limit.saturating_sub(reassembly.read()) + 2 * CHUNK as u64);
    }

    proptest! {
        #[test]
        fn what_is_read_is_the_stream_whatever_the_order(
            limit in 0u64..700,
            operations in prop::collection::vec(any_operation(), 1..150),
        ) {
            let (mut reassembly, mut oracle) = (Reassembly::new(limit, ChunkPool::new(CHUNK)), Oracle::new(limit));
            for operation in operations {
                apply(operation, &mut reassembly, &mut oracle);
                assert_same(&reassembly, &oracle);
            }
            while let Some(bytes) = reassembly.poll_read() {
                oracle.read.extend_from_slice(&bytes);
            }
            prop_assert_eq!(oracle.read.len() as u64, reassembly.contiguous());
            prop_assert_eq!(&oracle.read, &bytes_at(0, oracle.read.len()));
        }
    }

    #[test]
    fn a_segment_in_order_is_placed_and_handed_out_without_a_copy() {
        let mut reassembly = Reassembly::new(1_000, ChunkPool::new(CHUNK));
        let place = reassembly.place(0, 40).expect("the first chunk is there");
        place.copy_from_slice(&bytes_at(0, 40));
        let address = place.as_ptr();
        assert!(reassembly.poll_read().is_none(), "not committed");
        reassembly.commit(0, 40);
        let bytes = reassembly.poll_read().expect("committed");
        assert_eq!((bytes.as_ptr(), &bytes[..]), (address, &bytes_at(0, 40)[..]));
    }

    #[test]
    fn memory_is_used_again_once_the_application_has_dropped_it() {
        let mut reassembly = Reassembly::new(u64::MAX, ChunkPool::new(CHUNK));
        let mut addresses = std::collections::BTreeSet::new();
        for offset in (0..100 * CHUNK as u64).step_by(CHUNK / 2) {
            assert_eq!(arrive(&mut reassembly, offset, CHUNK / 2), Ok(CHUNK as u64 / 2));
            let bytes = reassembly.poll_read().expect("in order");
            assert_eq!(bytes[..], bytes_at(offset, CHUNK / 2));
            addresses.insert(bytes.as_ptr());
        }
        assert!(addresses.len() <= 4, "two chunks at most, in two halves");
    }

    #[test]
    fn forged_datagrams_get_at_most_one_chunk_beyond_what_has_arrived() {
        let mut reassembly = Reassembly::new(1 << 30, ChunkPool::new(CHUNK));
        for chunk in 0..10_000 {
            reassembly.place(chunk * CHUNK as u64, CHUNK);
        }
        assert_eq!(reassembly.allocated(), 2 * CHUNK as u64);
        assert_eq!(reassembly.place(u64::MAX, 2), None);
    }

    #[test]
    fn a_peer_that_makes_gaps_without_end_is_refused_and_can_still_close_them() {
        let mut reassembly = Reassembly::new(1 << 30, ChunkPool::default());
        let mut offset = 1;
        while reassembly.insert(offset, b"x").is_ok() {
            offset += 2;
        }
        assert_eq!(offset, 2 * GAPS_MAX as u64 + 1);
        assert_eq!(reassembly.insert(offset, b"x"), Err(Refused::TooManyGaps));
        assert_eq!(reassembly.insert(0, b"xxx"), Ok(2), "the lowest gap");
        assert_eq!(reassembly.insert(offset, b"x"), Ok(1), "there is room again");
    }
}
