//! A datagram inside the emulator.

use faspstream_netem::Packet;

/// IPv4 and UDP header of a datagram.
const HEADERS: u64 = 28;

/// A datagram on its way, and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Parcel<F> {
    /// The flow that it belongs to.
    pub(crate) flow: F,
    /// The UDP payload.
    pub(crate) bytes: Vec<u8>,
}

impl<F: Clone> Packet for Parcel<F> {
    fn wire_len(&self) -> u64 {
        self.bytes.len() as u64 + HEADERS
    }

    fn damage(&mut self, draw: u64) {
        self.bytes.damage(draw);
    }
}
