//! The rows of the design's transport page that the simulator answers for: each measures its figures and holds them against its goals.

mod change;
mod diagnosis;
mod figure;
mod harm;
mod hosts;
mod late_hosts;
mod limits;
mod live;
mod moving;
mod outage;
mod sharing;
mod start;
mod trouble;

use core::fmt::Write;
use core::time::Duration;

use faspstream_netem::BitRate;

use crate::run::Failure;
use crate::scenario::{Flow, Path, Scenario};

pub use figure::Figure;
pub use late_hosts::late_host;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// A row: what it is called, and how it is measured.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name, as given on the command line.
    pub name: &'static str,
    /// Runs its scenarios.
    pub measure: fn() -> Result<Vec<Figure>, Failure>,
}

/// Every row.
pub fn rows() -> Vec<Row> {
    vec![
        Row { name: "start", measure: start::start },
        Row { name: "resume", measure: start::resume },
        Row { name: "fairness", measure: sharing::equals },
        Row { name: "together", measure: sharing::together },
        Row { name: "unlike-rtts", measure: sharing::unlike_rtts },
        Row { name: "policies", measure: sharing::policies },
        Row { name: "harm", measure: harm::harm },
        Row { name: "low-beside-tcp", measure: harm::yielding },
        Row { name: "change", measure: change::change },
        Row { name: "live", measure: live::live },
        Row { name: "trouble", measure: trouble::trouble },
        Row { name: "queues", measure: trouble::queues },
        Row { name: "outage", measure: outage::outage },
        Row { name: "moving", measure: moving::moving },
        Row { name: "mtu", measure: moving::mtu },
        Row { name: "target", measure: limits::target },
        Row { name: "memory", measure: limits::memory },
        Row { name: "hosts", measure: hosts::hosts },
        Row { name: "late-hosts", measure: late_hosts::late_hosts },
        Row { name: "diagnosis", measure: diagnosis::diagnosis },
    ]
}

/// The figures of a row as a table in Markdown, without heading.
pub fn table(row: &Row, result: &Result<Vec<Figure>, Failure>) -> String {
    let mut out = String::new();
    match result {
        Ok(figures) => {
            for f in figures {
                let mark = if f.holds { "yes" } else { "**no**" };
                let _ = writeln!(out, "| {} | {} | {} | {} | {mark} |", row.name, f.what, f.goal, f.value);
            }
        }
        Err(failure) => {
            let _ = writeln!(out, "| {} | {failure} | | | **no** |", row.name);
        }
    }
    out
}

/// The path of most rows: 100 Mbit/s, 100 ms.
fn long_path() -> Path {
    Path::new(BitRate::from_mbps(100), 100 * MS)
}

/// A stream without end on `path`, watched for this long.
fn endless(name: impl Into<String>, path: Path, lasting: Duration) -> Scenario {
    Scenario::new(name, path).flow(Flow::default()).until(lasting)
}

/// A stream that fills the path for this long, with time to come to its end.
fn transfer(name: impl Into<String>, path: Path, lasting: Duration) -> Scenario {
    let bytes = (path.ideal() * lasting.as_secs_f64() / 8.0) as u64;
    Scenario::new(name, path).flow(Flow::bulk(bytes)).until(lasting * 5 + 5 * SECOND)
}
