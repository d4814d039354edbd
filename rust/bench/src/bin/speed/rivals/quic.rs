//! QUIC by quinn, tuned for this: large windows and socket buffers, datagrams of the full MTU from the start, segmentation offload.

use std::net::UdpSocket;
use std::sync::Arc;

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, Endpoint, EndpointConfig, ServerConfig, TokioRuntime, TransportConfig};
use tokio::runtime::Runtime;

use super::certificate::{self, NAME};
use super::{DATAGRAM, WINDOW};
use crate::Outcome;
use crate::load::{BLOCK, Load};
use crate::meter::{Cost, Meter};

pub(crate) fn run(load: &Load<'_>) -> Outcome<Cost> {
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        let (client, server) = certificate::settings()?;
        let mut far = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(server)?));
        far.transport_config(transport());
        let far = endpoint(load.bind_far()?, Some(far))?;
        let to = far.local_addr()?;
        let receiving = runtime.spawn(receive(far));
        let mut near = endpoint(load.bind_near()?, None)?;
        let mut settings = ClientConfig::new(Arc::new(QuicClientConfig::try_from(client)?));
        settings.transport_config(transport());
        near.set_default_client_config(settings);
        let connection = near.connect(to, NAME)?.await?;
        let mut stream = connection.open_uni().await?;
        let meter = Meter::start()?;
        let block = vec![0x5a; BLOCK];
        for write in load.writes() {
            if let Some(wait) = write.wait() {
                tokio::time::sleep(wait).await;
            }
            stream.write_all(&block[..write.len]).await?;
        }
        stream.finish()?;
        stream.stopped().await?;
        connection.close(0u8.into(), b"");
        receiving.await??;
        meter.stop()
    })
}

async fn receive(endpoint: Endpoint) -> Outcome<()> {
    let connection = endpoint.accept().await.ok_or("the endpoint was closed")?.await?;
    let mut stream = connection.accept_uni().await?;
    let mut block = vec![0; BLOCK];
    while stream.read(&mut block).await?.is_some() {}
    connection.closed().await;
    Ok(())
}

fn endpoint(socket: UdpSocket, server: Option<ServerConfig>) -> Outcome<Endpoint> {
    Ok(Endpoint::new(EndpointConfig::default(), server, socket, Arc::new(TokioRuntime))?)
}

fn transport() -> Arc<TransportConfig> {
    let mut transport = TransportConfig::default();
    transport
        .stream_receive_window(WINDOW.into())
        .receive_window(WINDOW.into())
        .send_window(WINDOW.into())
        .initial_mtu(DATAGRAM)
        .min_mtu(DATAGRAM)
        .mtu_discovery_config(None);
    Arc::new(transport)
}
