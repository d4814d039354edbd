//! The bytes of a stream: unlike at every position, the same for the same seed, and cheap enough for gigabytes.

use std::sync::Arc;

use faspstream_netem::RandomStream;

const WORDS: usize = 8192;
const BLOCK: u64 = (WORDS * 8) as u64;

/// An endless stream of bytes.
#[derive(Clone, Debug)]
pub struct Content {
    pool: Arc<[u64]>,
    scratch: Vec<u8>,
}

impl Content {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        let random = RandomStream::new(seed, 100);
        Self { pool: (0..WORDS as u64).map(|n| random.at(n)).collect(), scratch: Vec::new() }
    }

    /// `len` bytes from position `offset` on.
    pub fn at(&mut self, offset: u64, len: usize) -> &[u8] {
        let skip = (offset % 8) as usize;
        let words = (skip + len).div_ceil(8);
        self.scratch.resize(words * 8, 0);
        let mut word = (offset - skip as u64) / 8;
        let mut rest = &mut self.scratch[..];
        while !rest.is_empty() {
            let from = word as usize % WORDS;
            let take = (WORDS - from).min(rest.len() / 8);
            let (now, later) = rest.split_at_mut(take * 8);
            fill(now, &self.pool[from..from + take], (word * 8 / BLOCK).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            word += take as u64;
            rest = later;
        }
        &self.scratch[skip..skip + len]
    }
}

fn fill(out: &mut [u8], pool: &[u64], add: u64) {
    for (bytes, word) in out.as_chunks_mut::<8>().0.iter_mut().zip(pool) {
        *bytes = word.wrapping_add(add).to_le_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_gives_the_same_bytes() {
        let mut content = Content::new(3);
        let whole = content.at(0, 300_000).to_vec();
        for (offset, len) in [(0usize, 1), (1, 7), (7, 9), (65_530, 20), (131_071, 100_000), (299_999, 1)] {
            assert_eq!(content.at(offset as u64, len), &whole[offset..offset + len], "{offset}+{len}");
        }
    }

    #[test]
    fn blocks_differ_so_that_a_misplaced_one_shows() {
        let mut content = Content::new(3);
        let first = content.at(0, 4096).to_vec();
        assert_ne!(content.at(BLOCK, 4096), &first[..]);
    }
}
