//! Bytes arrive whole, on good paths and on bad ones.

use core::time::Duration;

use bytes::Bytes;

use super::pair::*;
use crate::config::{Role, Side};
use crate::memory::ChunkPool;
use crate::session::sending::SendHalf;
use crate::units::ByteCount;

#[test]
fn a_stream_arrives_whole_over_a_perfect_path_without_a_retransmission() {
    let mut pair = Pair::new().send(10_000_000);
    pair.complete(at(60_000));
    let (sender, receiver) = (pair.stats(SENDER), pair.stats(RECEIVER));
    assert_eq!((sender.datagrams_lost, sender.datagrams_retransmitted), (0, 0));
    assert_eq!((receiver.bytes_duplicate, receiver.datagrams_rejected), (0, 0));
    assert_eq!(receiver.bytes_received, 10_000_000);
    assert!(sender.rtt.abs_diff(50 * MS) < MS, "{:?}", sender.rtt);
    assert_eq!(sender.datagram_size, 1_472, "the path MTU was found");
}

#[test]
fn both_directions_of_the_control_channel_work() {
    let mut pair =
        Pair::with(config(Role::Sender, Side::Server), config(Role::Receiver, Side::Client)).send(3_000_000);
    pair.complete(at(60_000));
}

#[test]
fn a_stream_of_nothing_completes() {
    let mut pair = Pair::new().send(0);
    pair.complete(at(5_000));
    assert_eq!(pair.stats(RECEIVER).bytes_received, 0);
}

#[test]
fn a_lossy_path_costs_little_more_than_what_it_loses() {
    // Where a third is lost, what was lost three times goes out twice.
    let cases =
        [(1, 1_000, 0.005), (2, 100, 0.005), (3, 20, 0.005), (4, 10, 0.015), (5, 3, 0.03), (6, 2, 0.03)];
    for (seed, one_in, bound) in cases {
        let mut pair = Pair::new().send(20_000_000).rule(lossy(seed, one_in));
        pair.complete(at(120_000));
        let (sender, receiver) = (pair.stats(SENDER), pair.stats(RECEIVER));
        let redundant = receiver.bytes_duplicate as f64 / 20_000_000.0;
        assert!(redundant < bound, "seed {seed}: {redundant}");
        assert!(sender.datagrams_spuriously_lost <= sender.datagrams_lost / 20, "seed {seed}: {sender:#?}");
    }
}

#[test]
fn reordering_and_duplication_are_no_loss() {
    let mut state = 8_u64;
    let rule: Rule = Box::new(move |_, _, _, _| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match (state >> 33) % 100 {
            0..3 => Treatment::Late(Duration::from_micros((state >> 40) % 30_000)),
            3 => Treatment::Twice,
            _ => Treatment::Deliver,
        }
    });
    let mut pair = Pair::new().send(40_000_000).rule(rule);
    pair.complete(at(60_000));
    let sender = pair.stats(SENDER);
    assert!(sender.datagrams_retransmitted * 100 < sender.datagrams_sent, "{sender:#?}");
}

#[test]
fn sent_is_delivered_lost_or_in_flight_at_every_moment() {
    let mut pair = Pair::new().send(5_000_000).rule(lossy(11, 20));
    let mut checks = 0;
    pair.run(at(20_000), |pair| {
        let sender = pair.stats(SENDER);
        assert!(sender.bytes_acknowledged <= sender.bytes_sent && sender.bytes_sent <= sender.bytes_accepted);
        assert!(sender.bytes_in_flight <= sender.wire_bytes_sent);
        checks += 1;
        pair.ends[SENDER].is_drained()
    });
    assert!(checks > 500);
    assert_eq!(pair.stats(SENDER).bytes_in_flight, 0, "nothing is left");
}

#[test]
fn the_rate_is_the_target_and_not_more() {
    let mut pair = Pair::new().send(25_000_000);
    let mut windows = Vec::new();
    let mut last = (at(0), 0);
    pair.run(at(60_000), |pair| {
        if pair.now.since(last.0) >= 100 * MS {
            let sent = pair.stats(SENDER).wire_bytes_sent;
            windows.push((sent - last.1) as f64 * 8.0 / pair.now.since(last.0).as_secs_f64());
            last = (pair.now, sent);
        }
        pair.ends[SENDER].is_drained()
    });
    assert!(windows.len() >= 10);
    for (index, rate) in windows.iter().enumerate() {
        assert!(*rate <= 204e6, "window {index}: {rate}");
        assert!(index == 0 || index + 2 >= windows.len() || *rate >= 196e6, "window {index}: {rate}");
    }
}

#[test]
fn a_few_bytes_do_not_wait_for_more_when_nothing_is_in_flight_or_they_are_flushed() {
    let mut pair = Pair::new();
    pair.run(at(1_000), |_| false);
    for (round, len) in [3_u64, 700, 5_000].into_iter().enumerate() {
        let before = pair.received;
        pair.to_write = len;
        let began = pair.now;
        assert!(pair.run(began + 200 * MS, |pair| pair.received == before + len));
        assert!(pair.now.since(began) <= 27 * MS, "round {round}: {:?}", pair.now.since(began));
    }
}

#[test]
fn what_full_datagrams_have_left_over_waits_for_more_bytes_and_not_for_feedback() {
    let mut half = SendHalf::new(&config(Role::Sender, Side::Client), ByteCount(28), ChunkPool::default());
    let now = at(5);
    half.write(now, Bytes::from(vec![0; 2_000])).expect("it is not finished");
    assert!(half.may_be_partial(now), "nothing is in flight, and it may be a message");
    half.queue.next_new(1_400, false).expect("a full one");
    half.on_new_sent(now);
    let deadline = half.partial_deadline().expect("600 bytes are left");
    assert!(deadline > now + MS, "the next millisecond's bytes may fill it");
    assert!(!half.may_be_partial(now + MS) && half.may_be_partial(deadline));
    half.write(now + MS, Bytes::from(vec![0; 100])).expect("it is not finished");
    assert_eq!(half.partial_deadline(), Some(deadline), "more bytes do not let it wait longer");
    half.queue.next_new(1_400, true).expect("all of it");
    half.on_new_sent(now + MS);
    assert_eq!(half.partial_deadline(), None);
}
