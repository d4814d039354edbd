//! Time, processor time and switches between threads of this process.

use std::time::Instant;

use faspstream_bench::cpu_time_of_process;

use crate::Outcome;

/// What something has cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Seconds by the clock.
    pub(crate) seconds: f64,
    /// Seconds of processor time of all threads, in the kernel and outside of it.
    pub(crate) cpu: f64,
    /// How often a thread began to wait: about as often one was woken.
    pub(crate) switches: u64,
}

/// A stopwatch for all of them.
pub(crate) struct Meter {
    began: Instant,
    cpu: f64,
    switches: u64,
}

impl Meter {
    pub(crate) fn start() -> Outcome<Self> {
        Ok(Self { began: Instant::now(), cpu: cpu(std::process::id())?, switches: switches()? })
    }

    pub(crate) fn stop(&self) -> Outcome<Cost> {
        let seconds = self.began.elapsed().as_secs_f64();
        // The threads of a moment ago may have ended since, and their switches with them.
        Ok(Cost {
            seconds,
            cpu: cpu(std::process::id())? - self.cpu,
            switches: switches()?.saturating_sub(self.switches),
        })
    }
}

/// Processor seconds of a process so far, its ended threads included.
pub(crate) fn cpu(process: u32) -> Outcome<f64> {
    Ok(cpu_time_of_process(process)?.as_secs_f64())
}

/// Voluntary switches of the threads that there are (proc_pid_status(5)).
fn switches() -> Outcome<u64> {
    let mut sum = 0;
    for thread in std::fs::read_dir("/proc/self/task")? {
        // A thread may end between the two calls.
        let status = std::fs::read_to_string(thread?.path().join("status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        sum += line.map_or(Ok(0), |count| count.trim().parse::<u64>())?;
    }
    Ok(sum)
}

/// The middle of an odd number of values, the upper middle of an even one; NaN of none.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
