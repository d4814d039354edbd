//! TLS 1.3 for the control channel: certificates from files, or made in memory where access keys authenticate.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, ServerConfig, SignatureScheme,
};
use zeroize::Zeroizing;

use super::pem;
use super::pin::{KeyPin, NotPinned};
use crate::api::error::{Error, Result};
use crate::config::Config;

/// The protocol name that both ends must name (wire-format.md §2).
const ALPN: &[u8] = b"faspstream/1";

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// What a server offers: its certificate, whose client certificates it asks for, and the pin of its key.
pub(crate) fn server_config(config: &Config) -> Result<(Arc<ServerConfig>, KeyPin)> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let (chain, key) = match identity(config)? {
        Some(identity) => identity,
        None => self_signed()?,
    };
    let bad = |e| Error::configuration(format!("tls.cert: {e}"));
    let pin = chain.first().map(KeyPin::of).transpose().map_err(bad)?;
    let pin = pin.expect("an identity has a certificate");
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(broken)?;
    let builder = match &config.tls_trust {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(
                Arc::new(read("tls.trust", path, pem::roots)?),
                provider,
            )
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
    Ok((Arc::new(tls), pin))
}

/// What a client asks of its server: a chain up to `tls.trust`, a key that `tls.pin` names, or else nothing but possession of the
/// certificate's key, because the access key authenticates the connection (wire-format.md §2.1).
pub(crate) fn client_config(config: &Config) -> Result<Arc<ClientConfig>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(broken)?;
    let trust = match &config.tls_trust {
        None => None,
        Some(path) => {
            let roots = Arc::new(read("tls.trust", path, pem::roots)?);
            let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
            Some(verifier.map_err(|e| Error::configuration(format!("tls.trust = {}: {e}", path.display())))?)
        }
    };
    let verifier = Arc::new(ServerVerifier { provider, trust, pins: config.tls_pins.clone() });
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
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
    Ok(Some((read("tls.cert", cert, pem::certificates)?, read("tls.key", key, pem::private_key)?)))
}

/// What `parse` finds in the file that the key `name` tells.
fn read<T>(
    name: &str,
    path: &Path,
    parse: impl FnOnce(&[u8]) -> core::result::Result<T, String>,
) -> Result<T> {
    let bytes = std::fs::read(path).map(Zeroizing::new).map_err(|e| e.to_string());
    bytes
        .and_then(|bytes| parse(&bytes))
        .map_err(|why| Error::configuration(format!("{name} = {}: {why}", path.display())))
}

fn self_signed() -> Result<Identity> {
    let made = rcgen::generate_simple_self_signed(vec!["faspstream".to_owned()])
        .map_err(|e| Error::internal(format!("making a certificate: {e}")))?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    Ok((vec![made.cert.der().clone()], key.into()))
}

/// Takes a certificate whose key signs this handshake, which `trust` accepts if there is one, and whose key is among `pins` if there
/// are any. With neither the access key tells who that is.
#[derive(Debug)]
struct ServerVerifier {
    provider: Arc<CryptoProvider>,
    trust: Option<Arc<WebPkiServerVerifier>>,
    pins: Vec<KeyPin>,
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> core::result::Result<ServerCertVerified, rustls::Error> {
        if let Some(trust) = &self.trust {
            trust.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        }
        if !self.pins.is_empty() {
            let shown = KeyPin::of(end_entity)?;
            if !self.pins.contains(&shown) {
                return Err(CertificateError::Other(OtherError(Arc::new(NotPinned(shown)))).into());
            }
        }
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
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
