//! A small sweep over random links; `faspstream-sim sweep --links 10000` is the whole one.

use faspstream_sim::run::run_all;
use faspstream_sim::scenario::Scenario;
use faspstream_sim::sweep::{describe, judge, random_scenario};

/// On so many links of a hundred the rate law may be too slow: of ten thousand it is on about one in a thousand (`docs/random-links.md`).
/// Nothing else may be wrong on any.
const SLOW_MAX: usize = 1;

#[test]
fn on_random_links_the_stream_is_whole_goes_on_and_stays_within_its_memory() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let scenarios: Vec<Scenario> = (1..=100).map(random_scenario).collect();
    let troubles = run_all(&scenarios, threads, |scenario, result| {
        let wrong =
            result.map_or_else(|failure| vec![failure.to_string()], |outcome| judge(scenario, &outcome));
        let link = describe(scenario);
        wrong.into_iter().map(|what| (what, format!("{}\n  {link}", scenario.name))).collect::<Vec<_>>()
    });
    let (slow, wrong): (Vec<_>, Vec<_>) =
        troubles.into_iter().flatten().partition(|(what, _)| what.starts_with("took "));
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(slow.len() <= SLOW_MAX, "{slow:#?}");
}
