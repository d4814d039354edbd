//! The adaptive policies: find the capacity, take the share that the policy names, keep the queue short.
//!
//! `docs/rate-control.md` derives the law. In short: a flow of rate r wants a queue of `target(r)` seconds, and moves its window
//! towards that; equal queues are equal rates. Loss sets a ceiling over the window. Where somebody else fills the queue, the window
//! follows the ceiling.

mod answer;
mod compete;
mod drain;
mod insist;
mod rival;
mod share;
mod steady;

use core::time::Duration;

use crate::config::{PathMemory, RatePolicy, Rates};
use crate::pacer::{BURST, BURST_AT_TARGET, LATE_MAX};
use crate::units::{ByteCount, Instant, Rate};

use super::cubic::Cubic;
use super::fixed::Fixed;
use super::loss::LossJudge;
use super::path::Path;
use super::search::Search;
use super::target::{queue_target, weight};
use super::{FeedbackFacts, RateController};
use answer::SAFE;
use drain::{Drain, Purpose};
use insist::Insist;
use rival::Rival;

/// Share of a remembered rate that a session begins with, and of its own rate that it goes on with after a silence or on a new path.
const RESUME_SHARE: f64 = 0.5;
const RESTART_SHARE: f64 = 0.7;
/// A round trip may take so much longer than twice the remembered one all the same.
const RESUME_NOISE: Duration = Duration::from_millis(2);
/// Datagrams in flight before anything is known.
const FIRST_WINDOW: f64 = 32.0;
/// Fewest datagrams in flight.
const LEAST_WINDOW: f64 = 4.0;
/// Pace above what the window gives, so that the window binds and not the pacer; the same while searching.
const PACE: f64 = 1.1;
const PACE_SEARCH: f64 = 1.5;
/// Where hardly anything can queue, or feedback is rare, the pacer binds and not the window, which would let out a burst at each
/// feedback: the pace in the one case and the other, and the room in the window, at least and at most.
const PACE_EVEN: f64 = 1.02;
const PACE_COARSE: f64 = 1.05;
const SLACK_EVEN: f64 = 1.25;
const SLACK_MOST: f64 = 2.0;
/// Share of what passes that the pace does not fall below where it binds and something can queue.
const PASSES_EVEN: f64 = 0.75;
/// A queue that has overflowed and is shorter than this, in seconds, holds hardly anything.
const SHALLOW: f64 = 0.003;
/// Share of a shallow queue that is safe which a burst may take.
const BURST_SHARE: f64 = 0.25;
/// Shortest flight in seconds that the pace of a start is made for.
const START_FLIGHT: f64 = 0.005;
/// Share of the target below which a queue counts as empty, and multiple above which it is too long.
const EMPTY: f64 = 0.25;
const LONG: f64 = 1.5;
/// Streams like this one that may share what it has had alone of late, before the queue that they fill is somebody else's.
const CROWD: f64 = 8.0;
/// Growth per second of the queue that is taken for safe after one has overflowed.
const OVERFLOW_GROWTH: f64 = 0.05;
/// Seconds in which the memory of the longest queue fades.
const CREST_TIME: f64 = 15.0;
/// Multiple of what passes that is never exceeded after the start.
const RUNAWAY: f64 = 1.6;
/// Share of the best rate so far that passes at least: a moment in which nothing arrives says nothing of what does later.
const RUNAWAY_BEST: f64 = 0.3;
/// Share of a round trip, and seconds, that a sender which was kept from sending may make up for in one burst.
const LATE_SHARE: f64 = 0.125;
const LATE_MOST: f64 = 0.010;
/// Share of the best rate so far that `low` keeps while others fill the queue.
const LOW_FLOOR: f64 = 0.03;

#[derive(Debug)]
enum Phase {
    /// Looks for capacity.
    Search(Search),
    /// Lets the queue run empty.
    Drain(Drain),
    /// Keeps the queue at its target.
    Steady,
    /// Somebody else fills the queue: the window follows the ceiling.
    Compete,
    /// Somebody else fills the queue whatever is lost: the stream does as he does.
    Insist(Insist),
}

