//! The digest of a whole stream (wire-format.md §4, END).
//!
//! It finds mistakes of the ends themselves (a byte that was lost, doubled or misplaced between application and network). It need
//! not withstand an attacker: every datagram is authenticated.

use xxhash_rust::xxh3::Xxh3;

/// What the algorithm is called.
pub const NAME: &str = "XXH3-128";
/// Its number on the wire.
pub const ALGORITHM: u8 = 1;

/// The digest of a stream that is still growing.
#[derive(Clone, Default)]
pub struct StreamDigest(Xxh3);

impl StreamDigest {
    /// The digest of nothing.
    pub const fn new() -> Self {
        Self(Xxh3::new())
    }

    /// Adds the next bytes of the stream; where it was cut into pieces makes no difference.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes so far, big-endian. More may follow.
    pub fn finish(&self) -> [u8; 16] {
        self.0.digest128().to_be_bytes()
    }
}

impl core::fmt::Debug for StreamDigest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "StreamDigest({:032x})", self.0.digest128())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_no_difference() {
        let bytes: Vec<u8> = (0..10_000u32).map(|i| (i * 7) as u8).collect();
        let mut whole = StreamDigest::new();
        whole.update(&bytes);
        for size in [1, 3, 255, 256, 1_441] {
            let mut pieces = StreamDigest::new();
            bytes.chunks(size).for_each(|piece| pieces.update(piece));
            assert_eq!(pieces.finish(), whole.finish());
        }
    }

    #[test]
    fn the_value_of_the_empty_stream_is_the_published_one() {
        assert_eq!(
            u128::from_be_bytes(StreamDigest::new().finish()),
            0x99aa_06d3_0147_98d8_6001_c324_468d_497f
        );
    }
}
