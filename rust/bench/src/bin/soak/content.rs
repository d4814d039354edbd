//! What the streams hold: a block of noise whose length is a prime, again and again, begun at another place in every stream.

use crate::Outcome;

/// A prime: what is displaced by any other distance than a multiple of it is found, and datagrams and buffers have no such length.
const LENGTH: usize = 1_000_003;

/// The block, twice one behind the other, so that every piece is one slice.
pub(crate) struct Content(Vec<u8>);

impl Content {
    pub(crate) fn new() -> Self {
        let mut random = Random(0x5eed);
        let block: Vec<u8> = (0..LENGTH).map(|_| random.next() as u8).collect();
        Self([&block[..], &block[..]].concat())
    }

    /// The bytes of the stream `seed` from `offset`, up to `most`, at least one.
    pub(crate) fn piece(&self, seed: u64, offset: u64, most: usize) -> &[u8] {
        let from = ((seed % LENGTH as u64 + offset) % LENGTH as u64) as usize;
        &self.0[from..from + most.min(LENGTH)]
    }

    /// Compares what was read.
    pub(crate) fn check(&self, seed: u64, mut offset: u64, mut bytes: &[u8]) -> Outcome<()> {
        while !bytes.is_empty() {
            let expected = self.piece(seed, offset, bytes.len());
            let (now, later) = bytes.split_at(expected.len());
            if let Some(at) = (now != expected).then(|| now.iter().zip(expected).position(|(a, b)| a != b)) {
                let at = offset + at.unwrap_or_default() as u64;
                return Err(format!("DAMAGE: stream {seed} differs at byte {at}").into());
            }
            offset += expected.len() as u64;
            bytes = later;
        }
        Ok(())
    }
}

/// A generator (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Up to `most`, small numbers as often as large ones: uniform in the logarithm.
    pub(crate) fn length(&mut self, most: u64) -> u64 {
        let bits = self.next() % u64::from(64 - most.leading_zeros());
        (self.next() % (2 << bits)).min(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_damaged_displaced_or_of_another_stream_is_found() {
        let content = Content::new();
        let mut read = content.piece(7, 999_000, 500_000).to_vec();
        content.check(7, 999_000, &read).expect("it is right");
        assert!(content.check(8, 999_000, &read).is_err());
        assert!(content.check(7, 999_001, &read).is_err());
        read[400_000] ^= 1;
        let error = content.check(7, 999_000, &read).expect_err("a bit differs").to_string();
        assert!(error.contains("1399000"), "{error}");
    }
}
