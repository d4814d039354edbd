//! The sign of BBR: a queue that is gone for a moment every ten seconds and stands again.
//!
//! BBR of the first version keeps four datagrams in flight for 200 ms when it has seen no shorter round trip for ten seconds
//! (draft-cardwell-iccrg-bbr-congestion-control-00, section 4.3.5), so that every queue that it fills is empty for that long and hardly
//! longer. A flow that answers loss leaves a queue that is shorter than a bandwidth-delay product empty for a tenth of its cycle, which is a
//! second where the cycle is ten; streams like this one leave none standing for ten. One search of a full queue is enough, of one that is
//! not two in time; who fills a short queue is known by his cycles ([`pulse`](super::pulse)).

use super::pulse::Pulse;
use super::standing::Standing;
use crate::units::Instant;

/// Share of the mean queue, and seconds, below which a queue is gone.
const GONE: f64 = 0.3;
const GONE_MOST: f64 = 0.003;
/// For how long it is gone: seconds and flights, at least and at most.
const SHORTEST: (f64, f64) = (0.2, 0.3);
const LONGEST: (f64, f64) = (0.45, 1.5);
/// The same from somebody who is known.
const SHORTEST_KNOWN: (f64, f64) = (0.12, 0.0);
const LONGEST_KNOWN: (f64, f64) = (0.9, 3.0);
/// From one search to the next: seconds at least, seconds and flights at most.
const EARLIEST: f64 = 10.1;
const LATEST: (f64, f64) = (10.9, 3.0);
/// For how long somebody is known, who may have been missed once: seconds and flights.
const KNOWN: (f64, f64) = (22.0, 6.0);
/// Seconds from one search to the next in which the next may be under way.
const DUE: f64 = 9.8;
const OVERDUE: f64 = 1.0;
/// Flights after which a queue that is seen again is surely back.
const BACK_FLIGHTS: f64 = 1.5;
/// Seconds over which the queue is averaged, and the shortest mean in seconds that tells.
const MEMORY: f64 = 2.0;
const LEAST: f64 = 0.001;
/// Seconds in which a queue that is never gone becomes the path's own length: those of three searches.
const OWN: f64 = 31.0;
/// Share of a round trip above which nobody who answers loss empties a queue: CUBIC gives up 0.3 of what is in flight, which is less than
/// what stands in a queue of 0.43. Seconds for which it has stood by then, and after which who was gone for a moment has his share again:
/// one TCP that comes soon after another empties a queue for as long.
const FULL: f64 = 0.5;
const STOOD: f64 = 4.0;
const RETURNS: f64 = 3.0;
/// Share of a round trip below which a queue may be emptied by who answers loss, for as long as by a search and as seldom.
const SHORT: f64 = 0.3;
/// Share of the mean below which a queue falls: what stays of it when the other one stops may be this stream's own.
const FALLS: f64 = 0.5;
/// Share of the mean above which a queue stands; samples, and seconds of queue, over which its fall can be measured.
const STANDS: f64 = 0.85;
const FALL_SAMPLES: u32 = 3;
const FALL_LEAST: f64 = 0.005;

fn after((seconds, flights): (f64, f64), flight: f64) -> f64 {
    seconds + flights * flight
}

/// What is seen of somebody's searches for the base delay.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Searches {
    /// Seconds by which the base has become longer since the shortest delay: a queue that has stood for as long as a base is remembered
    /// counts from there.
    floor: f64,
    /// The newest queue and the mean one, in seconds.
    queue: f64,
    mean: f64,
    heard_at: Instant,
    /// The shortest queue since then, in seconds.
    least: f64,
    least_since: Instant,
    stood: Stood,
    /// Since when it stands that others have not let it fall.
    standing: Standing,
    /// The last time for which the queue was gone, until it is surely back.
    gone: Option<Gone>,
    /// When what may have been a search last began, and what surely was one.
    last: Option<Instant>,
    searched: Option<Instant>,
    /// When a search was last the right time after another one, or cycles were known.
    known_at: Option<Instant>,
    pulse: Pulse,
    /// From when to when a full queue was gone for the time of a search.
    stopped: Option<(Instant, Instant)>,
}

/// What a feedback shows.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Sight {
    /// Seconds in the queue, of a flight, and of a round trip without queue.
    pub(in super::super) queue: f64,
    pub(in super::super) flight: f64,
    pub(in super::super) base: f64,
    /// Bytes per second that this stream clears.
    pub(in super::super) rate: f64,
    /// True if this stream itself lets the queue run empty.
    pub(in super::super) drains: bool,
    /// True if it answers BBR already, with cycles like BBR's own.
    pub(in super::super) insists: bool,
}

