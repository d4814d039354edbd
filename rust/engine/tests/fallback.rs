//! Where UDP is blocked the data goes over a TCP connection, and back when UDP works (wire-format.md §2.3).
#![cfg(target_os = "linux")] // Other systems have one loopback address only.

mod common;

use std::time::{Duration, Instant};

use common::relay::Relay;
use common::udp_relay::UdpRelay;
use common::{PATIENCE, eventually, key, server_builder};
use faspstream::{Carrier, Client, Direction, ErrorCode, Metadata, Options, Server, Session, Transport};

/// The firewall's address: TCP passes it.
const FIREWALL: &str = "127.0.0.2";

fn options(transport: Transport) -> Options {
    Options { transport, ..Options::default() }
}

/// A server behind a firewall, and a client that asks for `direction`; the session's two ends, writer first.
struct Blocked {
    _server: Server,
    relay: Relay,
    _client: Client,
    writer: Session,
    reader: Session,
}

fn behind_a_firewall(
    direction: Direction,
    transport: Transport,
    udp: Option<&mut Option<UdpRelay>>,
) -> Blocked {
    let server = server_builder().access_key(key()).start().expect("it starts");
    let relay = Relay::at(FIREWALL, server.local_addr());
    if let Some(place) = udp {
        let at = (FIREWALL.parse::<std::net::IpAddr>().expect("it is one"), server.udp_port()).into();
        *place = Some(UdpRelay::new(at, ([127, 0, 0, 1], server.udp_port()).into()));
    }
    let client = Client::builder()
        .host(FIREWALL)
        .tcp_port(relay.port())
        .access_key(key())
        .options(options(transport))
        .connect()
        .expect("it is let in");
    let here = client.open(direction, "x", Metadata::new()).expect("it opens");
    let there = server.accept(Some(PATIENCE)).expect("it arrives");
    let (writer, reader) = if direction == Direction::Push { (here, there) } else { (there, here) };
    Blocked { _server: server, relay, _client: client, writer, reader }
}

/// Sends `len` bytes of a known stream from `at` on, and checks that they arrive.
fn exchange(b: &Blocked, at: usize, len: usize) {
    let bytes: Vec<u8> = (at..at + len).map(|i| (i % 251) as u8).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| b.writer.write(&bytes).expect("it is open"));
        let mut got = vec![0; len];
        let mut have = 0;
        while have < len {
            let deadline = Some(Instant::now() + PATIENCE);
            let read = b.reader.read_until(&mut got[have..], deadline);
            have += read.unwrap_or_else(|e| {
                panic!("{e}: {have} of {len} after {at}; {:?} {:?}", b.writer.stats(), b.reader.stats())
            });
        }
        assert!(got == bytes, "every byte in its place");
    });
}

fn complete(b: &Blocked) {
    b.writer.finish().expect("it is open");
    assert_eq!(b.reader.read(&mut [0; 10]).expect("the end comes"), 0);
    b.writer.wait_for_end(None).expect("it was read");
}

#[test]
fn a_session_that_udp_does_not_reach_goes_on_over_tcp_within_two_seconds() {
    for direction in [Direction::Push, Direction::Pull] {
        let began = Instant::now();
        let b = behind_a_firewall(direction, Transport::Auto, None);
        exchange(&b, 0, 1_000);
        let took = began.elapsed();
        assert!(took < Duration::from_secs(2), "{direction:?}: {took:?}");
        exchange(&b, 1_000, 8_000_000);
        eventually("both ends say so", || {
            [b.writer.stats(), b.reader.stats()].iter().all(|stats| stats.carrier == Carrier::Tcp)
        });
        complete(&b);
    }
}

#[test]
fn tcp_by_choice_starts_at_once_and_sends_no_udp() {
    let mut udp = None;
    let b = behind_a_firewall(Direction::Push, Transport::Tcp, Some(&mut udp));
    exchange(&b, 0, 3_000_000);
    complete(&b);
    assert_eq!(b.writer.stats().carrier, Carrier::Tcp);
    assert_eq!(udp.map(|udp| udp.passed()), Some(0));
}

