//! Where the bytes of the stream lie until they are read.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::memory::ChunkPool;

/// The chunks of the stream from the one that is being read on. Every chunk begins at a multiple of its size in the stream and is made
/// when its first byte arrives.
pub(super) struct ChunkStore {
    size: u64,
    pool: ChunkPool,
    /// The place in the stream of the first chunk's first byte.
    base: u64,
    chunks: VecDeque<Option<Chunk>>,
    allocated: u64,
}

struct Chunk {
    /// The place in the stream of the first byte that was not handed out.
    start: u64,
    /// Grows to the last byte that has arrived, and never above the capacity that it was made with.
    bytes: BytesMut,
}

impl ChunkStore {
    /// An empty store with the chunks of `pool`.
    pub(super) fn new(pool: ChunkPool) -> Self {
        Self { size: pool.size() as u64, pool, base: 0, chunks: VecDeque::new(), allocated: 0 }
    }

    /// The number of the chunk that holds this place of the stream.
    pub(super) fn chunk_of(&self, offset: u64) -> u64 {
        offset / self.size
    }

    /// As if everything below `base`, a multiple of the size of a chunk, had been handed out.
    #[cfg(test)]
    pub(super) fn pretend_base(&mut self, base: u64) {
        assert_eq!(base % self.size, 0, "a chunk begins there");
        self.base = base;
    }

    /// Bytes of memory in use for chunks.
    #[cfg(test)]
    pub(super) fn allocated(&self) -> u64 {
        self.allocated
    }

    /// The memory of `len` bytes from `offset` on, which lie in one chunk and were not handed out.
    pub(super) fn slot(&mut self, offset: u64, len: usize) -> &mut [u8] {
        let index = (self.chunk_of(offset) - self.chunk_of(self.base)) as usize;
        if index >= self.chunks.len() {
            self.chunks.resize_with(index + 1, || None);
        }
        let chunk = self.chunks[index].get_or_insert_with(|| {
            self.allocated += self.size;
            Chunk { start: self.base + index as u64 * self.size, bytes: self.pool.take() }
        });
        let from = (offset - chunk.start) as usize;
        let to = from + len;
        if chunk.bytes.len() < to {
            chunk.bytes.resize(to, 0);
        }
        &mut chunk.bytes[from..to]
    }

    /// Copies `bytes` to their place, over as many chunks as it takes.
    pub(super) fn write(&mut self, mut offset: u64, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = (self.size - offset % self.size) as usize;
            let (piece, rest) = bytes.split_at(room.min(bytes.len()));
            self.slot(offset, piece.len()).copy_from_slice(piece);
            offset += piece.len() as u64;
            bytes = rest;
        }
    }

    /// Splits off what lies from `from`, the first byte that was not handed out, to `to` or to the end of the chunk, without a copy.
    pub(super) fn split_off(&mut self, from: u64, to: u64) -> Option<Bytes> {
        let chunk_end = self.base + self.size;
        let chunk = self.chunks.front_mut()?.as_mut()?;
        debug_assert_eq!(chunk.start, from, "bytes are handed out in order");
        let len = (to.min(chunk_end) - from) as usize;
        let bytes = chunk.bytes.split_to(len).freeze();
        chunk.start += len as u64;
        if chunk.start == chunk_end {
            self.retire_first();
        }
        Some(bytes)
    }

    fn retire_first(&mut self) {
        self.base += self.size;
        // Whoever is done with its last piece gives it back to the pool.
        if let Some(Some(_)) = self.chunks.pop_front() {
            self.allocated -= self.size;
        }
    }
}
