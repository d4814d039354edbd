//! Shares of packets that are lost, doubled, held back or damaged: within two standard deviations.

use super::{Case, Check};
use crate::error::LabError;
use crate::lab::Family;
use crate::probe::{Flood, FloodResult};

const PACKETS: u64 = 200_000;
/// Mean length of the bursts that are tested.
const BURST: f64 = 20.0;

pub(super) fn cases() -> impl Iterator<Item = Case> {
    let loss = [0.1, 1.0, 5.0, 30.0].map(|percent| ("loss", format!("loss={percent}%"), percent, LOSS));
    let others = [
        ("loss in bursts of 20", format!("burst={BURST}/2%"), 2.0, BURSTS),
        ("duplication", "duplicate=1%".to_owned(), 1.0, DUPLICATION),
        ("reordering", "reorder=3%/30ms".to_owned(), 3.0, REORDERING),
        ("damage", "damage=0.5%".to_owned(), 0.5, DAMAGE),
    ];
    loss.into_iter().chain(others).map(|(what, link, percent, measure)| Case {
        what: format!("{what}, {percent} % of {PACKETS} datagrams"),
        link: format!("rtt=10ms {link}"),
        measure,
        expected: percent,
        family: Family::V4,
    })
}

type Measure = fn(&Case) -> Result<Check, LabError>;
const LOSS: Measure = |case| measure(case, 1.0, lost);
// Losses come in groups: the variance of a sum over a Gilbert channel is 2 x mean burst - 1 times that of independent loss.
const BURSTS: Measure = |case| measure(case, (2.0 * BURST - 1.0).sqrt(), lost);
const DUPLICATION: Measure = |case| measure(case, 1.0, |r| r.duplicates);
const REORDERING: Measure = |case| measure(case, 1.0, |r| r.overtaken);
const DAMAGE: Measure = |case| measure(case, 1.0, |r| r.damaged);

fn lost(result: &FloodResult) -> u64 {
    result.sent - (result.received - result.duplicates).min(result.sent)
}

fn measure(case: &Case, spread: f64, count: impl Fn(&FloodResult) -> u64) -> Result<Check, LabError> {
    let p = case.expected / 100.0;
    let sigma = spread * (p * (1.0 - p) / PACKETS as f64).sqrt();
    case.check(2.0 * sigma * 100.0, "%", |lab| {
        let flood = Flood { family: case.family, rate: 100e6, size: 200, count: PACKETS, batch: 16 };
        let result = flood.run(lab)?;
        if result.receiver_drops > 0 {
            return Err(LabError::Failed(format!(
                "the receiving socket had no room for {} datagrams; try again on an idle machine",
                result.receiver_drops
            )));
        }
        Ok(count(&result) as f64 * 100.0 / result.sent as f64)
    })
}
