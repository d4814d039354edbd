//! Results as comma-separated values, and medians for the eye.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::case::{Case, Measured};
use crate::error::{LabError, Tried};

const COLUMNS: &str = "experiment,rate_mbit,rtt_ms,loss,queue_bdp,flows,seed,flow,peer,mean_mbit,steady_mbit,\
    steady_of_ideal,seconds,bytes,wire_per_byte,feedback,ping_p50_ms,ping_p95_ms,ping_p99_ms,recovered_s,\
    delay_p50_ms,delay_p99_ms,delay_p999_ms,missing,local_drops,late_p99_us,core,doubts,attempts";
/// The columns that name a run.
const KEY: &str = "rate_mbit,rtt_ms,loss,queue_bdp,flows,seed,flow,peer";

/// A file of results; nothing if none is wanted.
pub(super) struct Csv {
    file: Option<File>,
}

impl Csv {
    /// A file whose first lines are a comment, which tells how it came about, and the names of the columns.
    pub(super) fn create(path: Option<&Path>, comment: &str, columns: &str) -> Result<Self, LabError> {
        let Some(path) = path else { return Ok(Self { file: None }) };
        let mut file = File::create(path).tried(format!("make {}", path.display()))?;
        writeln!(file, "# {comment}\n{columns}").tried(format!("write {}", path.display()))?;
        Ok(Self { file: Some(file) })
    }

    /// The results of runs.
    pub(super) fn of_results(path: Option<&Path>, comment: &str) -> Result<Self, LabError> {
        Self::create(path, comment, COLUMNS)
    }

    /// Bytes over time.
    pub(super) fn of_series(path: Option<&Path>, comment: &str) -> Result<Self, LabError> {
        Self::create(path, comment, &format!("{KEY},second,mbit"))
    }

    /// Ages of the records of live streams.
    pub(super) fn of_delays(path: Option<&Path>, comment: &str) -> Result<Self, LabError> {
        Self::create(path, comment, &format!("{KEY},share,ms"))
    }

    fn write(&mut self, line: &str) -> Result<(), LabError> {
        match &mut self.file {
            Some(file) => writeln!(file, "{line}").tried("write the results"),
            None => Ok(()),
        }
    }

    /// A line for each stream.
    pub(super) fn add(&mut self, case: &Case<'_>, measured: &Measured) -> Result<(), LabError> {
        let name = &case.plan.name;
        for (i, flow) in measured.flows.iter().enumerate() {
            let pings =
                measured.pings.map_or(",,".to_owned(), |p| format!("{:.2},{:.2},{:.2}", p.p50, p.p95, p.p99));
            let recovered = flow.recovered.map_or(String::new(), |seconds| format!("{seconds:.1}"));
            let delays = flow.delays.as_ref().map_or(",,,".to_owned(), |d| {
                let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|share| d.quantile(share));
                format!("{p50:.3},{p99:.3},{p999:.3},{:.6}", d.missing)
            });
            self.write(&format!(
                "{name},{},{i},{},{:.3},{:.3},{:.4},{:.3},{},{:.4},{:.5},{pings},{recovered},{delays},{},{:.0},{:.3},{},{}",
                key(case),
                flow.peer,
                flow.mean / 1e6,
                flow.steady / 1e6,
                flow.steady / case.cell.ideal(),
                flow.seconds,
                flow.bytes,
                measured.wire_per_byte,
                measured.feedback,
                measured.local_drops,
                measured.strain.0,
                measured.strain.1,
                measured.doubts.join("; ").replace(',', ""),
                measured.attempts,
            ))?;
        }
        Ok(())
    }

    /// A line for each step of each stream, by the time of the run.
    pub(super) fn add_series(&mut self, case: &Case<'_>, measured: &Measured) -> Result<(), LabError> {
        for (i, flow) in measured.flows.iter().enumerate() {
            let step = flow.series.step().as_secs_f64();
            for (n, bytes) in flow.series.steps().iter().enumerate() {
                let second = flow.offset.as_secs_f64() + n as f64 * step;
                let mbit = *bytes as f64 * 8.0 / step / 1e6;
                self.write(&format!("{},{i},{},{second:.2},{mbit:.3}", key(case), flow.peer))?;
            }
        }
        Ok(())
    }

    /// A line for each of many shares of the records of each live stream: so many are no older than that.
    pub(super) fn add_delays(&mut self, case: &Case<'_>, measured: &Measured) -> Result<(), LabError> {
        for (i, flow) in measured.flows.iter().enumerate() {
            let Some(delays) = &flow.delays else { continue };
            // Dense where the few late ones are.
            let shares = (0..=90).map(|n| 1.0 - 10_f64.powf(-f64::from(n) / 22.5));
            for share in shares {
                let ms = delays.quantile(share);
                self.write(&format!("{},{i},{},{share:.6},{ms:.3}", key(case), flow.peer))?;
            }
        }
        Ok(())
    }
}

