//! Who else fills the queue: what tells those who grow until they lose from streams like this one.
//!
//! A drain that leaves a queue may mean either of them, and to take one for the other costs nearly all of a share. So a verdict needs
//! drains that fail for some seconds, and is taken back by signs that nobody gives who fills a queue: streams like this one fill a queue
//! that they have let run empty again within round trips, and make room before anything is lost ([`kin`]).

mod alone;
mod cycle;
mod kin;
mod pulse;
mod searches;
mod standing;

use crate::rate::path::Path;
use crate::units::Instant;

use super::EMPTY;
use alone::Alone;
use cycle::Cycle;
use kin::Kin;
use searches::Searches;

pub(super) use searches::Sight;

/// Seconds for which drains have to leave a queue before it is somebody else's: several streams like this one that start soon after each
/// other leave one for two or three seconds.
const PROOF: f64 = 3.0;
/// Seconds for which the queue has to be short before the other one is gone: its own answer to loss empties the queue too.
pub(super) const GONE: f64 = 1.5;
/// Seconds for which another one is looked for more often after he has gone.
const MEMORY: f64 = 20.0;
/// Share of a queue from which on it is filled again, and the round trips within which only streams like this one do that: after an
/// answer to loss the cubic function takes a fifth of its cycle to get back half of what was given up.
const REFILLED: f64 = 0.5;
const REFILL_ROUNDS: f64 = 4.0;
/// Such fillings after which there is no rival.
const REFILLS: u32 = 2;
/// Share of a queue that is filled again which this stream may have filled for that to tell of others.
const OWN_PART: f64 = 0.5;
/// Answers to loss in a row after which a single drain that fails is proof.
const ANSWERS: u32 = 2;

/// What is known of a rival.
#[derive(Debug, Default)]
pub(super) struct Rival {
    /// When the first of the drains ended that did not empty the queue.
    suspected: Option<Instant>,
    seen_at: Option<Instant>,
    fell: Option<Fall>,
    refills: u32,
    /// Times in a row that it was filled slowly after it fell.
    answers: u32,
    kin: Kin,
    pub(super) cycle: Cycle,
    pub(super) alone: Alone,
    pub(super) searches: Searches,
}

/// A queue that has fallen: when, from how many seconds, and the bytes in flight by then.
#[derive(Clone, Copy, Debug)]
struct Fall {
    at: Instant,
    from: f64,
    window: f64,
}

impl Rival {
    /// True while the last drain has not emptied the queue.
    pub(super) fn is_suspected(&self) -> bool {
        self.suspected.is_some()
    }

    /// True if somebody else has filled the queue of late.
    pub(super) fn is_known(&self, now: Instant) -> bool {
        self.seen_at.is_some_and(|at| now.since(at).as_secs_f64() < MEMORY)
    }

    /// A drain has left a queue. True if that is proof: after some seconds of such drains, or at once (`is_clear`) if somebody was there
    /// of late.
    pub(super) fn suspect(&mut self, now: Instant, is_clear: bool) -> bool {
        let since = *self.suspected.get_or_insert(now);
        now.since(since).as_secs_f64() >= PROOF || is_clear && self.is_known(now)
    }

    /// A drain has emptied the queue.
    pub(super) fn acquit(&mut self) {
        self.suspected = None;
    }

    /// Somebody fills the queue.
    pub(super) fn see(&mut self, now: Instant) {
        self.seen_at = Some(now);
    }

    /// There was none.
    pub(super) fn forget(&mut self) {
        self.suspected = None;
        self.seen_at = None;
    }

    /// The base of the queueing delay has become longer by so many seconds: what was seen before was as much less of a queue. Without
    /// this a queue that has stood for as long as a base is remembered seems to fall, as if somebody had yielded.
    pub(super) fn rebase(&mut self, by: f64) {
        self.cycle.rebase(by);
        self.kin.rebase(by);
        self.searches.rebase(by);
        if let Some(fall) = &mut self.fell {
            fall.from = (fall.from - by).max(0.0);
        }
    }

    /// Follows a queue that falls: who fills it again tells of himself. `target` is the queue aimed at in seconds, `window` the bytes that
    /// may be in flight.
    pub(super) fn watch_fall(&mut self, now: Instant, path: &Path, target: f64, window: f64) {
        let standing = path.queue().standing();
        if standing < EMPTY * target && self.fell.is_none() {
            self.fell = Some(Fall { at: now, from: path.queue().peak(), window });
        }
        let Some(fall) = self.fell else { return };
        let lasted = now.since(fall.at).as_secs_f64();
        if standing > REFILLED * fall.from.max(target) {
            self.fell = None;
            if lasted > REFILL_ROUNDS * path.flight() {
                self.refills = 0;
                self.answers += 1;
                if self.answers >= ANSWERS && self.is_suspected() {
                    self.see(now);
                }
            } else if window - fall.window <= OWN_PART * standing * path.best() {
                self.refills += 1;
                self.answers = 0;
                self.suspected = None;
            }
        } else if lasted > GONE {
            self.fell = None;
            self.suspected = None;
        }
    }

    /// Competing begins with `window` bytes in flight.
    pub(super) fn meet(&mut self, now: Instant, path: &Path, window: f64) {
        self.refills = 0;
        self.cycle = Cycle::begin(now);
        self.alone = Alone::begin(path.clearing(), window);
        self.measure_growth(path, window);
    }

