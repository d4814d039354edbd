//! Memory for the stream that arrives: chunks at fixed places of the stream, used again when the application has let go of them.

use std::collections::VecDeque;

use bytes::BytesMut;

/// Most chunks that are watched for their return; the application rarely holds more than this many at once.
const WATCHED_MAX: usize = 16;

/// Gives chunks out and takes them back.
///
/// A chunk that was handed to the application piece by piece is free again when the last piece is dropped. We keep an empty handle to
/// its memory and look whether that has happened when the next chunk is wanted, so that a stream in its steady state neither allocates
/// nor faults pages in.
pub(super) struct ChunkPool {
    size: usize,
    /// Empty handles, the longest handed out first.
    watched: VecDeque<BytesMut>,
}

impl ChunkPool {
    /// Chunks of `size` bytes.
    pub(super) fn new(size: usize) -> Self {
        Self { size, watched: VecDeque::new() }
    }

    /// An empty chunk with room for `size` bytes.
    pub(super) fn take(&mut self) -> BytesMut {
        let is_free = self.watched.front_mut().is_some_and(|chunk| chunk.try_reclaim(self.size));
        let again = if is_free { self.watched.pop_front() } else { None };
        again.unwrap_or_else(|| BytesMut::with_capacity(self.size))
    }

    /// What is left of a chunk after all its bytes were split off.
    pub(super) fn watch(&mut self, emptied: BytesMut) {
        debug_assert!(emptied.is_empty(), "all bytes were handed out");
        if self.watched.len() == WATCHED_MAX {
            self.watched.pop_front();
        }
        self.watched.push_back(emptied);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_comes_back_once_the_last_piece_is_dropped() {
        let mut pool = ChunkPool::new(100);
        let mut chunk = pool.take();
        chunk.resize(100, 1);
        let address = chunk.as_ptr();
        let (a, b) = (chunk.split_to(60).freeze(), chunk.split_to(40).freeze());
        pool.watch(chunk);

        drop(a);
        let other = pool.take();
        assert_ne!(other.as_ptr(), address, "the second piece is still used");
        assert!(b.iter().all(|byte| *byte == 1));
        drop(b);
        let again = pool.take();
        assert_eq!((again.as_ptr(), again.len()), (address, 0));
        assert!(again.capacity() >= 100);
    }

    #[test]
    fn an_application_that_keeps_everything_does_not_make_the_pool_grow() {
        let mut pool = ChunkPool::new(16);
        let mut kept = Vec::new();
        for _ in 0..3 * WATCHED_MAX {
            let mut chunk = pool.take();
            chunk.resize(16, 0);
            kept.push(chunk.split_to(16).freeze());
            pool.watch(chunk);
        }
        assert_eq!(pool.watched.len(), WATCHED_MAX);
    }
}
