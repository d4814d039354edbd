//! What takes a session's datagrams to the peer: the UDP socket, or a connection.

use std::collections::HashMap;

use faspstream_proto::carrier::connection_number;

use super::socket::{Parcel, Sent, WatchedUdp};
use super::tunnel::Tunnel;

/// Both, for as long as a session is served.
pub(crate) struct Way<'a> {
    pub(super) udp: &'a mut WatchedUdp,
    pub(super) tunnels: &'a mut HashMap<u64, Tunnel>,
    /// Bytes that a crowd of sessions leaves to this one.
    pub(super) room: u64,
}

impl Way<'_> {
    /// Datagrams that one call may carry.
    pub(super) fn max_segments(&self) -> usize {
        self.udp.max_segments()
    }

    /// Sends datagrams where their address says. What is for a connection that is gone is lost, as on any link.
    pub(super) fn send(&mut self, parcel: &Parcel<'_>) -> Sent {
        match connection_number(parcel.to) {
            None => self.udp.send(parcel),
            Some(number) => match self.tunnels.get_mut(&number) {
                Some(tunnel) => tunnel.send(parcel.contents, parcel.segment),
                None => Sent::Dropped,
            },
        }
    }

    /// The driver is to be woken when there is room again; a tunnel that is full asks for that itself.
    pub(super) fn watch_writable(&mut self, parcel_to: std::net::SocketAddr) {
        if connection_number(parcel_to).is_none() {
            self.udp.watch_writable(true);
        }
    }
}
