//! Random bytes of the operating system, by way of the crypto library.

/// Fills `out` with unpredictable bytes.
pub(crate) fn fill(out: &mut [u8]) {
    aws_lc_rs::rand::fill(out).expect("the system's random generator works, or nothing here is safe");
}

/// `N` unpredictable bytes.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    fill(&mut out);
    out
}
