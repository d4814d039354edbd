//! The AEAD key of one key phase (wire-format.md §3.1).

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use zeroize::Zeroizing;

use crate::config::Cipher;
use crate::keys::expand;

/// The secret that key and IV of a phase come from; wiped when dropped.
pub(super) type Secret = Zeroizing<[u8; 32]>;

/// The secret of the phase after the one of `secret` (wire-format.md §3.2).
pub(super) fn next_secret(secret: &Secret) -> Secret {
    expand(secret, "ku")
}

/// Key and IV of one phase. The library wipes the key's memory when it frees it.
pub(super) struct PacketKey {
    aead: LessSafeKey,
    iv: Zeroizing<[u8; 12]>,
}

impl PacketKey {
    /// Derives key and IV from the secret of the phase.
    pub(super) fn new(cipher: Cipher, secret: &Secret) -> Self {
        let key = match cipher {
            Cipher::Aes128Gcm => UnboundKey::new(&AES_128_GCM, expand::<16>(secret, "key").as_ref()),
            Cipher::Aes256Gcm => UnboundKey::new(&AES_256_GCM, expand::<32>(secret, "key").as_ref()),
            Cipher::ChaCha20Poly1305 => {
                UnboundKey::new(&CHACHA20_POLY1305, expand::<32>(secret, "key").as_ref())
            }
        };
        let key = key.expect("each cipher is given a key of its own length");
        Self { aead: LessSafeKey::new(key), iv: expand(secret, "iv") }
    }

    /// IV XOR the packet number in the last 8 bytes (RFC 9001 section 5.3).
    fn nonce(&self, packet_number: u64) -> Nonce {
        let mut nonce = *self.iv;
        for (byte, number) in nonce[4..].iter_mut().zip(packet_number.to_be_bytes()) {
            *byte ^= number;
        }
        Nonce::assume_unique_for_key(nonce)
    }

    /// Encrypts `plaintext` into `ciphertext`, which is as long, and authenticates it together with `header`.
    pub(super) fn seal(
        &self,
        packet_number: u64,
        header: &[u8],
        plaintext: &[u8],
        ciphertext: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Unspecified> {
        let nonce = self.nonce(packet_number);
        self.aead.seal_out_of_place_scatter(nonce, Aad::from(header), plaintext, ciphertext, &[], tag)
    }

    /// Decrypts `ciphertext` into `plaintext`, which is as long. If it is not authentic, `plaintext` holds nothing of use.
    pub(super) fn open(
        &self,
        packet_number: u64,
        header: &[u8],
        ciphertext: &[u8],
        tag: &[u8],
        plaintext: &mut [u8],
    ) -> Result<(), Unspecified> {
        let nonce = self.nonce(packet_number);
        self.aead.open_separate_gather(nonce, Aad::from(header), ciphertext, tag, plaintext)
    }
}
