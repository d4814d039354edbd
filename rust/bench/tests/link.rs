//! Laws of the link, with real sockets. Skipped, with a word, where there is no root.

#![cfg(target_os = "linux")]

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use common::can_run;
use faspstream_bench::lab::{Family, Lab, LabConfig, Side};
use faspstream_bench::probe::{Flood, ping};
use faspstream_bench::settings::{Setting, Settings};
use faspstream_netem::Cause;

/// Parses settings as on the command line, separated by blanks.
fn settings(line: &str) -> Settings {
    line.split_whitespace().map(|pair| Setting::parse_pair(pair).expect("a valid setting")).collect()
}

/// A lab with these settings.
fn lab(line: &str) -> Lab {
    let config = LabConfig { settings: settings(line), ..LabConfig::default() };
    Lab::start(&config).expect("a lab that can run here starts")
}

/// Bytes without a pattern that a shift or a swap would leave the same.
fn noise(len: usize) -> Vec<u8> {
    let stream = faspstream_netem::RandomStream::new(1, 1);
    (0..len as u64).map(|i| stream.at(i) as u8).collect()
}

fn balances(lab: &Lab) {
    let report = lab.report().expect("a running lab reports");
    for (name, direction) in report.directions() {
        assert!(direction.link.balances(direction.inside), "{name}: {direction:?}");
        assert_eq!(direction.own_drops(), 0, "{name}: {direction:?}");
    }
}

#[test]
fn a_ping_takes_the_round_trip_time_at_least() {
    if !can_run() {
        return;
    }
    let lab = lab("rtt=30ms");
    for family in [Family::V4, Family::V6] {
        let samples = ping(&lab, family, 20, Duration::from_millis(2)).expect("pings are sent");
        assert_eq!(samples.len(), 20);
        for sample in samples {
            let rtt = sample.rtt.expect("nothing is lost");
            assert!(rtt >= Duration::from_millis(30), "{family:?}: {rtt:?}");
        }
    }
    balances(&lab);
}

#[test]
fn tcp_bytes_survive_cutting_loss_and_reordering() {
    if !can_run() {
        return;
    }
    let lab = lab("rate=200mbit rtt=10ms loss=1% reorder=1%/3ms duplicate=1%");
    let sent = noise(4 << 20);
    for family in [Family::V4, Family::V6] {
        let address = SocketAddr::new(Side::B.address(family), 9000);
        let listener = lab.open(Side::B, "listen", || TcpListener::bind(address)).expect("a free port");
        let expected = &sent;
        let received = thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let (mut stream, _) = listener.accept().expect("a connection");
                let mut bytes = Vec::new();
                stream.read_to_end(&mut bytes).expect("a whole stream");
                bytes
            });
            let mut stream =
                lab.open(Side::A, "connect", || TcpStream::connect(address)).expect("a connection");
            stream.write_all(expected).expect("a stream that takes all");
            drop(stream);
            reader.join().expect("the reader ends well")
        });
        assert!(
            received == sent,
            "{family:?}: {} bytes of {} arrived, or others",
            received.len(),
            sent.len()
        );
    }
    balances(&lab);
}

#[test]
fn every_datagram_arrives_or_was_lost_on_purpose() {
    if !can_run() {
        return;
    }
    let lab = lab("rtt=10ms loss=2%");
    for (family, batch) in [(Family::V4, 1), (Family::V4, 20), (Family::V6, 20)] {
        let before = lab.report().expect("a report").ab.link.dropped_by(Cause::Loss);
        let flood = Flood { family, rate: 50e6, size: 1000, count: 5000, batch };
        let result = flood.run(&lab).expect("a flood runs");
        let lost = lab.report().expect("a report").ab.link.dropped_by(Cause::Loss) - before;
        assert_eq!(result.receiver_drops, 0);
        assert_eq!((result.sent, result.received + lost), (5000, 5000), "{family:?}, {batch} in a call");
        assert_eq!((result.damaged, result.duplicates, result.overtaken), (0, 0, 0));
    }
    balances(&lab);
}

#[test]
fn damage_reaches_the_application() {
    if !can_run() {
        return;
    }
    let lab = lab("damage=5%");
    let flood = Flood { family: Family::V4, rate: 50e6, size: 1000, count: 2000, batch: 8 };
    let result = flood.run(&lab).expect("a flood runs");
    let damaged = lab.report().expect("a report").ab.link.damaged;
    assert_eq!((result.received, result.damaged), (2000, damaged));
    assert!(damaged > 50, "{damaged} of 2000");
}

#[test]
fn an_outage_ends_when_the_link_is_set_up_again() {
    if !can_run() {
        return;
    }
    let lab = lab("rtt=2ms");
    let answers = |what: &str| {
        lab.set(&settings(what)).expect("a running lab takes settings");
        let samples = ping(&lab, Family::V4, 10, Duration::from_millis(1)).expect("pings are sent");
        samples.iter().filter(|s| s.rtt.is_some()).count() == samples.len()
    };
    assert!(!answers("link=down"));
    assert!(answers("link=up"));
    assert!(!answers("ba.link=down"), "one direction is enough");
}

#[test]
fn a_packet_above_the_path_mtu_vanishes() {
    if !can_run() {
        return;
    }
    let lab = lab("path-mtu=1400");
    let receiver =
        lab.open(Side::B, "bind", || UdpSocket::bind((Side::B.address(Family::V4), 0))).expect("a free port");
    receiver.set_read_timeout(Some(Duration::from_secs(5))).expect("a time-out");
    let sender =
        lab.open(Side::A, "bind", || UdpSocket::bind((Side::A.address(Family::V4), 0))).expect("a free port");
    let target = receiver.local_addr().expect("a bound socket");
    for len in [1373, 1372] {
        sender.send_to(&vec![7; len], target).expect("a datagram is taken");
    }
    let mut buffer = [0; 2000];
    let (len, _) = receiver.recv_from(&mut buffer).expect("the smaller one arrives");
    assert_eq!(len, 1372, "28 bytes of headers make it 1400");
    assert_eq!(lab.report().expect("a report").ab.link.dropped_by(Cause::Mtu), 1);
}