/// `high`, `fair` and `low`.
#[derive(Debug)]
pub struct Adaptive {
    rates: Rates,
    phase: Phase,
    path: Path,
    loss: LossJudge,
    cubic: Option<Cubic>,
    /// The rate that is remembered of the path, until one has been measured.
    former: Option<Rate>,
    /// What an earlier session remembers of the path, until a round trip confirms it or not.
    remembered: Option<PathMemory>,
    /// Bytes.
    window: f64,
    /// The window when the queue was last no longer than wanted.
    content: f64,
    /// The window before loss was answered for the first time in a row.
    before_loss: f64,
    /// What was known of the path before the outage, if there is one, and the share that was usually lost by then.
    after_outage: Option<(PathMemory, f64)>,
    /// Round trips with an empty queue; below zero, as many must pass first.
    empty_rounds: i32,
    long_rounds: u32,
    was_empty: bool,
    /// Round trips that the ceiling held while the queue was empty.
    idle_rounds: u32,
    idle_since: Instant,
    /// True if the ceiling stands where no queue was seen.
    blocked: bool,
    /// When the queue was last seen empty, or drained.
    empty_at: Instant,
    /// When something was last seen to stand in the queue.
    queued_at: Instant,
    /// Seconds of queue that are safe where a longer one has overflowed; infinite where none has.
    overflow: f64,
    /// The longest queue of late, in seconds, fading.
    crest: f64,
    rival: Rival,
    /// While competing: when the queue was last long.
    full_at: Instant,
    /// Round trips for which the queue was too short, below zero for which it was too long.
    astray: i32,
    /// True while competing without having lost yet: the share is still to be found.
    lossless: bool,
}

impl Adaptive {
    pub(super) fn new(rates: &Rates, datagram: ByteCount, memory: Option<PathMemory>) -> Self {
        Self { remembered: memory, ..Self::begin(rates, datagram, None, 1.0) }
    }

    fn begin(rates: &Rates, datagram: ByteCount, memory: Option<PathMemory>, share: f64) -> Self {
        let datagram = datagram.0 as f64;
        let remembered = memory.map_or(0.0, |m| m.rate.scaled(share).bytes_in(m.min_rtt).0 as f64);
        let window = (FIRST_WINDOW * datagram).max(remembered.min(1e12));
        Self {
            rates: *rates,
            phase: Phase::Search(if memory.is_some() { Search::remembered() } else { Search::start() }),
            path: Path::new(datagram, memory),
            loss: LossJudge::default(),
            cubic: None,
            former: memory.map(|m| m.rate),
            remembered: None,
            window,
            content: window,
            before_loss: window,
            after_outage: None,
            empty_rounds: 0,
            long_rounds: 0,
            was_empty: false,
            idle_rounds: 0,
            idle_since: Instant::ZERO,
            blocked: false,
            empty_at: Instant::ZERO,
            queued_at: Instant::ZERO,
            overflow: f64::INFINITY,
            crest: 0.0,
            rival: Rival::default(),
            full_at: Instant::ZERO,
            astray: 0,
            lossless: false,
        }
    }

    /// The first round trip says whether this is the path that is remembered: if it takes as long, the window jumps to a part of what
    /// was delivered then, and the search goes on from there after it has seen what comes of it; if not, nothing is remembered
    /// (careful resume, draft-ietf-tsvwg-careful-resume).
    fn check_memory(&mut self, facts: &FeedbackFacts) {
        let Some(rtt) = facts.rtt else { return };
        let Some(memory) = self.remembered.take() else { return };
        let is_same = rtt <= memory.min_rtt * 2 + RESUME_NOISE && rtt >= memory.min_rtt / 2;
        let window = memory.rate.scaled(RESUME_SHARE).bytes_in(memory.min_rtt).0 as f64;
        if is_same && window > self.window && matches!(&self.phase, Phase::Search(s) if s.is_start()) {
            self.window = window.min(1e12);
            self.content = self.window;
            self.before_loss = self.window;
            self.phase = Phase::Search(Search::remembered());
        }
    }

