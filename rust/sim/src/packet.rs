//! What travels through the world.

use core::time::Duration;
use std::net::SocketAddr;

use faspstream_netem::{Packet, Time};

/// IPv4 and UDP headers.
pub const IP_UDP_HEADER: u64 = 28;

/// Names an agent of a world, in the order of addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentId(pub u16);

/// A packet on its way.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Who sent it; decides the route.
    pub from: AgentId,
    /// How many links of the route it has entered.
    pub hop: u8,
    /// When it was sent.
    pub sent: Time,
    /// How long it has waited in queues for other packets.
    pub waited: Duration,
    /// Bytes on the wire.
    pub wire_len: u64,
    /// What it carries.
    pub body: Body,
}

/// What a packet carries.
#[derive(Clone, Debug)]
pub enum Body {
    /// A datagram of a session, in its own bytes.
    Datagram {
        /// Address that it comes from.
        source: SocketAddr,
        /// Address that it goes to.
        destination: SocketAddr,
        /// UDP payload.
        bytes: Vec<u8>,
    },
    /// A full packet of a TCP model.
    TcpData {
        /// Its place in the stream, in packets.
        number: u64,
    },
    /// An acknowledgement of a TCP model.
    TcpAck {
        /// The first packet that is missing.
        next: u64,
        /// The packet that is acknowledged.
        newest: u64,
        /// When that was sent.
        echo: Time,
        /// Ranges that have arrived: first number to one past the last; empty where there are fewer.
        blocks: [(u64, u64); 3],
    },
}

impl Segment {
    /// A packet that has not entered the network yet.
    pub fn new(from: AgentId, sent: Time, wire_len: u64, body: Body) -> Self {
        Self { from, hop: 0, sent, waited: Duration::ZERO, wire_len, body }
    }
}

impl Packet for Segment {
    fn wire_len(&self) -> u64 {
        self.wire_len
    }

    fn damage(&mut self, draw: u64) {
        match &mut self.body {
            Body::Datagram { bytes, .. } => bytes.damage(draw),
            // The models have no bits; damage is for the sessions to withstand.
            Body::TcpData { .. } | Body::TcpAck { .. } => {}
        }
    }

    fn on_waited(&mut self, waited: Duration) {
        self.waited += waited;
    }
}
