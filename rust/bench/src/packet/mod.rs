//! Packets of a TUN device: super-packets cut into wire packets, and neighbours joined again.
//!
//! The kernel hands out up to 64 KiB of TCP or UDP payload behind one header (segmentation offload), and leaves the checksum to the
//! network card. A [`SuperPacket`] is held once and shared; a [`WirePacket`] is an index into it, so that cutting and joining copy no
//! payload. Headers are made up at the moment of writing.

mod checksum;
mod header;
mod joiner;
mod layout;
mod super_packet;
mod vnet;
mod wire;

pub(crate) use joiner::{Joiner, Run};
pub(crate) use super_packet::SuperPacket;
pub(crate) use wire::WirePacket;

/// Room for the largest packet that a device hands out, its virtio header included.
pub(crate) const LARGEST_READ: usize = vnet::LEN + 65_535 + 64;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