#[test]
fn udp_that_is_lost_in_mid_stream_is_replaced_and_taken_back_when_it_works() {
    for direction in [Direction::Push, Direction::Pull] {
        let mut place = None;
        let b = behind_a_firewall(direction, Transport::Auto, Some(&mut place));
        let udp = place.expect("it was made");
        exchange(&b, 0, 2_000_000);
        assert_eq!(b.writer.stats().carrier, Carrier::Udp);
        udp.block(true);
        exchange(&b, 2_000_000, 4_000_000);
        eventually("the writer says so", || b.writer.stats().carrier == Carrier::Tcp);
        udp.block(false);
        let mut at = 6_000_000;
        eventually("both ends are back on UDP", || {
            exchange(&b, at, 10_000);
            at += 10_000;
            b.writer.stats().carrier == Carrier::Udp && b.reader.stats().carrier == Carrier::Udp
        });
        let before = udp.passed();
        exchange(&b, at, 2_000_000);
        assert!(udp.passed() > before + 100, "the data goes over UDP");
        complete(&b);
    }
}

#[test]
fn a_connection_for_data_that_breaks_is_made_again() {
    let b = behind_a_firewall(Direction::Push, Transport::Auto, None);
    exchange(&b, 0, 100_000);
    for round in 1..=5 {
        b.relay.cut();
        exchange(&b, round * 100_000, 100_000);
    }
    complete(&b);
}

#[test]
fn many_sessions_share_a_connection_and_do_not_wait_for_each_other() {
    let server = server_builder().access_key(key()).start().expect("it starts");
    let relay = Relay::at(FIREWALL, server.local_addr());
    let client = Client::builder().host(FIREWALL).tcp_port(relay.port()).access_key(key());
    let client = client.options(options(Transport::Tcp)).connect().expect("it is let in");
    let pairs: Vec<_> = (0..8)
        .map(|i| {
            let writer = client.open(Direction::Push, &i.to_string(), Metadata::new()).expect("it opens");
            (writer, server.accept(Some(PATIENCE)).expect("it arrives"))
        })
        .collect();
    // The first reader never reads; its stream fills its window and no more.
    let (stuck, _unread) = &pairs[0];
    let block = vec![5; 100_000];
    eventually("the first stream is full", || stuck.try_write(&block).expect("it is open") == 0);
    std::thread::scope(|scope| {
        for (writer, reader) in &pairs[1..] {
            scope.spawn(|| {
                writer.write(&block.repeat(20)).expect("it is open");
                writer.finish().expect("it is open");
            });
            scope.spawn(|| {
                let (mut total, mut buffer) = (0, vec![0; 65_536]);
                loop {
                    match reader.read(&mut buffer).expect("they come") {
                        0 => break,
                        n => total += n,
                    }
                }
                assert_eq!(total, 2_000_000);
            });
        }
    });
    assert_eq!(relay.connections(), 2, "one for control, one for data");
}

#[test]
fn who_insists_on_udp_and_meets_who_insists_on_tcp_is_told_so() {
    for (server_wants, client_wants) in [(Transport::Tcp, Transport::Udp), (Transport::Udp, Transport::Tcp)] {
        let server =
            server_builder().access_key(key()).options(options(server_wants)).start().expect("it starts");
        let client = Client::builder().tcp_port(server.tcp_port()).access_key(key());
        let client = client.options(options(client_wants)).connect().expect("it is let in");
        let error = match client.open(Direction::Push, "x", Metadata::new()) {
            Err(error) => error,
            Ok(session) => {
                session.wait_for_end(Some(Instant::now() + PATIENCE)).expect_err("there is no way")
            }
        };
        assert!(matches!(error.code(), ErrorCode::Configuration | ErrorCode::Permission), "{error}");
        assert!(error.message().contains("transport = auto"), "{error}");
    }
}

#[test]
fn a_server_that_carries_over_tcp_only_serves_clients_with_default_settings() {
    let server =
        server_builder().access_key(key()).options(options(Transport::Tcp)).start().expect("it starts");
    let client =
        Client::builder().tcp_port(server.tcp_port()).access_key(key()).connect().expect("it is let in");
    let writer = client.open(Direction::Push, "x", Metadata::new()).expect("it opens");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    writer.write(b"hello").expect("it is open");
    writer.finish().expect("it is open");
    let mut got = [0; 10];
    assert_eq!(reader.read(&mut got).expect("they come"), 5);
    assert_eq!(reader.read(&mut got).expect("the end"), 0);
    writer.wait_for_end(None).expect("it was read");
    assert_eq!(writer.stats().carrier, Carrier::Tcp);
}
