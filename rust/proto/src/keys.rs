//! Key derivation (wire-format.md §2.2, §3.1, §3.2).

use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

use crate::config::{MasterSecret, Side};

/// Derives `N` bytes from a secret of 32 bytes (HKDF-Expand with SHA-256, RFC 5869 section 2.3).
pub(crate) fn expand<const N: usize>(secret: &[u8; 32], info: &str) -> Zeroizing<[u8; N]> {
    struct Len(usize);
    impl hkdf::KeyType for Len {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut out = Zeroizing::new([0; N]);
    let info = [info.as_bytes()];
    hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, secret)
        .expand(&info, Len(N))
        .and_then(|okm| okm.fill(out.as_mut()))
        .expect("HKDF-Expand gives up to 8,160 bytes and N is at most 32");
    out
}

impl MasterSecret {
    /// The first secret of what `side` sends (wire-format.md §2.2).
    pub(crate) fn traffic_secret(&self, side: Side) -> Zeroizing<[u8; 32]> {
        expand(
            &self.0,
            match side {
                Side::Client => "faspstream c2s",
                Side::Server => "faspstream s2c",
            },
        )
    }

    /// The key of the proof in RESUME (wire-format.md §2.2).
    pub fn resumption_key(&self) -> Zeroizing<[u8; 32]> {
        expand(&self.0, "faspstream resume")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_direction_and_purpose_has_a_secret_of_its_own() {
        let master = MasterSecret::new([7; 32]);
        let all = [
            master.traffic_secret(Side::Client),
            master.traffic_secret(Side::Server),
            master.resumption_key(),
        ];
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    }
}
