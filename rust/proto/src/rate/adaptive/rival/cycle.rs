//! The time from one answer to loss to the next: by one's own losses, or by a queue that falls.

use crate::rate::path::Path;
use crate::units::Instant;

/// Share of the longest queue since the last answer below which somebody has given way.
const FALLEN: f64 = 0.6;
/// Flights that lie between two who give way.
const APART: f64 = 4.0;

/// The present cycle, and how long the last one was.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Cycle {
    /// Seconds that the last one took; zero before one is over.
    lasted: f64,
    since: Instant,
    /// The longest queue since then, in seconds.
    top: f64,
}

impl Cycle {
    pub(super) fn begin(now: Instant) -> Self {
        Self { since: now, ..Self::default() }
    }

    /// The base of the queueing delay has become longer by so many seconds.
    pub(super) fn rebase(&mut self, by: f64) {
        self.top = (self.top - by).max(0.0);
    }

    /// True if the queue has fallen as it does when somebody answers a loss; `target` is the queue aimed at in seconds.
    pub(in super::super) fn has_given_way(&mut self, now: Instant, path: &Path, target: f64) -> bool {
        self.top = self.top.max(path.queue().standing());
        let gives_way = path.queue().latest() < FALLEN * self.top && self.top > target;
        if gives_way {
            self.end(now, path);
        }
        gives_way
    }

    /// Somebody has answered a loss: a cycle is over, unless it is the same loss.
    pub(in super::super) fn end(&mut self, now: Instant, path: &Path) {
        let lasted = self.age(now);
        if lasted > APART * path.flight() {
            (self.lasted, self.since) = (lasted, now);
        }
        self.top = path.queue().latest();
    }

    /// Seconds since the last answer to loss.
    pub(in super::super) fn age(&self, now: Instant) -> f64 {
        now.since(self.since).as_secs_f64()
    }

    /// Seconds from one answer to the next; zero before that has been seen.
    pub(in super::super) fn lasted(&self) -> f64 {
        self.lasted
    }
}
