//! Letting the queue run empty on purpose: to see the base delay, whether somebody else fills the queue, and whether loss goes on when
//! less is sent.

use super::answer::{CLEAN, SAFE};
use super::compete::LOSSY;
use super::{Adaptive, EMPTY, LONG, Phase};
use crate::rate::cubic::Cubic;
use crate::rate::search::Search;
use crate::rate::{FeedbackFacts, RateController};
use crate::units::Instant;

/// Share of the bandwidth-delay product in flight while the queue drains, and the round trips that this may take.
const DRAIN: f64 = 0.9;
const DRAIN_ROUNDS: u32 = 2;
/// What a drain that has not seen the end of the queue leaves of that in flight, and how often it goes on so.
const DEEPER: f64 = 0.85;
const DEEPEST: i32 = 2;
/// A drain that only looks for the base delay leaves the link idle for no longer than the larger of these seconds and so many times the
/// queue that is wanted, beside so many deviations of the rate by chance: a tenth of a long round trip is much more than stands in any queue.
const IDLE: f64 = 0.02;
const IDLE_QUEUES: f64 = 3.0;
const IDLE_DEVIATIONS: f64 = 3.0;
/// Round trips and seconds that a test of loss may take: long enough for the datagrams that it needs where few are in flight. A test
/// that ends without a verdict counts as a limit, so that with a shorter time a window that loss has made small stayed so for ever.
const DOUBT_ROUNDS: u32 = 12;
const DOUBT_TIME: f64 = 5.0;
/// Share of the best rate so far at which loss is tested at least: where nothing passes for a moment, too little would be sent to tell.
const DOUBT_RATE: f64 = 0.1;
/// Share of the queue that must be left after a drain for it to have failed.
pub(super) const LEFT: f64 = 0.5;
/// Multiple of what streams like this one would fill that a queue after a drain must exceed to be somebody else's. With 1.2 a CUBIC flow
/// was mostly not recognised; what is lower takes streams of one kind for rivals more often.
const FOREIGN: f64 = 0.75;
/// Share of a round trip, and beside it multiples of the wobble of the delay, up to which a longer delay may be noise.
const NOISY_SHARE: f64 = 0.25;
const NOISY_WOBBLES: f64 = 4.0;
/// Share of a delay by which it may move within a round trip, and from before a drain, and still stand.
const STILL: f64 = 0.03;
/// Share of what was in flight at the end of the start that has to pass within a round trip for there to be no limit.
const TOOK_ALL: f64 = 0.8;
/// Round trips after which a queue that was seen has nothing to do with loss.
const QUEUED_ROUNDS: f64 = 3.0;
/// Round trips after a search in which no other begins.
const PAUSE: i32 = 5;

/// What a drain is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Purpose {
    /// To go back to the capacity after a search, which may show only now.
    Found,
    /// The same after the first search.
    First,
    /// To see the base delay, and whether somebody else fills the queue.
    Refresh,
    /// To see whether loss goes on when less is sent.
    Doubt { share: f64 },
}

/// A drain under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drain {
    rounds: u32,
    since: Instant,
    /// Bytes per second that are taken for the capacity.
    rate: f64,
    /// The queue that was wanted before, in seconds: less in flight is a lower rate, which would want a longer one.
    target: f64,
    /// The queue before, in seconds, and the longest delay.
    queue: f64,
    peak: f64,
    /// True if something stood in the queue shortly before.
    queued: bool,
    /// The delay that was usual before, in seconds, on both ways.
    earlier: f64,
    /// The window that goes on, if the queue turns out to be somebody else's.
    before: f64,
    /// Bytes that were in flight, which the window may have outgrown already.
    in_flight: f64,
    purpose: Purpose,
    /// Seconds beside the base delay that what is in flight is reckoned for.
    beyond: f64,
    /// The base delay when it began or last went deeper, in seconds, and how often it did.
    base: f64,
    deeper: i32,
}

impl Drain {
    /// True if it is to see whether loss goes on.
    pub(super) fn is_doubt(&self) -> bool {
        matches!(self.purpose, Purpose::Doubt { .. })
    }
}

impl Adaptive {
    pub(super) fn drain(&mut self, facts: &FeedbackFacts, before: f64, purpose: Purpose) {
        self.drain_to(facts, self.path.base(), before, purpose);
    }

