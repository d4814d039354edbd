//! What each stage of a link does, alone.

mod common;

use core::time::Duration;

use common::{Numbered, run};
use faspstream_netem::{
    BitRate, Cause, Change, Jitter, Link, LinkConfig, LossAt, Policer, Reordering, Script, Time,
};

const MS: Duration = Duration::from_millis(1);

fn link(config: LinkConfig) -> Link<Numbered> {
    Link::new(config, 42)
}

#[test]
fn a_packet_arrives_after_its_time_on_the_wire_and_the_delay() {
    let config = LinkConfig { rate: Some(BitRate::from_mbps(12)), delay: 20 * MS, ..LinkConfig::default() };
    let out = run(&mut link(config), 1, 1500, MS);
    assert_eq!(out[0].0, Time::from_millis(21));
    assert_eq!(out[0].1.waited, Duration::ZERO);
}

#[test]
fn a_busy_link_keeps_its_rate_to_the_nanosecond() {
    // 1 Gbit/s divided by 7 has a period that no nanosecond hits.
    let rate = 1_000_000_000 / 7;
    let config = LinkConfig { rate: Some(BitRate::from_bps(rate)), ..LinkConfig::default() };
    let out = run(&mut link(config), 100_000, 1499, Duration::ZERO);
    let exact = 100_000u128 * 1499 * 8 * 1_000_000_000 / u128::from(rate);
    assert_eq!(u128::from(out.last().expect("all arrive").0.as_nanos()), exact);
}

#[test]
fn the_queue_drops_what_does_not_fit_and_never_what_does() {
    let config = LinkConfig { rate: Some(BitRate::from_mbps(12)), queue: 15_000, ..LinkConfig::default() };
    let mut link = link(config);
    let out = run(&mut link, 25, 1500, Duration::ZERO);
    assert_eq!(out.len(), 10);
    assert_eq!(link.counters().dropped_by(Cause::Queue), 15);
    assert_eq!(link.counters().queue_peak, 15_000);
    assert_eq!(out[9].1.waited, 9 * MS);
}

#[test]
fn a_packet_larger_than_the_whole_queue_still_passes_an_idle_link() {
    let config = LinkConfig { rate: Some(BitRate::from_mbps(12)), queue: 100, ..LinkConfig::default() };
    assert_eq!(run(&mut link(config), 3, 1500, MS).len(), 3);
}

#[test]
fn loss_before_the_queue_leaves_the_rate_to_the_others_and_loss_after_it_does_not() {
    let arrived = |loss_at| {
        let rate = Some(BitRate::from_mbps(12));
        let mut link = link(LinkConfig { rate, queue: 15_000, loss: 0.5, loss_at, ..LinkConfig::default() });
        // Four times the rate for a second.
        run(&mut link, 4000, 1500, MS / 4).len() as f64
    };
    let (entry, exit) = (arrived(LossAt::Entry), arrived(LossAt::Exit));
    assert!((entry - 1000.0).abs() < 20.0 && (exit - 500.0).abs() < 80.0, "{entry} {exit}");
}

#[test]
fn a_policer_passes_its_burst_and_then_its_rate_without_delay() {
    let policer = Policer { rate: BitRate::from_mbps(8), burst: 10_000 };
    let mut link = link(LinkConfig { policer: Some(policer), ..LinkConfig::default() });
    // 1000 bytes each 0.1 ms are 80 Mbit/s, ten times the rate, for one second.
    let out = run(&mut link, 10_000, 1000, MS / 10);
    assert_eq!(out.len(), 10 + 999);
    assert_eq!(link.counters().dropped_by(Cause::Policer), 10_000 - 1009);
    assert!(out.iter().all(|(_, p)| p.waited.is_zero()));
}

#[test]
fn an_outage_loses_what_enters_and_what_leaves_the_queue_but_not_what_is_under_way() {
    let script = Script::default().outage(Time::from_millis(10), 10 * MS);
    let mut link = link(LinkConfig { delay: 5 * MS, script, ..LinkConfig::default() });
    let out = run(&mut link, 30, 1500, MS);
    let numbers: Vec<u64> = out.iter().map(|(_, p)| p.number).collect();
    assert_eq!(numbers, (0..10).chain(20..30).collect::<Vec<_>>());
    assert_eq!(out[9].0, Time::from_millis(14));
    assert_eq!(link.counters().dropped_by(Cause::Outage), 10);
}

#[test]
fn a_black_hole_swallows_large_packets_only() {
    let script = Script::default().then(Time::from_millis(2), Change::Mtu(1400));
    let mut link = link(LinkConfig { script, ..LinkConfig::default() });
    assert_eq!(run(&mut link, 4, 1500, MS).len(), 2);
    assert_eq!(link.counters().dropped_by(Cause::Mtu), 2);
}

