//! When FEEDBACK is due (wire-format.md §4.1).
//!
//! Often enough that the sender sees the path through it, rarely enough that it stays below 1 % of what arrives: a budget of bytes
//! is earned by what arrives, and below 10 Mbit/s by time, so a slow stream is answered soon too.

use core::time::Duration;

use crate::units::{ByteCount, Instant};

/// Between two feedbacks, unless something is urgent.
const INTERVAL: Duration = Duration::from_millis(2);

/// Between a feedback and one that tells of a new gap.
const GAP_INTERVAL: Duration = Duration::from_micros(500);

/// A feedback that only the interval keeps back goes so much before its time if the thread is awake, mostly for a datagram, and its timer
/// is set so much after it: so one wake-up serves both.
const EARLY: Duration = Duration::from_micros(250);
const LATE: Duration = Duration::from_micros(100);

/// So many datagrams are reported without waiting for the interval, or as many bytes as they have at an MTU of 1,500: where
/// datagrams are large, few of them fill the window.
const DATAGRAMS: u32 = 64;
const BYTES: u64 = DATAGRAMS as u64 * 1_500;

/// One byte of feedback for so many bytes that arrive: 0.8 %.
const SHARE: u64 = 125;

/// Bytes of feedback per second that need nothing to arrive: 0.8 % of 10 Mbit/s.
const FREE_PER_SECOND: u64 = 10_000;

/// The budget holds, and may owe, so many feedbacks.
const SAVINGS: i64 = 3;

/// Decides when feedback goes out.
#[derive(Clone, Debug)]
pub(crate) struct FeedbackSchedule {
    urgent: bool,
    gap: bool,
    /// Datagrams since the last feedback.
    unreported: u32,
    /// Wire bytes since the last feedback.
    arrived: u64,
    last_sent: Instant,
    /// Bytes of feedback that may be spent, without what the time since the last one has earned.
    budget: i64,
    /// What the last one took on the wire.
    size: i64,
}

impl Default for FeedbackSchedule {
    fn default() -> Self {
        Self {
            urgent: false,
            gap: false,
            unreported: 0,
            arrived: 0,
            last_sent: Instant::ZERO,
            budget: 0,
            size: 100,
        }
    }
}

impl FeedbackSchedule {
    /// A datagram has come, `wire` bytes with all headers; `is_gap` if numbers below it are missing that were not before.
    pub(crate) fn on_datagram(&mut self, wire: ByteCount, is_gap: bool) {
        self.unreported = self.unreported.saturating_add(1);
        self.arrived = self.arrived.saturating_add(wire.0);
        self.gap |= is_gap;
    }

    /// The next feedback goes out at once.
    pub(crate) fn hurry(&mut self) {
        self.urgent = true;
    }

