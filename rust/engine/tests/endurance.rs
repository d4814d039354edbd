//! What a session outlives on its way: a network that is gone, an address that changes, a reader that stops.
//!
//! Long forms: `FASPSTREAM_GONE_SECONDS=45`, `FASPSTREAM_PAUSE_SECONDS=180` (see rust/proto/docs/security.md).
#![cfg(target_os = "linux")] // Other systems have one loopback address only.

mod common;

use std::net::IpAddr;
use std::thread;
use std::time::{Duration, Instant};

use common::relay::Relay;
use common::udp_relay::UdpRelay;
use common::{PATIENCE, key, server_builder};
use faspstream::{Client, Direction, Metadata, Options, Rate, Server, Session, Transport};

const MIB: usize = 1 << 20;

/// A time from the environment, in seconds.
fn seconds(name: &str, default: u64) -> Duration {
    let text = std::env::var(name);
    Duration::from_secs(text.map_or(default, |text| text.parse().expect("it is a number of seconds")))
}

/// Two ends with a network between them that can be taken away: both channels pass relays.
struct Far {
    _server: Server,
    _client: Client,
    tcp: Relay,
    udp: UdpRelay,
    writer: Session,
    reader: Session,
}

/// `address` is one of loopback that no other test of this file uses.
fn far(address: &str, direction: Direction, options: Options) -> Far {
    let server = server_builder().access_key(key()).options(options).start().expect("it starts");
    let at = (address.parse::<IpAddr>().expect("it is one"), server.udp_port()).into();
    let udp = UdpRelay::new(at, ([127, 0, 0, 1], server.udp_port()).into());
    let tcp = Relay::at(address, server.local_addr());
    let builder = Client::builder().host(address).tcp_port(tcp.port()).access_key(key()).options(options);
    let client = builder.connect().expect("it is let in");
    let here = client.open(direction, "x", Metadata::new()).expect("it opens");
    let there = server.accept(Some(PATIENCE)).expect("it arrives");
    let (writer, reader) = if direction == Direction::Push { (here, there) } else { (there, here) };
    Far { _server: server, _client: client, tcp, udp, writer, reader }
}

fn byte(at: usize) -> u8 {
    (at % 251) as u8
}

/// Writes the whole of a known stream and completes it, on a thread that a failed test does not wait for.
fn write_all(writer: &Session, len: usize) -> thread::JoinHandle<()> {
    let writer = writer.clone();
    thread::spawn(move || {
        for at in (0..len).step_by(MIB) {
            let block: Vec<u8> = (at..len.min(at + MIB)).map(byte).collect();
            writer.write(&block).expect("it is open");
        }
        writer.complete().expect("it was read");
    })
}

/// Reads the stream on from `at`, until `until` or its end, and compares.
fn read_on(reader: &Session, mut at: usize, until: usize) -> usize {
    let mut buffer = vec![0; 64 << 10];
    while at < until {
        let room = buffer.len().min(until - at);
        let read =
            reader.read_until(&mut buffer[..room], Some(Instant::now() + PATIENCE)).expect("they come");
        if read == 0 {
            break;
        }
        assert!((at..).zip(&buffer[..read]).all(|(at, &found)| found == byte(at)), "other bytes at {at}");
        at += read;
    }
    at
}

/// So slow that it is under way for a while: 4 MiB/s.
fn paced() -> Options {
    Options { target_rate: Rate::from_mbps(34), transport: Transport::Udp, ..Options::default() }
}

#[test]
fn a_network_that_is_gone_on_both_channels_comes_back_and_every_byte_is_there() {
    let gone = seconds("FASPSTREAM_GONE_SECONDS", 2);
    for (address, direction) in [("127.0.0.4", Direction::Push), ("127.0.0.5", Direction::Pull)] {
        let far = far(address, direction, paced());
        let len = 6 * MIB;
        let writing = write_all(&far.writer, len);
        let at = read_on(&far.reader, 0, MIB);
        far.tcp.stall(true);
        far.udp.block(true);
        let passed = far.udp.passed();
        thread::sleep(gone);
        // One datagram may have been between the look at the switch and the count.
        assert!(far.udp.passed() <= passed + 2, "nothing passes");
        far.tcp.stall(false);
        far.udp.block(false);
        assert_eq!(read_on(&far.reader, at, usize::MAX), len);
        writing.join().expect("the stream completes");
        assert!(far.writer.stats().counters.outages >= 1, "{direction:?}");
    }
}

#[test]
fn a_client_that_is_seen_at_other_ports_in_mid_stream_goes_on_and_loses_no_byte() {
    for (address, direction) in [("127.0.0.6", Direction::Push), ("127.0.0.7", Direction::Pull)] {
        let far = far(address, direction, paced());
        let len = 6 * MIB;
        let writing = write_all(&far.writer, len);
        let mut at = 0;
        for mib in 1..5 {
            at = read_on(&far.reader, at, mib * MIB);
            far.udp.rebind();
        }
        assert_eq!(read_on(&far.reader, at, usize::MAX), len);
        writing.join().expect("the stream completes");
    }
}

#[test]
fn a_reader_that_stops_for_long_holds_its_writer_back_and_goes_on() {
    let pause = seconds("FASPSTREAM_PAUSE_SECONDS", 4);
    let options =
        Options { buffer_max: 4 * MIB as u64, outage_timeout: Duration::from_secs(3), ..Options::default() };
    let far = far("127.0.0.8", Direction::Push, options);
    let len = 64 * MIB;
    let writing = write_all(&far.writer, len);
    let at = read_on(&far.reader, 0, MIB);
    thread::sleep(pause);
    // Each end holds 4 MiB, and the writer has a block in its hands.
    let accepted = far.writer.stats().counters.bytes_accepted as usize;
    assert!(accepted <= at + 9 * MIB, "{accepted} bytes were taken in for a reader that stopped at {at}");
    assert_eq!(read_on(&far.reader, at, usize::MAX), len);
    writing.join().expect("the stream completes");
}
