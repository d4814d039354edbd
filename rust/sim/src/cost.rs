//! What a datagram costs while so many are in flight: sent, received, acknowledged, found lost. `rust/proto/docs/cost.md` shows the figures.
//!
//! Instructions instead of time: run it under `valgrind --tool=callgrind --collect-atstart=no --toggle-collect='*step_NAME*'`, NAME one of
//! send, receive, acknowledge, lose; the sum belongs to so many calls of [`STEP`] datagrams as callgrind counts.

use core::fmt::Write as _;
use core::time::Duration;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant as Clock;

use bytes::Bytes;
use faspstream_proto::Session;
use faspstream_proto::config::{Cipher, Config, ConnectionId, MasterSecret, RatePolicy, Rates, Role, Side};
use faspstream_proto::units::{Instant, Rate};

/// UDP payload of a datagram: small, so that a million of them fit into memory.
const SIZE: u16 = 256;
/// Datagrams of a step, as one feedback tells of at most.
pub const STEP: usize = 64;
/// Steps of which the median counts.
const STEPS: usize = 64;
/// One of so many datagrams is lost where datagrams are.
const LOSS: usize = 16;
/// Time from datagram to datagram.
const SPACING: Duration = Duration::from_micros(1);

struct Bench {
    now: Instant,
    sender: Session,
    receiver: Session,
    flight: VecDeque<Vec<u8>>,
    buffer: Vec<u8>,
    words: Vec<Vec<u8>>,
}

fn address(side: Side) -> SocketAddr {
    ([192, 0, 2, 1], if side == Side::Client { 1 } else { 2 }).into()
}

fn session(role: Role, in_flight: usize) -> Session {
    let (client, server) = (ConnectionId(1), ConnectionId(2));
    let is_client = role == Role::Sender;
    let side = if is_client { Side::Client } else { Side::Server };
    let bytes = 2 * u64::from(SIZE) * in_flight as u64 + (64 << 20);
    let config = Config {
        role,
        side,
        local_id: if is_client { client } else { server },
        remote_id: if is_client { server } else { client },
        master: MasterSecret::new([7; 32]),
        cipher: Cipher::Aes128Gcm,
        rates: Rates { target: Rate::UNLIMITED, min: Rate::ZERO, policy: RatePolicy::Fixed },
        remote: is_client.then(|| address(Side::Server)),
        control_peer: Some(address(Side::Client).ip()),
        datagram_start: SIZE,
        datagram_max: SIZE,
        first_window: bytes,
        buffer_max: bytes,
        outage_timeout: Duration::from_secs(3_600),
        path_memory: None,
        seed: [3; 32],
    };
    Session::new(config).expect("a configuration that is allowed")
}

impl Bench {
    fn new(in_flight: usize) -> Self {
        let mut bench = Self {
            now: Instant::ZERO,
            sender: session(Role::Sender, in_flight),
            receiver: session(Role::Receiver, in_flight),
            flight: VecDeque::with_capacity(in_flight + STEP),
            buffer: vec![0; usize::from(SIZE) * STEP],
            words: Vec::new(),
        };
        let stream = Bytes::from(vec![1; 1 << 20]);
        let blocks = (in_flight + 4 * STEP * STEPS) * usize::from(SIZE) / stream.len() + 1;
        (0..blocks).for_each(|_| bench.sender.handle_write(bench.now, stream.clone()).expect("it is open"));
        while bench.flight.len() < in_flight {
            bench.step_send();
        }
        bench
    }

    /// Sends a step's worth; gives how many that were.
    #[inline(never)]
    fn step_send(&mut self) -> usize {
        let mut sent = 0;
        while sent < STEP {
            self.now = self.now + SPACING * STEP as u32;
            let Some(t) = self.sender.poll_transmit(self.now, &mut self.buffer, STEP) else { break };
            let datagrams = self.buffer[..t.len].chunks(t.segment);
            sent += datagrams.len();
            self.flight.extend(datagrams.map(<[u8]>::to_vec));
        }
        sent
    }

    /// The receiver takes in the oldest of what is in flight but one of `LOSS` if it `loses`, and its application takes the bytes.
    #[inline(never)]
    fn step_receive(&mut self, loses: bool) -> usize {
        for index in 0..STEP {
            let datagram = self.flight.pop_front().expect("more are in flight");
            if loses && index % LOSS == LOSS / 2 {
                continue;
            }
            let taken = self.receiver.handle_datagram(self.now, address(Side::Client), &datagram);
            taken.expect("it is new and authentic");
        }
        let mut read = self.receiver.stats().bytes_delivered;
        while let Some(bytes) = self.receiver.poll_read() {
            read += bytes.len() as u64;
        }
        self.receiver.handle_consumed(self.now, read).expect("that was given out");
        STEP
    }

    /// The receiver speaks.
    fn feedback(&mut self) {
        self.words.clear();
        self.now = self.now + Duration::from_millis(30);
        self.receiver.handle_timeout(self.now);
        while let Some(t) = self.receiver.poll_transmit(self.now, &mut self.buffer, STEP) {
            self.words.extend(self.buffer[..t.len].chunks(t.segment).map(<[u8]>::to_vec));
        }
    }

    #[inline(never)]
    fn step_acknowledge(&mut self) -> usize {
        self.hear()
    }

    #[inline(never)]
    fn step_lose(&mut self) -> usize {
        self.hear()
    }

    /// The sender works in what the receiver said.
    fn hear(&mut self) -> usize {
        for word in &self.words {
            let taken = self.sender.handle_datagram(self.now, address(Side::Server), word);
            taken.expect("it is new and authentic");
        }
        STEP
    }
}

/// Nanoseconds per datagram of each step.
#[derive(Default)]
struct Times([Vec<f64>; 4]);

impl Times {
    fn take(&mut self, which: usize, step: impl FnOnce() -> usize) {
        let began = Clock::now();
        let datagrams = step();
        let nanos = began.elapsed().as_secs_f64() * 1e9 / datagrams.max(1) as f64;
        self.0[which].push(nanos);
    }

    fn medians(mut self) -> [f64; 4] {
        self.0.each_mut().map(|times| {
            times.sort_by(f64::total_cmp);
            times.get(times.len() / 2).copied().unwrap_or_default()
        })
    }
}

fn measure(in_flight: usize) -> [f64; 4] {
    let mut bench = Bench::new(in_flight);
    let mut times = Times::default();
    for step in 0..2 * STEPS {
        let loses = step >= STEPS;
        times.take(1, || bench.step_receive(loses));
        bench.feedback();
        if loses {
            times.take(3, || bench.step_lose());
        } else {
            times.take(2, || bench.step_acknowledge());
        }
        times.take(0, || bench.step_send());
    }
    times.medians()
}

/// A table in Markdown: nanoseconds per datagram of each step, for each number of datagrams in flight.
pub fn table(sizes: &[usize]) -> String {
    let mut out = format!(
        "| in flight | send, ns | receive, ns | acknowledge, ns | find lost, ns |\n{}\n",
        "|--:|--:|--:|--:|--:|"
    );
    for &in_flight in sizes {
        let [send, receive, acknowledge, lose] = measure(in_flight);
        let _ = writeln!(out, "| {in_flight} | {send:.0} | {receive:.0} | {acknowledge:.0} | {lose:.0} |");
    }
    out
}
