//! Every input that was ever worth keeping goes through its target again: what was once found stays mended.

use std::path::{Path, PathBuf};

use faspstream_fuzz::TARGETS;

fn corpus(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let entries = std::fs::read_dir(&folder).expect("every target has a corpus");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    files.sort();
    files
}

#[test]
fn every_input_of_every_corpus_passes_its_target() {
    for (name, target) in TARGETS {
        let files = corpus(name);
        assert!(files.len() >= 10, "the corpus of {name} is not there");
        for file in files {
            let input = std::fs::read(&file).expect("it can be read");
            let passed = std::panic::catch_unwind(|| target(&input));
            assert!(passed.is_ok(), "{name} fails on {}", file.display());
        }
    }
}

/// A generator (PCG's multiplier) so that each run tries the same inputs.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    let mut byte = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(|_| byte()).collect()
}

#[test]
fn noise_passes_every_target() {
    for (name, target) in TARGETS {
        for seed in 0..200 {
            let input = noise(seed, 1 + 3 * seed as usize);
            let passed = std::panic::catch_unwind(|| target(&input));
            assert!(passed.is_ok(), "{name} fails on the noise of seed {seed}");
        }
    }
}