/// When a queue stood last, its seconds, and the samples since.
#[derive(Clone, Copy, Debug, Default)]
struct Stood {
    at: Instant,
    queue: f64,
    samples: u32,
}

/// A time in which the queue was gone.
#[derive(Clone, Copy, Debug)]
struct Gone {
    from: Instant,
    to: Instant,
    /// Bytes per second that this stream cleared before.
    rate: f64,
    /// Seconds for which the queue had stood.
    stood: f64,
    /// True if this stream itself had let it run empty.
    is_own: bool,
}

impl Searches {
    /// The base of the queueing delay has become longer by so many seconds.
    pub(super) fn rebase(&mut self, by: f64) {
        self.floor += by;
    }

    /// A queue is seen. If somebody has searched for at least the second time, or is known by his cycles, the bytes per second that this
    /// stream cleared before.
    pub(in super::super) fn on_feedback(&mut self, now: Instant, sight: Sight) -> Option<f64> {
        let elapsed = now.since(core::mem::replace(&mut self.heard_at, now)).as_secs_f64();
        // A base that is shorter than any before moves the floor.
        self.floor = self.floor.max(-sight.queue);
        self.queue = sight.queue + self.floor;
        self.follow_length(now);
        self.stood.samples += 1;
        self.standing.on_queue(now, self.queue / self.mean.max(LEAST), STANDS, sight.drains);
        if self.is_gone() {
            let stood = self.standing.lasted(now);
            let fresh = Gone { from: now, to: now, rate: sight.rate, stood, is_own: sight.drains };
            self.gone.get_or_insert(fresh).to = now;
            return None;
        }
        if self.queue >= STANDS * self.mean {
            self.stood = Stood { at: now, queue: self.queue, samples: 0 };
        }
        self.mean += (elapsed / MEMORY).min(1.0) * (self.queue - self.mean);
        let is_back = |gone: &Gone| now.since(gone.to).as_secs_f64() > BACK_FLIGHTS * sight.flight;
        let gone = self.gone.filter(is_back)?;
        self.gone = None;
        let is_search = self.is_search(gone, sight.flight, sight.base);
        if is_search {
            self.searched = Some(gone.from);
            self.pulse.confirm();
        }
        let is_known = is_search || !gone.is_own && !sight.insists && self.pulse.beat(gone.from, sight.base);
        if is_known {
            self.known_at = Some(gone.to);
        }
        is_known.then_some(gone.rate)
    }

    /// A path that has become longer seems to be one with a queue that never goes.
    fn follow_length(&mut self, now: Instant) {
        self.least = self.least.min(self.queue);
        if now.since(self.least_since).as_secs_f64() < OWN {
            return;
        }
        for seconds in [&mut self.floor, &mut self.queue, &mut self.mean, &mut self.stood.queue] {
            *seconds -= self.least;
        }
        (self.least, self.least_since) = (self.queue, now);
    }

    fn is_gone(&self) -> bool {
        self.queue < (GONE * self.mean).min(GONE_MOST)
    }

    /// True if that was a search at the right time after another one.
    fn is_search(&mut self, gone: Gone, flight: f64, base: f64) -> bool {
        let lasted = gone.to.since(gone.from).as_secs_f64();
        let is_known = self.is_known(gone.from, flight);
        let (shortest, longest) =
            if is_known { (SHORTEST_KNOWN, LONGEST_KNOWN) } else { (SHORTEST, LONGEST) };
        if lasted < after(shortest, flight) || self.mean < LEAST || gone.is_own {
            return false;
        }
        let last = self.last.take();
        if lasted > after(longest, flight) {
            return false;
        }
        if !is_known && self.mean > FULL * base && gone.stood > STOOD {
            self.stopped = Some((gone.from, gone.to));
        }
        if !is_known && self.mean < SHORT * base {
            // Two answers to loss may be as far apart as two searches.
            return false;
        }
        self.last = Some(gone.from);
        let apart = last.map_or(0.0, |last| gone.from.since(last).as_secs_f64());
        // Of somebody who is known one may have been missed.
        let times = if is_known && apart > 1.5 * EARLIEST { 2.0 } else { 1.0 };
        apart > times * EARLIEST && apart < times * after(LATEST, flight)
    }

    /// True, and once, if a full queue was gone of late as in a search. Who is pushed aside soon after that knows whose it is: had the
    /// other one ended, there would be nobody to push.
    pub(in super::super) fn has_stopped(&mut self, now: Instant) -> bool {
        let Some((from, to)) = self.stopped.take() else { return false };
        let is_fresh = now.since(to).as_secs_f64() < RETURNS;
        if is_fresh {
            self.searched = Some(from);
            self.known_at = Some(now);
        }
        is_fresh
    }