#[test]
fn a_rate_that_changes_applies_to_the_rest_of_the_packet_being_sent() {
    let script = Script::default().then(Time::from_millis(1), Change::Rate(Some(BitRate::from_mbps(3))));
    let config = LinkConfig { rate: Some(BitRate::from_mbps(6)), script, ..LinkConfig::default() };
    // 1500 bytes take 2 ms; after one of them half is left, which takes 2 ms at half the rate; then 4 ms for the next.
    let out = run(&mut link(config), 2, 1500, Duration::ZERO);
    let moments: Vec<Time> = out.iter().map(|(at, _)| *at).collect();
    assert_eq!(moments, [Time::from_millis(3), Time::from_millis(7)]);
}

#[test]
fn a_delay_that_changes_applies_to_what_leaves_the_queue_later() {
    let script = Script::default().then(Time::from_millis(1), Change::Delay(50 * MS));
    let out = run(&mut link(LinkConfig { delay: 10 * MS, script, ..LinkConfig::default() }), 2, 1500, MS);
    assert_eq!((out[0].0, out[1].0), (Time::from_millis(10), Time::from_millis(51)));
}

#[test]
fn wandering_jitter_keeps_order_and_stays_within_its_spread() {
    let jitter = Jitter::Wander { spread: 20 * MS, period: 10 * MS };
    let out =
        run(&mut link(LinkConfig { delay: 50 * MS, jitter, ..LinkConfig::default() }), 10_000, 100, MS / 10);
    assert!(out.is_sorted_by_key(|(_, p)| p.number));
    let delays: Vec<Duration> =
        out.iter().map(|(at, p)| at.since(Time::ZERO + MS / 10 * p.number as u32)).collect();
    let (least, most) = (delays.iter().min().expect("some"), delays.iter().max().expect("some"));
    assert!(
        *least >= 30 * MS && *least < 33 * MS && *most <= 70 * MS && *most > 67 * MS,
        "{least:?} {most:?}"
    );
}

#[test]
fn jitter_per_packet_is_uniform_within_its_spread_and_reorders() {
    let jitter = Jitter::PerPacket(20 * MS);
    let out = run(&mut link(LinkConfig { delay: 50 * MS, jitter, ..LinkConfig::default() }), 50_000, 100, MS);
    let delays: Vec<f64> =
        out.iter().map(|(at, p)| at.since(Time::ZERO + MS * p.number as u32).as_secs_f64() * 1e3).collect();
    let mean = delays.iter().sum::<f64>() / delays.len() as f64;
    // The standard error of the mean is 40 / sqrt(12 * 50,000) = 0.05 ms.
    assert!((mean - 50.0).abs() < 0.26, "{mean}");
    assert!(delays.iter().all(|d| (30.0..=70.0).contains(d)));
    assert!(!out.is_sorted_by_key(|(_, p)| p.number));
}

#[test]
fn reordering_holds_back_its_share_and_no_other() {
    let reordering = Some(Reordering { share: 0.03, up_to: 30 * MS });
    let mut link = link(LinkConfig { delay: 50 * MS, reordering, ..LinkConfig::default() });
    let out = run(&mut link, 100_000, 100, MS);
    let late = out.iter().filter(|(at, p)| at.since(Time::ZERO + MS * p.number as u32) > 50 * MS).count();
    assert_eq!(late as u64, link.counters().held_back);
    // Five standard errors of sqrt(n p (1 - p)) = 54.
    assert!((late as f64 - 3000.0).abs() < 270.0, "{late}");
}

#[test]
fn damage_flips_exactly_one_bit() {
    let mut link: Link<Vec<u8>> = Link::new(LinkConfig { damage: 1.0, ..LinkConfig::default() }, 1);
    link.enqueue(Time::ZERO, vec![0; 64]);
    let out = link.poll(Time::ZERO).expect("damaged packets arrive");
    assert_eq!(out.iter().map(|b| b.count_ones()).sum::<u32>(), 1);
}

#[test]
fn time_that_goes_back_is_taken_for_now() {
    let mut link = link(LinkConfig { delay: MS, ..LinkConfig::default() });
    link.enqueue(Time::from_millis(5), Numbered::new(0, 100));
    link.enqueue(Time::from_millis(3), Numbered::new(1, 100));
    assert_eq!(link.poll(Time::from_millis(5)), None);
    assert_eq!(link.next_event(), Some(Time::from_millis(6)));
    assert_eq!(link.poll(Time::from_millis(6)).map(|p| p.number), Some(0));
    assert_eq!(link.poll(Time::from_millis(6)).map(|p| p.number), Some(1));
}
