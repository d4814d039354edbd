//! The TCP models behave like their originals where it matters for judging harm.

use core::time::Duration;

use faspstream_netem::{BitRate, Time};
use faspstream_sim::cross::{Cross, CrossLaw};
use faspstream_sim::outcome::Outcome;
use faspstream_sim::run::run;
use faspstream_sim::scenario::{Path, Queue, Scenario};

const MS: Duration = Duration::from_millis(1);
const UNTIL: Duration = Duration::from_secs(40);

fn tcp(path: Path, laws: &[CrossLaw]) -> Outcome {
    let mut scenario = Scenario::new(format!("TCP {laws:?}"), path).until(UNTIL);
    for (index, law) in laws.iter().enumerate() {
        let start = Duration::from_secs(5) * index as u32;
        scenario = scenario.beside(Cross { law: *law, start, stop: UNTIL, extra_rtt: Duration::ZERO });
    }
    run(&scenario).unwrap_or_else(|failure| panic!("{failure}"))
}

/// Goodput of TCP flow `index` in the last 20 s as a share of the link's rate.
fn share(outcome: &Outcome, index: usize) -> f64 {
    outcome.cross[index].rate(Time::from_secs(20), Time::from_secs(40)) / outcome.path.rate.as_bps() as f64
}

fn path() -> Path {
    Path::new(BitRate::from_mbps(50), 50 * MS)
}

#[test]
fn both_fill_a_clean_link() {
    for law in [CrossLaw::Cubic, CrossLaw::Bbr] {
        let share = share(&tcp(path(), &[law]), 0);
        assert!((0.88..0.966).contains(&share), "{law:?}: {share}");
    }
}

#[test]
fn random_loss_stops_cubic_and_not_bbr() {
    let lossy = path().loss(0.01);
    let (cubic, bbr) = (share(&tcp(lossy, &[CrossLaw::Cubic]), 0), share(&tcp(lossy, &[CrossLaw::Bbr]), 0));
    assert!(cubic < 0.15, "{cubic}");
    assert!(bbr > 0.8, "{bbr}");
}

#[test]
fn two_of_a_kind_share() {
    for law in [CrossLaw::Cubic, CrossLaw::Bbr] {
        let outcome = tcp(path(), &[law, law]);
        let (a, b) = (share(&outcome, 0), share(&outcome, 1));
        assert!(a + b > 0.85 && a / b > 0.4 && a / b < 2.5, "{law:?}: {a} {b}");
    }
}

#[test]
fn bbr_outdoes_cubic_in_a_shallow_queue_and_cubic_bbr_in_a_deep_one() {
    let laws = [CrossLaw::Cubic, CrossLaw::Bbr];
    let shallow = tcp(path().queue(Queue::Bdp(0.25)), &laws);
    let deep = tcp(path().queue(Queue::Bdp(8.0)), &laws);
    assert!(share(&shallow, 1) > share(&shallow, 0), "{} {}", share(&shallow, 0), share(&shallow, 1));
    assert!(share(&deep, 0) > share(&deep, 1), "{} {}", share(&deep, 0), share(&deep, 1));
}
