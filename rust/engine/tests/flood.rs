//! Floods from this machine at a server with a running session: connections that say nothing, garbage at the data port, and guesses.
//!
//! The small form runs always. The full form measures what the session keeps:
//! `cargo test --release -p faspstream --test flood -- --ignored --exact --nocapture the_full_flood`.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "what was measured is for whoever runs the long form")]

mod common;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::{PATIENCE, client_builder, eventually, key, pair};
use faspstream::{AccessKey, Client, Direction, Metadata, Server, Session};
use socket2::{Domain, Protocol, Socket, Type};

/// How much of everything.
struct Force {
    half_open: u32,
    guesses: u32,
    /// How long the garbage comes, and each rate is measured.
    time: Duration,
}

const SMALL: Force = Force { half_open: 600, guesses: 12, time: Duration::from_millis(300) };
const FULL: Force = Force { half_open: 20_000, guesses: 2_000, time: Duration::from_secs(5) };

/// What a session keeps of its rate at least, with the processor time taken into account. What was measured is in rust/proto/docs/security.md.
const KEPT_MIN: f64 = 0.7;
/// What this process may grow by meanwhile: 256 half-open connections, and what the session itself needs.
const GROWTH_MAX: u64 = 96 << 20;

// ---- attackers, each a process of its own

/// Starts this program again as the attacker `name`, with as many file descriptors as the system allows.
fn attacker(name: &str, server: &Server, amount: u32, time: Duration) -> Child {
    Command::new("sh")
        .args(["-c", "ulimit -n $(ulimit -Hn); exec \"$0\" --exact \"$1\" --ignored --nocapture"])
        .arg(std::env::current_exe().expect("it runs"))
        .arg(name)
        .env("FLOOD_TCP", server.tcp_port().to_string())
        .env("FLOOD_UDP", server.udp_port().to_string())
        .env("FLOOD_AMOUNT", amount.to_string())
        .env("FLOOD_MILLIS", time.as_millis().to_string())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts")
}

fn told(name: &str) -> u64 {
    std::env::var(name).expect("a parent sets it").parse().expect("it is a number")
}

#[test]
#[ignore = "started by other tests as a process of its own"]
fn attacker_that_opens_and_is_silent() {
    let to = SocketAddr::from((Ipv4Addr::LOCALHOST, told("FLOOD_TCP") as u16));
    let mut open = Vec::new();
    for i in 0..told("FLOOD_AMOUNT") as u32 {
        // Many addresses: one has ports for some 28,000 connections.
        let from = SocketAddr::from((Ipv4Addr::from_bits(0x7f00_0002 + i / 5_000), 0));
        let socket =
            Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).expect("half of 20,000 is allowed");
        socket.bind(&from.into()).expect("all of 127/8 is this machine");
        // One that is refused is an attack less.
        if socket.connect_timeout(&to.into(), Duration::from_secs(5)).is_ok() {
            open.push(socket);
        }
    }
    thread::sleep(Duration::from_millis(told("FLOOD_MILLIS")));
}

#[test]
#[ignore = "started by other tests as a process of its own"]
fn attacker_that_sends_garbage() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    socket.connect(("127.0.0.1", told("FLOOD_UDP") as u16)).expect("it is on this machine");
    let end = Instant::now() + Duration::from_millis(told("FLOOD_MILLIS"));
    let mut state = 7_u64;
    while Instant::now() < end {
        for _ in 0..200 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let mut datagram = [(state >> 40) as u8; 1_200];
            // Half of it looks like ours.
            datagram[0] = if state >> 63 == 0 { 0x40 } else { (state >> 50) as u8 };
            let _ = socket.send(&datagram[..(state >> 33) as usize % 1_200]);
        }
    }
}

#[test]
#[ignore = "started by other tests as a process of its own"]
fn attacker_that_guesses() {
    let (left, port) = (AtomicU64::new(told("FLOOD_AMOUNT")), told("FLOOD_TCP") as u16);
    let end = Instant::now() + Duration::from_millis(told("FLOOD_MILLIS"));
    let guess = || {
        while Instant::now() < end
            && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
        {
            let wrong = AccessKey::new("tester", "a guess of many letters").expect("it is well-formed");
            let guess = Client::builder().host("127.0.0.1").tcp_port(port).access_key(wrong).connect();
            assert!(guess.is_err(), "nobody guesses it");
        }
    };
    thread::scope(|scope| (0..16).for_each(|_| drop(scope.spawn(guess))));
}

// ---- the victim

/// A session that never ends, and the count of what has arrived, every byte checked.
struct Stream {
    arrived: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
}

fn pattern(at: u64) -> u8 {
    (at % 251) as u8
}

