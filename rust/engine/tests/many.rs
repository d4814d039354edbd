//! Many sessions through one server, each end driven by one thread that never waits inside a call.

mod common;

use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use common::relay::Relay;
use common::udp_relay::UdpRelay;
use common::{PATIENCE, eventually, key, pair};
use faspstream::{Client, Direction, ErrorCode, Metadata, Options, Read, Server, Session, Transport};

const LENGTH: usize = 200_000;
/// Tests of this file.
const TESTS: usize = 5;

/// Writes the stream of one session as far as it goes now. True once the peer has read all of it.
fn go_on_writing(session: &Session, written: &mut usize) -> bool {
    let block = [session.stream().len() as u8; 10_000];
    while *written < LENGTH {
        match session.try_write(&block).expect("the peer reads") {
            0 => return false,
            n => *written += n,
        }
    }
    session.finish().expect("it is open");
    session.receipt().is_some_and(|receipt| receipt.bytes == *written as u64)
}

fn serve(server: &Server, count: usize) {
    let mut open: HashMap<String, (Session, usize)> = HashMap::new();
    let mut done = 0;
    let mut buffer = vec![0; 1 << 16];
    let deadline = Instant::now() + PATIENCE * 3;
    while done < count {
        assert!(Instant::now() < deadline, "{done} of {count} have ended");
        while let Some(session) = server.try_accept().expect("it is open") {
            open.insert(session.id(), (session, 0));
        }
        let before = open.len();
        open.retain(|_, (session, read)| {
            loop {
                match session.try_read(&mut buffer).expect("the peer writes") {
                    Read::Bytes(n) => *read += n,
                    Read::Empty => return true,
                    Read::End => {
                        assert_eq!(*read, LENGTH);
                        return false;
                    }
                }
            }
        });
        done += before - open.len();
        thread::sleep(Duration::from_millis(1));
    }
}

/// Gives the seconds after which each was complete.
fn push_all(client: &Client, count: usize) -> Vec<f64> {
    let (began, mut seconds) = (Instant::now(), Vec::new());
    let mut open: Vec<(Session, usize)> = (0..count)
        .map(|i| {
            (client.start_open(Direction::Push, &format!("s{i}"), Metadata::new()).expect("it starts"), 0)
        })
        .collect();
    let deadline = Instant::now() + PATIENCE * 3;
    while !open.is_empty() {
        assert!(Instant::now() < deadline, "{} are left", open.len());
        let before = open.len();
        open.retain_mut(|(session, written)| !go_on_writing(session, written));
        seconds.extend(vec![began.elapsed().as_secs_f64(); before - open.len()]);
        thread::sleep(Duration::from_millis(1));
    }
    seconds
}

/// Jain's index of rates: 1 if all are equal, 1/n if one has all.
fn jain(seconds: &[f64]) -> f64 {
    let rates = seconds.iter().map(|s| 1.0 / s);
    let sum: f64 = rates.clone().sum();
    sum * sum / (seconds.len() as f64 * rates.map(|rate| rate * rate).sum::<f64>())
}

/// Threads of the engine in this process, where the system tells.
fn engine_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    tasks
        .filter(|task| {
            std::fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.starts_with("faspstream"))
        })
        .count()
}

#[test]
fn three_hundred_sessions_at_once_are_served_by_one_thread_at_each_end() {
    let (server, client) = pair();
    let serving = {
        let server = server.clone();
        thread::spawn(move || serve(&server, 300))
    };
    let seconds = push_all(&client, 300);
    // Two for all clients, and two for the server of each test here that may run meanwhile.
    assert!(engine_threads() <= 2 + 2 * TESTS, "{} threads", engine_threads());
    serving.join().expect("the server does not panic");
    assert!(jain(&seconds) > 0.8, "Jain index {}", jain(&seconds));
    let stats = server.stats();
    assert_eq!((stats.sessions_completed, stats.sessions_failed, stats.connections), (300, 0, 1));
}

#[test]
fn a_crowd_whose_flight_is_lost_as_a_whole_goes_on_when_the_path_does() {
    // The client reaches the server by an address of its own, where its datagrams pass a relay.
    let address = "127.0.0.3";
    let server = common::server_builder().access_key(key()).start().expect("it starts");
    let at = (address.parse::<std::net::IpAddr>().expect("it is one"), server.udp_port()).into();
    let udp = UdpRelay::new(at, ([127, 0, 0, 1], server.udp_port()).into());
    let tcp = Relay::at(address, server.local_addr());
    let options = Options { transport: Transport::Udp, ..Options::default() };
    let builder = Client::builder().host(address).tcp_port(tcp.port()).access_key(key()).options(options);
    let client = builder.connect().expect("it is let in");
    let serving = {
        let server = server.clone();
        thread::spawn(move || serve(&server, 50))
    };
    let pushing = thread::spawn(move || push_all(&client, 50));
    eventually("data passes", || udp.passed() > 500);
    udp.block(true);
    thread::sleep(Duration::from_millis(500));
    udp.block(false);
    assert_eq!(pushing.join().expect("the client does not panic").len(), 50);
    serving.join().expect("the server does not panic");
}

