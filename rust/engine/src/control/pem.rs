//! What PEM files hold. Files are read whole before, so that all of this works on bytes.

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

type Result<T> = core::result::Result<T, String>;

/// The certificates, in order; at least one.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let found: core::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(chain) if chain.is_empty() => Err("no certificate in it; a PEM file is needed".to_owned()),
        Ok(chain) => Ok(chain),
        Err(e) => Err(e.to_string()),
    }
}

/// The first private key.
pub(crate) fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|e| e.to_string())
}

/// The certificates as authorities.
pub(crate) fn roots(pem: &[u8]) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(pem)? {
        store.add(certificate).map_err(|e| e.to_string())?;
    }
    Ok(store)
}