    /// When feedback is due; None if there is nothing to say.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if self.urgent {
            return Some(Instant::ZERO);
        }
        if self.unreported == 0 {
            return None;
        }
        let interval = match () {
            () if self.unreported >= DATAGRAMS || self.arrived >= BYTES => Duration::ZERO,
            () if self.gap => GAP_INTERVAL,
            () => INTERVAL,
        };
        Some((self.last_sent + interval).max(self.affordable_at()))
    }

    /// True if feedback goes out now that the thread is awake.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        let early = if self.can_wait() { EARLY } else { Duration::ZERO };
        self.deadline().is_some_and(|at| at <= now + early)
    }

    /// When to wake up for a feedback if nothing else wakes the thread.
    pub(crate) fn alarm(&self) -> Option<Instant> {
        self.deadline().map(|at| if self.can_wait() { at + LATE } else { at })
    }

    /// Only the interval keeps a feedback back.
    fn can_wait(&self) -> bool {
        !self.urgent && !self.gap && self.unreported < DATAGRAMS && self.arrived < BYTES
    }

    /// When the budget allows another feedback; a gap may borrow.
    fn affordable_at(&self) -> Instant {
        let needed = if self.gap { 0 } else { self.size } - self.budget;
        if needed <= (self.arrived / SHARE) as i64 {
            return Instant::ZERO;
        }
        self.last_sent + Duration::from_nanos(needed.unsigned_abs() * (1_000_000_000 / FREE_PER_SECOND))
    }

    /// Feedback of `wire` bytes with all headers was sent.
    pub(crate) fn on_sent(&mut self, now: Instant, wire: ByteCount) {
        let waited = now.since(self.last_sent).as_micros().min(1_000_000) as u64;
        let earned = (self.arrived / SHARE).max(waited * FREE_PER_SECOND / 1_000_000) as i64;
        self.size = wire.0 as i64;
        let bound = SAVINGS * self.size;
        self.budget = (self.budget + earned - self.size).clamp(-bound, bound);
        self.last_sent = now;
        (self.urgent, self.gap, self.unreported, self.arrived) = (false, false, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Datagrams of 1,500 bytes each `gap_us` for a second, every `loss`-th missing, feedback of 110 bytes; gives the number of
    /// feedbacks and the longest that a datagram waited.
    fn run(gap_us: u64, loss: u64) -> (u64, Duration) {
        let mut schedule = FeedbackSchedule::default();
        let (mut count, mut oldest, mut longest) = (0, None, Duration::ZERO);
        for us in 0..1_000_000 {
            let now = Instant::from_nanos(us * 1_000);
            let index = us / gap_us;
            if us.is_multiple_of(gap_us) && (loss == 0 || !index.is_multiple_of(loss)) {
                schedule.on_datagram(ByteCount(1_500), loss != 0 && index % loss == 1);
                oldest.get_or_insert(now);
            }
            if schedule.deadline().is_some_and(|at| at <= now) {
                schedule.on_sent(now, ByteCount(110));
                longest = longest.max(now.since(oldest.take().expect("something to report")));
                count += 1;
            }
        }
        (count, longest)
    }

    #[test]
    fn feedback_is_often_and_below_one_percent() {
        for gap_us in [1_200, 120, 12] {
            for loss in [0, 10, 100] {
                let (count, longest) = run(gap_us, loss);
                let share = (count * 110) as f64 / (1_000_000 / gap_us * 1_500) as f64;
                assert!(share < 0.01, "{gap_us} us, {loss}: {share}");
                assert!(longest <= Duration::from_millis(20), "{gap_us} us, {loss}: {longest:?}");
                assert!(count >= 70, "{gap_us} us, {loss}: {count}");
            }
        }
    }

    #[test]
    fn what_is_urgent_does_not_wait_and_silence_is_not_reported() {
        let mut schedule = FeedbackSchedule::default();
        assert_eq!(schedule.deadline(), None);
        schedule.hurry();
        assert_eq!(schedule.deadline(), Some(Instant::ZERO));
        schedule.on_sent(Instant::from_nanos(5), ByteCount(90));
        assert_eq!(schedule.deadline(), None);
    }

    #[test]
    fn a_single_datagram_on_a_quiet_path_is_answered_within_the_interval() {
        let mut schedule = FeedbackSchedule::default();
        schedule.on_sent(Instant::ZERO, ByteCount(100));
        schedule.on_datagram(ByteCount(200), false);
        let deadline = schedule.deadline().expect("something to report");
        assert!(deadline <= Instant::from_nanos(25_000_000), "{deadline:?}");
    }

    #[test]
    fn feedback_goes_with_a_datagram_that_comes_about_when_it_is_due() {
        let mut schedule = FeedbackSchedule::default();
        let at = |us: u64| Instant::from_nanos(us * 1_000);
        schedule.on_datagram(ByteCount(90_000), false);
        schedule.on_sent(at(20_000), ByteCount(100));
        schedule.on_datagram(ByteCount(15_000), false);
        assert!(!schedule.is_due(at(21_700)) && schedule.is_due(at(21_800)));
        assert_eq!(schedule.alarm(), Some(at(22_100)), "nothing has come until then");
        schedule.on_datagram(ByteCount(1_500), true);
        schedule.hurry();
        assert_eq!(schedule.alarm(), Some(Instant::ZERO), "what is urgent waits for nothing");
    }
}