    /// The mean queue, in seconds.
    pub(in super::super) fn mean(&self) -> f64 {
        self.mean
    }

    /// True if somebody has been known to search of late.
    pub(in super::super) fn is_known(&self, now: Instant, flight: f64) -> bool {
        self.known_at.is_some_and(|at| now.since(at).as_secs_f64() < after(KNOWN, flight))
    }

    /// True while the next search is still to come if the last gap was one: a drain that shows the other one a shorter delay puts it off.
    pub(in super::super) fn is_awaited(&self, now: Instant) -> bool {
        self.last.is_some_and(|last| now.since(last).as_secs_f64() < LATEST.0)
    }

    /// True while less than half of the queue is left at a time when the next search is due.
    pub(in super::super) fn is_under_way(&self, now: Instant) -> bool {
        let Some(last) = self.searched else { return false };
        let since = now.since(last).as_secs_f64();
        let is_due = since > DUE && !(OVERDUE..=DUE).contains(&(since % LATEST.0));
        is_due && self.queue < FALLS * self.mean
    }

    /// The share of the link, 0 to 1, that was still used while the queue fell, None if it fell too fast to tell: of a queue that falls by
    /// `q` seconds while `t` seconds pass at its end, `t` came in and `t + q` went out.
    pub(in super::super) fn share_left(&self, now: Instant) -> Option<f64> {
        let took = now.since(self.stood.at).as_secs_f64();
        let fell = self.stood.queue - self.queue;
        (self.stood.samples >= FALL_SAMPLES && fell >= FALL_LEAST).then(|| took / (took + fell))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    const FLIGHT: f64 = 0.05;

    /// A queue that somebody else fills, told each 5 ms.
    struct Link {
        searches: Searches,
        ms: u64,
        drains: bool,
        insists: bool,
        queue: f64,
        found: u32,
    }

    impl Link {
        fn new() -> Self {
            Self {
                searches: Searches::default(),
                ms: 0,
                drains: false,
                insists: false,
                queue: 0.020,
                found: 0,
            }
        }

        fn now(&self) -> Instant {
            Instant::ZERO + Duration::from_millis(self.ms)
        }

        fn tell(&mut self, queue: f64) {
            self.ms += 5;
            let (drains, insists) = (self.drains, self.insists);
            let sight = Sight { queue, flight: FLIGHT, base: FLIGHT, rate: 1e6, drains, insists };
            self.found += u32::from(self.searches.on_feedback(self.now(), sight).is_some());
        }

        fn stands(&mut self, ms: u64) {
            (0..ms / 5).for_each(|_| self.tell(self.queue));
        }

        fn is_gone(&mut self, ms: u64) {
            (0..ms / 5).for_each(|_| self.tell(0.0));
        }

        /// The queue is gone for so many milliseconds in each of `times` times `every` milliseconds; how often somebody was found.
        fn finds(mut self, times: u32, gone: u64, every: u64) -> u32 {
            self.stands(4_000);
            for _ in 0..times {
                self.is_gone(gone);
                self.stands(every - gone);
            }
            self.found
        }
    }

    #[test]
    fn who_searches_every_ten_seconds_is_found_the_second_time_and_each_time_after_it() {
        assert_eq!(Link::new().finds(1, 300, 10_300), 0);
        assert_eq!(Link::new().finds(2, 300, 10_300), 1);
        assert_eq!(Link::new().finds(4, 300, 10_300), 3);
    }

    #[test]
    fn who_answers_loss_leaves_the_queue_empty_for_longer_or_at_other_times() {
        assert_eq!(Link::new().finds(5, 900, 10_300), 0, "a cycle of ten seconds");
        assert_eq!(Link::new().finds(9, 300, 5_000), 0, "streams like this one");
        assert_eq!(Link::new().finds(5, 300, 12_000), 0);
        assert_eq!(Link::new().finds(5, 100, 10_300), 0, "chance");
        assert_eq!(
            Link { queue: 0.012, ..Link::new() }.finds(5, 300, 10_300),
            0,
            "a cycle of ten seconds, a short queue"
        );
    }

    #[test]
    fn whose_cycles_empty_the_queue_is_found_by_them_once_unless_this_stream_makes_them_itself() {
        assert_eq!(Link::new().finds(20, 40, 400), 1, "and no search bears it out");
        assert_eq!(Link { insists: true, ..Link::new() }.finds(20, 40, 400), 0);
        assert_eq!(Link { drains: true, ..Link::new() }.finds(20, 40, 400), 0);
        let mut link = Link::new();
        link.stands(4_000);
        for _ in 0..7 {
            link.is_gone(40);
            link.stands(360);
        }
        assert!(link.searches.is_known(link.now(), FLIGHT));
        link.tell(0.0);
        assert!(!link.searches.is_under_way(link.now()), "no search was seen");
    }

    #[test]
    fn a_full_queue_that_is_gone_once_is_a_search_if_this_stream_is_pushed_aside_after_it() {
        let after = |queue: f64, gone: u64, stands: u64| {
            let mut link = Link { queue, ..Link::new() };
            link.stands(4_000);
            link.is_gone(gone);
            link.stands(stands);
            let has_stopped = link.searches.has_stopped(link.now());
            assert_eq!(link.searches.is_known(link.now(), FLIGHT), has_stopped);
            (has_stopped, link.searches.has_stopped(link.now()))
        };
        assert_eq!(after(0.040, 300, 1_000), (true, false), "once");
        assert_eq!(after(0.020, 300, 1_000), (false, false), "who answers loss may have emptied it");
        assert_eq!(after(0.040, 900, 1_000), (false, false), "too long");
        assert_eq!(after(0.040, 300, 4_000), (false, false), "too long ago");
    }

    #[test]
    fn a_next_search_is_awaited_after_each_gap_that_may_have_been_one() {
        let mut link = Link::new();
        link.stands(4_000);
        link.is_gone(40);
        link.stands(400);
        assert!(!link.searches.is_awaited(link.now()));
        link.is_gone(300);
        link.stands(10_000);
        assert!(link.searches.is_awaited(link.now()));
        link.stands(1_000);
        assert!(!link.searches.is_awaited(link.now()));
    }

    #[test]
    fn a_queue_that_this_stream_has_let_run_empty_tells_of_nobody() {
        assert_eq!(Link { drains: true, ..Link::new() }.finds(4, 300, 10_300), 0);
    }

    #[test]
    fn one_who_is_known_may_be_missed_once() {
        let mut link = Link::new();
        link.stands(4_000);
        for stands in [10_000, 20_300, 10_000] {
            link.is_gone(300);
            link.stands(stands);
        }
        assert_eq!(link.found, 2, "the third after twice the time");
        link.is_gone(300);
        link.stands(200);
        assert_eq!(link.found, 3);
        assert!(link.searches.is_known(link.now(), FLIGHT));
        link.stands(23_000);
        assert!(!link.searches.is_known(link.now(), FLIGHT));
    }

    #[test]
    fn a_base_that_is_forgotten_while_a_queue_stands_hides_nobody() {
        let mut link = Link::new();
        link.stands(4_000);
        link.is_gone(300);
        link.stands(9_900);
        // The queue has stood for as long as a base is remembered, and seems to be none.
        link.searches.rebase(0.020);
        (0..20).for_each(|_| link.tell(0.0));
        link.searches.rebase(-0.020);
        link.is_gone(300);
        link.stands(200);
        assert_eq!(link.found, 1);
    }

    #[test]
    fn a_path_that_becomes_longer_hides_nobody_for_long() {
        let mut link = Link::new();
        link.stands(4_000);
        link.searches.rebase(0.100);
        link.stands(32_000);
        let found = link.finds(8, 300, 10_300);
        assert!((3..=5).contains(&found), "{found}");
    }

    #[test]
    fn a_search_is_under_way_only_when_it_is_due() {
        let mut link = Link::new();
        link.stands(4_000);
        link.is_gone(300);
        link.stands(10_000);
        link.tell(0.0);
        assert!(!link.searches.is_under_way(link.now()), "one is none");
        link.is_gone(295);
        link.stands(5_000);
        link.tell(0.0);
        assert!(!link.searches.is_under_way(link.now()));
        link.stands(4_900);
        link.tell(0.0);
        assert!(link.searches.is_under_way(link.now()));
        link.tell(0.020);
        assert!(!link.searches.is_under_way(link.now()));
    }

    #[test]
    fn how_fast_a_queue_falls_tells_what_still_comes() {
        let share = |steps: u32, ms: f64| {
            let mut link = Link::new();
            link.stands(12_000);
            (1..=steps).for_each(|step| link.tell(0.020 - f64::from(step) * ms * 1e-3));
            link.searches.share_left(link.now())
        };
        let is = |share: Option<f64>, wanted: f64| share.is_some_and(|s| (s - wanted).abs() < 0.02);
        assert!(is(share(4, 5.0), 0.5), "as many out of the queue as in: {:?}", share(4, 5.0));
        assert!(is(share(12, 1.667), 0.75), "{:?}", share(12, 1.667));
        assert_eq!(share(2, 10.0), None, "too fast to tell");
        assert_eq!(share(8, 0.5), None, "too little");
    }
}
