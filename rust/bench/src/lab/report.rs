//! What a lab tells about itself.

use std::time::Duration;

use faspstream_netem::Cause;
use serde_json::{Value, json};

use crate::emulator::DirectionReport;

/// Both directions of a lab, as of one moment.
#[derive(Clone, Debug)]
pub struct LabReport {
    /// From side a to side b.
    pub ab: DirectionReport,
    /// From side b to side a.
    pub ba: DirectionReport,
}

/// A measurement counts only below these: written late at the 99th percentile, share of a core per emulator thread.
pub const MOST_LATE: Duration = Duration::from_micros(500);
/// See [`MOST_LATE`].
pub const MOST_BUSY: f64 = 0.7;
/// One that does not count for these reasons is made again until there were this many, unless told otherwise.
pub const MOST_ATTEMPTS: u32 = 3;

impl LabReport {
    /// Both directions with their names.
    pub fn directions(&self) -> [(&'static str, &DirectionReport); 2] {
        [("ab", &self.ab), ("ba", &self.ba)]
    }

    /// Why a measurement that began at `earlier` and ends now does not count; empty if it does.
    pub fn doubts_since(&self, earlier: &Self) -> Vec<String> {
        let mut doubts = Vec::new();
        for ((name, now), (_, then)) in self.directions().into_iter().zip(earlier.directions()) {
            let dropped = now.own_drops().saturating_sub(then.own_drops());
            if dropped > 0 {
                doubts.push(format!("{name}: the emulator itself dropped {dropped} packets"));
            }
            let late = now.lateness.since(&then.lateness).quantile(0.99);
            if late > MOST_LATE {
                doubts.push(format!("{name}: written {late:?} late at p99"));
            }
            let busy = now.busy_since(then);
            if busy > MOST_BUSY {
                doubts.push(format!("{name}: {:.0} % of a core", busy * 100.0));
            }
        }
        doubts
    }

    /// How late the emulator wrote at the 99th percentile since `earlier`, in microseconds, and its share of a core; the worse direction.
    pub fn strain_since(&self, earlier: &Self) -> (f64, f64) {
        let mut worst = (0.0_f64, 0.0_f64);
        for ((_, now), (_, then)) in self.directions().into_iter().zip(earlier.directions()) {
            let late = micros(now.lateness.since(&then.lateness).quantile(0.99));
            worst = (worst.0.max(late), worst.1.max(now.busy_since(then)));
        }
        worst
    }

    /// All counters.
    pub fn to_json(&self) -> Value {
        json!({ "ab": direction_json(&self.ab), "ba": direction_json(&self.ba) })
    }
}

fn direction_json(d: &DirectionReport) -> Value {
    let dropped: serde_json::Map<String, Value> = Cause::ALL
        .iter()
        .map(|cause| (format!("{cause:?}").to_lowercase(), d.link.dropped_by(*cause).into()))
        .collect();
    json!({
        "elapsed_s": d.elapsed.as_secs_f64(),
        "offered_packets": d.link.offered,
        "offered_bytes": d.link.offered_bytes,
        "delivered_packets": d.link.delivered,
        "delivered_bytes": d.link.delivered_bytes,
        "dropped": dropped,
        "duplicated": d.link.duplicated,
        "damaged": d.link.damaged,
        "held_back": d.link.held_back,
        "inside_packets": d.inside,
        "queued_bytes": d.queued_bytes,
        "queue_peak_bytes": d.link.queue_peak,
        "device_reads": d.reads,
        "device_writes": d.writes,
        "own_drops": { "overrun": d.overrun, "refused": d.refused, "unreadable": d.unreadable },
        "late_p50_us": micros(d.lateness.quantile(0.5)),
        "late_p99_us": micros(d.lateness.quantile(0.99)),
        "late_worst_us": micros(d.lateness.worst()),
        "cpu_s": d.cpu.as_secs_f64(),
        "realtime": d.realtime,
    })
}

fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e3
}
