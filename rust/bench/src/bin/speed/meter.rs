//! Time and processor time of this process.

use std::time::Instant;

use crate::Outcome;

/// Clock ticks a second in the files of /proc (`USER_HZ`, the same on every architecture of Linux in use today).
const TICKS: f64 = 100.0;

/// What something has cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Seconds by the clock.
    pub(crate) seconds: f64,
    /// Seconds of processor time of all threads, in the kernel and outside of it; told in steps of 10 ms.
    pub(crate) cpu: f64,
}

/// A stopwatch for both.
pub(crate) struct Meter {
    began: Instant,
    cpu: f64,
}

impl Meter {
    pub(crate) fn start() -> Outcome<Self> {
        Ok(Self { began: Instant::now(), cpu: cpu()? })
    }

    pub(crate) fn stop(&self) -> Outcome<Cost> {
        Ok(Cost { seconds: self.began.elapsed().as_secs_f64(), cpu: cpu()? - self.cpu })
    }
}

/// Processor seconds of this process so far, ended threads included (proc_pid_stat(5), fields 14 and 15).
fn cpu() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The second field is a name in parentheses, which may hold blanks.
    let rest = stat.rsplit_once(')').ok_or("/proc/self/stat has another form")?.1;
    let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    Ok(ticks.sum::<Result<u64, _>>()? as f64 / TICKS)
}

/// The middle of an odd number of values, the upper middle of an even one; NaN of none.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
