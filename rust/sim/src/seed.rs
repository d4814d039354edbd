//! Where a run's chances come from.

/// The seed of a run: `FASPSTREAM_SEED` if it is set to a number, else `default`.
pub fn seed(default: u64) -> u64 {
    std::env::var("FASPSTREAM_SEED").ok().and_then(|text| text.trim().parse().ok()).unwrap_or(default)
}
