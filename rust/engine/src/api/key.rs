//! Access keys.

use core::fmt;
use std::path::Path;

use zeroize::Zeroizing;

use crate::api::error::{Error, ErrorCode, Result};
use crate::api::key_limits::KeyLimits;

/// A named secret that both ends know (wire-format.md §2.1).
#[derive(Clone)]
pub struct AccessKey {
    id: String,
    secret: Zeroizing<Vec<u8>>,
    limits: KeyLimits,
}

/// Most bytes of a key id.
const ID_MAX: usize = 128;
/// Most bytes of a secret.
const SECRET_MAX: usize = 1024;
/// A shorter secret can be guessed by whoever gets between the ends once; it is taken, with a warning.
const SECRET_GOOD: usize = 16;

impl AccessKey {
    /// A key from its id (1 to 128 bytes, no colon, parenthesis, white space or control character) and secret (1 to 1,024 bytes). A secret
    /// below 16 bytes is logged as weak.
    pub fn new(id: &str, secret: &str) -> Result<Self> {
        let key = Self::checked(id, secret)?;
        if key.is_weak() {
            log::warn!(
                "the secret of access key {id:?} is shorter than {SECRET_GOOD} bytes and may be guessed; \
                 `faspstream keygen {id}` makes a good one"
            );
        }
        Ok(key)
    }

    fn checked(id: &str, secret: &str) -> Result<Self> {
        let bad = |c: char| matches!(c, ':' | '(' | ')') || c.is_whitespace() || c.is_control();
        if id.is_empty() || id.len() > ID_MAX || id.contains(bad) {
            return Err(Error::configuration(format!(
                "access key id {id:?}: allowed are 1 to {ID_MAX} bytes without colon, parenthesis, white space or control character"
            )));
        }
        if secret.is_empty() || secret.len() > SECRET_MAX {
            return Err(Error::configuration(format!(
                "the secret of access key {id:?} has {} bytes: allowed are 1 to {SECRET_MAX}; \
                 `faspstream keygen {id}` makes a good one",
                secret.len()
            )));
        }
        let secret = Zeroizing::new(secret.as_bytes().to_vec());
        Ok(Self { id: id.to_owned(), secret, limits: KeyLimits::default() })
    }

    fn is_weak(&self) -> bool {
        self.secret.len() < SECRET_GOOD
    }

    /// A key with a fresh secret of 256 random bits, written in 64 hexadecimal digits.
    pub fn generate(id: &str) -> Result<Self> {
        let mut random = Zeroizing::new([0u8; 32]);
        crate::random::fill(random.as_mut());
        let secret = Zeroizing::new(crate::api::receipt::hex(random.as_ref()));
        Self::new(id, &secret)
    }

    /// Reads `id:secret` or `id(limits):secret` ([`KeyLimits`]); the secret is everything behind the first colon.
    pub fn parse(text: &str) -> Result<Self> {
        match text.split_once(':') {
            Some((id, secret)) => {
                let (id, limits) = KeyLimits::split(id)?;
                Self::new(id, secret).map(|key| key.with_limits(limits))
            }
            // The text may be a bare secret, so it is not repeated.
            None => Err(Error::configuration("an access key has no colon: the form is id:secret")),
        }
    }

    /// Reads keys that are separated by commas. A secret that has a comma itself falls into pieces, of which one may look like the id of
    /// a key: where there are several, nothing of them is repeated, in an error or in the log.
    pub(crate) fn parse_list(text: &str) -> core::result::Result<Vec<Self>, String> {
        let pieces: Vec<&str> = text.split(',').map(str::trim).collect();
        if let [one] = pieces[..] {
            return Self::parse(one).map(|key| vec![key]).map_err(|e| e.message().to_owned());
        }
        let many = pieces.len();
        let read = |(at, piece): (usize, &&str)| {
            let (id, secret) = piece.split_once(':').unwrap_or_default();
            let key = KeyLimits::split(id)
                .and_then(|(id, limits)| Ok(Self::checked(id, secret)?.with_limits(limits)));
            let key = key.map_err(|_| {
                format!(
                    "number {} of {many} keys is not of the form; a secret with a comma goes into a file",
                    at + 1
                )
            })?;
            if key.is_weak() {
                log::warn!(
                    "the secret of number {} of {many} access keys is shorter than {SECRET_GOOD} bytes and may be guessed",
                    at + 1
                );
            }
            Ok(key)
        };
        pieces.iter().enumerate().map(read).collect()
    }

    /// Reads a file of keys: one `id:secret` per line, empty lines and lines that start with `#` are skipped.
    pub fn load(path: &Path) -> Result<Vec<Self>> {
        let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|e| {
            Error::new(ErrorCode::Configuration, format!("access key file {}: {e}", path.display()))
        })?;
        Self::read(path, &text)
    }

    /// The same from the text of the file at `path`.
    pub(crate) fn read(path: &Path, text: &str) -> Result<Vec<Self>> {
        let mut keys = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = Self::parse(line).map_err(|e| {
                Error::configuration(format!("access key file {}, line {}: {e}", path.display(), number + 1))
            })?;
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(Error::configuration(format!(
                "access key file {} holds no key; `faspstream keygen ID` makes one",
                path.display()
            )));
        }
        Ok(keys)
    }

    /// The same key with what a server lets its holder do; at a client limits mean nothing.
    #[must_use]
    pub fn with_limits(mut self, limits: KeyLimits) -> Self {
        self.limits = limits;
        self
    }

    /// What a server lets the holder do.
    pub fn limits(&self) -> &KeyLimits {
        &self.limits
    }

    /// The id, which is no secret.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The secret as UTF-8, for writing a key file. Handle with care.
    pub fn reveal_secret(&self) -> &str {
        core::str::from_utf8(&self.secret).expect("the secret was made from a str")
    }

    pub(crate) fn secret(&self) -> &[u8] {
        &self.secret
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessKey({}, ..)", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_its_text_and_never_printed() {
        let key = AccessKey::parse("cam:s3cret:with:colons").expect("it is well-formed");
        assert_eq!((key.id(), key.reveal_secret()), ("cam", "s3cret:with:colons"));
        assert!(!format!("{key:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_not_a_key_is_refused_without_repeating_the_secret() {
        for text in ["nocolon-secretsecret", ":12345678", "a b:12345678", "cam:"] {
            let error = AccessKey::parse(text).expect_err(text);
            assert_eq!(error.code(), ErrorCode::Configuration);
            assert!(!error.message().contains("secretsecret"));
        }
    }

    #[test]
    fn of_several_keys_nothing_is_repeated_that_may_be_a_part_of_a_secret() {
        let two = AccessKey::parse_list("a:1234567812345678, b(push):1234567812345678")
            .expect("both are well-formed");
        assert_eq!(two.iter().map(AccessKey::id).collect::<Vec<_>>(), ["a", "b"]);
        for text in [
            "cam:12345678,hush",
            "cam:12345678,hu sh:hush",
            "cam:1234,hush(hush):x",
            "cam:1234,(hush",
            "cam:12,hush:",
        ] {
            let error = AccessKey::parse_list(text).expect_err(text);
            assert!(
                error.contains("number 2 of 2") && !error.contains("hush") && !error.contains("hu sh"),
                "{error}"
            );
        }
    }

    #[test]
    fn generated_keys_differ() {
        let (a, b) = (AccessKey::generate("a").expect("ok"), AccessKey::generate("a").expect("ok"));
        assert_ne!(a.reveal_secret(), b.reveal_secret());
        assert_eq!(a.reveal_secret().len(), 64);
    }
}
