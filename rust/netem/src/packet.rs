//! What the emulator needs to know of a packet.

use core::time::Duration;

/// A packet as the emulator sees it: a length on the wire, and bits that can be damaged.
pub trait Packet: Clone {
    /// Bytes on the wire, network-layer header included.
    fn wire_len(&self) -> u64;

    /// Flips one bit, chosen by `draw` (64 random bits), of the part that the receiver is to see.
    fn damage(&mut self, draw: u64);

    /// Told when the packet leaves the queue of the bottleneck: how long it waited there for others.
    fn on_waited(&mut self, _waited: Duration) {}
}

/// A whole IP packet as raw bytes.
impl Packet for Vec<u8> {
    fn wire_len(&self) -> u64 {
        self.len() as u64
    }

    fn damage(&mut self, draw: u64) {
        let bits = self.len() as u64 * 8;
        if bits > 0 {
            let bit = draw % bits;
            self[(bit / 8) as usize] ^= 1 << (bit % 8);
        }
    }
}
