//! Hostile datagrams, readers that sleep, outages, keys that wear out.

use core::time::Duration;

use super::pair::*;
use crate::io::{Discard, Event, Limit};
use crate::session::Session;

#[test]
fn a_replayed_datagram_is_rejected_and_changes_nothing() {
    let mut pair = Pair::new().send(2_000_000).rule(Box::new(|_, _, _, _| Treatment::Twice));
    pair.complete(at(20_000));
    let receiver = pair.stats(RECEIVER);
    assert!(receiver.datagrams_rejected >= receiver.datagrams_received - 5, "{receiver:#?}");
    assert_eq!(receiver.bytes_duplicate, 0);
}

#[test]
fn a_damaged_datagram_is_rejected_and_harmless() {
    let mut count = 0_u64;
    let rule: Rule = Box::new(move |_, _, _, _| {
        count += 1;
        if count.is_multiple_of(10) { Treatment::Damage } else { Treatment::Deliver }
    });
    let mut pair = Pair::new().send(5_000_000).rule(rule);
    pair.complete(at(30_000));
    assert!(pair.stats(RECEIVER).datagrams_rejected > 300);
}

#[test]
fn garbage_is_discarded_with_the_right_word() {
    let mut pair = Pair::new();
    let receiver = &mut pair.ends[RECEIVER];
    let from = address(SENDER);
    assert_eq!(receiver.handle_datagram(at(0), from, &[]), Err(Discard::Malformed));
    assert_eq!(receiver.handle_datagram(at(0), from, &[0xff; 100]), Err(Discard::Malformed));
    let mut data = [0x40; 100];
    assert_eq!(receiver.handle_datagram(at(0), from, &data), Err(Discard::UnknownConnection));
    data[1..5].copy_from_slice(&9_u32.to_be_bytes());
    assert_eq!(receiver.handle_datagram(at(0), from, &data), Err(Discard::NotAuthentic));
    assert_eq!(receiver.remote(), None, "nothing was learnt from forgeries");
    assert_eq!(receiver.stats().datagrams_rejected, 4);
}

#[test]
fn a_reader_that_stops_for_an_hour_loses_nothing_and_goes_on() {
    for seed in [1, 2, 3] {
        let mut pair = Pair::new().send(300_000_000).rule(lossy(seed, 20));
        pair.run(at(1_000), |_| false);
        pair.reads = false;
        pair.run(at(30_000), |_| false);
        let stalled = pair.stats(SENDER);
        assert_eq!(pair.ends[SENDER].limits(pair.now).0, Limit::ApplicationRead);
        assert!(pair.stats(RECEIVER).buffer_used <= 64 << 20);
        pair.run(at(3_600_000), |_| false);
        let sent = pair.stats(SENDER).datagrams_sent - stalled.datagrams_sent;
        assert!(sent < 3_600, "an hour of waiting took {sent} datagrams");
        pair.reads = true;
        pair.complete(at(3_700_000));
    }
}

/// Runs through an outage from 1 s on; gives the bytes delivered per RTT of 50 ms after its end.
fn through_outage(outage: Duration, only: Option<usize>) -> Vec<f64> {
    let (from, to) = (at(1_000), at(1_000) + outage);
    let mut pair = Pair::new().send(400_000_000);
    pair.rule = Box::new(move |end, _, _, now| {
        let hit = only.is_none_or(|only| only == end);
        if hit && now >= from && now < to { Treatment::Drop } else { Treatment::Deliver }
    });
    pair.run(to, |_| false);
    let sent = pair.stats(SENDER);
    let mut rates = Vec::new();
    for _ in 0..40 {
        let (before, began) = (pair.stats(RECEIVER).wire_bytes_received, pair.now);
        pair.run(began + 50 * MS, |_| false);
        rates.push((pair.stats(RECEIVER).wire_bytes_received - before) as f64 * 8.0 / 0.05);
    }
    let blasted = sent.wire_bytes_sent as f64 * 8.0 / 200e6 - 1.0;
    assert!(blasted < 0.7, "stopped blasting: {blasted} s worth");
    assert!(pair.ends.iter().all(|end| !end.is_closed()));
    rates
}

#[test]
fn an_outage_is_survived_and_the_rate_is_back_within_ten_round_trips() {
    for seconds in [0.2, 1.0, 10.0, 50.0] {
        for only in [None, Some(SENDER), Some(RECEIVER)] {
            let rates = through_outage(Duration::from_secs_f64(seconds), only);
            // The probe interval is 250 ms on this path: five round trips may pass before the return is noticed.
            let back = rates.iter().position(|rate| *rate >= 0.9 * 200e6);
            assert!(back.is_some_and(|back| back < 10), "{seconds} s, {only:?}: {rates:?}");
        }
    }
}

#[test]
fn keys_are_updated_in_mid_stream_under_loss_and_reordering() {
    let mut state = 5_u64;
    let rule: Rule = Box::new(move |_, _, _, _| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match (state >> 33) % 100 {
            0..5 => Treatment::Drop,
            5..15 => Treatment::Late(Duration::from_micros((state >> 40) % 3_000)),
            _ => Treatment::Deliver,
        }
    });
    let mut pair = Pair::new().send(8_000_000).rule(rule);
    for update in 1..=3 {
        pair.ends[SENDER].channel.sealer_mut().pretend_sealed(1 << 22);
        pair.ends[RECEIVER].channel.sealer_mut().pretend_sealed(1 << 22);
        assert!(pair.run(at(100 + 300 * update), |pair| {
            pair.ends.iter().all(|end| end.stats().key_updates == update)
        }));
    }
    pair.complete(at(30_000));
    assert_eq!(pair.stats(RECEIVER).datagrams_rejected, 0);
}

#[test]
fn local_drops_are_told_to_the_sender() {
    let mut pair = Pair::new().send(50_000_000);
    pair.run(at(500), |_| false);
    pair.ends[RECEIVER].handle_local_drops(12);
    pair.run(at(700), |_| false);
    assert_eq!(pair.stats(SENDER).local_drops, 12);
}

#[test]
fn a_blocked_socket_holds_everything_back_and_wakes_nobody() {
    let mut pair = Pair::new().send(50_000_000);
    pair.run(at(200), |_| false);
    pair.ends[SENDER].handle_send_blocked(pair.now, true);
    let before = pair.stats(SENDER).datagrams_sent;
    pair.run(at(300), |_| false);
    assert_eq!(pair.stats(SENDER).datagrams_sent, before);
    assert_eq!(pair.ends[SENDER].limits(pair.now).0, Limit::LocalSocketBuffer);
    pair.ends[SENDER].handle_send_blocked(pair.now, false);
    pair.complete(at(30_000));
    assert!(pair.has(RECEIVER, &Event::Established));
    assert!(pair.ends.iter().all(Session::is_closed));
}