    fn memory(&self) -> PathMemory {
        let rate = Rate::from_bps((self.path.clearing() * 8.0) as u64).max(self.former.unwrap_or(Rate::ZERO));
        PathMemory { min_rtt: Duration::from_secs_f64(self.path.base()), rate }
    }

    /// Begins anew from most of what is remembered. That the share `loss` is usually lost is still believed; what was in flight says
    /// nothing of it.
    fn restart(&mut self, now: Instant, memory: PathMemory, loss: f64) {
        *self = Self::begin(&self.rates, ByteCount(self.path.datagram() as u64), Some(memory), RESTART_SHARE);
        self.phase = Phase::Search(Search::remembered().counting_from(now));
        self.loss.believe(loss);
        self.loss.skip_flight(now);
    }

    /// `fixed` on the same path.
    pub(super) fn to_fixed(&self, rates: &Rates) -> Fixed {
        Fixed::new(rates, ByteCount(self.path.datagram() as u64))
    }

    /// The queue to aim at, in seconds; below what has overflowed.
    fn target(&self) -> f64 {
        self.target_at(self.path.clearing())
    }

    /// The same at `rate` bytes per second.
    fn target_at(&self, rate: f64) -> f64 {
        let (weight, datagram) = (weight(self.rates.policy), self.path.datagram());
        queue_target(rate, weight, datagram, self.path.queue().allowance()).min(self.overflow)
    }

    /// The longest queue that streams like this one fill, in seconds: that of a crowd of them. A stream that somebody else has pushed
    /// aside would else be content with any queue, since the slower it is the longer a queue it wants.
    fn longest_own(&self) -> f64 {
        let rate = self.path.clearing().max(self.path.best() / CROWD);
        self.target_at(rate)
    }

    fn is_low(&self) -> bool {
        self.rates.policy == RatePolicy::Low
    }

    /// True where bursts would be lost.
    fn is_shallow(&self) -> bool {
        self.path.is_short() || self.blocked || self.overflow < SHALLOW
    }

    /// True where the pace binds and not the window.
    fn is_even(&self) -> bool {
        self.path.is_coarse() || self.is_shallow()
    }

    fn is_busy(&self, facts: &FeedbackFacts) -> bool {
        // Where the pacer binds, the window is never filled.
        (self.is_even() || self.path.used() >= 0.8 * self.window) && !facts.app_limited
    }

    fn step(&mut self, facts: &FeedbackFacts, begins: bool, cleared: f64) {
        let target = self.target();
        let queue = self.path.queue().standing();
        if self.path.queue().recent() > EMPTY * target {
            self.queued_at = facts.now;
        }
        if queue < EMPTY * target {
            self.empty_at = facts.now;
        }
        self.rival.watch_fall(facts.now, &self.path, target, self.window);
        match &mut self.phase {
            Phase::Search(search) => {
                let usual = self.loss.usual();
                if search.is_over(facts, self.path.queue(), begins, target, usual) {
                    let (blocked, free) = (search.blocked(), search.free_loss());
                    let is_first = search.is_first() && !search.is_queued(facts);
                    self.end_search(facts, blocked, is_first, free);
                } else if !facts.app_limited && !search.hesitates(facts, self.path.queue()) {
                    let best = self.path.window_for(self.path.best(), 0.0);
                    self.window += (search.growth(self.window, self.path.datagram(), best, self.path.base())
                        - 1.0)
                        * cleared;
                }
            }
            Phase::Drain(drain) => {
                let drain = *drain;
                self.step_drain(facts, begins, drain);
            }
            Phase::Steady => self.step_steady(facts, begins, cleared, target, queue),
            Phase::Compete => self.step_compete(facts, begins, cleared, target),
            Phase::Insist(insist) => {
                let insist = *insist;
                self.step_insist(facts, begins, insist, target);
            }
        }
    }

