//! QUIC by quinn: see [`Order`] for the command line. A window of 0 leaves quinn's defaults; QUINN_CONGESTION=bbr chooses its BBR.

use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use faspstream_bench::peer::Order;
use quinn::congestion::BbrConfig;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Endpoint, EndpointConfig, ServerConfig, TokioRuntime, TransportConfig, VarInt};
use rustls::DigitallySignedStruct;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};

type Failure = Box<dyn std::error::Error>;

/// Buffers of the kernel, as our own library asks for them; with quinn's defaults they stay as the system has them.
const SOCKET_BUFFER: usize = 4 << 20;
const NAME: &str = "lab";

pub(crate) fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let order = Order::parse(&words)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match order.source {
            Some(_) => send(order).await,
            None => receive(&order).await,
        }
    })
}

async fn send(order: Order) -> Result<(), Failure> {
    let Some(mut source) = order.source else { return Ok(()) };
    let any = match order.address {
        SocketAddr::V4(_) => SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0),
        SocketAddr::V6(_) => SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 0),
    };
    let mut endpoint = endpoint(any, None, order.window)?;
    endpoint.set_default_client_config(client(order.window)?);
    Order::ready()?;
    let connection = endpoint.connect(order.address, NAME)?.await?;
    let mut stream = connection.open_uni().await?;
    let mut buffer = Vec::new();
    loop {
        match source.next(&mut buffer)? {
            [] => break,
            bytes => stream.write_all(bytes).await?,
        }
    }
    stream.finish()?;
    stream.stopped().await?;
    Ok(())
}

async fn receive(order: &Order) -> Result<(), Failure> {
    let made = rcgen::generate_simple_self_signed(vec![NAME.to_owned()])?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let mut server = ServerConfig::with_single_cert(vec![made.cert.der().clone()], key.into())?;
    server.transport_config(transport(order.window)?);
    let endpoint = endpoint(order.address, Some(server), order.window)?;
    Order::ready()?;
    let connection = endpoint.accept().await.ok_or("the endpoint was closed")?.await?;
    let mut stream = connection.accept_uni().await?;
    let mut out = Order::output()?;
    while let Some(chunk) = stream.read_chunk(usize::MAX, true).await? {
        out.write_all(&chunk.bytes)?;
    }
    // The end of this process must not overtake the last acknowledgement.
    connection.closed().await;
    Ok(())
}

fn endpoint(address: SocketAddr, server: Option<ServerConfig>, window: u64) -> Result<Endpoint, Failure> {
    let socket = UdpSocket::bind(address)?;
    if window > 0 {
        let options = socket2::SockRef::from(&socket);
        options.set_recv_buffer_size(SOCKET_BUFFER)?;
        options.set_send_buffer_size(SOCKET_BUFFER)?;
    }
    Ok(Endpoint::new(EndpointConfig::default(), server, socket, Arc::new(TokioRuntime))?)
}

/// Windows for the link, and the congestion control.
fn transport(window: u64) -> Result<Arc<TransportConfig>, Failure> {
    let mut transport = TransportConfig::default();
    if window > 0 {
        // A stream's window is what the connection may use: it has no other.
        transport.stream_receive_window(VarInt::from_u64(window)?);
        transport.receive_window(VarInt::from_u64(window)?);
        transport.send_window(window);
    }
    if std::env::var("QUINN_CONGESTION").is_ok_and(|name| name == "bbr") {
        transport.congestion_controller_factory(Arc::new(BbrConfig::default()));
    }
    Ok(Arc::new(transport))
}

fn client(window: u64) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    let mut config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?));
    config.transport_config(transport(window)?);
    Ok(config)
}

/// Trusts every certificate: both ends of a lab are on one machine, in namespaces that nobody else can reach.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
