//! What all tests of the lab begin with.

use faspstream_bench::lab::Lab;

/// True if the lab can run here; says why if it cannot.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn can_run() -> bool {
    match Lab::available() {
        Ok(()) => true,
        Err(e) => {
            eprintln!("skipped: {e}");
            false
        }
    }
}
