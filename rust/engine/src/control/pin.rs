//! Public keys that a client expects of its server.

use core::fmt;
use core::str::FromStr;

use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;
use thiserror::Error;

use crate::api::error::Error as ApiError;
use crate::api::receipt::hex;

/// SHA-256 of the public key (SubjectPublicKeyInfo, RFC 5280 section 4.1) in a certificate. It stays the same when the certificate is
/// renewed with the same key.
///
/// As text: 64 hexadecimal digits, in either case, with colons between pairs or without, with or without `sha256:` before them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyPin([u8; 32]);

impl KeyPin {
    /// The pin of this certificate's key.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Result<Self, rustls::Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &parsed.subject_public_key_info());
        let bytes = digest.as_ref().try_into().expect("SHA-256 has 32 bytes");
        Ok(Self(bytes))
    }

    /// The 32 bytes of the digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for KeyPin {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Self, ApiError> {
        let bad = || {
            ApiError::configuration(format!(
                "{text:?} is no pin: allowed are the 64 hexadecimal digits of a SHA-256 over the server's public key"
            ))
        };
        let text = text.trim();
        let digits =
            text.get(..7).filter(|start| start.eq_ignore_ascii_case("sha256:")).map_or(text, |_| &text[7..]);
        let digits: Vec<u8> = digits.bytes().filter(|b| *b != b':').collect();
        let mut bytes = [0; 32];
        if digits.len() != 64 {
            return Err(bad());
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let digit = |d: u8| char::from(d).to_digit(16).ok_or_else(bad);
            *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for KeyPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex(&self.0))
    }
}

impl fmt::Debug for KeyPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPin({self})")
    }
}

/// The server shows a key that is not among the pinned ones.
#[derive(Debug, Error)]
#[error("its key is {0}, which tls.pin does not name: it is another server, or its key was replaced")]
pub(crate) struct NotPinned(pub(crate) KeyPin);

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

    #[test]
    fn a_pin_is_read_however_it_is_written() {
        let pin: KeyPin = HEX.parse().expect("it is well-formed");
        let colons: Vec<&str> = (0..32).map(|i| &HEX[2 * i..2 * i + 2]).collect();
        assert_eq!(colons.join(":").parse::<KeyPin>().expect("it is well-formed"), pin);
        assert_eq!(pin.to_string().parse::<KeyPin>().expect("it is well-formed"), pin);
        assert_eq!(pin.as_bytes()[..4], [0, 0x11, 0x22, 0x33]);
    }

    #[test]
    fn what_is_no_pin_is_refused_with_what_is() {
        for text in ["", "sha256:", "00", &HEX[1..], &format!("{HEX}00"), &HEX.replace('a', "g"), "ü"] {
            let error = text.parse::<KeyPin>().expect_err(text);
            assert!(error.message().contains("64 hexadecimal digits"), "{error}");
        }
    }
}
