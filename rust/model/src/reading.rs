//! From the driver to the reading application.

use std::collections::VecDeque;

use bytes::Bytes;
use faspstream_proto::digest::{DigestAlgorithm, StreamDigest};
use faspstream_proto::io::EndOfStream;
use faspstream_proto::memory::ChunkPool;
use loom::sync::Arc;
use loom::thread;

use crate::explore;
use crate::pipe::RecvPipe;

fn pipe() -> Arc<RecvPipe> {
    Arc::new(RecvPipe::new(1 << 20, DigestAlgorithm::Xxh3, ChunkPool::default()))
}

fn chunk() -> VecDeque<Bytes> {
    VecDeque::from([Bytes::from_static(b"a")])
}

/// A reader that found nothing is told of the first bytes, or has found them itself.
pub fn reader_is_told() {
    explore(|| {
        let pipe = pipe();
        let reader = Arc::clone(&pipe);
        let reader = thread::spawn(move || reader.take_with(10, |_| {}).bytes);
        let told = pipe.push(&mut chunk());
        let taken = reader.join().expect("it does not panic");
        assert!(taken == 1 || told, "nobody tells the reader");
    });
}

/// The end is judged once, by the reader or by the driver; if by the reader, the driver is told to look.
pub fn end_is_judged_once() {
    explore(|| {
        let pipe = pipe();
        pipe.push(&mut chunk());
        let reader = Arc::clone(&pipe);
        let reader = thread::spawn(move || reader.take_with(10, |_| {}));
        let mut digest = StreamDigest::new(DigestAlgorithm::Xxh3);
        digest.update(b"a");
        pipe.push_end(EndOfStream { length: 1, digest: digest.finish() });
        pipe.check_end();
        let seen = pipe.verdict();
        let taken = reader.join().expect("it does not panic");
        assert_eq!((taken.bytes, pipe.verdict()), (1, Some(true)));
        assert!(seen.is_some() || taken.kick, "the driver does not hear of the end");
    });
}
