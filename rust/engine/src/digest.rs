//! The digest of a stream, at both ends of the engine.

use xxhash_rust::xxh3::Xxh3;

/// The name of the digest in receipts.
pub(crate) const NAME: &str = "XXH3-128";

/// A digest that grows with the stream.
pub(crate) struct StreamDigest(Xxh3);

impl StreamDigest {
    pub(crate) fn new() -> Self {
        Self(Xxh3::new())
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes so far, big-endian.
    pub(crate) fn finish(&self) -> [u8; 16] {
        self.0.digest128().to_be_bytes()
    }
}
