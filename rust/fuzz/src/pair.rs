//! Two sessions and everything that a network, a clock and two applications may do to them.

use core::time::Duration;
use std::net::SocketAddr;

use bytes::Bytes;
use faspstream_proto::Session;
use faspstream_proto::config::{Cipher, Config, ConnectionId, MasterSecret, RatePolicy, Rates, Role, Side};
use faspstream_proto::digest::{DigestAlgorithm, StreamDigest};
use faspstream_proto::error::ErrorCode;
use faspstream_proto::io::{EndOfStream, Event};
use faspstream_proto::units::{Instant, Rate};

use crate::program::Program;

const SENDER: usize = 0;
const RECEIVER: usize = 1;
/// Most bytes of the stream, and most datagrams under way: more would only take longer.
const STREAM: u64 = 2 << 20;
const FLYING: usize = 512;
/// How long a datagram takes once the program is over and the network is good.
const ONE_WAY: Duration = Duration::from_millis(5);

pub(crate) fn address(end: usize, port: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, end as u8 + 1], port))
}

pub(crate) fn config(role: Role, side: Side, choices: u8) -> Config {
    let end = usize::from(role == Role::Receiver);
    let peer = address(1 - end, 1);
    let own = 7 + end as u32;
    let policy = [RatePolicy::Fair, RatePolicy::Fixed, RatePolicy::High, RatePolicy::Low]
        [usize::from(choices >> 2 & 3)];
    let target = if choices & 16 == 0 { Rate::from_mbps(100) } else { Rate::UNLIMITED };
    Config {
        role,
        side,
        local_id: ConnectionId(own),
        remote_id: ConnectionId(15 - own),
        master: MasterSecret::new([3; 32]),
        cipher: if choices & 32 == 0 { Cipher::Aes128Gcm } else { Cipher::ChaCha20Poly1305 },
        rates: Rates { target, min: Rate::ZERO, policy },
        remote: (side == Side::Client).then_some(peer),
        control_peer: (choices & 64 == 0).then(|| peer.ip()),
        datagram_start: 1_200,
        datagram_max: if choices & 128 == 0 { 1_200 } else { 1_472 },
        first_window: 64 << 10,
        buffer_max: 256 << 10,
        outage_timeout: Duration::from_secs(60),
        path_memory: None,
        seed: [5; 32],
    }
}

