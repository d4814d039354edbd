//! Two sessions side by side, without a network between them, in the steady state of a stream that nothing limits.
#![allow(dead_code, reason = "each test file is a crate of its own and uses a part of this")]

use core::time::Duration;
use std::net::SocketAddr;

use bytes::Bytes;
use faspstream_proto::Session;
use faspstream_proto::config::{Cipher, Config, ConnectionId, MasterSecret, RatePolicy, Rates, Role, Side};
use faspstream_proto::memory::ChunkPool;
use faspstream_proto::units::Instant;

static BLOCK: [u8; 64 << 10] = [0x5a; 64 << 10];
/// Bytes that the writer is ahead of the peer.
const AHEAD: u64 = 2 << 20;
/// UDP payload of a datagram at an MTU of 1,500.
const DATAGRAM: u16 = 1_472;
/// Most datagrams of a batch.
const BATCH: usize = 44;

/// Sender and receiver. A round is one call of each of the three turns.
pub(crate) struct Pair {
    sender: Session,
    receiver: Session,
    now: Instant,
    /// What is on its way to the receiver, then to the sender: bytes, and how long each datagram is.
    buffer: Vec<u8>,
    carried: (usize, usize),
    read: u64,
    /// Where the receiver's bytes lie.
    memory: ChunkPool,
}

fn address(side: Side) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], if side == Side::Client { 1 } else { 2 }))
}

fn session(role: Role, memory: ChunkPool) -> Session {
    let (client, server) = (ConnectionId(1), ConnectionId(2));
    let (side, other, local_id, remote_id) = match role {
        Role::Sender => (Side::Client, Side::Server, client, server),
        Role::Receiver => (Side::Server, Side::Client, server, client),
    };
    let config = Config {
        role,
        side,
        local_id,
        remote_id,
        master: MasterSecret::new([3; 32]),
        cipher: Cipher::Aes128Gcm,
        rates: Rates { policy: RatePolicy::Fixed, ..Rates::default() },
        remote: Some(address(other)),
        control_peer: Some(address(other).ip()),
        datagram_start: DATAGRAM,
        datagram_max: DATAGRAM,
        first_window: 8 << 20,
        buffer_max: 8 << 20,
        outage_timeout: Duration::from_secs(60),
        path_memory: None,
        seed: [5; 32],
    };
    Session::with_memory(config, memory).expect("all values are in range")
}

impl Pair {
    pub(crate) fn new() -> Self {
        let memory = ChunkPool::default();
        Self {
            sender: session(Role::Sender, ChunkPool::default()),
            receiver: session(Role::Receiver, memory.clone()),
            now: Instant::ZERO,
            buffer: vec![0; BATCH * usize::from(DATAGRAM)],
            carried: (0, 0),
            read: 0,
            memory,
        }
    }

    /// Stream bytes that the receiving application has taken.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// The writer writes, and a batch goes out; how many datagrams it has.
    #[inline(never)]
    pub(crate) fn turn_of_sender(&mut self) -> usize {
        self.now = self.now + Duration::from_micros(20);
        while self.sender.stats().bytes_accepted < self.sender.acknowledged() + AHEAD {
            self.sender.handle_write(self.now, Bytes::from_static(&BLOCK)).expect("it is not finished");
        }
        self.sender.handle_timeout(self.now);
        self.carried = poll(&mut self.sender, self.now, &mut self.buffer);
        self.carried.0.div_ceil(self.carried.1.max(1))
    }

    /// The batch comes in, the reader takes what there is, and feedback goes out if it is due.
    #[inline(never)]
    pub(crate) fn turn_of_receiver(&mut self) {
        let (len, each) = self.carried;
        for datagram in self.buffer[..len].chunks(each.max(1)) {
            self.receiver
                .handle_datagram(self.now, address(Side::Client), datagram)
                .expect("it is authentic");
        }
        while let Some(piece) = self.receiver.poll_read() {
            self.read += piece.len() as u64;
            self.memory.give_back(piece);
        }
        self.receiver.handle_consumed(self.now, self.read).expect("it is no more than was given out");
        self.receiver.handle_timeout(self.now);
        self.carried = poll(&mut self.receiver, self.now, &mut self.buffer);
    }

    /// The feedback comes in.
    #[inline(never)]
    pub(crate) fn turn_of_feedback(&mut self) {
        let (len, each) = self.carried;
        for datagram in self.buffer[..len].chunks(each.max(1)) {
            self.sender.handle_datagram(self.now, address(Side::Server), datagram).expect("it is authentic");
        }
    }
}

/// Bytes that go out now, and how long each datagram is.
fn poll(session: &mut Session, now: Instant, buffer: &mut [u8]) -> (usize, usize) {
    session.poll_transmit(now, buffer, BATCH).map_or((0, 0), |transmit| (transmit.len, transmit.segment))
}
