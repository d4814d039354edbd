//! Who else fills the queue: what tells those who grow until they lose from streams like this one.
//!
//! A drain that leaves a queue may mean either of them, and to take one for the other costs nearly all of a share. So a verdict needs
//! drains that fail for some seconds, and is taken back by two signs that nobody gives who fills a queue: streams like this one fill a
//! queue that they have let run empty again within round trips, and they make room for one that grows before anything is lost.

use crate::rate::model::Queue;
use crate::units::Instant;

use super::EMPTY;

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
/// Answers to loss in a row after which a single drain that fails is proof.
const ANSWERS: u32 = 2;
/// Growth of the window, as a factor, by which it shows whether the others make room; below [`BEGINS`] it has not begun.
const GROWN: f64 = 4.0;
const BEGINS: f64 = 1.2;
/// Share of the best rate's worth of what a window has grown by that would stand in the queue at least if nobody had made room.
const STANDS: f64 = 0.15;
/// Share of the longest queue since then below which somebody has given way.
const FALLEN: f64 = 0.6;
/// Flights that lie between two who give way.
const APART: f64 = 4.0;

/// What is known of a rival.
#[derive(Debug, Default)]
pub(super) struct Rival {
    /// When the first of the drains ended that did not empty the queue, and the window before it.
    suspected: Option<(Instant, f64)>,
    seen_at: Option<Instant>,
    /// When the queue fell, and from how many seconds.
    fell: Option<(Instant, f64)>,
    refills: u32,
    /// Times in a row that it was filled slowly after it fell.
    answers: u32,
    growth: Growth,
    cycle: Cycle,
}

/// Where growth beside others began: bytes in flight, the queue in seconds, and the longest one since.
#[derive(Clone, Copy, Debug, Default)]
struct Growth {
    window: f64,
    queue: f64,
    longest: f64,
}

/// The time from one answer to loss to the next: by one's own losses, or by a queue that falls.
#[derive(Clone, Copy, Debug, Default)]
struct Cycle {
    /// Seconds that the last one took; zero before one is over.
    lasted: f64,
    since: Instant,
    /// The longest queue since then, in seconds.
    top: f64,
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

