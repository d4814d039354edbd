//! What all scenarios have in common.

use core::time::Duration;

use faspstream_netem::BitRate;
use faspstream_sim::outcome::Outcome;
use faspstream_sim::run::run;
use faspstream_sim::scenario::{Flow, Path, Scenario};
use faspstream_sim::text::report;

pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// 100 Mbit/s, 100 ms.
pub(crate) fn long_path() -> Path {
    Path::new(BitRate::from_mbps(100), 100 * MS)
}

/// A stream that fills the path for this long.
pub(crate) fn transfer(name: &str, path: Path, lasting: Duration) -> Scenario {
    let bytes = (path.ideal() * lasting.as_secs_f64() / 8.0) as u64;
    Scenario::new(name, path).flow(Flow::bulk(bytes)).until(lasting * 5 + 5 * SECOND)
}

/// Runs a scenario in which every stream must be complete at both ends, with every byte right.
pub(crate) fn complete(scenario: &Scenario) -> Outcome {
    let outcome = run(scenario).unwrap_or_else(|failure| panic!("{failure}"));
    for flow in &outcome.flows {
        assert!(flow.completed_at().is_some(), "not complete\n{}", report(&outcome));
    }
    outcome
}

/// Asserts with the whole report in the message.
macro_rules! holds {
    ($outcome:expr, $law:expr) => {
        assert!($law, "{} does not hold\n{}", stringify!($law), faspstream_sim::text::report(&$outcome))
    };
}
pub(crate) use holds;