    /// Whether others make room is measured from here on.
    pub(super) fn measure_growth(&mut self, path: &Path, window: f64) {
        self.kin.measure_growth(window, path.queue().latest());
    }

    /// A round trip is over. True if those who were taken for a rival are none: they fill an empty queue at once, or make room.
    pub(super) fn is_none(&mut self, path: &Path, window: f64) -> bool {
        self.kin.makes_room(window, path.queue().standing(), path.best()) || self.refills >= REFILLS
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::rate::tests::facts;
    use crate::units::Rate;

    /// Seconds that are aimed at.
    const TARGET: f64 = 0.004;
    const DATAGRAM: f64 = 1_500.0;

    /// A queue whose delay is told, and a stream that follows it.
    struct Link {
        path: Path,
        rival: Rival,
        ms: u64,
    }

    impl Link {
        fn new() -> Self {
            Self { path: Path::new(DATAGRAM, None), rival: Rival::default(), ms: 0 }
        }

        /// For `ms` milliseconds something stands in the queue for `delay` of them.
        fn stands(&mut self, ms: u64, delay: u64) {
            self.stands_for(ms, delay, DATAGRAM);
        }

        /// The same with `window` bytes in flight.
        fn stands_for(&mut self, ms: u64, delay: u64, window: f64) {
            for _ in 0..ms / 5 {
                self.ms += 5;
                self.path.on_feedback(&facts(self.ms, 0, 0, Rate::ZERO, Duration::from_millis(delay)), 0.0);
                self.rival.watch_fall(self.now(), &self.path, TARGET, window);
            }
        }

        /// The queue falls to nothing and has its length again so many milliseconds later.
        fn falls(&mut self, ms: u64) {
            self.falls_with(ms, DATAGRAM);
        }

        /// The same where this stream has `window` bytes in flight after it.
        fn falls_with(&mut self, ms: u64, window: f64) {
            self.stands(300, 20);
            self.stands(ms / 2, 0);
            self.stands(ms - ms / 2, 5);
            self.stands_for(100, 20, window);
        }

        fn now(&self) -> Instant {
            Instant::ZERO + Duration::from_millis(self.ms)
        }

        fn suspect(&mut self) -> bool {
            self.rival.suspect(self.now(), true)
        }

        fn gives_way(&mut self) -> bool {
            self.rival.cycle.has_given_way(self.now(), &self.path, TARGET)
        }
    }

    #[test]
    fn drains_that_fail_for_some_seconds_are_proof() {
        let mut link = Link::new();
        link.stands(500, 20);
        assert!(!link.suspect());
        link.stands(2_500, 20);
        assert!(!link.suspect());
        link.stands(600, 20);
        assert!(link.suspect());
        link.rival.acquit();
        assert!(!link.suspect(), "a drain that empties the queue begins anew");
    }

    #[test]
    fn one_drain_is_proof_where_somebody_was_there_of_late() {
        let mut link = Link::new();
        link.rival.see(link.now());
        link.stands(19_000, 20);
        assert!(!link.rival.suspect(link.now(), false), "jitter may have left as much");
        assert!(link.suspect());
        link.stands(2_000, 20);
        assert!(!link.rival.is_known(link.now()));
    }

    #[test]
    fn who_fills_an_emptied_queue_at_once_is_of_ones_own_kind() {
        let mut link = Link::new();
        link.suspect();
        link.falls(100);
        assert!(!link.rival.is_suspected());
        link.rival.meet(link.now(), &link.path, DATAGRAM);
        link.falls(100);
        assert!(!link.rival.is_none(&link.path, DATAGRAM));
        link.falls(100);
        assert!(link.rival.is_none(&link.path, DATAGRAM));
    }

    #[test]
    fn what_this_stream_has_filled_itself_tells_of_nobody() {
        let mut link = Link::new();
        link.suspect();
        link.falls_with(100, 100.0 * DATAGRAM);
        assert!(link.rival.is_suspected());
    }

    #[test]
    fn who_fills_it_slowly_has_answered_a_loss_and_two_answers_make_one_drain_proof() {
        let mut link = Link::new();
        link.suspect();
        link.falls(800);
        assert!(link.rival.is_suspected() && !link.rival.is_known(link.now()));
        link.falls(800);
        assert!(link.rival.is_suspected() && link.rival.is_known(link.now()));
        link.stands(GONE as u64 * 1_000 + 1_000, 0);
        assert!(!link.rival.is_suspected(), "nobody fills it any more");
    }

    #[test]
    fn a_cycle_goes_from_one_answer_to_the_next_and_the_same_loss_is_answered_once() {
        let mut link = Link::new();
        link.stands(300, 20);
        link.rival.meet(link.now(), &link.path, DATAGRAM);
        assert_eq!(link.rival.cycle.lasted(), 0.0);
        for _ in 0..2 {
            link.stands(2_000, 20);
            assert!(!link.gives_way());
            link.stands(5, 8);
            assert!(link.gives_way());
            link.rival.cycle.end(link.now(), &link.path);
        }
        assert_eq!(link.rival.cycle.lasted(), 2.005);
    }

    #[test]
    fn a_base_that_moves_is_nobody_who_gives_way() {
        let mut link = Link::new();
        link.rival.meet(link.now(), &link.path, DATAGRAM);
        link.stands(2_000, 30);
        assert!(!link.gives_way());
        link.rival.rebase(0.020);
        link.stands(5, 10);
        assert!(!link.gives_way());
    }
}
