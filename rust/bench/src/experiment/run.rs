//! All runs of a plan, one after the other.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use super::case::{Case, Measured};
use super::limits::SocketLimits;
use super::plan::Plan;
use super::table::{self, Csv};
use crate::error::LabError;
use crate::lab::Lab;
use crate::peer::Peer;

/// Runs the plan; `say` is told each line of the results as it comes, `command` stands in the files beside the date. A stream that fails
/// is a line of the results too, and no reason to stop.
pub fn run(plan: &Plan, command: &str, mut say: impl FnMut(&str)) -> Result<(), LabError> {
    Lab::available()?;
    let _limits = plan.socket_buffer.map(SocketLimits::set).transpose()?;
    let mut book = Book::open(plan, &format!("{} {command}", now()))?;
    say(&book.comment);
    say(&table::head());
    let groups = runnable(plan, &mut say);
    let cases: Vec<Case<'_>> = plan
        .cells
        .iter()
        .flat_map(|&cell| groups.iter().map(move |&flows| (cell, flows)))
        .flat_map(|(cell, flows)| (1..=plan.seeds).map(move |seed| Case { plan, cell, flows, seed }))
        .collect();
    let next = AtomicUsize::new(0);
    let (done, results) = channel();
    thread::scope(|scope| {
        for _ in 0..plan.jobs {
            let (next, cases, done) = (&next, &cases, done.clone());
            scope.spawn(move || {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // Nobody listens once the results cannot be written.
                    if done.send((*case, case.run())).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        // The receiver ends with this, whatever the reason, and the threads with it.
        results.into_iter().try_for_each(|(case, result)| book.enter(case, result, &mut say))
    })
}

/// The results of all runs so far.
struct Book<'p> {
    comment: String,
    results: Csv,
    series: Csv,
    delays: Csv,
    /// Runs of cases of which not all seeds are done, and the number of those that are.
    pending: Vec<(Case<'p>, Vec<Measured>, u64)>,
}

impl<'p> Book<'p> {
    fn open(plan: &Plan, comment: &str) -> Result<Self, LabError> {
        Ok(Self {
            comment: comment.to_owned(),
            results: Csv::of_results(plan.csv.as_deref(), comment)?,
            series: Csv::of_series(plan.series.as_deref(), comment)?,
            delays: Csv::of_delays(plan.delays.as_deref(), comment)?,
            pending: Vec::new(),
        })
    }

    /// Writes one run down, and says the medians once all seeds of its case are there.
    fn enter(
        &mut self,
        case: Case<'p>,
        result: Result<Measured, LabError>,
        say: &mut impl FnMut(&str),
    ) -> Result<(), LabError> {
        let same = |(other, ..): &(Case<'_>, Vec<Measured>, u64)| other.is_alike(&case);
        let place = self.pending.iter().position(same).unwrap_or_else(|| {
            self.pending.push((case, Vec::new(), 0));
            self.pending.len() - 1
        });
        let (seed, name) = (case.seed, table::flows_name(&case));
        match result {
            Ok(measured) => {
                self.results.add(&case, &measured)?;
                self.series.add_series(&case, &measured)?;
                self.delays.add_delays(&case, &measured)?;
                let doubts = measured.doubts.iter();
                doubts.for_each(|doubt| say(&format!("  {}, {name}, seed {seed}: {doubt}", case.cell)));
                self.pending[place].1.push(measured);
            }
            Err(e) => say(&format!("{}: {name} failed with seed {seed}: {e}", case.cell)),
        }
        self.pending[place].2 += 1;
        if self.pending[place].2 == case.plan.seeds {
            let (case, runs, _) = self.pending.swap_remove(place);
            if !runs.is_empty() {
                table::medians(&case, &runs).iter().for_each(|line| say(line));
            }
        }
        Ok(())
    }
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
