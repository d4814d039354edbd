//! The path: its MTU, its address.

use std::net::SocketAddr;

use super::pair::*;
use crate::config::{Role, Side};

/// Drops datagrams above `mtu` bytes of UDP payload from `from` on.
fn narrow(mtu: usize, from: u64) -> Rule {
    Box::new(
        move |_, _, datagram, now| {
            if now >= at(from) && datagram.len() > mtu { Treatment::Drop } else { Treatment::Deliver }
        },
    )
}

fn jumbo() -> Pair {
    let (mut sender, mut receiver) =
        (config(Role::Sender, Side::Client), config(Role::Receiver, Side::Server));
    (sender.datagram_max, receiver.datagram_max) = (8_972, 8_972);
    Pair::with(sender, receiver)
}

#[test]
fn the_path_mtu_is_found_upwards() {
    for mtu in [1_200, 1_300, 1_400, 1_452, 1_472, 4_500, 8_972] {
        let mut pair = jumbo().send(60_000_000).rule(narrow(mtu, 0));
        pair.run(at(30_000), |pair| pair.ends[SENDER].is_drained());
        let found = usize::from(pair.stats(SENDER).datagram_size);
        assert!(found <= mtu && mtu - found <= 16, "{mtu}: {found}");
        assert_eq!(pair.stats(SENDER).datagrams_lost, 0, "a lost probe is no lost data");
    }
}

#[test]
fn a_black_hole_in_mid_stream_is_left_within_three_seconds() {
    let mut pair = Pair::new().send(400_000_000).rule(narrow(1_250, 1_000));
    pair.run(at(1_000), |_| false);
    assert_eq!(pair.stats(SENDER).datagram_size, 1_472);
    let left = pair.run(at(4_000), |pair| pair.stats(SENDER).datagram_size == 1_200);
    assert!(left, "{:#?}", pair.stats(SENDER));
    let before = pair.received;
    pair.run(at(6_000), |_| false);
    assert!(pair.received - before > 25_000_000, "the stream goes on: {}", pair.received - before);
}

#[test]
fn random_loss_of_a_tenth_never_looks_like_a_black_hole() {
    for seed in 1..4 {
        let mut pair = Pair::new().send(100_000_000).rule(lossy(seed, 10));
        pair.run(at(1_000), |_| false);
        pair.run(at(30_000), |pair| {
            assert_eq!(pair.stats(SENDER).datagram_size, 1_472, "seed {seed}, {:?}", pair.now);
            pair.ends[SENDER].is_drained()
        });
    }
}

#[test]
fn a_client_whose_address_changes_goes_on_after_validation() {
    for role in [Role::Sender, Role::Receiver] {
        let (sender_side, receiver_side) = match role {
            Role::Sender => (Side::Client, Side::Server),
            Role::Receiver => (Side::Server, Side::Client),
        };
        let mut pair = Pair::with(config(Role::Sender, sender_side), config(Role::Receiver, receiver_side));
        pair = pair.send(100_000_000);
        pair.run(at(1_000), |_| false);
        let moved = SocketAddr::from(([198, 51, 100, 7], 999));
        let (client, server) = if role == Role::Sender { (SENDER, RECEIVER) } else { (RECEIVER, SENDER) };
        pair.addresses[client] = moved;
        pair.ends[client].handle_path_change(pair.now);
        let began = pair.now;
        assert!(pair.run(began + 100 * MS, |pair| pair.ends[server].remote() == Some(moved)), "{role:?}");
        pair.complete(at(30_000));
    }
}

#[test]
fn a_spoofed_address_gets_a_challenge_and_nothing_else() {
    let mut pair = Pair::new().send(100_000_000);
    pair.run(at(1_000), |_| false);
    // A copy of the sender's newest datagram comes from elsewhere, before the original.
    let elsewhere = SocketAddr::from(([203, 0, 113, 9], 9));
    let own = pair.addresses[SENDER];
    pair.addresses[SENDER] = elsewhere;
    pair.run(at(1_001), |_| false);
    pair.addresses[SENDER] = own;
    pair.run(at(2_000), |_| false);
    assert_eq!(pair.ends[RECEIVER].remote(), Some(own));
    pair.complete(at(30_000));
}