    /// A drain has left a queue; `window` was in flight before it. The window before the first such drain if that is proof: after some
    /// seconds of them, or at once (`is_clear`) if somebody was there of late.
    pub(super) fn suspect(&mut self, now: Instant, window: f64, is_clear: bool) -> Option<f64> {
        let (since, before) = *self.suspected.get_or_insert((now, window));
        let is_proven = now.since(since).as_secs_f64() >= PROOF || is_clear && self.is_known(now);
        is_proven.then_some(before)
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

    /// Follows a queue that falls: who fills it again tells of himself. `target` is the queue aimed at, `flight` the time that a byte
    /// spends in flight, in seconds.
    pub(super) fn watch_fall(&mut self, now: Instant, queue: &Queue, target: f64, flight: f64) {
        let standing = queue.standing();
        if standing < EMPTY * target && self.fell.is_none() {
            self.fell = Some((now, queue.peak()));
        }
        let Some((at, from)) = self.fell else { return };
        let lasted = now.since(at).as_secs_f64();
        if standing > REFILLED * from.max(target) {
            self.fell = None;
            if lasted > REFILL_ROUNDS * flight {
                self.refills = 0;
                self.answers += 1;
                if self.answers >= ANSWERS && self.is_suspected() {
                    self.see(now);
                }
            } else {
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
    pub(super) fn meet(&mut self, now: Instant, window: f64, queue: &Queue) {
        self.refills = 0;
        self.cycle = Cycle { since: now, ..Cycle::default() };
        self.measure_growth(window, queue);
    }

    /// Growth is measured from here on.
    pub(super) fn measure_growth(&mut self, window: f64, queue: &Queue) {
        let queue = queue.latest();
        self.growth = Growth { window, queue, longest: queue };
    }

    /// True if those who were taken for a rival are none: they fill an empty queue at once, or the window has grown and the queue has
    /// not grown with it. `best` is the best rate of late, in bytes per second.
    pub(super) fn is_none(&mut self, window: f64, queue: &Queue, best: f64) -> bool {
        let (growth, standing) = (&mut self.growth, queue.standing());
        if window < BEGINS * growth.window {
            // What a cut takes from the queue shows a round trip later.
            growth.queue = growth.queue.min(standing);
            growth.longest = growth.queue;
        }
        growth.longest = growth.longest.max(standing);
        let has_grown = window >= GROWN * growth.window;
        let stands = (growth.longest - growth.queue) * best;
        self.refills >= REFILLS || has_grown && stands < STANDS * (window - growth.window)
    }

    /// True if the queue has fallen as it does when somebody answers a loss.
    pub(super) fn has_given_way(&mut self, now: Instant, queue: &Queue, target: f64, flight: f64) -> bool {
        self.cycle.top = self.cycle.top.max(queue.standing());
        let gives_way = queue.latest() < FALLEN * self.cycle.top && self.cycle.top > target;
        if gives_way {
            self.end_cycle(now, queue, flight);
        }
        gives_way
    }

    /// Somebody has answered a loss: a cycle is over, unless it is the same loss.
    pub(super) fn end_cycle(&mut self, now: Instant, queue: &Queue, flight: f64) {
        let lasted = self.cycle_age(now);
        if lasted > APART * flight {
            self.cycle = Cycle { lasted, since: now, ..self.cycle };
        }
        self.cycle.top = queue.latest();
    }

    /// Seconds since the last answer to loss.
    pub(super) fn cycle_age(&self, now: Instant) -> f64 {
        now.since(self.cycle.since).as_secs_f64()
    }

    /// Seconds from one answer to the next; zero before that has been seen.
    pub(super) fn cycle(&self) -> f64 {
        self.cycle.lasted
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::rate::tests::facts;
    use crate::units::Rate;

    /// Seconds that are aimed at, and that a byte spends in flight.
    const TARGET: f64 = 0.004;
    const FLIGHT: f64 = 0.06;
    const DATAGRAM: f64 = 1_500.0;

    /// A queue whose delay is told, and a stream that follows it.
    #[derive(Default)]
    struct Link {
        queue: Queue,
        rival: Rival,
        ms: u64,
    }

    impl Link {
        /// For `ms` milliseconds something stands in the queue for `delay` of them.
        fn stands(&mut self, ms: u64, delay: u64) {
            for _ in 0..ms / 5 {
                self.ms += 5;
                self.queue.on_feedback(&facts(self.ms, 0, 0, Rate::ZERO, Duration::from_millis(delay)));
                self.rival.watch_fall(self.now(), &self.queue, TARGET, FLIGHT);
            }
        }

        /// The queue falls to nothing and has its length again so many milliseconds later.
        fn falls(&mut self, ms: u64) {
            self.stands(300, 20);
            self.stands(ms / 2, 0);
            self.stands(ms - ms / 2, 5);
            self.stands(100, 20);
        }

        fn now(&self) -> Instant {
            Instant::ZERO + Duration::from_millis(self.ms)
        }

        fn suspect(&mut self, window: f64) -> Option<f64> {
            self.rival.suspect(self.now(), window, true)
        }

        fn gives_way(&mut self) -> bool {
            self.rival.has_given_way(self.now(), &self.queue, TARGET, FLIGHT)
        }
    }

    #[test]
    fn drains_that_fail_for_some_seconds_are_proof_of_what_was_in_flight_before_the_first() {
        let mut link = Link::default();
        link.stands(500, 20);
        assert_eq!(link.suspect(7.0), None);
        link.stands(2_500, 20);
        assert_eq!(link.suspect(5.0), None);
        link.stands(600, 20);
        assert_eq!(link.suspect(4.0), Some(7.0));
        link.rival.acquit();
        assert_eq!(link.suspect(3.0), None, "a drain that empties the queue begins anew");
    }

    #[test]
    fn one_drain_is_proof_where_somebody_was_there_of_late() {
        let mut link = Link::default();
        link.rival.see(link.now());
        link.stands(19_000, 20);
        assert_eq!(link.rival.suspect(link.now(), 7.0, false), None, "jitter may have left as much");
        assert_eq!(link.suspect(7.0), Some(7.0));
        link.stands(2_000, 20);
        assert!(!link.rival.is_known(link.now()));
    }

    #[test]
    fn who_fills_an_emptied_queue_at_once_is_of_ones_own_kind() {
        let mut link = Link::default();
        link.suspect(7.0);
        link.falls(100);
        assert!(!link.rival.is_suspected());
        link.rival.meet(link.now(), DATAGRAM, &link.queue);
        link.falls(100);
        assert!(!link.rival.is_none(DATAGRAM, &link.queue, 1e6));
        link.falls(100);
        assert!(link.rival.is_none(DATAGRAM, &link.queue, 1e6));
    }

    #[test]
    fn who_fills_it_slowly_has_answered_a_loss_and_two_answers_make_one_drain_proof() {
        let mut link = Link::default();
        link.suspect(7.0);
        link.falls(800);
        assert!(link.rival.is_suspected() && !link.rival.is_known(link.now()));
        link.falls(800);
        assert!(link.rival.is_suspected() && link.rival.is_known(link.now()));
        link.stands(GONE as u64 * 1_000 + 1_000, 0);
        assert!(!link.rival.is_suspected(), "nobody fills it any more");
    }

    #[test]
    fn who_lets_a_window_grow_and_the_queue_not_is_no_rival() {
        let grown = |delay, windows: f64| {
            let mut link = Link::default();
            link.stands(300, 20);
            link.rival.meet(link.now(), 100.0 * DATAGRAM, &link.queue);
            assert!(!link.rival.is_none(100.0 * DATAGRAM, &link.queue, 10e6));
            link.stands(300, delay);
            link.rival.is_none(windows * 100.0 * DATAGRAM, &link.queue, 10e6)
        };
        assert!(grown(22, 4.0));
        assert!(!grown(22, 3.9), "too little to tell");
        assert!(!grown(50, 4.0), "what was sent beside him stands in the queue");
    }

    #[test]
    fn a_cycle_goes_from_one_answer_to_the_next_and_the_same_loss_is_answered_once() {
        let mut link = Link::default();
        link.stands(300, 20);
        link.rival.meet(link.now(), DATAGRAM, &link.queue);
        assert_eq!(link.rival.cycle(), 0.0);
        for _ in 0..2 {
            link.stands(2_000, 20);
            assert!(!link.gives_way());
            link.stands(5, 8);
            assert!(link.gives_way());
            link.rival.end_cycle(link.now(), &link.queue, FLIGHT);
        }
        assert_eq!(link.rival.cycle(), 2.005);
    }
}
