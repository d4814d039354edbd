//! The search for free capacity: exponential growth that ends when a queue builds or when the delivery rate no longer follows.

use crate::units::Instant;

use super::FeedbackFacts;
use super::model::Queue;

/// Growth per round trip in the start while the flight is small: some hundred datagrams hurt nobody for long.
const START_SMALL: f64 = 3.0;
/// Growth per round trip in the start later.
const START: f64 = 2.5;
/// Datagrams in flight up to which the start grows by [`START_SMALL`].
const SMALL: f64 = 700.0;
/// Growth per round trip in the start of less than [`NEAR`] seconds up to so many datagrams in flight: there is time, and hardly any queue.
const START_NEAR: f64 = 2.2;
const NEAR: f64 = 0.03;
const NEAR_SMALL: f64 = 300.0;
/// Share of a round trip, beyond so many datagrams, that is lost where growing on is of no use before it is over.
const TOO_MUCH_LOSS: f64 = 0.35;
const SOME_LOST: f64 = 16.0;
/// Growth per round trip, one after the other, when capacity seems to have become free.
const RESUMED: [f64; 5] = [1.06, 1.12, 1.25, 1.5, 2.0];
/// Multiple of the wobble of the delay that is to be exceeded.
pub(super) const WOBBLES: f64 = 3.0;
/// Multiple of the delay that was no queue that is to be exceeded.
const NOISE: f64 = 1.5;
/// Where among these a start goes on.
const GOES_ON: usize = 2;
/// Growth of a resumed search up to [`KNOWN`] of the window of the best rate so far.
const FAST: f64 = 2.0;
const KNOWN: f64 = 0.7;
/// The same of a flow that has yielded nearly everything and gets it back.
const FAST_BACK: f64 = 4.0;
const KNOWN_BACK: f64 = 0.95;
/// Round trips in which the delivery rate grows by less than half of what the window does, after which the search is over.
const FLAT_ROUNDS: u32 = 3;
/// Share above the usual with which one flat round trip is enough, and datagrams of which that may be said.
const HEAVY_LOSS: f64 = 0.25;
const PLAIN: f64 = 60.0;
/// Share above the usual with which flatness is a limit of the path.
const SOME_LOSS: f64 = 0.05;
/// Queueing delay that ends the start, in seconds: this share of the base round-trip time, within these bounds.
const QUEUE_SHARE: f64 = 1.0 / 16.0;
const QUEUE_MIN: f64 = 0.002;
const QUEUE_MAX: f64 = 0.010;

/// One search.
#[derive(Debug)]
pub(super) struct Search {
    /// None in the start, else round trips so far.
    resumed: Option<usize>,
    /// Bytes per second: the fastest delivery so far, and what it has to beat.
    fastest: f64,
    best: f64,
    flat: u32,
    /// True until capacity was found for the first time.
    is_first: bool,
    /// Delay that has turned out to be no queue, in seconds.
    noise: f64,
    /// The shortest delay that was seen, in seconds.
    least: f64,
    /// True until the first round trip is over.
    waits: bool,
    /// Datagrams of the flat round trips since the rate has last grown, and those of them that were lost.
    stuck: (f64, f64),
    /// The share of those that was lost, if that was much.
    heavy: Option<f64>,
    /// True while less is in flight than has passed before.
    is_known: bool,
    /// Datagrams of the round trips in which the delivery rate has followed, and those of them that were lost.
    free: (f64, f64),
    /// The same of the last such round trip, which may have found the limit.
    before: (f64, f64),
    /// Only what was sent from then on counts.
    counts_from: Instant,
    /// Datagrams of this round trip.
    acked: f64,
    lost: f64,
    /// Growth up to this share of the window of the best rate.
    fast: f64,
    known: f64,
}

impl Search {
    /// The search of a session that begins.
    pub(super) fn start() -> Self {
        Self {
            resumed: None,
            fastest: 0.0,
            best: 0.0,
            flat: 0,
            is_first: true,
            noise: 0.0,
            least: f64::INFINITY,
            waits: false,
            stuck: (0.0, 0.0),
            heavy: None,
            is_known: false,
            free: (0.0, 0.0),
            before: (0.0, 0.0),
            counts_from: Instant::ZERO,
            acked: 0.0,
            lost: 0.0,
            fast: FAST,
            known: KNOWN,
        }
    }

    /// The search of a session that remembers the path: begins high, and first waits what comes of it.
    pub(super) fn remembered() -> Self {
        Self { waits: true, ..Self::start() }
    }

    /// The same where what was sent before `now` says nothing of the path.
    pub(super) fn counting_from(self, now: Instant) -> Self {
        Self { counts_from: now, ..self }
    }

    /// The search of a session that knows what it had: `rate` in bytes per second.
    pub(super) fn resume(rate: f64) -> Self {
        Self { resumed: Some(0), best: rate, is_first: false, ..Self::start() }
    }