#[test]
fn five_hundred_sessions_one_after_another_leave_nothing_behind() {
    let (server, client) = pair();
    let descriptors = || std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let before = descriptors();
    for _ in 0..500 {
        let writer = client.open(Direction::Push, "x", Metadata::new()).expect("it opens");
        let reader = server.accept(Some(PATIENCE)).expect("it arrives");
        writer.write(b"few bytes").expect("it is open");
        writer.finish().expect("it is open");
        let mut buffer = [0; 100];
        while reader.read(&mut buffer).expect("they come") > 0 {}
        writer.wait_for_end(None).expect("it was read");
    }
    // Other tests of this process open some meanwhile; a leak would be five hundred.
    assert!(descriptors() <= before + 200, "descriptors grow");
    assert!(server.sessions().is_empty());
    eventually("all are over", || server.stats().sessions_active == 0);
}

/// Writes until the session ends.
fn write_on(session: &Session) -> thread::JoinHandle<()> {
    let session = session.clone();
    thread::spawn(move || while session.write(&[7; 100_000]).is_ok() {})
}

/// Reads until the session ends.
fn read_on(session: &Session) -> thread::JoinHandle<()> {
    let session = session.clone();
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while session.read(&mut buffer).is_ok_and(|n| n > 0) {}
    })
}

#[test]
fn the_cap_of_a_server_is_shared_live_and_what_one_session_does_not_use_another_has() {
    let (server, client) = pair();
    // In tenths of a Mbit/s: a rate that a busy machine keeps too.
    let share = |session: &Session| session.stats().target_rate.as_bps() / 100_000;
    server.set_target_rate(faspstream::Rate::from_mbps(16)).expect("it runs");
    // The busy one is pulled, so the server sends; the idle one is pushed, so the client sends and is told its rate.
    let busy_reader = client.open(Direction::Pull, "busy", Metadata::new()).expect("it opens");
    let busy = server.accept(Some(PATIENCE)).expect("it arrives");
    let idle = client.open(Direction::Push, "idle", Metadata::new()).expect("it opens");
    let idle_reader = server.accept(Some(PATIENCE)).expect("it arrives");
    eventually("the cap is divided evenly at first", || share(&busy) == 80 && share(&idle) == 80);
    let mut workers = vec![write_on(&busy), read_on(&busy_reader)];
    eventually("the busy one has what the idle one does not use", || {
        share(&busy) == 155 && share(&idle) == 5
    });
    workers.extend([write_on(&idle), read_on(&idle_reader)]);
    eventually("half of it is given back", || share(&busy) == 80 && share(&idle) == 80);
    server.set_target_rate(faspstream::Rate::from_mbps(4)).expect("it runs");
    eventually("another cap is divided alike", || share(&busy) == 20 && share(&idle) == 20);
    idle.abort("enough");
    eventually("who is left has all of it", || share(&busy) == 40);
    busy.abort("enough");
    for worker in workers {
        worker.join().expect("it ends without a panic");
    }
}

#[test]
fn every_public_call_may_race_with_close() {
    let (server, client) = pair();
    for round in 0..30u64 {
        let writer = client.open(Direction::Push, "race", Metadata::new()).expect("it opens");
        let reader = server.accept(Some(PATIENCE)).expect("it arrives");
        let workers: Vec<_> = (0..4)
            .map(|i| {
                let (writer, reader) = (writer.clone(), reader.clone());
                thread::spawn(move || {
                    let mut buffer = [0; 1000];
                    for step in 0u32.. {
                        let result = match (step + i) % 6 {
                            0 => writer.try_write(&buffer).map(drop),
                            1 => reader.try_read(&mut buffer).map(drop),
                            2 => writer.flush(),
                            3 => writer.set_target_rate(faspstream::Rate::from_mbps(100)),
                            4 => {
                                let _ =
                                    (writer.stats(), reader.diagnose(), reader.state(), writer.available());
                                Ok(())
                            }
                            _ => reader.set_min_rate(faspstream::Rate::ZERO),
                        };
                        if let Err(error) = result {
                            return error;
                        }
                    }
                    unreachable!("the session is closed in the end")
                })
            })
            .collect();
        thread::sleep(Duration::from_micros(300 * round));
        if round % 2 == 0 {
            writer.close();
            reader.close();
        } else {
            reader.close();
            writer.close();
        }
        for worker in workers {
            let error = worker.join().expect("no call panics");
            let told = [ErrorCode::Closed, ErrorCode::Aborted, ErrorCode::AbortedByPeer];
            assert!(told.contains(&error.code()), "{error}");
        }
    }
}
