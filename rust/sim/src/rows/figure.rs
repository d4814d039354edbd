//! A measured value beside its goal.

use core::time::Duration;

/// A measured value beside its goal.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What was measured, and where.
    pub what: String,
    /// What it is to be.
    pub goal: String,
    /// What it is.
    pub value: String,
    /// True if the goal is reached.
    pub holds: bool,
}

impl Figure {
    /// A share that is to be at least `goal`.
    pub(crate) fn at_least(what: impl Into<String>, value: f64, goal: f64) -> Self {
        Self::new(what, format!(">= {}", percent(goal)), percent(value), value >= goal)
    }

    /// A share that is to be at most `goal`.
    pub(crate) fn at_most(what: impl Into<String>, value: f64, goal: f64) -> Self {
        Self::new(what, format!("<= {}", percent(goal)), percent(value), value <= goal)
    }

    /// A time that is to be at most `goal`; None never came.
    pub(crate) fn within(what: impl Into<String>, value: Option<Duration>, goal: Duration) -> Self {
        let words = value.map_or("never".into(), millis);
        Self::new(what, format!("<= {}", millis(goal)), words, value.is_some_and(|v| v <= goal))
    }

    /// A size that is to be at most `goal`.
    pub(crate) fn no_more(what: impl Into<String>, value: u64, goal: u64) -> Self {
        let kib = |bytes: u64| format!("{} KiB", bytes / 1024);
        Self::new(what, format!("<= {}", kib(goal)), kib(value), value <= goal)
    }

    /// A plain number that is to be at least `goal`.
    pub(crate) fn number(what: impl Into<String>, value: f64, goal: f64) -> Self {
        Self::new(what, format!(">= {goal}"), format!("{value:.4}"), value >= goal)
    }

    /// Something that is so or not.
    pub(crate) fn is_so(
        what: impl Into<String>,
        goal: impl Into<String>,
        value: String,
        holds: bool,
    ) -> Self {
        Self::new(what, goal.into(), value, holds)
    }

    fn new(what: impl Into<String>, goal: String, value: String, holds: bool) -> Self {
        Self { what: what.into(), goal, value, holds }
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn millis(d: Duration) -> String {
    format!("{:.1} ms", d.as_secs_f64() * 1e3)
}