    /// The same where a round trip without queue is known to take `base` seconds, though none so short was seen of late.
    pub(super) fn drain_to(&mut self, facts: &FeedbackFacts, base: f64, before: f64, purpose: Purpose) {
        let least =
            if matches!(purpose, Purpose::Doubt { .. }) { DOUBT_RATE * self.path.best() } else { 0.0 };
        let rate = self.path.fastest().max(least);
        let (queue, peak) = (self.path.queue().standing(), self.path.queue().peak());
        let earlier = self.path.queue().earlier() + self.path.way_back();
        // A target lets out less than the window would: that all of it passes says nothing of the path.
        let is_held = self.rate() >= self.rates.target;
        let in_flight = if is_held { before } else { before.min(self.path.used()) };
        let drain = Drain {
            rounds: 0,
            since: facts.now,
            rate,
            target: self.target(),
            queue,
            peak,
            queued: facts.now.since(self.queued_at).as_secs_f64() < QUEUED_ROUNDS * self.path.flight(),
            earlier,
            before,
            in_flight,
            purpose,
            beyond: base - self.path.base(),
            base: self.path.base(),
            deeper: 0,
        };
        self.loss.skip_flight(facts.now);
        if purpose == Purpose::First {
            // Whether all that is in flight now passes in its time is seen when a whole round trip is over.
            self.path.begin_round(facts);
        }
        self.empty_rounds = if self.is_low() { -1 } else { -PAUSE };
        self.long_rounds = 0;
        self.step_drain(facts, false, drain);
    }

    fn wanted(&self, drain: &Drain) -> f64 {
        if drain.purpose == Purpose::Refresh { drain.target } else { self.target() }
    }

    /// Share of the bandwidth-delay product in flight during a drain.
    fn drained(&self, drain: &Drain) -> f64 {
        if drain.purpose != Purpose::Refresh {
            return DRAIN;
        }
        let product = self.path.window_for(drain.rate, 0.0);
        let chance = (self.loss.usual() * self.path.datagram() / product.max(1.0)).sqrt();
        let idle = IDLE.max(IDLE_QUEUES * drain.target) / self.path.base().max(1e-3);
        DRAIN.max(1.0 - idle - IDLE_DEVIATIONS * chance)
    }

    pub(super) fn step_drain(&mut self, facts: &FeedbackFacts, begins: bool, mut drain: Drain) {
        let target = self.wanted(&drain);
        drain.rounds += u32::from(begins);
        if begins && drain.rounds == 1 && !matches!(drain.purpose, Purpose::Doubt { .. }) {
            // What was lost at the end of the flight before is known only now, by what was sent after it.
            self.loss.skip_flight(facts.now);
        }
        if matches!(drain.purpose, Purpose::Found | Purpose::First) {
            drain.rate = drain.rate.max(self.path.fastest());
        }
        let before = self.window;
        self.window =
            self.path.window_for(drain.rate, drain.beyond) * self.drained(&drain) * DEEPER.powi(drain.deeper);
        self.phase = Phase::Drain(drain);
        if let Purpose::Doubt { share } = drain.purpose {
            self.window *= 1.0 - self.loss.usual();
            return self.step_doubt(facts, share, drain);
        }
        let recent = self.path.queue().recent();
        let is_over = drain.rounds >= DRAIN_ROUNDS + drain.deeper.unsigned_abs();
        if drain.rounds >= 1 && recent < EMPTY * target || is_over {
            if self.goes_deeper(facts, &drain, recent, target) {
                drain.deeper += 1;
                drain.base = self.path.base();
                self.phase = Phase::Drain(drain);
                return;
            }
            self.empty_at = facts.now;
            self.end_drain(facts, recent, drain);
        } else if drain.rounds == 0 {
            self.window = self.window.min(before);
        }
    }

    /// True if a look for the base delay has not come to the end of the queue: the delay has become shorter than any before, or something
    /// is left on a path that loses so much by chance that it cannot be a TCP's. Of a queue that many share one alone moves little, and who
    /// came late takes what stood there then for the path's own delay: he has a multiple of his share until he sees better.
    fn goes_deeper(&self, facts: &FeedbackFacts, drain: &Drain, recent: f64, target: f64) -> bool {
        let is_shorter = drain.base - self.path.base() > EMPTY * target;
        let is_left = recent >= LEFT * drain.queue && self.loss.usual() > LOSSY;
        drain.purpose == Purpose::Refresh
            && drain.deeper < DEEPEST
            && (is_shorter || is_left)
            && self.path.base() > target
            && !self.is_low()
            && !self.rival.is_known(facts.now)
            && !self.rival.searches.is_awaited(facts.now)
    }

