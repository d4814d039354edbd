//! QUIC by s2n-quic, tuned for this: large windows and socket buffers, datagrams of the full MTU from the start. It prefers AES-128-GCM
//! by itself. Built with `--features s2n-quic` only, as it brings some forty crates.

use s2n_quic::client::Connect;
use s2n_quic::provider::limits::Limits;
use s2n_quic::provider::{io, tls};
use s2n_quic::{Client, Server};
use tokio::runtime::Runtime;

use super::WINDOW;
use super::certificate::{self, NAME};
use crate::Outcome;
use crate::load::{BLOCK, Load, SOCKET_BUFFER};
use crate::meter::{Cost, Meter};

/// With the headers of IPv4 and UDP.
const MTU: u16 = 1_500;

pub(crate) fn run(load: &Load<'_>) -> Outcome<Cost> {
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        let (certificate, key) = certificate::fresh()?;
        let server_tls = tls::rustls::Server::builder()
            .with_certificate(certificate.to_vec(), key.secret_der().to_vec())?
            .build()?;
        let client_tls = tls::rustls::Client::builder().with_certificate(certificate.to_vec())?.build()?;
        let far = Server::builder().with_tls(server_tls)?.with_io(io()?)?.with_limits(limits()?)?.start()?;
        let to = far.local_addr()?;
        let receiving = runtime.spawn(receive(far));
        let near = Client::builder().with_tls(client_tls)?.with_io(io()?)?.with_limits(limits()?)?.start()?;
        let mut connection = near.connect(Connect::new(to).with_server_name(NAME)).await?;
        let mut stream = connection.open_send_stream().await?;
        let meter = Meter::start()?;
        let block = bytes::Bytes::from(vec![0x5a; BLOCK]);
        for write in load.writes() {
            if let Some(wait) = write.wait() {
                tokio::time::sleep(wait).await;
            }
            stream.send(block.slice(..write.len)).await?;
        }
        stream.close().await?;
        connection.close(0u32.into());
        receiving.await??;
        meter.stop()
    })
}

async fn receive(mut server: Server) -> Outcome<()> {
    let mut connection = server.accept().await.ok_or("the server was closed")?;
    let mut stream = connection.accept_receive_stream().await?.ok_or("the connection was closed")?;
    while stream.receive().await?.is_some() {}
    // The end of this one must not overtake its last acknowledgement.
    let _ = connection.accept().await;
    Ok(())
}

fn io() -> Outcome<io::Default> {
    Ok(io::Default::builder()
        .with_receive_address("127.0.0.1:0".parse()?)?
        .with_initial_mtu(MTU)?
        .with_max_mtu(MTU)?
        .with_send_buffer_size(SOCKET_BUFFER)?
        .with_recv_buffer_size(SOCKET_BUFFER)?
        .build()?)
}

fn limits() -> Outcome<Limits> {
    let window = u64::from(WINDOW);
    Ok(Limits::new()
        .with_data_window(window)?
        .with_unidirectional_data_window(window)?
        .with_max_send_buffer_size(WINDOW)?)
}