fn key(case: &Case<'_>) -> String {
    let cell = case.cell;
    format!(
        "{},{},{},{},{},{}",
        cell.rate.as_bps() as f64 / 1e6,
        cell.rtt.as_secs_f64() * 1e3,
        cell.loss,
        cell.queue,
        flows_name(case),
        case.seed
    )
}

/// The streams of a run in one word.
pub(super) fn flows_name(case: &Case<'_>) -> String {
    case.flows.iter().map(ToString::to_string).collect::<Vec<_>>().join("+")
}

/// The head of the lines of [`medians`].
pub(super) fn head() -> String {
    format!(
        "{:<36} {:<24} {:>9} {:>9} {:>7} {:>9} {:>7}  {}",
        "link", "stream", "mean", "steady", "ideal", "seconds", "wire", "of runs"
    )
}

/// The median of a value over all runs.
fn median(runs: &[Measured], value: &dyn Fn(&Measured) -> f64) -> f64 {
    let mut values: Vec<f64> = runs.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    crate::probe::quantile(&values, 0.5).unwrap_or(0.0)
}

/// A line for each stream, with the median of all runs.
pub(super) fn medians(case: &Case<'_>, runs: &[Measured]) -> Vec<String> {
    let median = |value: &dyn Fn(&Measured) -> f64| median(runs, value);
    let doubtful = runs.iter().filter(|run| !run.doubts.is_empty()).count();
    let line = |(i, peer): (usize, &crate::peer::Peer)| {
        let steady = median(&|m| m.flows[i].steady);
        format!(
            "{:<36} {:<24} {:>9.2} {:>9.2} {:>5.1} % {:>9.2} {:>7.3}  {}{}{}",
            case.cell.to_string(),
            if case.flows.len() > 1 {
                format!("{i}:{peer} of {}", flows_name(case))
            } else {
                peer.to_string()
            },
            median(&|m| m.flows[i].mean) / 1e6,
            steady / 1e6,
            steady / case.cell.ideal() * 100.0,
            median(&|m| m.flows[i].seconds),
            median(&|m| m.wire_per_byte),
            runs.len(),
            extras(i, runs),
            if doubtful > 0 { format!(", {doubtful} doubtful") } else { String::new() },
        )
    };
    case.flows.iter().enumerate().map(line).collect()
}

/// What only some experiments measure.
fn extras(i: usize, runs: &[Measured]) -> String {
    let median = |value: &dyn Fn(&Measured) -> f64| median(runs, value);
    let mut text = String::new();
    if runs.iter().all(|run| run.pings.is_some()) {
        text += &format!(", ping p95 +{:.1} ms", median(&|m| m.pings.map_or(0.0, |p| p.p95)));
    }
    if runs.iter().all(|run| run.flows[i].recovered.is_some()) {
        text += &format!(", recovered after {:.1} s", median(&|m| m.flows[i].recovered.unwrap_or(0.0)));
    }
    if runs.iter().all(|run| run.flows[i].delays.is_some()) {
        let late = |share| median(&|m| m.flows[i].delays.as_ref().map_or(0.0, |d| d.quantile(share)));
        let missing = median(&|m| m.flows[i].delays.as_ref().map_or(0.0, |d| d.missing));
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(late);
        text +=
            &format!(", old p50 {p50:.1} p99 {p99:.1} p99.9 {p999:.1} ms, missing {:.2} %", missing * 100.0);
    }
    let drops = median(&|m| m.local_drops as f64);
    if drops > 0.0 {
        text += &format!(", {drops:.0} dropped by full sockets");
    }
    text
}
