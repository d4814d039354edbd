//! Round-trip times: the median within 1 ms.

use std::time::Duration;

use super::{Case, Check};
use crate::error::LabError;
use crate::lab::Family;
use crate::probe::{ping, quantile};

const PINGS: u32 = 200;

pub(super) fn cases() -> impl Iterator<Item = Case> {
    let cells = [(0, Family::V4), (10, Family::V4), (100, Family::V4), (100, Family::V6), (300, Family::V4)];
    cells.into_iter().map(|(rtt, family)| Case {
        what: format!("RTT, median of {PINGS} pings, {rtt} ms, {family:?}"),
        link: format!("rtt={rtt}ms"),
        measure,
        expected: f64::from(rtt),
        family,
    })
}

fn measure(case: &Case) -> Result<Check, LabError> {
    case.check(1.0, "ms", |lab| {
        let samples = ping(lab, case.family, PINGS, Duration::from_millis(5))?;
        let mut times: Vec<f64> = samples.iter().filter_map(|s| Some(s.rtt?.as_secs_f64() * 1e3)).collect();
        times.sort_by(f64::total_cmp);
        quantile(&times, 0.5).ok_or_else(|| LabError::Failed("no ping came back".to_owned()))
    })
}
