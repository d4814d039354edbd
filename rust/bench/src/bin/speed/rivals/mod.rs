//! What a session is compared with. Each moves bytes from one thread to another and ends when all of them were read.

pub(crate) mod certificate;
pub(crate) mod quic;
pub(crate) mod raw;
#[cfg(feature = "s2n-quic")]
pub(crate) mod s2n;
pub(crate) mod tcp;
pub(crate) mod tls;

/// Bytes of one write and of one read.
pub(crate) const BLOCK: usize = 64 << 10;
/// UDP payload of a datagram at an MTU of 1,500.
pub(crate) const DATAGRAM: u16 = 1_472;
/// Asked for as socket buffers of UDP, as our own library does.
pub(crate) const SOCKET_BUFFER: usize = 4 << 20;
/// Bytes that QUIC may have in flight; more gains nothing on loopback.
pub(crate) const WINDOW: u32 = 8 << 20;

use std::net::UdpSocket;

use socket2::SockRef;

use crate::Outcome;

/// A UDP socket on loopback with large buffers.
fn bind() -> Outcome<UdpSocket> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    SockRef::from(&socket).set_recv_buffer_size(SOCKET_BUFFER)?;
    SockRef::from(&socket).set_send_buffer_size(SOCKET_BUFFER)?;
    Ok(socket)
}
