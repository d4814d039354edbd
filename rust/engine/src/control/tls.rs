//! TLS 1.3 for the control channel: certificates from files, or made in memory where access keys authenticate.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};

use crate::api::error::{Error, Result};
use crate::config::Config;

/// The protocol name that both ends must name (wire-format.md §2).
const ALPN: &[u8] = b"faspstream/1";

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// What a server offers: its certificate, and whose client certificates it asks for.
pub(crate) fn server_config(config: &Config) -> Result<Arc<ServerConfig>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let (chain, key) = match identity(config)? {
        Some(identity) => identity,
        None => self_signed()?,
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(broken)?;
    let builder = match &config.tls_trust {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(path)?), provider)
                .build()
                .map_err(|e| Error::configuration(format!("tls.trust = {}: {e}", path.display())))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut tls = builder
        .with_single_cert(chain, key)
        .map_err(|e| Error::configuration(format!("tls.cert and tls.key do not make an identity: {e}")))?;
    tls.alpn_protocols = vec![ALPN.to_vec()];
    // Every connection proves itself afresh: tickets would only be state.
    tls.session_storage = Arc::new(NoServerSessionStorage {});
    tls.send_tls13_tickets = 0;
    Ok(Arc::new(tls))
}

/// What a client asks of its server: a chain up to `tls.trust`, or else nothing but possession of the certificate's key, because the
/// access key authenticates the connection (wire-format.md §2.1).
pub(crate) fn client_config(config: &Config) -> Result<Arc<ClientConfig>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(broken)?;
    let builder = match &config.tls_trust {
        Some(path) => {
            let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots(path)?), provider)
                .build()
                .map_err(|e| Error::configuration(format!("tls.trust = {}: {e}", path.display())))?;
            builder.with_webpki_verifier(verifier)
        }
        None => builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider))),
    };
    let mut tls = match identity(config)? {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(|e| {
            Error::configuration(format!("tls.cert and tls.key do not make an identity: {e}"))
        })?,
    };
    tls.alpn_protocols = vec![ALPN.to_vec()];
    tls.resumption = Resumption::disabled();
    Ok(Arc::new(tls))
}

fn broken(error: rustls::Error) -> Error {
    Error::internal(format!("the TLS library refuses its own defaults: {error}"))
}

fn identity(config: &Config) -> Result<Option<Identity>> {
    let (cert, key) = match (&config.tls_cert, &config.tls_key) {
        (None, None) => return Ok(None),
        (Some(cert), Some(key)) => (cert, key),
        (Some(_), None) => return Err(Error::configuration("tls.cert is set and tls.key is not: set both")),
        (None, Some(_)) => return Err(Error::configuration("tls.key is set and tls.cert is not: set both")),
    };
    let chain = certificates("tls.cert", cert)?;
    let key = PrivateKeyDer::from_pem_file(key)
        .map_err(|e| Error::configuration(format!("tls.key = {}: {e}", key.display())))?;
    Ok(Some((chain, key)))
}

fn certificates(name: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let bad = |why: String| Error::configuration(format!("{name} = {}: {why}", path.display()));
    let found: core::result::Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|e| bad(e.to_string()))?.collect();
    match found {
        Ok(chain) if chain.is_empty() => Err(bad("no certificate in it; a PEM file is needed".to_owned())),
        Ok(chain) => Ok(chain),
        Err(e) => Err(bad(e.to_string())),
    }
}

fn roots(path: &Path) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    for certificate in certificates("tls.trust", path)? {
        store
            .add(certificate)
            .map_err(|e| Error::configuration(format!("tls.trust = {}: {e}", path.display())))?;
    }
    Ok(store)
}

fn self_signed() -> Result<Identity> {
    let made = rcgen::generate_simple_self_signed(vec!["faspstream".to_owned()])
        .map_err(|e| Error::internal(format!("making a certificate: {e}")))?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    Ok((vec![made.cert.der().clone()], key.into()))
}

/// Takes any certificate whose key signs this handshake. Who that is, the access key tells.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> core::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> core::result::Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is not spoken here".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> core::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
