//! What a session is compared with. Each moves bytes from one thread to another and ends when all of them were read.

pub(crate) mod certificate;
pub(crate) mod quic;
pub(crate) mod raw;
#[cfg(feature = "s2n-quic")]
pub(crate) mod s2n;
pub(crate) mod tcp;
pub(crate) mod tls;

/// UDP payload of a datagram at an MTU of 1,500.
pub(crate) const DATAGRAM: u16 = 1_472;
/// Bytes that QUIC may have in flight; more gains nothing on loopback.
pub(crate) const WINDOW: u32 = 8 << 20;
