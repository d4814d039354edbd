//! A small sweep over random links; `faspstream-sim sweep --links 10000` is the whole one.

use faspstream_sim::run::run_all;
use faspstream_sim::scenario::Scenario;
use faspstream_sim::sweep::{describe, judge, random_scenario};

#[test]
fn on_random_links_the_stream_is_whole_goes_on_and_stays_within_its_memory() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let scenarios: Vec<Scenario> = (1..=100).map(random_scenario).collect();
    let troubles = run_all(&scenarios, threads, |scenario, result| {
        let wrong =
            result.map_or_else(|failure| vec![failure.to_string()], |outcome| judge(scenario, &outcome));
        (!wrong.is_empty())
            .then(|| format!("{}: {}\n  {}", scenario.name, wrong.join("; "), describe(scenario)))
    });
    let troubles: Vec<String> = troubles.into_iter().flatten().collect();
    assert!(troubles.is_empty(), "\n{}", troubles.join("\n"));
}
