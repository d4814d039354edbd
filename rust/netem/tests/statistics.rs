//! Shares come out as configured, and each purpose has chances of its own.

mod common;

use core::time::Duration;
use std::collections::BTreeSet;

use common::{Numbered, run};
use faspstream_netem::{Cause, GilbertElliott, Link, LinkConfig};

const N: u64 = 400_000;

fn survivors(config: LinkConfig, seed: u64) -> (Vec<Numbered>, Link<Numbered>) {
    let mut link = Link::new(config, seed);
    let out = run(&mut link, N, 100, Duration::from_micros(1)).into_iter().map(|(_, p)| p).collect();
    (out, link)
}

/// Five standard errors of a count with probability `p`.
fn tolerance(p: f64) -> f64 {
    5.0 * (N as f64 * p * (1.0 - p)).sqrt()
}

#[test]
fn independent_loss_has_its_share_whatever_the_seed() {
    for (seed, loss) in [(1, 0.001), (2, 0.01), (3, 0.05), (4, 0.3)] {
        let (_, link) = survivors(LinkConfig { loss, ..LinkConfig::default() }, seed);
        let lost = link.counters().dropped_by(Cause::Loss) as f64;
        assert!((lost - N as f64 * loss).abs() < tolerance(loss), "seed {seed}: {lost} lost at {loss}");
    }
}

#[test]
fn independent_losses_do_not_come_in_runs() {
    let (out, _) = survivors(LinkConfig { loss: 0.1, ..LinkConfig::default() }, 9);
    let gaps = out.windows(2).filter(|w| w[1].number - w[0].number > 1).count() as f64;
    let pairs = out.windows(2).filter(|w| w[1].number - w[0].number > 2).count() as f64;
    assert!((pairs / gaps - 0.1).abs() < 0.01, "{pairs} of {gaps} gaps are longer than one");
}

#[test]
fn bursts_have_their_mean_length_and_their_share() {
    let bursts = Some(GilbertElliott::bursts_of(50.0, 0.02));
    let (out, link) = survivors(LinkConfig { bursts, ..LinkConfig::default() }, 5);
    let lost = link.counters().dropped_by(Cause::Burst) as f64;
    let runs = out.windows(2).filter(|w| w[1].number - w[0].number > 1).count() as f64;
    // About 160 bursts of exponential length: 5 standard errors are 40 % of the length.
    assert!((lost / runs - 50.0).abs() < 20.0, "mean length {}", lost / runs);
    assert!((lost / N as f64 - 0.02).abs() < 0.009, "share {}", lost / N as f64);
}

#[test]
fn duplication_and_damage_have_their_shares() {
    let (out, link) = survivors(LinkConfig { duplication: 0.01, damage: 0.02, ..LinkConfig::default() }, 6);
    let damaged = out.iter().filter(|p| p.damaged).count() as f64;
    assert!((link.counters().duplicated as f64 - N as f64 * 0.01).abs() < tolerance(0.01));
    assert!((damaged - N as f64 * 0.02).abs() < 1.1 * tolerance(0.02), "{damaged}");
    assert_eq!(link.counters().damaged as f64, damaged);
}

#[test]
fn the_fate_of_a_packet_depends_on_the_seed_and_its_number_alone() {
    let lost = |config: LinkConfig, seed| {
        let arrived: BTreeSet<u64> = survivors(config, seed).0.iter().map(|p| p.number).collect();
        (0..N).filter(|n| !arrived.contains(n)).collect::<Vec<_>>()
    };
    let plain = lost(LinkConfig { loss: 0.01, ..LinkConfig::default() }, 7);
    let busy = LinkConfig { loss: 0.01, duplication: 0.05, damage: 0.1, ..LinkConfig::default() };
    assert_eq!(plain, lost(LinkConfig { delay: Duration::from_millis(9), ..busy }, 7));
    assert_ne!(plain, lost(LinkConfig { loss: 0.01, ..LinkConfig::default() }, 8));
}

#[test]
fn more_loss_loses_the_same_packets_and_others() {
    let lost = |loss| {
        let (out, _) = survivors(LinkConfig { loss, ..LinkConfig::default() }, 11);
        out.iter().map(|p| p.number).collect::<BTreeSet<_>>()
    };
    assert!(lost(0.05).is_subset(&lost(0.01)));
}
