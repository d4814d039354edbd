//! A sender, a receiver, and the pipe between them.

use core::time::Duration;
use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;

use crate::config::{Cipher, Config, ConnectionId, MasterSecret, Rates, Role, Side};
use crate::digest::{DigestAlgorithm, StreamDigest};
use crate::io::{EndOfStream, Event, Stats};
use crate::session::Session;
use crate::units::{Instant, Rate};

pub(super) const MS: Duration = Duration::from_millis(1);

/// The sender is the client unless a test says otherwise.
pub(super) const SENDER: usize = 0;
pub(super) const RECEIVER: usize = 1;

pub(super) fn at(ms: u64) -> Instant {
    Instant::from_nanos(ms * 1_000_000)
}

pub(super) fn address(end: usize) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, end as u8 + 1], 4_000))
}

/// What the pipe does to a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    Deliver,
    Drop,
    /// Delivered this much later than others.
    Late(Duration),
    Twice,
    /// A byte is changed.
    Damage,
}

/// Looks at (sending end, its number, length, time) of each datagram.
pub(super) type Rule = Box<dyn FnMut(usize, u64, &[u8], Instant) -> Treatment>;

struct Flying {
    to: usize,
    from: SocketAddr,
    bytes: Vec<u8>,
}

/// Two sessions and all that is between them.
pub(super) struct Pair {
    pub(super) now: Instant,
    pub(super) ends: [Session; 2],
    pub(super) addresses: [SocketAddr; 2],
    pub(super) one_way: Duration,
    pub(super) rule: Rule,
    pub(super) events: [Vec<Event>; 2],
    pub(super) received: u64,
    pub(super) digest: StreamDigest,
    /// The reading application takes what comes.
    pub(super) reads: bool,
    /// Bytes that the writing application still has.
    pub(super) to_write: u64,
    pub(super) written: u64,
    sent_digest: StreamDigest,
    finishes: bool,
    flying: BTreeMap<(Instant, u64), Flying>,
    sent: [u64; 2],
    order: u64,
}

pub(super) fn config(role: Role, side: Side) -> Config {
    let (local, remote) = match role {
        Role::Sender => (ConnectionId(7), ConnectionId(9)),
        Role::Receiver => (ConnectionId(9), ConnectionId(7)),
    };
    let peer = address(if role == Role::Sender { RECEIVER } else { SENDER });
    Config {
        role,
        side,
        local_id: local,
        remote_id: remote,
        master: MasterSecret::new([3; 32]),
        cipher: Cipher::Aes128Gcm,
        rates: Rates {
            target: Rate::from_mbps(200),
            policy: crate::config::RatePolicy::Fixed,
            ..Rates::default()
        },
        remote: (side == Side::Client).then_some(peer),
        control_peer: Some(peer.ip()),
        datagram_start: 1_200,
        datagram_max: 1_472,
        first_window: 4 << 20,
        buffer_max: 64 << 20,
        outage_timeout: Duration::from_secs(60),
        path_memory: None,
        seed: [5; 32],
    }
}

/// A rule that drops one datagram in `one_in`, at random.
pub(super) fn lossy(seed: u64, one_in: u64) -> Rule {
    let mut state = seed;
    Box::new(move |_, _, _, _| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if (state >> 33).is_multiple_of(one_in) { Treatment::Drop } else { Treatment::Deliver }
    })
}

