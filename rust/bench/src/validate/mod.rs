//! The accuracy of the lab itself, measured from outside by probes.

mod chance;
mod delay;
mod rate;

use std::fmt;

use crate::error::LabError;
use crate::lab::{Family, Lab, LabConfig, MOST_ATTEMPTS};
use crate::settings::{Setting, Settings};

/// One measurement beside what it should have been.
#[derive(Clone, Debug)]
pub struct Check {
    /// What was measured, on which link.
    pub what: String,
    /// What it should be.
    pub expected: f64,
    /// What it was.
    pub measured: f64,
    /// How far it may be off.
    pub allowed: f64,
    /// Unit of the three.
    pub unit: &'static str,
    /// Why the measurement does not count: drops of the emulator itself, lateness, a busy core. Empty if it does.
    pub doubts: Vec<String>,
    /// How late the emulator wrote at the 99th percentile, in microseconds, and its share of a core; the worse direction of both.
    pub strain: (f64, f64),
    /// How often it was measured until it counted; a busy machine may need more than one.
    pub attempts: u32,
}

impl Check {
    /// True if the measurement counts and is as it should be.
    pub fn passes(&self) -> bool {
        self.doubts.is_empty() && (self.measured - self.expected).abs() <= self.allowed
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (late, busy) = self.strain;
        write!(
            f,
            "{:<46} {:>10.3} {:>10.3} {:>8.3} {:<7} {:>6.0} us {:>4.0} %  {}",
            self.what,
            self.expected,
            self.measured,
            self.allowed,
            self.unit,
            late,
            busy * 100.0,
            if self.passes() { "ok" } else { "FAILED" }
        )?;
        if self.attempts > 1 {
            write!(f, " (attempt {})", self.attempts)?;
        }
        self.doubts.iter().try_for_each(|doubt| write!(f, "; {doubt}"))
    }
}

/// The head of a table of [`Check`]s.
pub fn table_head() -> String {
    format!(
        "{:<46} {:>10} {:>10} {:>8} {:<7} {:>9} {:>6}",
        "what", "expected", "measured", "allowed", "unit", "late p99", "core"
    )
}

/// A check of a kind, that makes its own lab.
type Measure = fn(&Case) -> Result<Check, LabError>;

/// One case: a link, and what is measured on it.
struct Case {
    what: String,
    link: String,
    measure: Measure,
    /// The value of the property that is measured, in its unit.
    expected: f64,
    family: Family,
}

impl Case {
    fn config(&self) -> Result<LabConfig, LabError> {
        let settings: Result<Settings, _> = self.link.split_whitespace().map(Setting::parse_pair).collect();
        Ok(LabConfig { settings: settings?, ..LabConfig::default() })
    }

    /// Makes the lab, measures, and adds what the emulator says of itself.
    fn check(
        &self,
        allowed: f64,
        unit: &'static str,
        measure: impl FnOnce(&Lab) -> Result<f64, LabError>,
    ) -> Result<Check, LabError> {
        let lab = Lab::start(&self.config()?)?;
        let before = lab.report()?;
        let measured = measure(&lab)?;
        let after = lab.report()?;
        Ok(Check {
            what: self.what.clone(),
            expected: self.expected,
            measured,
            allowed,
            unit,
            doubts: after.doubts_since(&before),
            strain: after.strain_since(&before),
            attempts: 1,
        })
    }
}

/// Measures everything; `report` is told of each result as it comes. True if all is as it should be.
pub fn run(mut report: impl FnMut(&Check)) -> Result<bool, LabError> {
    let mut all_pass = true;
    for case in delay::cases().chain(chance::cases()).chain(rate::cases()) {
        let mut check = (case.measure)(&case)?;
        while !check.doubts.is_empty() && check.attempts < MOST_ATTEMPTS {
            check = Check { attempts: check.attempts + 1, ..(case.measure)(&case)? };
        }
        all_pass &= check.passes();
        report(&check);
    }
    Ok(all_pass)
}
