//! Since when a queue stands that nobody but this stream has let fall.
//!
//! BBR keeps a full queue full from one search to the next. A flow that answers loss lets it fall every few seconds.

use crate::units::Instant;

/// Share of the mean queue below which it has fallen, of one that is as long as a round trip: when all who fill it answer a loss at once
/// 0.4 of it is left.
const FALLEN: f64 = 0.6;

/// Since when it stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Standing {
    since: Instant,
    /// While it has fallen: true if this stream lets it.
    fell: Option<bool>,
}

impl Standing {
    /// A queue is seen that is `part` of the mean one; from `full` on it stands. `is_own` is true while this stream lets it fall.
    pub(super) fn on_queue(&mut self, now: Instant, part: f64, full: f64, is_own: bool) {
        if part < FALLEN {
            self.fell.get_or_insert(is_own);
        } else if part >= full && self.fell.take() == Some(false) {
            self.since = now;
        }
    }

    /// Seconds for which it has stood, or had when it fell.
    pub(super) fn lasted(&self, now: Instant) -> f64 {
        now.since(self.since).as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    /// A queue that has `parts` of its mean, one a second, and how long it has stood after that.
    fn stands(parts: &[f64], is_own: bool) -> f64 {
        let (mut standing, mut now) = (Standing::default(), Instant::ZERO);
        for part in parts {
            now = now + Duration::from_secs(1);
            standing.on_queue(now, *part, 0.85, is_own);
        }
        standing.lasted(now)
    }

    #[test]
    fn a_fall_begins_it_anew_when_the_queue_is_back() {
        assert_eq!(stands(&[1.0, 1.1, 0.7, 1.0], false), 4.0, "no fall");
        assert_eq!(stands(&[1.0, 1.1, 0.5], false), 3.0, "what it was before the fall");
        assert_eq!(stands(&[1.0, 0.5, 0.8, 0.9, 1.0], false), 1.0);
    }

    #[test]
    fn what_this_stream_has_let_fall_has_stood() {
        assert_eq!(stands(&[1.0, 0.1, 1.0], true), 3.0);
    }
}
