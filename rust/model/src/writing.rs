//! From the writing application to the driver.

use bytes::Bytes;
use faspstream_proto::digest::{DigestAlgorithm, StreamDigest};
use faspstream_proto::memory::ChunkPool;
use loom::sync::Arc;
use loom::thread;

use crate::explore;
use crate::pipe::{Batch, SendPipe, WAKE_SHARE};

fn pipe(limit: u64) -> Arc<SendPipe> {
    Arc::new(SendPipe::new(limit, DigestAlgorithm::Xxh3, ChunkPool::default()))
}

/// What the driver takes now.
fn take(pipe: &SendPipe) -> (Vec<u8>, Batch) {
    let mut batch = Batch::default();
    pipe.take(&mut batch);
    let bytes = batch.drain().collect::<Vec<Bytes>>().concat();
    (bytes, batch)
}

/// A writer that found no room is told of the acknowledgement, or has found the room itself.
pub fn blocked_writer_is_told() {
    explore(|| {
        let pipe = pipe(1);
        assert_eq!(pipe.put(b"a").expect("it is not finished").taken, 1);
        let writer = Arc::clone(&pipe);
        let writer = thread::spawn(move || writer.put(b"b").expect("it is not finished").taken);
        let told = pipe.acknowledge(1, WAKE_SHARE);
        let taken = writer.join().expect("it does not panic");
        assert!(taken == 1 || told, "nobody tells the writer");
    });
}

/// A driver that is about to rest finds the bytes, or is told of them.
pub fn hungry_driver_is_told() {
    explore(|| {
        let pipe = pipe(10);
        // The driver has been told of these, and takes them.
        assert!(pipe.put(b"a").expect("it is not finished").kick);
        let writer = Arc::clone(&pipe);
        let writer = thread::spawn(move || writer.put(b"b").expect("it is not finished").kick);
        let (mut taken, _) = take(&pipe);
        let rests = pipe.await_more();
        let kicked = writer.join().expect("it does not panic");
        if !rests || kicked {
            taken.extend(take(&pipe).0);
        }
        assert_eq!(taken, b"ab", "the driver rests beside bytes");
    });
}

/// The digest is that of the bytes in the order in which the driver gets them, whoever writes.
pub fn two_writers_are_in_order() {
    explore(|| {
        let pipe = pipe(10);
        let writer = Arc::clone(&pipe);
        let writer = thread::spawn(move || writer.put(b"bb").expect("it is not finished"));
        pipe.put(b"a").expect("it is not finished");
        let mut taken = take(&pipe).0;
        writer.join().expect("it does not panic");
        taken.extend(take(&pipe).0);
        let mut digest = StreamDigest::new(DigestAlgorithm::Xxh3);
        digest.update(&taken);
        assert_eq!((taken.len(), pipe.digest()), (3, digest.finish()));
    });
}

/// When the driver hears of the end it has every byte before it, also those of a writer that finish races with.
pub fn end_comes_last() {
    explore(|| {
        let pipe = pipe(10);
        let (writer, finisher) = (Arc::clone(&pipe), Arc::clone(&pipe));
        let writer = thread::spawn(move || writer.put(b"a").map_or(0, |put| put.taken));
        let finisher = thread::spawn(move || finisher.finish().expect("once").length);
        let (mut taken, mut end) = (0, None);
        while end.is_none() {
            let (bytes, batch) = take(&pipe);
            taken += bytes.len() as u64;
            end = batch.end;
            thread::yield_now();
        }
        let written = writer.join().expect("it does not panic") as u64;
        let length = finisher.join().expect("it does not panic");
        assert_eq!((end.map(|end| end.length), written), (Some(taken), taken));
        assert_eq!(length, taken);
    });
}
