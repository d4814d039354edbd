//! Memory for bytes of streams on their way: chunks that are used again, the one that came back last first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};

/// Most free chunks that are kept: as many bytes as a cache has and more than are on their way between threads that keep up.
const FREE_MAX: usize = 128;

/// Chunks of memory, shared by any number of streams.
///
/// What came back last still lies in the processor's cache: a thousand streams that take turns use the same few chunks in the place of
/// some each, which would all have left it before their next turn. The lock is taken twice for a chunk, never for a datagram.
#[derive(Clone, Debug)]
pub struct ChunkPool {
    size: usize,
    free: Arc<Mutex<Vec<BytesMut>>>,
}

impl Default for ChunkPool {
    fn default() -> Self {
        Self::new(Self::CHUNK)
    }
}

impl ChunkPool {
    /// Bytes of a chunk, unless told otherwise.
    pub const CHUNK: usize = 64 << 10;

    /// Chunks of `size` bytes, none yet.
    pub(crate) fn new(size: usize) -> Self {
        assert!(size > 0, "a chunk has room for something");
        Self { size, free: Arc::default() }
    }

    /// Bytes of a chunk.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// An empty chunk.
    #[must_use]
    pub fn take(&self) -> BytesMut {
        let free = self.lock().pop();
        free.unwrap_or_else(|| BytesMut::with_capacity(self.size))
    }

    /// Bytes that nobody needs any more. Whoever gives back the last part of a chunk, or of any memory about as large, gives it all back;
    /// what is more than twice as large is not kept.
    pub fn give_back(&self, part: Bytes) {
        let Ok(mut chunk) = part.try_into_mut() else { return };
        chunk.clear();
        if chunk.try_reclaim(self.size) && chunk.capacity() <= 2 * self.size {
            let mut free = self.lock();
            if free.len() < FREE_MAX {
                free.push(chunk);
            }
        }
    }

    /// A panic of another thread leaves the list as it was before or after a change.
    fn lock(&self) -> MutexGuard<'_, Vec<BytesMut>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chunk of `pool` in two parts, and where it lies.
    fn parts(pool: &ChunkPool) -> (Bytes, Bytes, *const u8) {
        let mut chunk = pool.take();
        chunk.resize(ChunkPool::CHUNK, 1);
        let address = chunk.as_ptr();
        (chunk.split_to(60).freeze(), chunk.freeze(), address)
    }

    #[test]
    fn memory_is_used_again_once_its_last_part_has_come_back() {
        let pool = ChunkPool::default();
        let (a, b, address) = parts(&pool);
        pool.give_back(a);
        assert_ne!(pool.take().as_ptr(), address, "the second part is still used");
        pool.give_back(b);
        let again = pool.take();
        assert_eq!((again.as_ptr(), again.len()), (address, 0));
        assert!(again.capacity() >= ChunkPool::CHUNK);
    }

    #[test]
    fn what_came_back_last_is_used_first() {
        let pool = ChunkPool::default();
        let chunks: Vec<_> = (0..3).map(|_| parts(&pool)).collect();
        let addresses: Vec<_> = chunks.iter().rev().map(|(.., address)| *address).collect();
        for (a, b, _) in chunks {
            pool.give_back(a);
            pool.give_back(b);
        }
        let again: Vec<_> = (0..3).map(|_| pool.take()).collect();
        assert_eq!(again.iter().map(|chunk| chunk.as_ptr()).collect::<Vec<_>>(), addresses);
    }

    #[test]
    fn what_is_no_chunk_or_one_too_many_is_not_kept() {
        let pool = ChunkPool::default();
        pool.give_back(Bytes::from_static(&[1; 100]));
        pool.give_back(Bytes::from(vec![1; 100]));
        pool.give_back(Bytes::from(vec![1; 3 * ChunkPool::CHUNK]));
        assert_eq!(pool.lock().len(), 0);
        let chunks: Vec<_> = (0..=FREE_MAX).map(|_| parts(&pool)).collect();
        for (a, b, _) in chunks {
            drop(a);
            pool.give_back(b);
        }
        assert_eq!(pool.lock().len(), FREE_MAX);
    }
}