impl Stream {
    fn start(writer: Session, reader: Session) -> Self {
        let (arrived, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (counting, stopping) = (Arc::clone(&arrived), Arc::clone(&stop));
        let blocks: Vec<u8> = (0..251 * 256).map(pattern).collect();
        let expected = blocks.clone();
        let write = move || {
            while !stopping.load(Ordering::SeqCst) {
                writer.write(&blocks).expect("it is open");
            }
            writer.complete().expect("the reader has it all");
        };
        let read = move || {
            let mut buffer = vec![0; 64 << 10];
            let mut at = 0;
            loop {
                let n = reader.read(&mut buffer).expect("they come");
                if n == 0 {
                    return;
                }
                let phase = at as usize % 251;
                let (mut got, mut want) = (&buffer[..n], &expected[phase..]);
                while !got.is_empty() {
                    let len = got.len().min(want.len());
                    assert!(got[..len] == want[..len], "every byte in its place");
                    (got, want) = (&got[len..], &expected[(phase + len) % 251..]);
                }
                at += n as u64;
                counting.store(at, Ordering::SeqCst);
            }
        };
        Self { arrived, stop, threads: vec![thread::spawn(write), thread::spawn(read)] }
    }

    /// Bytes and processor seconds of this process over `time`.
    fn measure(&self, time: Duration) -> (f64, f64) {
        let (bytes, cpu) = (self.arrived.load(Ordering::SeqCst), processor_seconds());
        thread::sleep(time);
        ((self.arrived.load(Ordering::SeqCst) - bytes) as f64, processor_seconds() - cpu)
    }

    fn end(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.threads.into_iter().for_each(|thread| thread.join().expect("the stream is whole"));
    }
}

/// User and system time of this process.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux has it");
    let behind = stat.rsplit_once(')').expect("the name stands in parentheses").1;
    let fields: Vec<&str> = behind.split_whitespace().collect();
    // Fields 14 and 15 of the whole line, in hundredths of a second.
    [11, 12].iter().map(|i| fields[*i].parse::<f64>().expect("a number") / 100.0).sum()
}

fn memory() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux has it");
    statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).expect("a number") * 4_096
}

/// Rate per processor second under each flood, as a share of that without; and the least of memory's growth.
fn besiege(force: &Force) -> Vec<(&'static str, f64)> {
    let (server, client) = pair();
    let writer = client.open(Direction::Push, "long", Metadata::new()).expect("it opens");
    let stream = Stream::start(writer, server.accept(Some(PATIENCE)).expect("it arrives"));
    eventually("it runs", || stream.arrived.load(Ordering::SeqCst) > 8 << 20);
    let memory_before = memory();
    let floods = [
        // A process may have fewer than 20,000 files.
        ("attacker_that_opens_and_is_silent", 2, force.half_open / 2),
        ("attacker_that_sends_garbage", 1, 0),
        ("attacker_that_guesses", 1, force.guesses),
    ];
    let mut kept = Vec::new();
    for (name, attackers, amount) in floods {
        let (bytes, cpu) = stream.measure(force.time);
        let time = force.time + Duration::from_secs(1);
        let children: Vec<_> = (0..attackers).map(|_| attacker(name, &server, amount, time)).collect();
        thread::sleep(Duration::from_millis(100));
        let (under, cpu_under) = stream.measure(force.time);
        assert!(under > 0.0, "{name}: the session stands still");
        assert!(server.stats().connections_half_open <= 256);
        let share = (under / cpu_under.max(0.01)) / (bytes / cpu.max(0.01));
        println!(
            "{name}: {:.0} MB/s in {:.2} cores before, {:.0} MB/s in {:.2} cores under it: {:.0} % kept",
            bytes / force.time.as_secs_f64() / 1e6,
            cpu / force.time.as_secs_f64(),
            under / force.time.as_secs_f64() / 1e6,
            cpu_under / force.time.as_secs_f64(),
            share * 100.0
        );
        kept.push((name, share));
        // Whoever has the key gets in meanwhile.
        client_builder(&server).access_key(key()).connect().expect("the right key is let in");
        for mut child in children {
            assert!(child.wait().expect("it was started").success());
        }
        eventually("all is as before", || server.stats().connections_half_open == 0);
    }
    let growth = memory().saturating_sub(memory_before);
    println!("memory grew by {} MiB", growth >> 20);
    assert!(growth < GROWTH_MAX, "memory has grown by {growth} bytes");
    assert!(server.stats().handshakes_failed > 0 && server.stats().datagrams_unknown > 0);
    stream.end();
    kept
}

#[test]
fn a_session_outlives_every_flood_and_every_byte_arrives() {
    besiege(&SMALL);
}

#[test]
#[ignore = "takes a minute; the threat model names it"]
fn the_full_flood() {
    for (name, share) in besiege(&FULL) {
        assert!(share >= KEPT_MIN, "{name}: the session keeps {:.0} % of its rate", share * 100.0);
    }
}
