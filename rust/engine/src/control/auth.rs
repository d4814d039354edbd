//! Proofs over the TLS exporter (wire-format.md §2.1, §2.2).

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::api::key::AccessKey;

/// Label of the exporter value that proofs are made over.
pub(crate) const AUTH_LABEL: &[u8] = b"EXPORTER-faspstream-auth";
/// Label of the exporter value that a session's secrets come from.
pub(crate) const SESSION_LABEL: &[u8] = b"EXPORTER-faspstream-session";

/// The exporter value of a connection.
pub(crate) type Exported = Zeroizing<[u8; 32]>;

/// Which end makes the proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prover {
    Client = 1,
    Server = 2,
}

/// The proof that `prover` knows `key`, on the connection with this exporter value.
pub(crate) fn proof(key: &AccessKey, prover: Prover, exported: &Exported) -> Vec<u8> {
    hmac::sign(&proof_key(key), &proof_input(prover, exported, key.id())).as_ref().to_vec()
}

/// True if `claimed` is that proof; takes the same time whether or where it differs.
pub(crate) fn verify(key: &AccessKey, prover: Prover, exported: &Exported, claimed: &[u8]) -> bool {
    hmac::verify(&proof_key(key), &proof_input(prover, exported, key.id()), claimed).is_ok()
}

/// The key with this id if its proof fits. An unknown id costs as much as a wrong secret.
pub(crate) fn find<'a>(
    keys: &'a [AccessKey],
    stand_in: &'a AccessKey,
    id: &str,
    exported: &Exported,
    claimed: &[u8],
) -> Option<&'a AccessKey> {
    let known = keys.iter().find(|k| k.id() == id);
    let fits = verify(known.unwrap_or(stand_in), Prover::Client, exported, claimed);
    known.filter(|_| fits)
}

fn proof_key(key: &AccessKey) -> hmac::Key {
    let label = hmac::Key::new(hmac::HMAC_SHA256, b"faspstream access key v1");
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&label, key.secret()).as_ref())
}

fn proof_input(prover: Prover, exported: &Exported, id: &str) -> Vec<u8> {
    [&[prover as u8], exported.as_slice(), id.as_bytes()].concat()
}

/// The key of the envelopes in which a client asks before the server has proven itself.
pub(crate) fn envelope_key(key: &AccessKey, exported: &Exported) -> Exported {
    let input = [&[4u8], exported.as_slice(), key.id().as_bytes()].concat();
    let mut secret = Exported::default();
    secret.copy_from_slice(hmac::sign(&proof_key(key), &input).as_ref());
    secret
}

/// The proof of RESUME: this end was an end of that session.
pub(crate) fn resume_proof(key: &[u8; 32], exported: &Exported, session: &[u8; 16]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &resume_input(exported, session)).as_ref().to_vec()
}

/// True if `claimed` is that proof.
pub(crate) fn verify_resume(key: &[u8; 32], exported: &Exported, session: &[u8; 16], claimed: &[u8]) -> bool {
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), &resume_input(exported, session), claimed).is_ok()
}

fn resume_input(exported: &Exported, session: &[u8; 16]) -> Vec<u8> {
    [&[3u8], exported.as_slice(), session.as_slice()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> AccessKey {
        AccessKey::parse(text).expect("it is well-formed")
    }

    #[test]
    fn a_proof_fits_its_key_its_end_and_its_connection_only() {
        let (k, x) = (key("cam:secret-one"), Zeroizing::new([1; 32]));
        let p = proof(&k, Prover::Client, &x);
        assert!(verify(&k, Prover::Client, &x, &p));
        assert!(!verify(&k, Prover::Server, &x, &p), "a proof can't be reflected");
        assert!(!verify(&k, Prover::Client, &Zeroizing::new([2; 32]), &p), "nor relayed");
        assert!(!verify(&key("cam:secret-two"), Prover::Client, &x, &p));
        assert!(!verify(&key("cat:secret-one"), Prover::Client, &x, &p));
        assert!(!verify(&k, Prover::Client, &x, &[]));
    }

    #[test]
    fn the_right_key_is_found_among_many() {
        let keys = [key("a:secret-aa"), key("b:secret-bb")];
        let (stand_in, x) = (key("nobody:stand-in"), Zeroizing::new([9; 32]));
        let p = proof(&keys[1], Prover::Client, &x);
        assert_eq!(find(&keys, &stand_in, "b", &x, &p).map(AccessKey::id), Some("b"));
        assert!(find(&keys, &stand_in, "a", &x, &p).is_none());
        let of_stand_in = proof(&stand_in, Prover::Client, &x);
        assert!(find(&keys, &stand_in, "nobody", &x, &of_stand_in).is_none());
    }
}
