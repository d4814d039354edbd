//! Loss, judged round trip by round trip against what is usual on the path.
//!
//! The share that is usually lost is followed slowly; a round trip that has lost more than chance allows (for a Poisson count:
//! the mean, four deviations and two) is an episode. Since an overflow comes with a long queue, the share that is lost while the queue
//! is short bounds what may be usual. An episode is answered by a smaller window. If episodes go on although the window is
//! smaller, the matter is put to the test: for some round trips clearly less is sent than what passes. If the loss goes on, sending
//! less does not cure it: it is random, or caused by somebody who does not yield. Then it becomes what is usual, and the answer is
//! taken back.

use core::time::Duration;

use crate::units::Instant;

use super::FeedbackFacts;

/// Fewest datagrams that are judged together.
const LEAST: f64 = 60.0;
/// Datagrams that are judged together over several round trips.
const LONG: f64 = 600.0;
/// Datagrams over which the usual share is averaged.
const MEMORY: f64 = 5_000.0;
/// The same in quiet round trips.
const QUIET_MEMORY: f64 = 400.0;
/// Datagrams over which the share lost at a short queue is averaged, and fewest that bound what is usual.
const SHORT_MEMORY: f64 = 1_000.0;
const SHORT_LEAST: f64 = 150.0;
/// Datagrams that what is usual has to rest on to be relied on.
const SURE: f64 = 1_000.0;
/// Multiple of the usual share that is not answered after answers were in vain.
const PARDONED: f64 = 1.2;
/// Episodes in a row, each before the window has recovered from the one before, after which loss is not answered any more.
const IN_VAIN: u32 = 3;
/// Share above what was measured in quiet that may become usual without another measurement.
const UNKNOWN: f64 = 0.03;
/// The same where a limit without a queue is known: what is lost beyond it is overflow, which growing on would make usual.
const UNKNOWN_LIMITED: f64 = 0.002;
/// Share above the usual that an episode must have lost to count among those.
const MUCH: f64 = 0.01;
/// Share of a round trip with which an episode is heavy: far more was sent than passes.
const HEAVY: f64 = 0.05;

/// What a round trip has shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    /// Nothing unusual, or too little to tell.
    Usual,
    /// More was lost than chance allows.
    Episode {
        /// The share that was lost.
        share: f64,
        /// True if far more was sent than passes.
        heavy: bool,
    },
    /// More was lost than chance allows, although loss was answered again and again.
    Doubtful {
        /// The share that was lost.
        share: f64,
    },
}

/// Counts loss.
#[derive(Debug, Default)]
pub(super) struct LossJudge {
    acked: f64,
    lost: f64,
    usual: f64,
    episodes: u32,
    /// True where a limit without a queue is known.
    is_limited: bool,
    /// Only what was sent from then on counts: where datagrams are overtaken, what was lost before is known late.
    counts_from: Instant,
    /// When the newest datagram that the last feedback told of was sent.
    settled_at: Instant,
    /// Until when the window recovers from the last episode.
    recovers_until: Instant,
    judged_at: Instant,
    /// Time between the last two judgements.
    period: Duration,
    /// What was usual when that was last measured in quiet.
    known: f64,
    /// What the last quiet epoch has lost.
    quiet: Option<f64>,
    /// Rounds in which loss is not answered.
    pardon: u32,
    /// Datagrams judged while the queue was short, fading, and those of them that were lost.
    short: (f64, f64),
    /// Datagrams judged over several round trips, and those of them that were lost.
    long: (f64, f64),
    /// The first datagrams, on which what is usual rests while they are few, and those of them that were lost.
    first: (f64, f64),
}

impl LossJudge {
    /// The share that is usually lost, 0 to 1.
    pub(super) fn usual(&self) -> f64 {
        self.usual
    }

    /// True while loss is not answered because answers were in vain.
    pub(super) fn is_pardoned(&self) -> bool {
        self.pardon > 0
    }

