//! What the figures of a cell are held against.

use core::time::Duration;

use faspstream_netem::BitRate;

use super::{Cell, Figures};

/// On which side of its bound a value is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// At or above it.
    AtLeast,
    /// At or below it.
    AtMost,
    /// Below it.
    Below,
}

impl Sense {
    /// True if `value` is on the good side of `bound`.
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::AtLeast => value >= bound,
            Self::AtMost => value <= bound,
            Self::Below => value < bound,
        }
    }
}

/// A goal for one of the figures.
#[derive(Debug)]
pub struct Goal {
    /// Its name, in one word.
    pub name: &'static str,
    /// What is measured, with its unit.
    pub what: &'static str,
    /// On which side of the bound a value is good.
    pub sense: Sense,
    /// The bound in this cell.
    pub bound: fn(&Cell) -> f64,
    /// The figure.
    pub value: fn(&Figures) -> f64,
    /// A value or bound as it is printed, without its unit.
    pub show: fn(f64) -> String,
}

impl Goal {
    /// True if the figures of a cell reach this goal.
    pub fn holds(&self, cell: &Cell, figures: &Figures) -> bool {
        self.sense.holds((self.value)(figures), (self.bound)(cell))
    }

    /// The goal in words, for a cell: `>= 97.0`.
    pub fn words(&self, cell: &Cell) -> String {
        let sign = match self.sense {
            Sense::AtLeast => ">=",
            Sense::AtMost => "<=",
            Sense::Below => "<",
        };
        format!("{sign} {}", (self.show)((self.bound)(cell)))
    }

    /// How far a value is on the good side of the bound, as a share of the bound; negative on the bad side.
    pub fn margin(&self, cell: &Cell, figures: &Figures) -> f64 {
        let share = (self.value)(figures) / (self.bound)(cell) - 1.0;
        if self.sense == Sense::AtLeast { share } else { -share }
    }
}

/// Every goal of a cell.
pub static GOALS: [&Goal; 8] =
    [&STEADY, &WHOLE, &START, &OVERSHOOT, &REDUNDANCY, &FEEDBACK, &QUEUEING, &MEMORY];

/// Goodput in the steady state.
pub(crate) static STEADY: Goal = Goal {
    name: "steady",
    what: "goodput in the steady state, % of ideal",
    sense: Sense::AtLeast,
    bound: |_| 0.97,
    value: |f| f.steady,
    show: tenths_of_percent,
};

/// Goodput of the whole transfer.
static WHOLE: Goal = Goal {
    name: "whole",
    what: "goodput of the whole transfer, start included, % of ideal",
    sense: Sense::AtLeast,
    bound: |_| 0.9,
    value: |f| f.whole,
    show: tenths_of_percent,
};

/// Time to capacity.
pub(crate) static START: Goal = Goal {
    name: "start",
    what: "time to 90 % of capacity, RTT",
    sense: Sense::AtMost,
    bound: |_| 10.0,
    value: |f| f.start,
    show: |rounds| if rounds.is_finite() { format!("{rounds:.1}") } else { "never".into() },
};

/// Loss to the queue.
pub(crate) static OVERSHOOT: Goal = Goal {
    name: "overshoot",
    what: "datagrams dropped by the queue, %",
    sense: Sense::AtMost,
    bound: |_| 0.01,
    value: |f| f.overshoot,
    show: hundredths_of_percent,
};

/// Bytes that arrive twice.
pub(crate) static REDUNDANCY: Goal = Goal {
    name: "redundancy",
    what: "bytes that arrive twice, %",
    sense: Sense::Below,
    bound: |cell| if cell.loss > 0.05 { 0.015 } else { 0.005 },
    value: |f| f.redundancy,
    show: hundredths_of_percent,
};

/// Feedback.
static FEEDBACK: Goal = Goal {
    name: "feedback",
    what: "feedback bytes, % of the forward bytes",
    sense: Sense::Below,
    bound: |_| 0.01,
    value: |f| f.feedback,
    show: hundredths_of_percent,
};

/// Queueing delay caused.
pub(crate) static QUEUEING: Goal = Goal {
    name: "queueing",
    what: "queueing delay, 95th percentile, ms",
    sense: Sense::Below,
    bound: |cell| (cell.rtt as f64 / 4.0).max(20.0),
    value: |f| f.queueing_ms,
    show: |ms| format!("{ms:.1}"),
};

/// Memory at either end.
static MEMORY: Goal = Goal {
    name: "memory",
    what: "memory peak of an end, MiB",
    sense: Sense::AtMost,
    bound: |cell| {
        let bdp = BitRate::from_mbps(cell.mbps).bytes_in(Duration::from_millis(cell.rtt));
        (4 * bdp + (8 << 20)) as f64
    },
    value: |f| f.memory,
    show: |bytes| format!("{:.1}", bytes / f64::from(1 << 20)),
};

fn tenths_of_percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

fn hundredths_of_percent(share: f64) -> String {
    format!("{:.2}", share * 100.0)
}