    fn end_search(&mut self, facts: &FeedbackFacts, blocked: Option<f64>, is_first: bool, free: (f64, f64)) {
        let unqueued = self.path.queue().peak() < EMPTY * self.target();
        if let Some(share) = blocked.filter(|_| unqueued) {
            // Neither a queue nor more speed: what passes is all there is (a policer, or hardly any queue), or the path loses as much
            // whatever is sent and a single round trip was unlucky. To be seen before it is believed.
            self.loss.learn(free);
            self.before_loss = self.window;
            return self.drain(facts, self.window, Purpose::Doubt { share });
        }
        self.drain(facts, self.window, if is_first { Purpose::First } else { Purpose::Found });
        self.loss.learn(free);
    }

    /// True if the queue was not seen empty for `seconds`.
    fn is_stale(&self, facts: &FeedbackFacts, seconds: f64) -> bool {
        facts.now.since(self.empty_at).as_secs_f64() > seconds && self.is_busy(facts)
    }

    fn bound(&mut self, facts: &FeedbackFacts) {
        let datagram = self.path.datagram();
        let free = match self.phase {
            Phase::Search(_) | Phase::Insist(_) => true,
            Phase::Compete => self.lossless,
            Phase::Drain(_) | Phase::Steady => false,
        };
        if let (false, Some(cubic)) = (free, &self.cubic) {
            self.window = self.window.min(cubic.allows(facts) * datagram);
        }
        if !self.is_starting() {
            // Whatever the reason: much more than what passes only gets lost.
            let rate = self.path.fastest().max(self.path.clearing()).max(RUNAWAY_BEST * self.path.best());
            let passes = self.path.window_for(rate, self.path.queue().peak());
            self.window = self.window.min(RUNAWAY * passes + 16.0 * datagram);
        }
        // With a target, more than it lets out in a flight and a half is of no use.
        let flight = self.path.flight();
        let most = match self.rates.target {
            Rate::UNLIMITED => 1e15,
            target => 1.5 * flight * target.as_bps() as f64 / 8.0 + 16.0 * datagram,
        };
        let floor = if self.is_low() { LOW_FLOOR * self.path.window_for(self.path.best(), 0.0) } else { 0.0 };
        let min = 1.1 * flight * self.rates.min.as_bps() as f64 / 8.0;
        self.window = self.window.min(most).max(LEAST_WINDOW * datagram).max(floor).max(min);
    }
}

impl RateController for Adaptive {
    fn on_feedback(&mut self, facts: &FeedbackFacts) {
        if facts.acked > ByteCount::ZERO
            && let Some((memory, loss)) = self.after_outage.take()
        {
            self.restart(facts.now, memory, loss);
            self.path.begin_round(facts);
        }
        let begins = self.path.on_feedback(facts, self.loss.usual());
        if self.path.clearing() > 0.0 {
            self.former = None;
        }
        if self.path.has_stepped(facts) && matches!(self.phase, Phase::Steady | Phase::Drain(_)) {
            // The path is longer and holds as much more at the same rate.
            self.phase = Phase::Steady;
            self.window = self.window.max(self.path.window_for(self.path.fastest(), 0.0));
        }
        if facts.base_moved != 0.0 {
            self.crest = (self.crest - facts.base_moved).max(0.0);
            self.rival.rebase(facts.base_moved);
        }
        self.watch_searches(facts);
        let peak = self.path.queue().peak();
        self.crest = (self.crest * (1.0 - (self.path.since_last() / CREST_TIME).min(1.0))).max(peak);
        self.overflow *= 1.0 + OVERFLOW_GROWTH * self.path.since_last().min(1.0);
        let standing = self.path.queue().standing();
        if standing < peak {
            // What stands has room, however short the queue seemed while the base delay was not known.
            self.overflow = self.overflow.max(SAFE * standing);
        }
        self.step(facts, begins, (facts.acked + facts.lost).0 as f64);
        self.step_loss(facts, begins);
        self.check_memory(facts);
        self.bound(facts);
    }

    fn on_sent(&mut self, _now: Instant, _bytes: ByteCount, in_flight: ByteCount) {
        self.path.on_sent(in_flight);
    }

    fn on_outage(&mut self, _now: Instant) {
        if self.after_outage.is_none() {
            self.after_outage = Some((self.memory(), self.loss.usual()));
        }
        self.window = LEAST_WINDOW * self.path.datagram();
    }

