//! The largest window that a shallow queue or a policer lets pass, and when to ask again.

use core::time::Duration;

use crate::units::Instant;

use super::FeedbackFacts;

/// How long a ceiling is kept before it is tried.
const HOLD: Duration = Duration::from_millis(2_500);
/// Fewest round trips that a ceiling is kept.
const HOLD_ROUNDS: u32 = 10;

/// Share of the rate that has passed that must pass under it, and how it rises in a round trip where it does not.
const ENOUGH: f64 = 0.985;
const MEND: f64 = 1.03;
/// How it rises then, and how often at most.
const RISE: f64 = 1.02;
const RISE_TIME: Duration = Duration::from_millis(100);

/// Bytes in flight that were too many.
#[derive(Debug, Default)]
pub(super) struct Ceiling {
    window: Option<f64>,
    rate: f64,
    until: Instant,
}

impl Ceiling {
    /// `window` is what seems to pass, `rate` in bytes per second what has passed.
    pub(super) fn set(&mut self, facts: &FeedbackFacts, window: f64, rate: f64) {
        self.window = Some(window);
        self.rate = rate;
        self.until = facts.now + HOLD.max(facts.smoothed_rtt * HOLD_ROUNDS);
    }

    /// `window`, or the ceiling if that is lower.
    pub(super) fn apply(&self, window: f64) -> f64 {
        self.window.map_or(window, |w| window.min(w))
    }

    /// True while it holds the window down.
    pub(super) fn binds(&self, window: f64) -> bool {
        self.window.is_some_and(|w| window >= 0.99 * w)
    }

    /// A round trip has passed in which `clearing` bytes per second left the flight. A ceiling that lets pass less than has passed
    /// before is too low; after its time it rises bit by bit.
    pub(super) fn on_round(&mut self, facts: &FeedbackFacts, clearing: f64, busy: bool) {
        if busy
            && clearing < ENOUGH * self.rate
            && let Some(window) = &mut self.window
        {
            *window *= MEND;
        }
        if facts.now >= self.until
            && let Some(window) = &mut self.window
        {
            *window *= RISE;
            self.until = facts.now + RISE_TIME.max(facts.smoothed_rtt);
        }
    }

    pub(super) fn lift(&mut self) {
        self.window = None;
    }
}