    /// Counts, and judges when a round trip is over. `quiet`: less was sent than passes, so that no loss is congestion. `is_short`: the
    /// queue is clearly shorter than it was of late. `competes`: somebody else answers to every loss.
    pub(super) fn on_feedback(
        &mut self,
        facts: &FeedbackFacts,
        begins: bool,
        quiet: bool,
        is_short: bool,
        competes: bool,
    ) -> Verdict {
        // What one feedback settles may begin with the end of a flight from before, of which nothing newer had told until now.
        let settled_from = core::mem::replace(&mut self.settled_at, facts.settled_at);
        if settled_from < self.counts_from {
            return Verdict::Usual;
        }
        let acked = facts.passed.0 as f64 / facts.datagram.0 as f64;
        let newly_lost = facts.lost.0 as f64 / facts.datagram.0 as f64;
        self.acked += acked;
        self.lost += newly_lost;
        if is_short {
            let keep = 1.0 - ((acked + newly_lost) / SHORT_MEMORY).min(1.0);
            self.short = (self.short.0 * keep + acked + newly_lost, self.short.1 * keep + newly_lost);
        }
        let all = self.acked + self.lost;
        if !begins || all < if quiet { 2.0 * LEAST } else { LEAST } {
            return Verdict::Usual;
        }
        let (lost, share) = (self.lost, self.lost / all);
        self.period = facts.now.since(self.judged_at).min(facts.smoothed_rtt * 20);
        self.judged_at = facts.now;
        (self.acked, self.lost) = (0.0, 0.0);
        self.pardon = self.pardon.saturating_sub(1);
        if quiet {
            self.usual += (all / QUIET_MEMORY).min(0.5) * (share - self.usual);
            self.quiet = Some(share);
            self.known = self.usual;
            return Verdict::Usual;
        }
        if self.pardon == 0 {
            self.usual = self.usual.min(self.most_usual());
        }
        let mean = self.possible() * all * if self.pardon > 0 { PARDONED } else { 1.0 };
        let most = if competes { mean + 3.0 * mean.sqrt() + 1.0 } else { most(mean) };
        let usual = lost <= most && self.is_usual_for_long(all, lost);
        let weight = (all / MEMORY).min(0.2);
        self.usual += (share - self.usual) * if usual { weight } else { weight / 4.0 };
        self.usual = self.usual.min(self.most_unknown());
        if self.is_limited {
            // What was lost in the search for the limit was overflow as well.
            self.known = self.known.min(self.usual);
        }
        if !usual {
            return self.episode(facts, share);
        }
        self.rest_on(all, lost);
        Verdict::Usual
    }

    /// The same test over several round trips: finer, and later.
    fn is_usual_for_long(&mut self, all: f64, lost: f64) -> bool {
        self.long = (self.long.0 + all, self.long.1 + lost);
        if self.long.0 < LONG {
            return true;
        }
        let (all, lost) = core::mem::take(&mut self.long);
        lost <= most(self.possible() * all * if self.pardon > 0 { PARDONED } else { 1.0 })
    }

    /// What is usual rests on these as well.
    fn rest_on(&mut self, all: f64, lost: f64) {
        self.first = (self.first.0 + all, self.first.1 + lost);
    }

    /// The share that may be usual: until enough was seen, two deviations above what was.
    fn possible(&self) -> f64 {
        let (all, lost) = self.first;
        if all >= SURE {
            return self.usual;
        }
        self.usual.max(above(all.max(1.0), lost).min(UNKNOWN))
    }

    /// The share that may become usual without another measurement.
    fn most_unknown(&self) -> f64 {
        self.known + if self.is_limited { UNKNOWN_LIMITED } else { UNKNOWN }
    }

    /// Tells whether a limit without a queue is known.
    pub(super) fn set_limited(&mut self, is_limited: bool) {
        self.is_limited = is_limited;
    }

    /// The share that may be usual, two deviations above what was lost while the queue was short.
    fn most_usual(&self) -> f64 {
        let (all, lost) = self.short;
        if all < SHORT_LEAST { 1.0 } else { above(all, lost) }
    }

