//! Every way in which a session ends, and that both ends get to know.

use core::time::Duration;
use std::cell::Cell;
use std::rc::Rc;

use super::pair::*;
use crate::digest::{Digest, DigestAlgorithm, StreamDigest};
use crate::error::{CloseReason, ErrorCode};
use crate::io::{Discard, EndOfStream, Event, Misuse};
use crate::session::Session;
use bytes::Bytes;

fn closed(pair: &Pair, end: usize) -> CloseReason {
    let closes: Vec<_> = pair.events[end]
        .iter()
        .filter_map(|event| if let Event::Closed(reason) = event { Some(reason.clone()) } else { None })
        .collect();
    assert_eq!(closes.len(), 1, "told once: {closes:?}");
    closes[0].clone()
}

/// Of other bytes than those that were written.
fn of_nothing() -> Digest {
    StreamDigest::new(DigestAlgorithm::Xxh3).finish()
}

fn run_to_end(pair: &mut Pair, limit_ms: u64) {
    let limit = pair.now + limit_ms as u32 * MS;
    assert!(pair.run(limit, |pair| pair.ends.iter().all(Session::is_drained)), "{:?}", pair.events);
}

/// Drops the first `count` control datagrams of one end after `from`.
fn dropping_control(end: usize, from: u64, count: u64) -> Rule {
    let mut dropped = 0;
    Box::new(move |sender, _, datagram, now| {
        if sender == end && now >= at(from) && is_control(datagram) && dropped < count {
            dropped += 1;
            return Treatment::Drop;
        }
        Treatment::Deliver
    })
}

#[test]
fn an_end_that_is_lost_is_sent_again() {
    // 100 kB take 4 ms; END is among the first control datagrams after that.
    let mut pair = Pair::new().send(100_000).rule(dropping_control(SENDER, 2, 3));
    pair.complete(at(5_000));
}

#[test]
fn a_complete_that_is_lost_is_said_again() {
    for dropped in [1, 3, 6] {
        let mut pair = Pair::new().send(100_000).rule(dropping_control(RECEIVER, 26, dropped));
        pair.complete(at(10_000));
    }
}

#[test]
fn a_sender_that_gives_up_tells_the_receiver_why() {
    // The word is said three times; where all of them are lost the control channel says it.
    for lost in 0..3 {
        let mut pair = Pair::new().rule(dropping_control(SENDER, 300, lost));
        pair.to_write = 1_000_000;
        pair.run(at(300), |_| false);
        pair.ends[SENDER].handle_abort(pair.now, ErrorCode::Aborted, "the disk is on fire");
        run_to_end(&mut pair, 10_000);
        let told = closed(&pair, RECEIVER);
        assert_eq!((told.code, told.by_peer), (ErrorCode::AbortedByPeer, true));
        assert_eq!(told.reason, "the disk is on fire");
        assert!(!closed(&pair, SENDER).by_peer);
    }
}

#[test]
fn a_receiver_that_gives_up_tells_the_sender_why() {
    let mut pair = Pair::new().send(10_000_000);
    pair.run(at(300), |_| false);
    pair.ends[RECEIVER].handle_abort(pair.now, ErrorCode::Rejected, "not that one");
    run_to_end(&mut pair, 5_000);
    assert_eq!(closed(&pair, SENDER).code, ErrorCode::Rejected);
}

#[test]
fn a_digest_that_does_not_agree_is_an_integrity_error_at_both_ends() {
    let mut pair = Pair::new();
    pair.to_write = 5_000;
    pair.run(at(100), |_| false);
    let end = EndOfStream { length: 5_000, digest: of_nothing() };
    pair.ends[SENDER].handle_finish(pair.now, end).expect("open");
    run_to_end(&mut pair, 5_000);
    assert_eq!(closed(&pair, SENDER).code, ErrorCode::Integrity);
    assert_eq!(closed(&pair, RECEIVER).code, ErrorCode::Integrity);
}

