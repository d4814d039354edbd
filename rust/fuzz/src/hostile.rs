//! A session whose peer has the keys and means ill.

use core::time::Duration;

use bytes::Bytes;
use faspstream_proto::Session;
use faspstream_proto::config::{Cipher, ConnectionId, MasterSecret, Role, Side};
use faspstream_proto::digest::{Digest, DigestAlgorithm};
use faspstream_proto::error::{CloseReason, ErrorCode};
use faspstream_proto::io::{EndOfStream, Event};
use faspstream_proto::protection::Sealer;
use faspstream_proto::units::Instant;
use faspstream_proto::wire::header::{Kind, STREAM_MAX};

use crate::pair::{address, config};
use crate::program::Program;

/// Most bytes that a receiver may hold: what it promises, and the room of datagrams that were not full.
const HELD_MAX: u64 = 320 << 10;

struct Victim {
    session: Session,
    end: usize,
    now: Instant,
    sealer: Sealer,
    /// The peer's next packet number.
    number: u64,
    written: u64,
    read: u64,
}

/// Runs `data` as what a peer with keys sends, and what the application and the clock do meanwhile: the session neither panics, nor
/// spins, nor holds more than it promised, nor sends more than three times what came from an unproven address.
pub fn hostile(data: &[u8]) {
    let mut program = Program::new(data);
    let choices = program.byte();
    let role = if choices & 1 == 0 { Role::Sender } else { Role::Receiver };
    let (side, peer_side) =
        if choices & 2 == 0 { (Side::Server, Side::Client) } else { (Side::Client, Side::Server) };
    // The cipher of the peer is fixed: what it says counts, not how it is sealed.
    let config = config(role, side, choices & !32);
    let mut victim = Victim {
        session: Session::new(config).expect("the configuration is good"),
        end: usize::from(role == Role::Receiver),
        now: Instant::ZERO,
        sealer: Sealer::new(Cipher::Aes128Gcm, &MasterSecret::new([3; 32]), peer_side),
        number: 0,
        written: 0,
        read: 0,
    };
    let mut steps = 0;
    while !program.is_over() && steps < 4_000 {
        steps += 1;
        victim.step(&mut program);
        victim.drain();
    }
}

impl Victim {
    fn step(&mut self, p: &mut Program<'_>) {
        match p.byte() % 8 {
            0 | 1 => {
                let len = usize::from(p.byte());
                let frames = p.bytes(len);
                self.receive(Kind::Control, frames, p.byte());
            }
            2 | 3 => {
                let offset = match p.byte() % 4 {
                    0 => self.read + p.word(),
                    1 => p.word() << 8,
                    2 => STREAM_MAX - p.word(),
                    _ => p.word() << 32 | p.word(),
                };
                let payload = vec![p.byte(); 1 + p.word() as usize % 1_400];
                self.receive(Kind::Data { offset: offset.min(STREAM_MAX) }, &payload, p.byte());
            }
            4 => self.now = self.now + Duration::from_micros(p.word() * 50),
            5 => self.number += p.word() << (p.byte() % 40),
            6 => self.use_it(p),
            _ => {
                if let Some(next) = self.session.poll_timeout() {
                    self.now = self.now.max(next.min(self.now + Duration::from_secs(30)));
                }
            }
        }
    }

    fn receive(&mut self, kind: Kind, payload: &[u8], port: u8) {
        let mut out = vec![0; payload.len() + 64];
        let own = ConnectionId(7 + self.end as u32);
        if payload.is_empty() {
            return;
        }
        let Ok(len) = self.sealer.seal(own, kind, self.number, payload, &mut out) else { return };
        self.number += 1;
        // Mostly from where a peer is.
        let port = if port > 3 { 1 } else { u16::from(port) + 1 };
        let _ = self.session.handle_datagram(self.now, address(1 - self.end, port), &out[..len]);
    }

    fn use_it(&mut self, p: &mut Program<'_>) {
        match p.byte() % 8 {
            0..=3 => {
                let len = 1 + p.word();
                if self.session.handle_write(self.now, Bytes::from(vec![9; len as usize])).is_ok() {
                    self.written += len;
                }
            }
            4 => {
                let digest = Digest::new(DigestAlgorithm::Xxh3, &[1; 16]).expect("it has 16 bytes");
                let end = EndOfStream { length: self.written, digest };
                let _ = self.session.handle_finish(self.now, end);
            }
            5 => {
                let reason = CloseReason { code: ErrorCode::Protocol, by_peer: true, reason: String::new() };
                self.session.handle_peer_ended(self.now, (p.byte() > 128).then_some(reason));
            }
            6 => self.session.handle_path_change(self.now),
            _ => self.session.handle_ping(self.now),
        }
    }

    fn drain(&mut self) {
        for _ in 0..4 {
            let due = self.session.poll_timeout().is_some_and(|at| at <= self.now);
            if due {
                self.session.handle_timeout(self.now);
            }
        }
        while let Some(bytes) = self.session.poll_read() {
            self.read += bytes.len() as u64;
        }
        let _ = self.session.handle_consumed(self.now, self.read);
        while let Some(event) = self.session.poll_event() {
            if let Event::EndOfStream(end) = event {
                assert_eq!(end.length, self.read, "the end is told when all was given out");
                let _ = self.session.handle_verified(self.now, end.digest.as_bytes()[0] == 1);
            }
        }
        let mut buffer = vec![0; 16 << 10];
        let mut sent = 0;
        while let Some(transmit) = self.session.poll_transmit(self.now, &mut buffer, 8) {
            sent += transmit.len;
            assert!(sent < 8 << 20, "it sends without end in one moment");
        }
        if self.end == 1 {
            assert!(self.session.stats().buffer_used <= HELD_MAX, "more is held than was promised");
        }
    }
}