    fn episode(&mut self, facts: &FeedbackFacts, share: f64) -> Verdict {
        self.counts_from = facts.now;
        self.long = (0.0, 0.0);
        let in_vain = facts.now < self.recovers_until && share > self.usual + MUCH;
        self.episodes = if in_vain { self.episodes + 1 } else { 1 };
        if self.episodes <= IN_VAIN {
            return Verdict::Episode { share, heavy: share > self.usual + HEAVY };
        }
        self.episodes = 0;
        Verdict::Doubtful { share }
    }

    /// The share that was lost in the last quiet round trips that were judged, once.
    pub(super) fn take_quiet(&mut self) -> Option<f64> {
        self.quiet.take()
    }

    /// Begins with `share` for what is usual.
    pub(super) fn believe(&mut self, share: f64) {
        self.usual = share;
        self.known = share;
        self.first.0 = SURE;
    }

    /// Of so many datagrams that nothing limited, so many were lost.
    pub(super) fn learn(&mut self, (all, lost): (f64, f64)) {
        self.rest_on(all, lost);
        // Round trips that lost little look like those in which the rate has grown: they raise what is usual rather than lower it.
        let memory = if lost < self.usual * all { MEMORY } else { QUIET_MEMORY };
        if all >= LEAST {
            self.usual += (all / memory).min(1.0) * (lost / all - self.usual);
            self.known = self.usual;
        }
    }

    /// Takes `share` for what is usual, and answers no loss for some time.
    pub(super) fn pardon(&mut self, share: f64) {
        self.believe(share);
        self.pardon = PARDON;
    }

    /// An episode without a queue: `share` is more likely what the path loses.
    pub(super) fn excuse(&mut self, share: f64) {
        self.usual += 0.1 * (share.min(self.most_unknown()) - self.usual);
    }

    /// The window takes `time` to recover from the answer to an episode.
    pub(super) fn recovers(&mut self, now: Instant, time: Duration) {
        self.recovers_until = now + time.max(self.period * 3);
    }

    /// Does not count what is in flight now: its loss has been answered already.
    pub(super) fn skip_flight(&mut self, now: Instant) {
        self.counts_from = now;
        (self.acked, self.lost) = (0.0, 0.0);
    }
}

/// The share that `lost` of `all` may come from: two deviations more.
fn above(all: f64, lost: f64) -> f64 {
    (lost + 2.0 * (lost + 1.0).sqrt()) / all
}

/// Most losses that are chance where `mean` are expected.
fn most(mean: f64) -> f64 {
    mean + 4.0 * mean.sqrt() + 2.0
}

/// Round trips for which loss is not answered after answers were in vain.
const PARDON: u32 = 60;

#[cfg(test)]
mod tests {
    use super::super::tests::facts;
    use super::*;
    use crate::units::{ByteCount, Rate};

    /// A round trip in which `lost` of `all` datagrams were lost.
    fn round(judge: &mut LossJudge, ms: u64, all: u64, lost: u64) -> Verdict {
        let facts = facts(ms, 0, 0, Rate::from_mbps(10), Duration::ZERO);
        let size = facts.datagram.0;
        let facts =
            FeedbackFacts { passed: ByteCount((all - lost) * size), lost: ByteCount(lost * size), ..facts };
        judge.on_feedback(&facts, true, false, false, false)
    }

    /// A slow stream on a path that loses 1 %: five losses in its first 100 datagrams were an episode, and its window was cut for chance.
    #[test]
    fn few_datagrams_are_no_measure_of_what_is_usual() {
        let mut judge = LossJudge::default();
        judge.learn((100.0, 0.0));
        assert_eq!(round(&mut judge, 100, 100, 5), Verdict::Usual);
        for ms in 2..20 {
            assert_eq!(round(&mut judge, 100 * ms, 100, 0), Verdict::Usual);
        }
        assert!(matches!(round(&mut judge, 2_000, 100, 5), Verdict::Episode { .. }), "{judge:?}");
    }

    #[test]
    fn a_start_that_floods_a_queue_is_seen_with_few_datagrams_too() {
        let mut judge = LossJudge::default();
        judge.learn((100.0, 0.0));
        assert!(matches!(round(&mut judge, 100, 100, 25), Verdict::Episode { heavy: true, .. }));
    }
}
