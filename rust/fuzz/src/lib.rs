//! Fuzz targets as plain functions of bytes. A target panics when it has found something.
//!
//! `tests/corpora.rs` replays the committed corpora in every `cargo test`; `guided/` lets libFuzzer look for more (`rust/fuzz/run`).

#![forbid(unsafe_code)]

mod datagram;
mod hostile;
mod pair;
mod program;

pub use datagram::datagram;
pub use faspstream::fuzzing::{control, pem, properties};
pub use hostile::hostile;
pub use pair::pair;

/// A function that any bytes may be given to.
pub type Target = fn(&[u8]);

/// Every target by name, which is also that of its corpus.
pub const TARGETS: [(&str, Target); 6] = [
    ("datagram", datagram),
    ("control", control),
    ("properties", properties),
    ("pem", pem),
    ("pair", pair),
    ("hostile", hostile),
];
