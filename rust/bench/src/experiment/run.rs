//! All runs of a plan, one after the other.

use std::process::Command;

use super::case::Case;
use super::plan::Plan;
use super::table::{self, Csv};
use crate::error::LabError;
use crate::lab::Lab;
use crate::peer::Peer;

/// Runs the plan; `say` is told each line of the results as it comes, `command` stands in the files beside the date. A stream that fails
/// is a line of the results too, and no reason to stop.
pub fn run(plan: &Plan, command: &str, mut say: impl FnMut(&str)) -> Result<(), LabError> {
    Lab::available()?;
    let comment = format!("{} {command}", now());
    let mut results = Csv::of_results(plan.csv.as_deref(), &comment)?;
    let mut series = Csv::of_series(plan.series.as_deref(), &comment)?;
    say(&comment);
    say(&table::head());
    let groups = runnable(plan, &mut say);
    for &cell in &plan.cells {
        for flows in &groups {
            let mut runs = Vec::new();
            let case = |seed| Case { plan, cell, flows, seed };
            for seed in 1..=plan.seeds {
                match case(seed).run() {
                    Ok(measured) => {
                        results.add(&case(seed), &measured)?;
                        series.add_series(&case(seed), &measured)?;
                        measured.doubts.iter().for_each(|doubt| say(&format!("  seed {seed}: {doubt}")));
                        runs.push(measured);
                    }
                    Err(e) => say(&format!(
                        "{cell}: {} failed with seed {seed}: {e}",
                        table::flows_name(&case(seed))
                    )),
                }
            }
            if !runs.is_empty() {
                table::medians(&case(1), &runs).iter().for_each(|line| say(line));
            }
        }
    }
    Ok(())
}

/// The groups of streams of which everything is there; says what is missing.
fn runnable<'p>(plan: &'p Plan, say: &mut impl FnMut(&str)) -> Vec<&'p [Peer]> {
    let mut told = Vec::new();
    let mut there = |peer: &Peer| match peer.missing(&plan.programs) {
        None => true,
        Some(why) => {
            let line = format!("skipped {peer}: {why}");
            if !told.contains(&line) {
                say(&line);
                told.push(line);
            }
            false
        }
    };
    plan.flows.iter().filter(|flows| flows.iter().all(&mut there)).map(Vec::as_slice).collect()
}

/// The date, as the system's own command writes it.
fn now() -> String {
    let output = Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]).output();
    output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default()
}
