//! The steady state asks the allocator for nothing, neither to send a datagram nor to receive one.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::alloc::{GlobalAlloc, Layout, System};
use std::net::SocketAddr;

use bytes::Bytes;
use faspstream_proto::Session;
use faspstream_proto::config::{Cipher, Config, ConnectionId, MasterSecret, RatePolicy, Rates, Role, Side};
use faspstream_proto::units::Instant;

/// Calls that asked for memory.
static ASKED: AtomicU64 = AtomicU64::new(0);

struct Counting;

// SAFETY: every call is handed to the system's allocator as it came, so its promises are kept; counting touches no memory of theirs.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the promises of `alloc`, which are the same there.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` came from `alloc` above, and so from the system's allocator, with this layout.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as for `dealloc`, and the caller keeps the promises on `size`.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

static BLOCK: [u8; 64 << 10] = [0x5a; 64 << 10];
/// Bytes that the writer is ahead of the peer.
const AHEAD: u64 = 2 << 20;

/// One end, and what it asked the allocator for.
struct End {
    session: Session,
    address: SocketAddr,
    asked: u64,
}

impl End {
    fn new(role: Role) -> Self {
        let (side, local, remote) = match role {
            Role::Sender => (Side::Client, 1, 2),
            Role::Receiver => (Side::Server, 2, 1),
        };
        let address = |end: u32| SocketAddr::from(([192, 0, 2, end as u8], 4_000));
        let config = Config {
            role,
            side,
            local_id: ConnectionId(local),
            remote_id: ConnectionId(remote),
            master: MasterSecret::new([3; 32]),
            cipher: Cipher::Aes128Gcm,
            rates: Rates { policy: RatePolicy::Fixed, ..Rates::default() },
            remote: Some(address(remote)),
            control_peer: Some(address(remote).ip()),
            datagram_start: 1_472,
            datagram_max: 1_472,
            first_window: 8 << 20,
            buffer_max: 8 << 20,
            outage_timeout: Duration::from_secs(60),
            path_memory: None,
            seed: [5; 32],
        };
        let session = Session::new(config).expect("all values are in range");
        Self { session, address: address(local), asked: 0 }
    }

    /// Does something with the session and notes what was asked for meanwhile.
    fn act<T>(&mut self, act: impl FnOnce(&mut Session) -> T) -> T {
        let before = ASKED.load(Ordering::Relaxed);
        let result = act(&mut self.session);
        self.asked += ASKED.load(Ordering::Relaxed) - before;
        result
    }

    /// Carries one batch to `peer`; how many datagrams that were.
    fn carry(&mut self, now: Instant, peer: &mut Self, buffer: &mut [u8]) -> u64 {
        let mut count = 0;
        if let Some(transmit) = self.act(|session| session.poll_transmit(now, buffer, 44)) {
            for datagram in buffer[..transmit.len].chunks(transmit.segment) {
                peer.act(|session| session.handle_datagram(now, self.address, datagram))
                    .expect("it is authentic");
                count += 1;
            }
        }
        count
    }
}

/// Streams until `bytes` were read; how many data datagrams it took.
fn stream(sender: &mut End, receiver: &mut End, now: &mut Instant, bytes: u64) -> u64 {
    let mut count = 0;
    let mut buffer = vec![0; 65_000];
    let mut read = receiver.session.stats().bytes_delivered;
    while read < bytes {
        *now = *now + Duration::from_micros(20);
        while sender.session.stats().bytes_accepted < sender.session.acknowledged() + AHEAD {
            sender
                .act(|session| session.handle_write(*now, Bytes::from_static(&BLOCK)))
                .expect("it is not finished");
        }
        sender.act(|session| session.handle_timeout(*now));
        receiver.act(|session| session.handle_timeout(*now));
        count += sender.carry(*now, receiver, &mut buffer);
        while let Some(piece) = receiver.act(Session::poll_read) {
            read += piece.len() as u64;
        }
        receiver
            .act(|session| session.handle_consumed(*now, read))
            .expect("it is no more than was given out");
        receiver.carry(*now, sender, &mut buffer);
    }
    count
}

#[test]
fn no_datagram_costs_an_allocation_in_the_steady_state() {
    let (mut sender, mut receiver) = (End::new(Role::Sender), End::new(Role::Receiver));
    let mut now = Instant::ZERO;
    stream(&mut sender, &mut receiver, &mut now, 64 << 20);
    (sender.asked, receiver.asked) = (0, 0);
    let datagrams = stream(&mut sender, &mut receiver, &mut now, 128 << 20);
    assert!(datagrams > 45_000, "{datagrams} datagrams");
    let asked = (sender.asked, receiver.asked);
    assert_eq!(asked, (0, 0), "allocations of sender and receiver for {datagrams} datagrams");
}