/// Byte `at` of every stream.
fn content(at: u64) -> u8 {
    (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

struct World {
    ends: [Session; 2],
    addresses: [SocketAddr; 2],
    now: Instant,
    /// Datagrams under way: to which end, from where, and since when.
    flying: Vec<(usize, SocketAddr, Instant, Vec<u8>)>,
    written: u64,
    finished: bool,
    sent: StreamDigest,
    read: u64,
    got: StreamDigest,
    /// The receiving application's word on the end.
    agreed: bool,
    completed: bool,
    ended_by_us: bool,
}

/// Runs `data` as a program over two honest ends: what is read is what was written, completion follows verification only, and once
/// the network is good again the stream completes, unless an end was told to give up or had to.
pub fn pair(data: &[u8]) {
    let mut program = Program::new(data);
    let choices = program.byte();
    let (sender, receiver) =
        if choices & 1 == 0 { (Side::Client, Side::Server) } else { (Side::Server, Side::Client) };
    let ends = [(Role::Sender, sender), (Role::Receiver, receiver)]
        .map(|(role, side)| Session::new(config(role, side, choices)).expect("the configuration is good"));
    // The one that is faster here: sessions carry it and do not look at it.
    let algorithm = DigestAlgorithm::Xxh3;
    let mut world = World {
        ends,
        addresses: [address(SENDER, 1), address(RECEIVER, 1)],
        now: Instant::ZERO,
        flying: Vec::new(),
        written: 0,
        finished: false,
        sent: StreamDigest::new(algorithm),
        read: 0,
        got: StreamDigest::new(algorithm),
        agreed: false,
        completed: false,
        ended_by_us: false,
    };
    while !program.is_over() {
        world.step(&mut program);
        world.events();
    }
    world.settle();
}

impl World {
    fn step(&mut self, p: &mut Program<'_>) {
        match p.byte() % 16 {
            0 => self.write(1 + p.word()),
            1 => self.finish(),
            2 => self.deliver(p.below(FLYING), false),
            3 => drop(self.take(p.below(FLYING))),
            4 => self.deliver(p.below(FLYING), true),
            5 => self.damage(p),
            6 => self.now = self.now + Duration::from_micros(p.word() * 20),
            7 => self.wake(),
            8 => self.consume(p.word()),
            9 | 10 => self.transmit(p.below(2), 1 + p.below(16)),
            11 => (0..p.below(32)).for_each(|_| self.deliver(0, false)),
            12 => self.move_end(p),
            13 => {
                let (end, blocked) = (p.below(2), p.below(2) == 1);
                self.ends[end].handle_send_blocked(self.now, blocked);
            }
            14 => self.change_rates(p),
            _ => self.interfere(p),
        }
    }

    fn write(&mut self, len: u64) {
        let len = len.min(STREAM - self.written);
        if self.finished || len == 0 {
            return;
        }
        let bytes: Vec<u8> = (self.written..self.written + len).map(content).collect();
        if self.ends[SENDER].handle_write(self.now, Bytes::from(bytes.clone())).is_ok() {
            self.written += len;
            self.sent.update(&bytes);
        }
    }

    fn finish(&mut self) {
        let end = EndOfStream { length: self.written, digest: self.sent.finish() };
        self.finished |= self.ends[SENDER].handle_finish(self.now, end).is_ok();
    }

    fn take(&mut self, index: usize) -> Option<(usize, SocketAddr, Instant, Vec<u8>)> {
        let at = index % self.flying.len().max(1);
        (at < self.flying.len()).then(|| self.flying.remove(at))
    }

    fn deliver(&mut self, index: usize, again: bool) {
        let Some(one) = self.take(index) else { return };
        let (to, from, _, bytes) = &one;
        let _ = self.ends[*to].handle_datagram(self.now, *from, bytes);
        if again && self.flying.len() < FLYING {
            self.flying.push(one);
        }
    }

    fn damage(&mut self, p: &mut Program<'_>) {
        let Some((to, from, _, mut bytes)) = self.take(p.below(FLYING)) else { return };
        let at = p.word() as usize % bytes.len();
        bytes[at] ^= p.byte().max(1);
        let before = self.ends[to].stats().datagrams_received;
        assert!(self.ends[to].handle_datagram(self.now, from, &bytes).is_err(), "it was changed");
        assert_eq!(self.ends[to].stats().datagrams_received, before);
    }

    /// The next moment that an end waits for.
    fn wake(&mut self) {
        let next = self.ends.iter().filter_map(Session::poll_timeout).min();
        if let Some(next) = next.filter(|at| at.since(self.now) < Duration::from_secs(100)) {
            self.now = self.now.max(next);
        }
        self.time_out();
    }

    fn time_out(&mut self) {
        for end in &mut self.ends {
            if end.poll_timeout().is_some_and(|at| at <= self.now) {
                end.handle_timeout(self.now);
            }
        }
    }

    /// The application reads what is there, at least `most` bytes of it if there are so many.
    fn consume(&mut self, most: u64) {
        let until = self.read + most;
        while self.read <= until {
            let Some(bytes) = self.ends[RECEIVER].poll_read() else { break };
            for (i, byte) in bytes.iter().enumerate() {
                assert_eq!(*byte, content(self.read + i as u64), "at {}", self.read + i as u64);
            }
            self.got.update(&bytes);
            self.read += bytes.len() as u64;
        }
        assert!(self.read <= self.written);
        let _ = self.ends[RECEIVER].handle_consumed(self.now, self.read);
    }

    fn transmit(&mut self, end: usize, rounds: usize) {
        let mut buffer = vec![0; 16 << 10];
        for _ in 0..rounds {
            let Some(transmit) = self.ends[end].poll_transmit(self.now, &mut buffer, 8) else { return };
            let to = self.addresses.iter().position(|a| *a == transmit.destination);
            for datagram in buffer[..transmit.len].chunks(transmit.segment) {
                if let Some(to) = to.filter(|to| *to != end && self.flying.len() < FLYING) {
                    self.flying.push((to, self.addresses[end], self.now, datagram.to_vec()));
                }
            }
        }
    }

    fn move_end(&mut self, p: &mut Program<'_>) {
        let end = p.below(2);
        self.addresses[end] = address(end, 1 + u16::from(p.byte() % 3));
        self.ends[end].handle_path_change(self.now);
    }

    fn change_rates(&mut self, p: &mut Program<'_>) {
        let target = Rate::from_bps(8_000 + p.word() * 10_000);
        let min = Rate::from_bps(p.word() * 1_000).min(target);
        let policy = [RatePolicy::Fair, RatePolicy::Fixed, RatePolicy::High, RatePolicy::Low][p.below(4)];
        self.ends[SENDER].handle_rates(self.now, Rates { target, min, policy });
    }

    fn interfere(&mut self, p: &mut Program<'_>) {
        let end = p.below(2);
        match p.byte() {
            0 => {
                self.ended_by_us = true;
                self.ends[end].handle_abort(self.now, ErrorCode::Aborted, "enough");
            }
            1..64 => self.ends[end].handle_ping(self.now),
            64..128 => self.ends[RECEIVER].handle_local_drops(p.word()),
            128..192 => self.ends[end].handle_probe(self.now, self.addresses[1 - end]),
            _ => self.ends[end].handle_busy(self.now, p.below(2) == 1),
        }
    }

    fn events(&mut self) {
        for end in [SENDER, RECEIVER] {
            while let Some(event) = self.ends[end].poll_event() {
                match event {
                    Event::EndOfStream(stated) => {
                        assert_eq!(stated.length, self.written);
                        assert_eq!(stated.digest, self.got.finish(), "all bytes were given out before");
                        self.agreed = self.ends[RECEIVER].handle_verified(self.now, true).is_ok();
                    }
                    Event::Completed => {
                        assert!(self.agreed && self.read == self.written, "nobody has read it all");
                        self.completed = true;
                    }
                    Event::Established | Event::Closed(_) => {}
                }
            }
        }
        assert!(self.ends[RECEIVER].stats().buffer_used <= 320 << 10, "more is held than was promised");
    }

    /// The network is good from now on, the writer ends its stream, the reader reads.
    fn settle(&mut self) {
        for end in [SENDER, RECEIVER] {
            self.ends[end].handle_send_blocked(self.now, false);
            self.ends[end].handle_path_change(self.now);
        }
        // At the least rate that a program can set the stream would take a quarter of an hour.
        let rates = Rates { target: Rate::from_mbps(10), ..Rates::default() };
        self.ends[SENDER].handle_rates(self.now, rates);
        self.finish();
        let limit = self.now + Duration::from_secs(400);
        let mut steps = 0;
        while !self.ends.iter().all(Session::is_drained) && self.now < limit {
            steps += 1;
            assert!(steps < 200_000, "the sessions do not sleep at {:?}", self.now);
            self.time_out();
            (0..2).for_each(|end| self.transmit(end, 64));
            while self.flying.first().is_some_and(|(_, _, since, _)| *since + ONE_WAY <= self.now) {
                self.deliver(0, false);
            }
            self.consume(u64::MAX / 2);
            self.events();
            (0..2).for_each(|end| self.transmit(end, 64));
            let arrival = self.flying.first().map(|(_, _, since, _)| *since + ONE_WAY);
            let timer = self.ends.iter().filter_map(Session::poll_timeout).min();
            let next = arrival.into_iter().chain(timer).min().unwrap_or(limit);
            self.now = next.max(self.now + Duration::from_nanos(1));
        }
        // An end that has heard nothing for a minute has given up; that is no fault of the protocol.
        let gave_up = self.ends.iter().any(Session::is_closed) && !self.completed;
        assert!(self.completed || gave_up || self.ended_by_us, "stuck: {:?}", self.ends[SENDER].stats());
    }
}