fn content(offset: u64, len: u64) -> Vec<u8> {
    (offset..offset + len).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

impl Pair {
    pub(super) fn new() -> Self {
        Self::with(config(Role::Sender, Side::Client), config(Role::Receiver, Side::Server))
    }

    pub(super) fn with(sender: Config, receiver: Config) -> Self {
        let ends = [sender, receiver].map(|config| Session::new(config).expect("a valid configuration"));
        Self {
            now: Instant::ZERO,
            ends,
            addresses: [address(SENDER), address(RECEIVER)],
            one_way: 25 * MS,
            rule: Box::new(|_, _, _, _| Treatment::Deliver),
            events: [Vec::new(), Vec::new()],
            received: 0,
            digest: StreamDigest::new(DigestAlgorithm::Xxh3),
            reads: true,
            to_write: 0,
            written: 0,
            sent_digest: StreamDigest::new(DigestAlgorithm::Xxh3),
            finishes: false,
            flying: BTreeMap::new(),
            sent: [0; 2],
            order: 0,
        }
    }

    /// The application writes `bytes` as fast as it may, with a buffer of 8 MiB, and then finishes.
    pub(super) fn send(mut self, bytes: u64) -> Self {
        self.to_write = bytes;
        self.finishes = true;
        self
    }

    pub(super) fn rule(mut self, rule: Rule) -> Self {
        self.rule = rule;
        self
    }

    pub(super) fn stats(&self, end: usize) -> Stats {
        self.ends[end].stats()
    }

    pub(super) fn has(&self, end: usize, event: &Event) -> bool {
        self.events[end].contains(event)
    }

    /// Runs until `until` holds, or `limit`; true if it held.
    pub(super) fn run(&mut self, limit: Instant, mut until: impl FnMut(&Self) -> bool) -> bool {
        let mut steps = 0;
        loop {
            self.step();
            if until(self) {
                return true;
            }
            steps += 1;
            assert!(steps < 5_000_000, "the session never sleeps at {:?}", self.now);
            let next = self.next_moment();
            if next > limit {
                self.now = limit;
                return false;
            }
            self.now = next;
        }
    }

    /// Runs to the end of both sessions; asserts that the stream is whole.
    pub(super) fn complete(&mut self, limit: Instant) {
        let done = self.run(limit, |pair| pair.ends.iter().all(Session::is_drained));
        assert!(done, "{:?} after {:?}: {:#?}", self.events, self.now, self.stats(SENDER));
        assert!(self.has(SENDER, &Event::Completed), "{:?}", self.events);
        assert_eq!(self.received, self.written);
        assert_eq!(self.digest.finish(), self.sent_digest.finish());
        for end in &self.events {
            assert_eq!(end.iter().filter(|event| **event == Event::Established).count(), 1);
        }
    }

    fn next_moment(&self) -> Instant {
        let timers = self.ends.iter().filter_map(Session::poll_timeout);
        let arrival = self.flying.keys().next().map(|(at, _)| *at);
        let next = timers.chain(arrival).min().unwrap_or(Instant::NEVER);
        next.max(self.now + Duration::from_nanos(1))
    }

    fn step(&mut self) {
        self.write();
        while let Some(entry) = self.flying.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let flying = entry.remove();
            // Rejections show in the statistics.
            let _ = self.ends[flying.to].handle_datagram(self.now, flying.from, &flying.bytes);
        }
        for end in 0..2 {
            if self.ends[end].poll_timeout().is_some_and(|at| at <= self.now) {
                self.ends[end].handle_timeout(self.now);
            }
            self.take(end);
            self.read();
            self.take(end);
            self.transmit(end);
        }
    }

    fn write(&mut self) {
        let sender = &mut self.ends[SENDER];
        while self.to_write > 0 && self.written - sender.acknowledged() < 8 << 20 && !sender.is_closed() {
            let bytes = content(self.written, self.to_write.min(50_000));
            self.sent_digest.update(&bytes);
            self.to_write -= bytes.len() as u64;
            self.written += bytes.len() as u64;
            sender.handle_write(self.now, Bytes::from(bytes)).expect("the stream is open");
        }
        if self.to_write == 0 && self.finishes && !sender.is_closed() {
            self.finishes = false;
            let end = EndOfStream { length: self.written, digest: self.sent_digest.finish() };
            sender.handle_finish(self.now, end).expect("finished once");
        }
    }

    fn read(&mut self) {
        if !self.reads {
            return;
        }
        while let Some(bytes) = self.ends[RECEIVER].poll_read() {
            self.digest.update(&bytes);
            self.received += bytes.len() as u64;
            if !self.ends[RECEIVER].is_closed() {
                self.ends[RECEIVER].handle_consumed(self.now, self.received).expect("no more than was read");
            }
        }
    }

    fn take(&mut self, end: usize) {
        while let Some(event) = self.ends[end].poll_event() {
            if let Event::EndOfStream(stated) = event {
                let agrees = stated.digest == self.digest.finish() && stated.length == self.received;
                self.ends[end].handle_verified(self.now, agrees).expect("the end was told");
            }
            self.events[end].push(event);
        }
    }

    fn transmit(&mut self, end: usize) {
        let mut buf = vec![0; 64 * 1_500];
        while let Some(transmit) = self.ends[end].poll_transmit(self.now, &mut buf, 10) {
            assert!(transmit.len > 0 && transmit.segment > 0);
            for datagram in buf[..transmit.len].chunks(transmit.segment) {
                self.fly(end, transmit.destination, datagram);
            }
        }
    }

    fn fly(&mut self, end: usize, to: SocketAddr, datagram: &[u8]) {
        let treatment = (self.rule)(end, self.sent[end], datagram, self.now);
        self.sent[end] += 1;
        let Some(peer) = self.addresses.iter().position(|address| *address == to) else { return };
        let mut bytes = datagram.to_vec();
        let mut arrival = self.now + self.one_way;
        match treatment {
            Treatment::Drop => return,
            Treatment::Deliver | Treatment::Twice => {}
            Treatment::Late(by) => arrival = arrival + by,
            Treatment::Damage => {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
            }
        }
        let copies = if treatment == Treatment::Twice { 2 } else { 1 };
        for _ in 0..copies {
            self.order += 1;
            let flying = Flying { to: peer, from: self.addresses[end], bytes: bytes.clone() };
            self.flying.insert((arrival, self.order), flying);
        }
    }
}

/// True if the datagram is a control datagram (wire-format.md §3).
pub(super) fn is_control(datagram: &[u8]) -> bool {
    datagram[0] & 0b0010_0000 != 0
}
