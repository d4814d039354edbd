//! Nothing appears and nothing vanishes, whatever the link is like.

mod common;

use core::time::Duration;

use common::{Numbered, run};
use faspstream_netem::{
    BitRate, Change, GilbertElliott, Jitter, Link, LinkConfig, LossAt, Policer, Reordering, Script, Time,
};
use proptest::prelude::*;

fn share() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), 0.0..0.5f64, Just(1.0)]
}

fn rate() -> impl Strategy<Value = Option<BitRate>> {
    prop_oneof![Just(None), (1_000u64..10_000_000_000).prop_map(|bps| Some(BitRate::from_bps(bps)))]
}

fn millis(most: u64) -> impl Strategy<Value = Duration> {
    (0..most).prop_map(Duration::from_millis)
}

fn jitter() -> impl Strategy<Value = Jitter> {
    prop_oneof![
        Just(Jitter::None),
        millis(100).prop_map(Jitter::PerPacket),
        (millis(100), millis(50)).prop_map(|(spread, period)| Jitter::Wander { spread, period }),
    ]
}

fn reordering() -> impl Strategy<Value = Option<Reordering>> {
    prop_oneof![
        Just(None),
        (share(), millis(100)).prop_map(|(share, up_to)| Some(Reordering { share, up_to }))
    ]
}

fn policer() -> impl Strategy<Value = Option<Policer>> {
    let some = (1_000_000u64..1_000_000_000, 1500u64..100_000)
        .prop_map(|(bps, burst)| Some(Policer { rate: BitRate::from_bps(bps), burst }));
    prop_oneof![Just(None), some]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        rate().prop_map(Change::Rate),
        (0u64..100_000).prop_map(Change::Queue),
        millis(200).prop_map(Change::Delay),
        jitter().prop_map(Change::Jitter),
        share().prop_map(Change::Loss),
        share().prop_map(|p| Change::Bursts(Some(GilbertElliott::bursts_of(5.0, p * 0.9)))),
        share().prop_map(Change::Duplication),
        share().prop_map(Change::Damage),
        reordering().prop_map(Change::Reordering),
        policer().prop_map(Change::Policer),
        (500u64..2_000).prop_map(Change::Mtu),
        any::<bool>().prop_map(Change::Up),
    ]
}

fn script() -> impl Strategy<Value = Script> {
    prop::collection::vec((0u64..400, change()), 0..12).prop_map(|changes| {
        changes.into_iter().fold(Script::default(), |s, (at, c)| s.then(Time::from_millis(at), c))
    })
}

fn config() -> impl Strategy<Value = LinkConfig> {
    let at = prop_oneof![Just(LossAt::Entry), Just(LossAt::Exit)];
    let chance = (share(), share(), share(), prop::option::of(0.0..0.5f64), at);
    let way = (rate(), 0u64..200_000, millis(300), jitter(), reordering(), policer());
    (chance, way, script()).prop_map(|((loss, duplication, damage, burst, loss_at), way, script)| {
        let (rate, queue, delay, jitter, reordering, policer) = way;
        let bursts = burst.map(|p| GilbertElliott::bursts_of(10.0, p));
        let mtu = 1500;
        LinkConfig {
            rate,
            queue,
            delay,
            jitter,
            loss,
            bursts,
            loss_at,
            duplication,
            damage,
            reordering,
            policer,
            mtu,
            script,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_packet_is_accounted_for(config in config(), seed: u64, len in 1u64..2000, gap in 0u64..3_000_000) {
        // `run` asserts the balance after every packet and at the end.
        let out = run(&mut Link::new(config, seed), 300, len, Duration::from_nanos(gap));
        prop_assert!(out.is_sorted_by_key(|(at, _)| *at));
    }

    #[test]
    fn the_same_seed_gives_the_same_run(config in config(), seed: u64, gap in 0u64..3_000_000) {
        let again = run(&mut Link::new(config.clone(), seed), 200, 1200, Duration::from_nanos(gap));
        prop_assert_eq!(run(&mut Link::new(config, seed), 200, 1200, Duration::from_nanos(gap)), again);
    }

    #[test]
    fn it_does_not_matter_how_often_a_link_is_asked(config in config(), seed: u64) {
        let lazy = run(&mut Link::new(config.clone(), seed), 100, 1200, Duration::from_millis(1));
        let mut link: Link<Numbered> = Link::new(config, seed);
        let mut eager = Vec::new();
        for tick in 0.. {
            let now = Time::from_nanos(tick * 250_000);
            while let Some(packet) = link.poll(now) {
                eager.push(packet);
            }
            if tick % 4 == 0 && tick < 400 {
                link.enqueue(now, Numbered::new(tick / 4, 1200));
            }
            if tick >= 400 && (link.inside() == 0 || tick > 40_000) {
                break;
            }
        }
        if link.inside() == 0 {
            let lazy: Vec<Numbered> = lazy.into_iter().map(|(_, p)| p).collect();
            prop_assert_eq!(lazy, eager);
        }
    }
}
