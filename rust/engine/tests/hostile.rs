//! Peers and strangers who mean ill.

mod common;

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use common::{PATIENCE, client_builder, eventually, key, pair, server_builder};
use faspstream::{AccessKey, Direction, ErrorCode, Metadata, Rate};

#[test]
fn guesses_are_answered_ever_more_slowly_and_the_right_key_at_once() {
    let server = server_builder().access_key(key()).start().expect("it starts");
    let mut took = Vec::new();
    for guess in 0..6 {
        let wrong =
            AccessKey::new("tester", &format!("guess number {guess} of many")).expect("it is well-formed");
        let began = Instant::now();
        let error = client_builder(&server).access_key(wrong).connect().expect_err("it is wrong");
        assert_eq!(error.code(), ErrorCode::Authentication, "{error}");
        took.push(began.elapsed());
    }
    assert!(took[4] >= Duration::from_millis(200) && took[5] >= Duration::from_millis(400), "{took:?}");
    client_builder(&server).access_key(key()).connect().expect("the right key is let in");
    eventually("all are counted", || server.stats().handshakes_failed == 6);
    assert_eq!(server.stats().connections_half_open, 0);
}

#[test]
fn a_key_opens_what_it_may_and_nothing_else() {
    let limited = "tester(push;rate=10mbit;prefix=cam-;sessions=1):correct horse battery staple";
    let limited = AccessKey::parse(limited).expect("it is well-formed");
    let server = server_builder().access_key(limited).start().expect("it starts");
    let client = client_builder(&server).access_key(key()).connect().expect("it is let in");
    let open = |direction, stream: &str| client.open(direction, stream, Metadata::new());
    for (direction, stream) in
        [(Direction::Pull, "cam-1"), (Direction::Push, "x"), (Direction::Push, "Cam-1")]
    {
        let error = open(direction, stream).expect_err("the key does not allow it");
        assert_eq!(error.code(), ErrorCode::Permission, "{error}");
        assert!(error.message().contains("tester"), "{error}");
    }
    let writer = open(Direction::Push, "cam-1").expect("the key allows it");
    eventually("the cap is in force", || writer.stats().target_rate == Rate::from_mbps(10));
    assert_eq!(open(Direction::Push, "cam-2").expect_err("one at a time").code(), ErrorCode::Resources);
    assert_eq!(server.stats().sessions_refused, 4);
}

#[test]
fn neither_end_can_raise_the_rate_above_what_the_key_allows() {
    let limited =
        AccessKey::parse("tester(rate=10mbit):correct horse battery staple").expect("it is well-formed");
    let server = server_builder().access_key(limited).start().expect("it starts");
    let client = client_builder(&server).access_key(key()).connect().expect("it is let in");
    let writer = client.open(Direction::Push, "x", Metadata::new()).expect("the key allows it");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    let began = Instant::now();
    writer.set_target_rate(Rate::UNLIMITED).expect("it is open");
    reader.set_target_rate(Rate::UNLIMITED).expect("it is open");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            writer.write(&[7; 2_000_000]).expect("it is open");
            writer.finish().expect("it is open");
        });
        let mut buffer = vec![0; 65_536];
        while reader.read(&mut buffer).expect("they come") > 0 {}
    });
    // 1.6 s at 10 Mbit/s.
    assert!(began.elapsed() > Duration::from_millis(1_200), "{:?}", began.elapsed());
}

#[test]
fn garbage_on_the_data_port_disturbs_no_session() {
    let (server, client) = pair();
    let writer = client.open(Direction::Push, "x", Metadata::new()).expect("it opens");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    let stranger = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    stranger.connect(("127.0.0.1", server.udp_port())).expect("it is on this machine");
    let bytes: Vec<u8> = (0..4_000_000).map(|i| (i % 251) as u8).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut state = 7_u64;
            for i in 0..20_000_usize {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let mut datagram = [(state >> 40) as u8; 400];
                // Half of it looks like ours.
                datagram[0] = if i % 2 == 0 { 0x40 } else { (state >> 50) as u8 };
                let _ = stranger.send(&datagram[..i % 400]);
            }
        });
        scope.spawn(|| {
            writer.write(&bytes).expect("it is open");
            writer.finish().expect("it is open");
        });
        let mut got = Vec::new();
        let mut buffer = vec![0; 65_536];
        loop {
            match reader.read(&mut buffer).expect("they come") {
                0 => break,
                n => got.extend_from_slice(&buffer[..n]),
            }
        }
        assert!(got == bytes, "every byte in its place");
    });
    eventually("strangers are counted", || server.stats().datagrams_unknown > 0);
    stranger.set_nonblocking(true).expect("it is open");
    assert!(stranger.recv(&mut [0; 100]).is_err(), "nothing is answered");
}