    /// Waits for the verdict on the loss: cured by sending less, or not.
    pub(super) fn step_doubt(&mut self, facts: &FeedbackFacts, share: f64, drain: Drain) {
        let quiet = self.loss.take_quiet();
        let lasted = facts.now.since(drain.since).as_secs_f64();
        if quiet.is_none() && (drain.rounds < DOUBT_ROUNDS || lasted < DOUBT_TIME) {
            return;
        }
        self.phase = Phase::Steady;
        self.empty_at = facts.now;
        match quiet {
            Some(quiet) if quiet > 0.5 * share => {
                self.loss.pardon(quiet);
                self.window = self.before_loss.max(drain.before);
                self.cubic = None;
            }
            _ if drain.queued && !self.path.is_short() => {
                // A queue is there, and too much stood in it.
                self.window = self.path.window_for(drain.rate, 0.0);
                self.overflow = self.overflow.min(SAFE * self.crest);
                self.cubic = None;
                self.blocked = false;
            }
            _ => {
                self.window = self.path.window_for(drain.rate, 0.0);
                let (datagrams, flight) = (self.window / self.path.datagram(), self.path.flight());
                self.cubic = Some(Cubic::after_cut(facts, datagrams, 0.99, flight, None));
                self.blocked = true;
            }
        }
    }

    pub(super) fn end_drain(&mut self, facts: &FeedbackFacts, recent: f64, drain: Drain) {
        let target = self.wanted(&drain);
        self.phase = Phase::Steady;
        self.window = self.path.window_for(drain.rate, target.min(drain.queue.max(0.2 * target)));
        if drain.purpose == Purpose::Refresh && self.loss.usual() > CLEAN {
            // Where chance moves the samples the fastest of them is more than what passes, and what was in flight before was enough.
            self.window = self.window.min(drain.before);
        }
        let swing = self.path.queue().swing();
        if drain.purpose == Purpose::First
            && self.path.window_for(drain.rate, drain.earlier) > TOOK_ALL * drain.in_flight
        {
            // All that was in flight has passed in its time: what looked like a queue was noise, or that of others, through which no
            // search goes on for ever.
            let queue = self.path.queue();
            let noisy = NOISY_SHARE * self.path.base() + NOISY_WOBBLES * queue.wobble();
            self.phase = Phase::Search(Search::go_on(drain.rate, drain.peak.min(noisy)));
            return;
        }
        if matches!(drain.purpose, Purpose::Found | Purpose::First) && recent < LONG * target {
            return;
        }
        let own = target.min(self.longest_own());
        if recent < LEFT * drain.queue || recent < FOREIGN * (own + 2.0 * swing) || self.is_low() {
            self.rival.acquit();
            if drain.purpose == Purpose::Refresh && recent < LEFT * drain.queue {
                self.window *= self.rebalanced(drain.target + swing, drain.queue);
            }
            return;
        }
        if self.has_not_moved(&drain, recent, target, own) {
            self.path.accept_delay(recent);
            self.window = self.window.max(drain.before);
            self.phase = Phase::Search(Search::resume(self.path.clearing()));
            return;
        }
        self.contest(facts, drain.purpose == Purpose::Refresh && swing <= target);
    }

    /// True if the delay has not moved at all although less was in flight: the path is longer, nothing is queued. What somebody else has
    /// queued may stand as still for some seconds, but is seldom as long as the whole round trip: from there on what streams like this
    /// one would fill (`own`, seconds) is enough, since a stream that a longer path has made slow wants a queue that is as long.
    fn has_not_moved(&self, drain: &Drain, recent: f64, target: f64, own: f64) -> bool {
        let queue = self.path.queue();
        let is_still = queue.peak() - queue.standing() < STILL * recent;
        let least = if recent > self.path.base() { FOREIGN * own } else { LONG * target };
        is_still && recent > (1.0 - STILL) * drain.queue && recent > least
    }
}
