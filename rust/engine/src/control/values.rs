//! Values in the fields of messages, and their bounds (wire-format.md §2).

use faspstream_proto::config::{Cipher, RatePolicy, Rates};
use faspstream_proto::digest::DigestAlgorithm;
use faspstream_proto::units::Rate;

use super::codec::{CodecError, Fields, VARINT_MAX, Writer, put_varint, take_prefixed};
use crate::api::session::Metadata;

/// Most bytes of a stream's name.
pub(crate) const NAME_MAX: usize = 1_024;
/// Most entries of the metadata.
pub(crate) const METADATA_ENTRIES: usize = 64;
/// Most bytes of the metadata, keys and values together.
pub(crate) const METADATA_BYTES: usize = 16 << 10;

type Result<T> = core::result::Result<T, CodecError>;

/// A stream's name, if it has 1 to 1,024 bytes and no control character.
pub(crate) fn check_name(name: String) -> Option<String> {
    let good = !name.is_empty() && name.len() <= NAME_MAX && !name.contains(char::is_control);
    good.then_some(name)
}

/// True if the metadata may travel.
pub(crate) fn metadata_fits(metadata: &Metadata) -> bool {
    let bytes: usize = metadata.iter().map(|(k, v)| k.len() + v.len()).sum();
    metadata.len() <= METADATA_ENTRIES && bytes <= METADATA_BYTES
}

pub(super) fn put_metadata(metadata: &Metadata) -> Vec<u8> {
    let mut out = Vec::new();
    for text in metadata.iter().flat_map(|(key, value)| [key, value]) {
        put_varint(&mut out, text.len() as u64);
        out.extend_from_slice(text.as_bytes());
    }
    out
}

pub(super) fn take_metadata(f: &Fields<'_>) -> Result<Metadata> {
    let bad = || CodecError::BadValue(4);
    let mut rest = f.find(4).unwrap_or_default();
    let mut metadata = Metadata::new();
    // The lengths stand beside the bytes: at most two per entry, of at most four bytes each.
    if rest.len() > METADATA_BYTES + METADATA_ENTRIES * 8 {
        return Err(bad());
    }
    while !rest.is_empty() {
        let mut text = || {
            let bytes = take_prefixed(&mut rest)?;
            core::str::from_utf8(bytes).ok().map(str::to_owned)
        };
        let (key, value) = text().zip(text()).ok_or_else(bad)?;
        if metadata.insert(key, value).is_some() || !metadata_fits(&metadata) {
            return Err(bad());
        }
    }
    Ok(metadata)
}

pub(super) fn put_rates(writer: Writer, rates: &Rates) -> Writer {
    let policy = match rates.policy {
        RatePolicy::Fixed => 0,
        RatePolicy::High => 1,
        RatePolicy::Fair => 2,
        RatePolicy::Low => 3,
    };
    writer.int(6, rate_number(rates.target)).int(7, rate_number(rates.min)).int(8, policy)
}

pub(super) fn take_rates(f: &Fields<'_>) -> Result<Rates> {
    let policy = match f.int(8)? {
        0 => RatePolicy::Fixed,
        1 => RatePolicy::High,
        2 => RatePolicy::Fair,
        3 => RatePolicy::Low,
        _ => return Err(CodecError::BadValue(8)),
    };
    let rates = Rates { target: rate_from(f.int(6)?), min: rate_from(f.int(7)?), policy };
    if rates.target == Rate::ZERO { Err(CodecError::BadValue(6)) } else { Ok(rates) }
}

pub(super) fn rate_number(rate: Rate) -> u64 {
    rate.as_bps().min(VARINT_MAX)
}

pub(super) fn rate_from(number: u64) -> Rate {
    if number == VARINT_MAX { Rate::UNLIMITED } else { Rate::from_bps(number) }
}

pub(super) fn cipher_number(cipher: Cipher) -> u64 {
    match cipher {
        Cipher::Aes128Gcm => 1,
        Cipher::Aes256Gcm => 2,
        Cipher::ChaCha20Poly1305 => 3,
    }
}

pub(super) fn take_cipher(f: &Fields<'_>) -> Result<Cipher> {
    match f.int(9)? {
        1 => Ok(Cipher::Aes128Gcm),
        2 => Ok(Cipher::Aes256Gcm),
        3 => Ok(Cipher::ChaCha20Poly1305),
        _ => Err(CodecError::BadValue(9)),
    }
}

/// Without the field it is the first algorithm.
pub(super) fn take_digest(f: &Fields<'_>) -> Result<DigestAlgorithm> {
    let number = f.int_or(14, DigestAlgorithm::default().number().into())?;
    DigestAlgorithm::from_number(number).ok_or(CodecError::BadValue(14))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_metadata_have_bounds() {
        assert!(check_name("Grüße aus Köln 1.bin".to_owned()).is_some());
        for bad in [String::new(), "a\nb".to_owned(), "\u{7f}".to_owned(), "x".repeat(NAME_MAX + 1)] {
            assert_eq!(check_name(bad), None);
        }
        let many: Metadata = (0..=METADATA_ENTRIES).map(|i| (i.to_string(), String::new())).collect();
        let large = Metadata::from([("k".to_owned(), "v".repeat(METADATA_BYTES))]);
        assert!(!metadata_fits(&many) && !metadata_fits(&large) && metadata_fits(&Metadata::new()));
    }
}
