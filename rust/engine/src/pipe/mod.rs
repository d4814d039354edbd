//! What lies between the threads of the application and the driver: bytes on their way, bounded, and handed over by reference.

mod recv;
mod send;

pub(crate) use recv::RecvPipe;
pub(crate) use send::{Batch, Put, SendPipe, WAKE_SHARE};

use std::sync::PoisonError;

use crate::sync::{Mutex, MutexGuard};

/// Locks whatever a panic elsewhere has left: the states behind these locks are valid between any two statements.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use bytes::Bytes;
    use faspstream_proto::digest::{Digest, DigestAlgorithm, StreamDigest};
    use faspstream_proto::io::EndOfStream;
    use faspstream_proto::memory::ChunkPool;
    use proptest::prelude::*;

    use super::*;

    /// What the two sides of a send pipe may do, in any order.
    #[derive(Clone, Debug)]
    enum Step {
        Put(usize),
        PutWith(usize),
        Take,
        Acknowledge(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..200_000usize).prop_map(Step::Put),
            (0..3_000usize).prop_map(Step::Put),
            (0..100_000usize).prop_map(Step::PutWith),
            Just(Step::Take),
            (0..300_000u64).prop_map(Step::Acknowledge),
        ]
    }

    /// The stream is the sequence of the low bytes of a counter.
    fn bytes(from: usize, len: usize) -> Vec<u8> {
        (from..from + len).map(|i| (i % 251) as u8).collect()
    }

    proptest! {
        #[test]
        fn what_is_put_is_taken_in_order_and_never_more_than_the_limit_is_held(
            steps in proptest::collection::vec(step(), 1..60), limit in 1u64..600_000, algorithm in algorithm(),
        ) {
            let pipe = SendPipe::new(limit, algorithm, ChunkPool::default());
            let (mut put, mut acknowledged) = (0usize, 0u64);
            let mut taken: Vec<Bytes> = Vec::new();
            let mut batch = Batch::default();
            for step in steps {
                match step {
                    Step::Put(len) => put += pipe.put(&bytes(put, len)).expect("it is not finished").taken,
                    Step::PutWith(len) => {
                        let at = put;
                        let fill = |space: &mut [u8]| space.copy_from_slice(&bytes(at, space.len()));
                        put += pipe.put_with(len, fill).expect("it is not finished").taken;
                    }
                    Step::Take => {
                        pipe.take(&mut batch);
                        taken.extend(batch.drain());
                    }
                    Step::Acknowledge(more) => {
                        let have: usize = taken.iter().map(Bytes::len).sum();
                        acknowledged = (acknowledged + more).min(have as u64);
                        pipe.acknowledge(acknowledged, WAKE_SHARE);
                    }
                }
                prop_assert_eq!(pipe.accepted(), put as u64);
                prop_assert_eq!(pipe.held(), put as u64 - acknowledged);
                prop_assert!(pipe.held() <= limit);
            }
            let end = pipe.finish().expect("once");
            prop_assert!(pipe.finish().is_none() && pipe.put(b"x").is_none());
            pipe.take(&mut batch);
            taken.extend(batch.drain());
            let all = taken.concat();
            prop_assert_eq!(&all, &bytes(0, put));
            prop_assert_eq!(end, EndOfStream { length: put as u64, digest: digest(algorithm, &all) });
        }

        #[test]
        fn what_is_pushed_is_read_in_order_and_the_end_is_judged_after_the_last_byte(
            pushes in proptest::collection::vec(0..5_000usize, 0..20),
            reads in proptest::collection::vec(1..7_000usize, 1..20),
            damaged in any::<bool>(), algorithm in algorithm(),
        ) {
            let pipe = RecvPipe::new(10_000, algorithm, ChunkPool::default());
            let (mut pushed, mut read) = (0, Vec::new());
            let mut reads = reads.iter().cycle();
            for len in pushes {
                pipe.push(&mut VecDeque::from([Bytes::from(bytes(pushed, len))]));
                pushed += len;
                let max = *reads.next().expect("it has no end");
                let taken = pipe.take_with(max, |part| read.extend_from_slice(part));
                prop_assert!(taken.bytes <= max);
                prop_assert_eq!(pipe.available(), (pushed - read.len()) as u64);
            }
            let mut sent = bytes(0, pushed);
            let damaged = damaged && pushed > 0;
            if damaged {
                sent[pushed / 2] ^= 1;
            }
            let digest = digest(algorithm, &sent);
            pipe.push_end(EndOfStream { length: pushed as u64, digest });
            if read.len() < pushed {
                pipe.check_end();
                prop_assert_eq!(pipe.verdict(), None);
            }
            while pipe.available() > 0 {
                pipe.take_with(1_000, |part| read.extend_from_slice(part));
            }
            pipe.check_end();
            prop_assert_eq!(pipe.verdict(), Some(!damaged));
            prop_assert_eq!(read, bytes(0, pushed));
        }
    }

    fn algorithm() -> impl Strategy<Value = DigestAlgorithm> {
        prop_oneof![Just(DigestAlgorithm::Xxh3), Just(DigestAlgorithm::Blake3)]
    }

    fn digest(algorithm: DigestAlgorithm, bytes: &[u8]) -> Digest {
        let mut digest = StreamDigest::new(algorithm);
        digest.update(bytes);
        digest.finish()
    }

    #[test]
    fn small_writes_grow_into_one_piece() {
        let pipe = SendPipe::new(1 << 20, DigestAlgorithm::Xxh3, ChunkPool::default());
        for i in 0..1_000usize {
            assert_eq!(pipe.put(&bytes(i, 1)).expect("it is not finished").taken, 1);
        }
        let mut batch = Batch::default();
        pipe.take(&mut batch);
        assert_eq!(batch.drain().map(|piece| piece.len()).collect::<Vec<_>>(), [1_000]);
    }

    /// A pipe whose writer has filled its 1,000 bytes and found no room for one more.
    fn full() -> SendPipe {
        let pipe = SendPipe::new(1_000, DigestAlgorithm::Xxh3, ChunkPool::default());
        assert_eq!(pipe.put(&[0; 2_000]).expect("it is not finished").taken, 1_000);
        assert_eq!(pipe.put(&[0; 1]).expect("it is not finished").taken, 0);
        pipe
    }

    #[test]
    fn a_writer_that_found_no_room_is_told_once_a_quarter_is_free() {
        let pipe = full();
        assert!(!pipe.acknowledge(100, WAKE_SHARE));
        assert!(pipe.acknowledge(250, WAKE_SHARE));
        assert!(!pipe.acknowledge(1_000, WAKE_SHARE), "it is told once");
    }

    #[test]
    fn a_writer_has_the_first_limit_in_any_case_and_is_told_of_a_larger_one() {
        let pipe = full();
        assert!(!pipe.set_limit(0, WAKE_SHARE));
        assert_eq!((pipe.limit(), pipe.held()), (1_000, 1_000));
        assert!(!pipe.set_limit(1_900, 2), "no half is free");
        assert!(pipe.set_limit(2_000, 2));
        assert!(!pipe.set_limit(4_000, 2), "it is told once");
    }

    #[test]
    fn a_reader_that_found_nothing_is_told_of_the_first_bytes() {
        let pipe = RecvPipe::new(1, DigestAlgorithm::Xxh3, ChunkPool::default());
        let chunk = || VecDeque::from([Bytes::from_static(b"x")]);
        assert!(!pipe.push(&mut chunk()), "nobody waits yet");
        assert_eq!(pipe.take_with(10, |_| {}).bytes, 1);
        assert_eq!(pipe.take_with(10, |_| {}).bytes, 0);
        assert!(pipe.push(&mut chunk()));
        assert!(!pipe.push(&mut chunk()), "it is told once");
    }
}
