//! The digest of a whole stream (wire-format.md §4.2).
//!
//! It finds mistakes of the ends themselves (a byte that was lost, doubled or misplaced between application and network). It need
//! not withstand an attacker: every datagram is authenticated. Where a digest is wanted that means something outside of the stream,
//! there is BLAKE3.

use xxhash_rust::xxh3::Xxh3;

/// Bytes of the longest digest.
pub const LENGTH_MAX: usize = 32;

/// What a stream's digest is computed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DigestAlgorithm {
    /// XXH3 of 128 bits: the fastest, for mistakes and not for attackers.
    #[default]
    Xxh3,
    /// BLAKE3 of 256 bits: cryptographic; what `b3sum` prints for a file of the same bytes.
    Blake3,
}

impl DigestAlgorithm {
    /// Its number on the wire.
    pub const fn number(self) -> u8 {
        match self {
            Self::Xxh3 => 1,
            Self::Blake3 => 2,
        }
    }

    /// The algorithm of this number; None if it is unknown.
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::Xxh3),
            2 => Some(Self::Blake3),
            _ => None,
        }
    }

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Xxh3 => "XXH3-128",
            Self::Blake3 => "BLAKE3",
        }
    }

    /// Bytes of a digest: 16 or 32.
    pub const fn length(self) -> usize {
        match self {
            Self::Xxh3 => 16,
            Self::Blake3 => LENGTH_MAX,
        }
    }
}

/// The digest of a stream. Two are equal if algorithm and value are.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest {
    algorithm: DigestAlgorithm,
    /// Zero behind the length of the algorithm.
    bytes: [u8; LENGTH_MAX],
}

impl Digest {
    /// The digest of these bytes; None if they are not as many as the algorithm's digests have.
    pub fn new(algorithm: DigestAlgorithm, value: &[u8]) -> Option<Self> {
        let mut bytes = [0; LENGTH_MAX];
        if value.len() != algorithm.length() {
            return None;
        }
        bytes[..value.len()].copy_from_slice(value);
        Some(Self { algorithm, bytes })
    }

    /// What it was computed with.
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// Its bytes, as many as the algorithm says.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.algorithm.length()]
    }
}

impl core::fmt::Debug for Digest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}:", self.algorithm.name())?;
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The digest of a stream that is still growing.
#[derive(Clone, Debug)]
pub struct StreamDigest(State);

#[derive(Clone)]
enum State {
    Xxh3(Box<Xxh3>),
    Blake3(Box<blake3::Hasher>),
}

impl StreamDigest {
    /// The digest of nothing.
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        Self(match algorithm {
            DigestAlgorithm::Xxh3 => State::Xxh3(Box::default()),
            DigestAlgorithm::Blake3 => State::Blake3(Box::default()),
        })
    }

    /// Adds the next bytes of the stream; where it was cut into pieces makes no difference.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Xxh3(state) => state.update(bytes),
            State::Blake3(state) => drop(state.update(bytes)),
        }
    }

    /// The digest of all bytes so far (XXH3 big-endian). More may follow.
    pub fn finish(&self) -> Digest {
        let mut bytes = [0; LENGTH_MAX];
        let algorithm = match &self.0 {
            State::Xxh3(state) => {
                bytes[..16].copy_from_slice(&state.digest128().to_be_bytes());
                DigestAlgorithm::Xxh3
            }
            State::Blake3(state) => {
                bytes = *state.finalize().as_bytes();
                DigestAlgorithm::Blake3
            }
        };
        Digest { algorithm, bytes }
    }
}

impl core::fmt::Debug for State {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Xxh3(_) => "Xxh3",
            Self::Blake3(_) => "Blake3",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [DigestAlgorithm; 2] = [DigestAlgorithm::Xxh3, DigestAlgorithm::Blake3];

    #[test]
    fn pieces_make_no_difference() {
        let bytes: Vec<u8> = (0..10_000u32).map(|i| (i * 7) as u8).collect();
        for algorithm in ALL {
            let mut whole = StreamDigest::new(algorithm);
            whole.update(&bytes);
            for size in [1, 3, 255, 256, 1_441] {
                let mut pieces = StreamDigest::new(algorithm);
                bytes.chunks(size).for_each(|piece| pieces.update(piece));
                assert_eq!(pieces.finish(), whole.finish());
            }
        }
    }

    #[test]
    fn the_values_of_the_empty_stream_are_the_published_ones() {
        let digests = ALL.map(|algorithm| format!("{:?}", StreamDigest::new(algorithm).finish()));
        assert_eq!(
            digests,
            [
                "XXH3-128:99aa06d3014798d86001c324468d497f",
                "BLAKE3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
            ]
        );
    }

    #[test]
    fn a_digest_has_the_length_of_its_algorithm_and_a_number_leads_back_to_it() {
        for algorithm in ALL {
            assert_eq!(DigestAlgorithm::from_number(algorithm.number().into()), Some(algorithm));
            assert_eq!(StreamDigest::new(algorithm).finish().as_bytes().len(), algorithm.length());
            assert!(Digest::new(algorithm, &[1; 24]).is_none());
        }
        assert_eq!(DigestAlgorithm::from_number(0), None);
        assert_eq!(DigestAlgorithm::from_number(3), None);
    }
}