    /// The search of a session that had yielded: `rate` in bytes per second.
    pub(super) fn yielded(rate: f64) -> Self {
        Self { fast: FAST_BACK, known: KNOWN_BACK, ..Self::resume(rate) }
    }

    /// The start goes on: what ended it, a delay of `noise` seconds, was no queue.
    pub(super) fn go_on(rate: f64, noise: f64) -> Self {
        Self { resumed: Some(GOES_ON), best: rate, noise, ..Self::start() }
    }

    /// True until capacity was found for the first time.
    pub(super) fn is_first(&self) -> bool {
        self.is_first
    }

    pub(super) fn is_start(&self) -> bool {
        self.resumed.is_none()
    }

    fn start_limit(facts: &FeedbackFacts) -> f64 {
        (facts.base_rtt.as_secs_f64() * QUEUE_SHARE).clamp(QUEUE_MIN, QUEUE_MAX)
    }

    /// True if something was queued all the time.
    pub(super) fn is_queued(&self, facts: &FeedbackFacts) -> bool {
        self.least > Self::start_limit(facts)
    }

    /// True while the newest sample may be the beginning of a queue: to be waited for before growing on.
    pub(super) fn hesitates(&self, facts: &FeedbackFacts, queue: &Queue) -> bool {
        self.waits
            || self.lost > TOO_MUCH_LOSS * (self.acked + self.lost) + SOME_LOST
            || queue.latest() > 0.5 * Self::start_limit(facts) + NOISE * self.noise + queue.wobble()
    }

    /// The factor by which the window grows in this round trip; `base` is its time without queue in seconds. Up to most of `best`, the window of the best rate so far, a search
    /// that resumes goes about as fast as a start.
    pub(super) fn growth(&mut self, window: f64, datagram: f64, best: f64, base: f64) -> f64 {
        self.is_known = window < self.known * best;
        match self.resumed {
            Some(_) if self.is_known => self.fast,
            Some(round) => RESUMED[round.min(RESUMED.len() - 1)],
            None if base < NEAR && window < NEAR_SMALL * datagram => START_NEAR,
            None if window < SMALL * datagram => START_SMALL,
            None => START,
        }
    }

    /// True if anything was lost since it began.
    pub(super) fn has_lost(&self) -> bool {
        self.lost + self.free.1 + self.before.1 + self.stuck.1 > 0.0
    }

    /// Datagrams that were sent while nothing limited them, and those of them that were lost.
    pub(super) fn free_loss(&self) -> (f64, f64) {
        self.free
    }

    /// The share that was lost, if the delivery rate has stopped growing and what was sent beyond it was lost.
    pub(super) fn blocked(&self) -> Option<f64> {
        self.heavy.filter(|_| self.flat >= FLAT_ROUNDS)
    }

    /// True if the capacity is found. `limit` is the queue in seconds that a resumed search may build, `usual` the share that is lost
    /// whatever is sent.
    pub(super) fn is_over(
        &mut self,
        facts: &FeedbackFacts,
        queue: &Queue,
        begins: bool,
        limit: f64,
        usual: f64,
    ) -> bool {
        self.least = self.least.min(queue.latest());
        if facts.settled_at >= self.counts_from {
            self.acked += facts.passed.0 as f64 / facts.datagram.0 as f64;
            self.lost += facts.lost.0 as f64 / facts.datagram.0 as f64;
        }
        let usual = usual.max(self.free.1 / self.free.0.max(1.0));
        if let Some(rate) = facts.delivery_rate {
            self.fastest = self.fastest.max(rate.as_bps() as f64 / 8.0);
        }
        self.waits &= !begins;
        if begins && !facts.app_limited {
            // What is sent now is known to be delivered a round trip later: judge by the growth of the round before.
            let grown = match self.resumed {
                Some(round) => RESUMED[round.saturating_sub(1).min(RESUMED.len() - 1)],
                None => START,
            };
            if self.fastest > self.best * (1.0 + (grown - 1.0) / 4.0) {
                self.best = self.fastest;
                (self.flat, self.stuck) = (0, (0.0, 0.0));
                // The round before: this one may have found the limit.
                self.free = (self.free.0 + self.before.0, self.free.1 + self.before.1);
                self.before = (self.acked + self.lost, self.lost);
            } else {
                self.stuck = (self.stuck.0 + self.acked + self.lost, self.stuck.1 + self.lost);
                let (all, lost) = self.stuck;
                self.heavy = (lost > (usual + SOME_LOSS) * all).then_some(lost / all);
                let is_plain = all >= PLAIN && lost > (usual + HEAVY_LOSS) * all;
                self.flat += if is_plain { FLAT_ROUNDS } else { 1 };
            }
            (self.acked, self.lost) = (0.0, 0.0);
            self.resumed = self.resumed.map(|round| round + usize::from(!self.is_known));
        }
        let limit = if self.is_first { Self::start_limit(facts) + NOISE * self.noise } else { limit };
        self.flat >= FLAT_ROUNDS || queue.recent() > limit + WOBBLES * queue.wobble()
    }
}
