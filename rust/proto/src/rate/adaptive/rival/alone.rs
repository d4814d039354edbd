//! Whether the other one has gone: this stream has all at once much more though no more of it is in flight, and keeps the best that it
//! knows of.
//!
//! Who answers a loss gives up three tenths, of which a stream that has half gets another sixth, and takes it back. Who goes leaves all of
//! it, for good. Neither is sure, since somebody may leave of many: so this asks for a look, and is no verdict.

use crate::rate::path::Path;
use crate::units::Instant;

/// Multiple of the least rate of late, beyond what the window has grown by since, from which on somebody has gone: more than an answer to
/// loss leaves. And the growth per second by which that rate is forgotten.
const RISEN: f64 = 1.5;
const FORGETS: f64 = 0.2;
/// Share of the best rate that counts as all of it, and the seconds for which that has to be had; what grows by more than it lacks is no
/// whole link.
const ALL: f64 = 0.97;
const LASTS: f64 = 2.0;

/// What a stream beside somebody else gets.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Alone {
    /// Where the rate was least of late for what was in flight: bytes per second, and bytes.
    least: f64,
    window: f64,
    /// Since when all that is known of is had after a sudden rise, and how much that was by then.
    risen: Option<(Instant, f64)>,
}

impl Alone {
    /// Looks from here on, with `rate` bytes per second and `window` bytes in flight.
    pub(super) fn begin(rate: f64, window: f64) -> Self {
        Self { least: rate, window, risen: None }
    }

    /// True if it is time to look whether he is still there. `is_queued` is true while more stands in the queue than this stream wants:
    /// a link that is not full gives whatever is asked of it.
    pub(in super::super) fn seems_so(
        &mut self,
        now: Instant,
        path: &Path,
        window: f64,
        is_queued: bool,
    ) -> bool {
        let rate = path.clearing();
        self.least *= 1.0 + FORGETS * path.since_last().min(1.0);
        self.on_rate(now, rate, window, rate >= ALL * path.best()) && is_queued
    }

    /// The same at `rate` bytes per second, which is the best or not, whatever is queued.
    fn on_rate(&mut self, now: Instant, rate: f64, window: f64, is_best: bool) -> bool {
        if rate * self.window <= self.least * window {
            (self.least, self.window) = (rate, window);
        }
        let has_risen = rate * self.window.min(window) > RISEN * self.least * window;
        self.risen = match self.risen {
            _ if !is_best => None,
            Some((_, all)) if all < ALL * rate => Some((now, rate)),
            None if has_risen => Some((now, rate)),
            risen => risen,
        };
        self.risen.is_some_and(|(at, _)| now.since(at).as_secs_f64() > LASTS)
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    /// A stream beside somebody, with 50 bytes per second and as many in flight.
    struct Beside {
        alone: Alone,
        now: Instant,
    }

    impl Beside {
        fn new() -> Self {
            Self { alone: Alone::begin(50.0, 50.0), now: Instant::ZERO }
        }

        /// True if in so many seconds with `rate` bytes per second and `window` in flight a look is asked for.
        fn looks(&mut self, seconds: u32, rate: f64, window: f64, is_best: bool) -> bool {
            (0..10 * seconds).any(|_| {
                self.now = self.now + Duration::from_millis(100);
                self.alone.on_rate(self.now, rate, window, is_best)
            })
        }
    }

    #[test]
    fn who_has_twice_as_much_with_no_more_in_flight_looks_after_two_seconds() {
        let mut beside = Beside::new();
        assert!(!beside.looks(5, 50.0, 50.0, true));
        assert!(!beside.looks(2, 100.0, 50.0, true), "not for long enough");
        assert!(beside.looks(1, 100.0, 60.0, true));
    }

    #[test]
    fn what_an_answer_to_loss_leaves_is_too_little() {
        assert!(!Beside::new().looks(10, 50.0 / 0.7, 50.0, true));
    }

    #[test]
    fn what_the_own_window_has_gained_or_lost_tells_of_nobody() {
        assert!(!Beside::new().looks(10, 100.0, 100.0, true));
        assert!(!Beside::new().looks(10, 50.0, 25.0, true));
    }

    #[test]
    fn it_has_to_be_the_best_all_the_time() {
        let mut beside = Beside::new();
        for _ in 0..5 {
            assert!(!beside.looks(1, 100.0, 50.0, true));
            assert!(!beside.looks(1, 100.0, 50.0, false));
        }
    }

    #[test]
    fn a_share_that_goes_on_growing_is_no_whole_link() {
        let mut beside = Beside::new();
        assert!(!(0..10).any(|step| beside.looks(1, 100.0 + 4.0 * f64::from(step), 50.0, true)));
    }
}