#[test]
fn silence_for_the_outage_timeout_ends_both() {
    let mut pair = Pair::new().send(200_000_000);
    pair.rule = Box::new(|_, _, _, now| if now >= at(500) { Treatment::Drop } else { Treatment::Deliver });
    run_to_end(&mut pair, 70_000);
    for end in [SENDER, RECEIVER] {
        assert_eq!(closed(&pair, end).code, ErrorCode::Outage);
    }
    assert!(pair.now >= at(60_500) && pair.now < at(63_000), "{:?}", pair.now);
}

#[test]
fn the_word_of_the_control_channel_counts_as_well() {
    let mut pair = Pair::new().send(100_000_000);
    pair.run(at(100), |_| false);
    let reason = CloseReason { code: ErrorCode::Shutdown, by_peer: true, reason: "going down".to_owned() };
    pair.ends[SENDER].handle_peer_ended(pair.now, Some(reason.clone()));
    pair.ends[RECEIVER].handle_peer_ended(pair.now, Some(reason.clone()));
    run_to_end(&mut pair, 1);
    assert_eq!((closed(&pair, SENDER), closed(&pair, RECEIVER)), (reason.clone(), reason));
}

#[test]
fn a_receiver_lingers_until_it_hears_on_either_channel_that_its_word_has_come() {
    let mut pair = Pair::new().send(100_000).rule(dropping_control(RECEIVER, 26, 1_000));
    pair.ends[RECEIVER].handle_peer_ended(pair.now, None);
    assert!(pair.run(at(5_000), |pair| pair.stats(RECEIVER).bytes_received == 100_000));
    pair.run(pair.now + 200 * MS, |_| false);
    assert!(!pair.ends[RECEIVER].is_drained(), "nobody has answered, and it says so again");
    pair.ends[SENDER].handle_peer_ended(pair.now, None);
    pair.ends[RECEIVER].handle_peer_ended(pair.now, None);
    assert!(pair.ends.iter().all(Session::is_drained));
    pair.run(pair.now + MS, |_| false);
    assert!(pair.has(SENDER, &Event::Completed), "{:?}", pair.events);
}

#[test]
fn nothing_panics_and_nothing_happens_after_the_end() {
    let mut pair = Pair::new().send(10_000);
    let copies = Rc::new(Cell::new(Vec::new()));
    let seen = Rc::clone(&copies);
    pair.rule = Box::new(move |end, _, datagram, _| {
        if end == SENDER {
            let mut all = seen.take();
            all.push(datagram.to_vec());
            seen.set(all);
        }
        Treatment::Deliver
    });
    pair.complete(at(10_000));
    let now = pair.now;
    let [sender, receiver] = &mut pair.ends;
    assert_eq!(sender.handle_write(now, Bytes::from_static(b"x")), Err(Misuse::Closed(ErrorCode::Closed)));
    assert_eq!(receiver.handle_write(now, Bytes::new()), Err(Misuse::WrongRole));
    assert_eq!(receiver.handle_consumed(now, 1), Err(Misuse::Closed(ErrorCode::Closed)));
    for datagram in copies.take() {
        assert_eq!(receiver.handle_datagram(now, address(SENDER), &datagram), Err(Discard::Closed));
    }
    sender.handle_abort(now, ErrorCode::Aborted, "too late");
    sender.handle_timeout(now + Duration::from_secs(3_600));
    let mut buf = [0; 2_000];
    assert_eq!(
        (sender.poll_transmit(now, &mut buf, 1), sender.poll_timeout(), sender.poll_event()),
        (None, None, None)
    );
}

#[test]
fn misuse_is_an_error_value() {
    let mut pair = Pair::new();
    let now = pair.now;
    let [sender, receiver] = &mut pair.ends;
    assert!(matches!(receiver.handle_consumed(now, 1), Err(Misuse::OutOfRange { .. })));
    assert!(matches!(receiver.handle_verified(now, true), Err(Misuse::OutOfRange { .. })));
    let end = EndOfStream { length: 1, digest: of_nothing() };
    assert!(matches!(sender.handle_finish(now, end), Err(Misuse::OutOfRange { .. })));
    sender.handle_finish(now, EndOfStream { length: 0, ..end }).expect("nothing was written");
    assert_eq!(sender.handle_write(now, Bytes::from_static(b"x")), Err(Misuse::Finished));
    assert_eq!(sender.handle_consumed(now, 0), Err(Misuse::WrongRole));
}
