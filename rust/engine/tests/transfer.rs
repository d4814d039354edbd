//! Bytes from one application to the other, and the ends they come to.

mod common;

use std::io::Read as _;
use std::thread;
use std::time::Duration;

use common::{PATIENCE, client_builder, eventually, key, pair, server_builder};
use faspstream::{
    Client, Direction, ErrorCode, Metadata, Options, Rate, Read, Receipt, RecvStream, Server, Session,
    SessionState,
};

/// A byte sequence that repeats nowhere near and is cheap to make anywhere.
fn fill(seed: u64, offset: u64, out: &mut [u8]) {
    for (i, chunk) in out.chunks_mut(8).enumerate() {
        let mut x = (offset / 8 + i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed;
        x = (x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        chunk.copy_from_slice(&(x ^ (x >> 29)).to_le_bytes()[..chunk.len()]);
    }
}

const BLOCK: usize = 64 << 10;

/// Writes `length` bytes and completes.
fn write_all(session: &Session, seed: u64, length: u64) -> Receipt {
    let mut block = vec![0; BLOCK];
    let mut at = 0;
    while at < length {
        let n = (length - at).min(BLOCK as u64) as usize;
        fill(seed, at, &mut block[..n]);
        session.write(&block[..n]).expect("the peer reads");
        at += n as u64;
    }
    session.complete().expect("the peer has read it all")
}

/// Reads to the verified end and checks every byte.
fn read_all(session: &Session, seed: u64) -> u64 {
    let (mut got, mut want) = (vec![0; BLOCK], vec![0; BLOCK + 8]);
    let mut at = 0u64;
    loop {
        let n = session.read(&mut got).expect("the peer writes");
        if n == 0 {
            return at;
        }
        let skip = (at % 8) as usize;
        fill(seed, at - skip as u64, &mut want[..n + skip]);
        assert!(got[..n] == want[skip..n + skip], "wrong bytes between {at} and {}", at + n as u64);
        at += n as u64;
    }
}

/// One stream there or back; both receipts are the same stream's.
fn transfer(server: &Server, client: &Client, direction: Direction, seed: u64, length: u64) {
    let near = client.open(direction, "stream", Metadata::new()).expect("it opens");
    let far = server.accept(Some(PATIENCE)).expect("it arrives");
    let (writer, reader) = match direction {
        Direction::Push => (near, far),
        Direction::Pull => (far, near),
    };
    let writing = thread::spawn(move || (write_all(&writer, seed, length), writer.stats().counters));
    assert_eq!(read_all(&reader, seed), length);
    let (theirs, counted) = writing.join().expect("the writer does not panic");
    assert_eq!(
        (counted.bytes_accepted, counted.bytes_delivered),
        (length, length),
        "the figures are the receipt's"
    );
    assert_eq!((counted.bytes_sent, counted.bytes_acknowledged), (length, length));
    let ours = reader.receipt().expect("the end was read");
    assert_eq!((ours.bytes, ours.digest), (length, theirs.digest));
    assert_eq!((theirs.bytes, &theirs.session_id), (length, &ours.session_id));
    assert_eq!(theirs.peer, "tester");
}

#[test]
fn streams_of_every_size_arrive_whole_in_both_directions() {
    let (server, client) = pair();
    for direction in [Direction::Push, Direction::Pull] {
        for length in [0, 1, 1_169, 1_170, 100_000, 5_000_001] {
            transfer(&server, &client, direction, length, length);
        }
    }
    let stats = server.stats();
    assert_eq!((stats.sessions_completed, stats.sessions_failed), (12, 0));
}

#[test]
fn three_hundred_megabytes_arrive_in_both_directions() {
    let (server, client) = pair();
    transfer(&server, &client, Direction::Push, 7, 300_000_000);
    transfer(&server, &client, Direction::Pull, 8, 300_000_000);
}

#[test]
fn sixteen_sessions_at_once_share_one_connection_and_one_port() {
    let (server, client) = pair();
    let serving = thread::spawn(move || {
        let sessions: Vec<Session> =
            (0..16).map(|_| server.accept(Some(PATIENCE)).expect("it arrives")).collect();
        let stats = server.stats();
        assert_eq!((stats.connections, stats.sessions_active), (1, 16));
        let workers: Vec<_> = sessions
            .into_iter()
            .map(|session| {
                thread::spawn(move || {
                    let seed = session.stream().parse().expect("the names are numbers");
                    match session.direction() {
                        Direction::Push => assert_eq!(read_all(&session, seed), 10_000_000),
                        Direction::Pull => drop(write_all(&session, seed, 10_000_000)),
                    }
                })
            })
            .collect();
        workers.into_iter().for_each(|w| w.join().expect("the server's side does not panic"));
    });
    let workers: Vec<_> = (0..16u64)
        .map(|seed| {
            let direction = if seed % 2 == 0 { Direction::Push } else { Direction::Pull };
            let session = client.open(direction, &seed.to_string(), Metadata::new()).expect("it opens");
            thread::spawn(move || match direction {
                Direction::Push => drop(write_all(&session, seed, 10_000_000)),
                Direction::Pull => assert_eq!(read_all(&session, seed), 10_000_000),
            })
        })
        .collect();
    workers.into_iter().for_each(|w| w.join().expect("the client's side does not panic"));
    serving.join().expect("the server does not panic");
}

#[test]
fn a_message_that_is_flushed_arrives_without_more_behind_it() {
    let (server, client) = pair();
    let writer = client.open(Direction::Push, "chat", Metadata::new()).expect("it opens");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    let mut got = [0; 100];
    for round in 0..50u8 {
        writer.write(&[round; 100]).expect("the peer reads");
        writer.flush().expect("the peer reads");
        let mut at = 0;
        while at < 100 {
            at += reader.read(&mut got[at..]).expect("the peer writes");
        }
        assert_eq!(got, [round; 100]);
    }
}

#[test]
fn completion_waits_until_the_server_application_has_taken_the_session() {
    let (server, client) = pair();
    let writer = client.open(Direction::Push, "empty", Metadata::new()).expect("it opens");
    writer.finish().expect("it is open");
    // The end has long been there when it is accepted.
    eventually("the peer is heard", || writer.stats().counters.datagrams_received > 0);
    assert!(writer.receipt().is_none());
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    assert_eq!(writer.wait_for_end(None).expect("it completes").bytes, 0);
    assert_eq!(reader.read(&mut [0; 8]).expect("it is the end"), 0);
}

#[test]
fn a_reader_that_does_not_read_holds_the_writer_back_in_bounded_memory() {
    let bound = 1 << 20;
    let options = Options { buffer_max: bound, ..Options::default() };
    let server = server_builder().options(options).start().expect("it starts");
    let client = client_builder(&server).options(options).connect().expect("it is let in");
    let writer = client.open(Direction::Push, "slow", Metadata::new()).expect("it opens");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    let block = [7; 10_000];
    let mut written = 0u64;
    let mut idle_rounds = 0;
    while idle_rounds < 200 {
        match writer.try_write(&block).expect("it is open") {
            0 => {
                idle_rounds += 1;
                thread::sleep(Duration::from_millis(1));
            }
            n => {
                written += n as u64;
                idle_rounds = 0;
            }
        }
    }
    assert!(written >= bound && written <= 2 * bound, "{written} bytes were taken");
    assert!(reader.available() as u64 <= bound);
    let mut read = 0;
    let mut buffer = vec![0; 1 << 16];
    while read < written {
        read += reader.read(&mut buffer).expect("they were written") as u64;
    }
    assert_eq!(writer.complete().expect("it was read").bytes, written);
}

#[test]
fn an_abort_reaches_the_peer_with_its_words_from_either_end() {
    let (server, client) = pair();
    for writer_aborts in [true, false] {
        let writer = client.open(Direction::Push, "doomed", Metadata::new()).expect("it opens");
        let reader = server.accept(Some(PATIENCE)).expect("it arrives");
        writer.write(&[1; 100_000]).expect("it is open");
        assert!(reader.read(&mut [0; 10]).expect("they come") > 0);
        let (quitter, other) = if writer_aborts { (&writer, &reader) } else { (&reader, &writer) };
        quitter.abort("the disk is on fire");
        let error = other.wait_for_end(None).expect_err("it was aborted");
        assert_eq!(error.code(), ErrorCode::AbortedByPeer, "{error}");
        assert!(error.message().contains("the disk is on fire"), "{error}");
        let own = quitter.wait_for_end(None).expect_err("it was aborted");
        assert_eq!(own.code(), ErrorCode::Aborted);
    }
}

#[test]
fn a_rejected_stream_is_told_as_rejected() {
    let (server, client) = pair();
    let writer = client.open(Direction::Push, "unwanted", Metadata::new()).expect("it opens");
    server.accept(Some(PATIENCE)).expect("it arrives").reject("no such folder");
    let error = writer.wait_for_end(None).expect_err("it was rejected");
    assert_eq!(error.code(), ErrorCode::Rejected);
    assert!(error.message().contains("no such folder"), "{error}");
}

#[test]
fn a_session_that_is_dropped_in_mid_stream_is_no_end_of_stream() {
    let (server, client) = pair();
    let writer = client.open(Direction::Push, "cut", Metadata::new()).expect("it opens");
    let mut reader = RecvStream::from(server.accept(Some(PATIENCE)).expect("it arrives"));
    writer.write(&[1; 50_000]).expect("it is open");
    drop(writer);
    let error = reader.read_to_end(&mut Vec::new()).expect_err("the stream is not whole");
    let inner = error.into_inner().and_then(|e| e.downcast::<faspstream::Error>().ok()).expect("it is ours");
    assert_eq!(inner.code(), ErrorCode::AbortedByPeer, "{inner}");
}

#[test]
fn what_was_aborted_before_it_was_accepted_comes_out_of_accept_with_its_words_and_no_flood_of_it_stays() {
    let (server, client) = pair();
    for round in 0..100 {
        let writer = client.open(Direction::Push, "given up", Metadata::new()).expect("it opens");
        writer.abort(&format!("the disk is on fire: {round}"));
        eventually("the server knows", || server.stats().sessions_failed > round);
    }
    let ends: Vec<String> = std::iter::from_fn(|| server.try_accept().expect("it runs"))
        .map(|session| session.read(&mut [0; 10]).expect_err("it was aborted"))
        .inspect(|error| assert_eq!(error.code(), ErrorCode::AbortedByPeer))
        .map(|error| error.to_string())
        .collect();
    assert_eq!(ends.len(), 64, "the newest are kept");
    assert!(ends[63].contains("the disk is on fire: 99"), "{}", ends[63]);
}

#[test]
fn a_client_that_is_closed_aborts_its_sessions_at_the_peer() {
    let (server, client) = pair();
    let writer = client.open(Direction::Push, "cut", Metadata::new()).expect("it opens");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    writer.write(b"something").expect("it is open");
    client.close();
    assert_eq!(reader.wait_for_end(None).expect_err("aborted").code(), ErrorCode::AbortedByPeer);
    assert_eq!(writer.wait_for_end(None).expect_err("aborted").code(), ErrorCode::Aborted);
}

#[test]
fn a_server_that_closes_with_grace_lets_running_streams_finish() {
    let (server, client) = pair();
    let writer = client.open(Direction::Push, "long", Metadata::new()).expect("it opens");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    let idle = client.open(Direction::Push, "idle", Metadata::new()).expect("it opens");
    let _idle_far = server.accept(Some(PATIENCE)).expect("it arrives");
    let writing = thread::spawn(move || write_all(&writer, 3, 20_000_000));
    let reading = thread::spawn(move || read_all(&reader, 3));
    let closing = thread::spawn(move || server.close(Duration::from_secs(5)));
    eventually("new sessions are refused", || {
        client.open(Direction::Push, "late", Metadata::new()).is_err_and(|e| e.code() == ErrorCode::Shutdown)
    });
    assert_eq!(reading.join().expect("no panic"), 20_000_000);
    writing.join().expect("no panic");
    idle.close();
    closing.join().expect("no panic");
}

#[test]
fn a_server_that_closes_without_grace_tells_its_clients() {
    let (server, client) = pair();
    let writer = client.open(Direction::Push, "long", Metadata::new()).expect("it opens");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    server.close(Duration::ZERO);
    let error = writer.wait_for_end(None).expect_err("the server is gone");
    assert_eq!(error.code(), ErrorCode::Shutdown, "{error}");
    assert!(error.retryable());
    assert!(reader.wait_for_end(None).is_err());
}

#[test]
fn rates_change_while_the_stream_runs_from_either_end() {
    let (server, client) = pair();
    let options = Options { target_rate: Rate::from_mbps(80), ..Options::default() };
    let slow = client_builder(&server).access_key(key()).options(options).connect().expect("it is let in");
    let writer = slow.open(Direction::Push, "x", Metadata::new()).expect("it opens");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    eventually("the cap is in force", || writer.stats().target_rate == Rate::from_mbps(80));
    writer.set_target_rate(Rate::from_mbps(40)).expect("it is open");
    eventually("the writer's wish is in force", || writer.stats().target_rate == Rate::from_mbps(40));
    reader.set_target_rate(Rate::from_mbps(20)).expect("it is open");
    eventually("the reader's wish is in force", || writer.stats().target_rate == Rate::from_mbps(20));
    assert_eq!(
        writer.set_target_rate(Rate::ZERO).expect_err("nothing would pass").code(),
        ErrorCode::Configuration
    );
    drop(client);
}

#[test]
fn the_servers_cap_is_divided_over_its_sessions() {
    let (server, client) = pair();
    let push = client.open(Direction::Push, "up", Metadata::new()).expect("it opens");
    let _far_push = server.accept(Some(PATIENCE)).expect("it arrives");
    let pull = client.open(Direction::Pull, "down", Metadata::new()).expect("it opens");
    let far_pull = server.accept(Some(PATIENCE)).expect("it arrives");
    server.set_target_rate(Rate::from_mbps(100)).expect("it is open");
    eventually("each has a half", || {
        push.stats().target_rate == Rate::from_mbps(50) && far_pull.stats().target_rate == Rate::from_mbps(50)
    });
    pull.close();
    eventually("the one that is left has it all", || push.stats().target_rate == Rate::from_mbps(100));
}

#[test]
fn a_reader_may_hold_the_completion_until_its_own_work_is_done() {
    let (server, client) = pair();
    let writer = client.open(Direction::Push, "held", Metadata::new()).expect("it opens");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    reader.hold_completion();
    writer.write(b"precious").expect("it is open");
    writer.finish().expect("it is open");
    let mut got = [0; 64];
    assert_eq!(reader.read(&mut got).expect("they come"), 8);
    assert_eq!(reader.read(&mut got).expect("the end comes"), 0);
    assert!(matches!(writer.state(), SessionState::Open));
    reader.confirm().expect("it was read to its end");
    assert_eq!(writer.wait_for_end(None).expect("it was confirmed").bytes, 8);
}

#[test]
fn a_reader_that_holds_and_waits_is_woken_by_an_end_that_comes_alone() {
    let (server, client) = pair();
    let writer = client.open(Direction::Push, "held", Metadata::new()).expect("it opens");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    reader.hold_completion();
    writer.write(b"precious").expect("it is open");
    writer.flush().expect("it is open");
    let mut got = [0; 64];
    assert_eq!(reader.read(&mut got).expect("they come"), 8);
    let waiting = thread::spawn({
        let reader = reader.clone();
        move || reader.read_until(&mut [0; 64], Some(std::time::Instant::now() + PATIENCE))
    });
    writer.finish().expect("it is open");
    assert_eq!(waiting.join().expect("it does not panic").expect("the end comes"), 0);
    reader.confirm().expect("it was read to its end");
    assert_eq!(writer.wait_for_end(None).expect("it was confirmed").bytes, 8);
}

#[test]
fn bytes_cross_in_place_too() {
    let (server, client) = pair();
    let writer = client.open(Direction::Push, "x", Metadata::new()).expect("it opens");
    let reader = server.accept(Some(PATIENCE)).expect("it arrives");
    let n = writer.try_write_with(5, |space| space.copy_from_slice(b"hello")).expect("it is open");
    assert_eq!(n, 5);
    writer.finish().expect("it is open");
    let mut got = Vec::new();
    eventually("the end is read", || match reader.try_read_with(3, |part| got.extend_from_slice(part)) {
        Ok(Read::End) => true,
        other => other.map(|_| false).expect("it is open"),
    });
    assert_eq!(got, b"hello");
}
