//! Random numbers by position: the n-th number of a stream can be had without the ones before it.

/// A stream of random numbers for one purpose; SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014),
/// addressed by position.
#[derive(Clone, Copy, Debug)]
pub struct RandomStream {
    key: u64,
}

impl RandomStream {
    /// The stream of `purpose` under `seed`; unlike purposes have unrelated streams.
    pub const fn new(seed: u64, purpose: u64) -> Self {
        Self { key: mix(mix(seed).wrapping_add(mix(purpose ^ 0x6a09_e667_f3bc_c909))) }
    }

    /// The `n`-th 64 random bits.
    pub const fn at(self, n: u64) -> u64 {
        mix(self.key.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// The `n`-th number as a fraction, 0 included and 1 excluded, of 53 bits.
    pub fn unit_at(self, n: u64) -> f64 {
        (self.at(n) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with probability `p`, decided by the `n`-th number; costs nothing if `p` is zero.
    pub fn happens(self, p: f64, n: u64) -> bool {
        p > 0.0 && self.unit_at(n) < p
    }
}

const fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_uniform_and_unlike_streams_are_unrelated() {
        let (a, b) = (RandomStream::new(1, 1), RandomStream::new(1, 2));
        let n = 100_000u64;
        let mean = (0..n).map(|i| a.unit_at(i)).sum::<f64>() / n as f64;
        let together = (0..n).filter(|&i| a.happens(0.5, i) && b.happens(0.5, i)).count() as f64 / n as f64;
        // Five standard errors: 0.29 / sqrt(n) and 0.43 / sqrt(n).
        assert!((mean - 0.5).abs() < 0.0046, "{mean}");
        assert!((together - 0.25).abs() < 0.0069, "{together}");
    }
}