    fn on_path_change(&mut self, now: Instant) {
        self.restart(now, self.memory(), self.loss.usual());
    }

    fn on_black_hole(&mut self, now: Instant) {
        self.cubic = None;
        self.blocked = false;
        self.loss.skip_flight(now);
        self.phase = Phase::Search(Search::go_on(0.0, 0.0));
    }

    fn on_rates(&mut self, _now: Instant, rates: &Rates) {
        self.rates = *rates;
    }

    fn rate(&self) -> Rate {
        if let Phase::Insist(insist) = &self.phase {
            // Where nothing was measured, or the little that passes was forgotten, the smallest window still leaves.
            let least = LEAST_WINDOW * self.path.datagram() / self.path.flight().max(1e-4);
            let pace = Rate::from_bps((insist.pace().max(least) * 8.0) as u64);
            return pace.max(self.rates.min).min(self.rates.target);
        }
        let (pace, least) = match &self.phase {
            Phase::Search(search) if search.is_start() => (PACE_SEARCH, START_FLIGHT),
            _ if self.is_shallow() => (PACE_EVEN, 1e-4),
            Phase::Drain(_) | Phase::Steady | Phase::Compete if self.is_even() => (PACE_COARSE, 1e-4),
            Phase::Search(_) => (PACE_SEARCH, 1e-4),
            _ => (PACE, 1e-4),
        };
        let flight =
            if matches!(self.phase, Phase::Search(_)) { self.path.flight() } else { self.path.flight_now() };
        let rate = Rate::from_bps((pace * self.window / flight.max(least) * 8.0) as u64);
        // The window follows a longer path late enough: the pace does not run ahead of it downwards.
        let share = match () {
            () if self.is_starting() || self.is_shallow() => 0.0,
            () if self.is_even() => PASSES_EVEN,
            () => 1.0,
        };
        let passes = share * self.path.fastest();
        rate.max(Rate::from_bps((passes * 8.0) as u64)).max(self.rates.min).min(self.rates.target)
    }

    fn window(&self) -> ByteCount {
        // The rarer feedback is, the more is sent before its word of what has left the path.
        let insists = matches!(self.phase, Phase::Insist(_));
        let paced = !insists && (self.is_shallow() || self.is_even() && !self.is_starting());
        let slack = if paced { (SLACK_EVEN + self.path.gaps_in_round()).min(SLACK_MOST) } else { 1.0 };
        ByteCount((self.window * (slack + self.path.way_back() / self.path.flight().max(1e-4))) as u64)
    }

    /// A part of the round trip, so that the burst fits into a quarter of a bandwidth-delay product of queue; no more than usual where
    /// bursts would be lost or a target has to be kept.
    fn late_max(&self) -> Duration {
        if self.is_shallow() || self.rate() >= self.rates.target {
            return LATE_MAX;
        }
        let room = (self.path.base() * LATE_SHARE).min(LATE_MOST).min(self.overflow);
        LATE_MAX.max(Duration::from_secs_f64(room))
    }

    /// Where hardly anything can queue a burst is what overflows: a part of the queue that is safe, and as little as can be where none was
    /// seen and something was lost. Longer ones would be the limit themselves: of a burst for five datagrams passes what five are.
    fn burst(&self) -> Duration {
        let is_lossy = match &self.phase {
            Phase::Search(search) => search.is_start() && search.has_lost(),
            Phase::Drain(drain) => drain.is_doubt(),
            Phase::Steady | Phase::Compete | Phase::Insist(_) => false,
        };
        if self.blocked || is_lossy {
            Duration::ZERO
        } else if self.overflow < SHALLOW {
            Duration::from_secs_f64(self.overflow * BURST_SHARE)
        } else if self.rate() >= self.rates.target {
            BURST_AT_TARGET
        } else {
            BURST
        }
    }

    fn usual_loss(&self) -> Option<f64> {
        Some(self.loss.usual())
    }

    fn is_starting(&self) -> bool {
        matches!(&self.phase, Phase::Search(search) if search.is_start())
    }
}
