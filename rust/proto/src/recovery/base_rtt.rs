//! What the path takes without queues: the smallest round-trip time of a window, and the queueing delay of the way to the receiver.
//!
//! The one-way delay is the receiver's clock less the sender's, so it carries an unknown offset, which the windowed minimum takes
//! out, and the drift between the clocks, which is estimated from how the minima move and taken out too (100 ppm are 1 ms in 10 s).

use core::time::Duration;

use super::windowed::WindowedMin;
use crate::units::Instant;

/// How long a minimum counts: a route that became longer is believed after this time (RFC 6817 section 3.4.2 uses minutes, which
/// would be too slow for a stream that has to follow its path).
const WINDOW: Duration = Duration::from_secs(10);

/// The drift is corrected once per this period.
const DRIFT_PERIOD: Duration = Duration::from_secs(2);

/// Nanoseconds per second; steeper slopes are queues, not clocks.
const DRIFT_MAX: f64 = 300_000.0;

/// Weight of a new slope in the estimate of the drift.
const DRIFT_GAIN: f64 = 0.25;

/// A queueing delay so much longer than the whole round trip is a clock that was set or stood still.
const CLOCK_LEAP: Duration = Duration::from_millis(500);

/// Base round-trip time and queueing delay.
#[derive(Clone, Debug, Default)]
pub(crate) struct BasePath {
    rtt: WindowedMin<Duration>,
    one_way: WindowedMin<i64>,
    /// Nanoseconds by which the last sample has moved the smallest one-way difference.
    moved: i64,
    drift: ClockDrift,
}

impl BasePath {
    /// A round trip took `rtt`; gives the base round-trip time.
    pub(crate) fn on_rtt(&mut self, now: Instant, rtt: Duration) -> Duration {
        self.rtt.insert(now, WINDOW, rtt)
    }

    /// The smallest round-trip time of the window; None before the first sample.
    pub(crate) fn rtt(&self) -> Option<Duration> {
        self.rtt.get()
    }

    /// A datagram sent at `sent` by the sender's clock arrived at `arrived` by the receiver's: gives its queueing delay.
    pub(crate) fn on_one_way(&mut self, now: Instant, sent: Instant, arrived: Instant) -> Duration {
        let raw = (arrived.as_nanos() as i64).wrapping_sub(sent.as_nanos() as i64);
        let delay = self.drift.correct(now, raw);
        let before = self.one_way.get();
        let least = self.one_way.insert(now, WINDOW, delay);
        self.moved = before.map_or(0, |before| least.wrapping_sub(before));
        Duration::from_nanos(delay.wrapping_sub(least).max(0) as u64)
    }

    /// [`Self::on_one_way`], where the round trip took `rtt`: what the way there takes longer the round trip takes longer too. Where it
    /// does not, one of the clocks stood still (a machine that slept), and the comparison begins anew.
    pub(crate) fn on_delay(
        &mut self,
        now: Instant,
        sent: Instant,
        arrived: Instant,
        rtt: Duration,
    ) -> Duration {
        let queueing = self.on_one_way(now, sent, arrived);
        // No queue was ever that long: a base that falls by more is a receiver's clock that stood still.
        let fell = Duration::from_nanos(self.moved.min(0).unsigned_abs());
        if queueing.max(fell) <= rtt + CLOCK_LEAP {
            return queueing;
        }
        (self.one_way, self.drift) = (WindowedMin::default(), ClockDrift::default());
        self.on_one_way(now, sent, arrived)
    }

    /// Nanoseconds by which the last sample has moved the base of the queueing delay: what was told before it was as much too long, or,
    /// below zero, too short.
    pub(crate) fn moved(&self) -> i64 {
        self.moved
    }

    /// The path is a new one: nothing of the old holds.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

/// The drift between two clocks, from the minima of successive periods.
#[derive(Clone, Debug, Default)]
struct ClockDrift {
    /// Nanoseconds per second by which the receiver's clock gains.
    slope: f64,
    /// Correction so far.
    correction: f64,
    corrected_at: Option<Instant>,
    period: Option<Period>,
    previous: Option<(Instant, i64)>,
}

#[derive(Clone, Copy, Debug)]
struct Period {
    began: Instant,
    least: i64,
    least_at: Instant,
}

impl ClockDrift {
    fn correct(&mut self, now: Instant, raw: i64) -> i64 {
        let elapsed = self.corrected_at.replace(now).map_or(Duration::ZERO, |at| now.since(at));
        self.correction += self.slope * elapsed.as_secs_f64();
        let delay = raw.wrapping_sub(self.correction as i64);
        let period = self.period.get_or_insert(Period { began: now, least: delay, least_at: now });
        if delay < period.least {
            (period.least, period.least_at) = (delay, now);
        }
        if now.since(period.began) >= DRIFT_PERIOD {
            let ended = *period;
            self.period = None;
            self.learn(ended);
        }
        delay
    }

    fn learn(&mut self, period: Period) {
        if let Some((at, least)) = self.previous.replace((period.least_at, period.least)) {
            let apart = period.least_at.since(at).as_secs_f64();
            let slope = (period.least.wrapping_sub(least)) as f64 / apart.max(0.1);
            if apart >= 0.5 && slope.abs() <= DRIFT_MAX {
                self.slope += DRIFT_GAIN * slope;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn at(ms: u64) -> Instant {
        Instant::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn a_base_that_moves_says_by_how_much() {
        let mut path = BasePath::default();
        path.on_one_way(at(0), at(0), at(20));
        assert_eq!(path.moved(), 0);
        path.on_one_way(at(1_000), at(1_000), at(1_030));
        assert_eq!(path.moved(), 0, "a queue moves no base");
        path.on_one_way(at(2_000), at(2_000), at(2_015));
        assert_eq!(path.moved(), -5_000_000);
        path.on_one_way(at(12_001), at(12_001), at(12_041));
        assert!(path.moved() > 0, "the shortest one has left the window");
    }

    #[test]
    fn a_longer_route_is_believed_after_the_window_and_a_shorter_one_at_once() {
        let mut path = BasePath::default();
        path.on_rtt(at(0), 50 * MS);
        assert_eq!(path.on_rtt(at(9_000), 150 * MS), 50 * MS);
        assert_eq!(path.on_rtt(at(10_001), 150 * MS), 150 * MS);
        assert_eq!(path.on_rtt(at(10_002), 20 * MS), 20 * MS);
    }

    #[test]
    fn an_offset_between_the_clocks_is_no_queue() {
        let mut path = BasePath::default();
        let hour = Duration::from_secs(3_600);
        assert_eq!(path.on_one_way(at(10), at(10), at(30) + hour), Duration::ZERO);
        assert_eq!(path.on_one_way(at(20), at(20), at(47) + hour), 7 * MS);
        // The receiver's session clock may also stand far behind the sender's.
        let mut path = BasePath::default();
        path.on_one_way(at(100_000), at(100_000), at(5));
        assert_eq!(path.on_one_way(at(100_010), at(100_010), at(18)), 3 * MS);
    }

    #[test]
    fn a_clock_that_stood_still_is_no_queue() {
        let mut path = BasePath::default();
        path.on_delay(at(0), at(0), at(20), 40 * MS);
        assert_eq!(path.on_delay(at(10), at(10), at(35), 45 * MS), 5 * MS);
        // The sender slept for 30 s, and its clock with it; later the receiver does.
        assert_eq!(path.on_delay(at(60), at(20), at(30_040), 40 * MS), Duration::ZERO);
        assert_eq!(path.on_delay(at(70), at(30), at(30_057), 47 * MS), 7 * MS);
        assert_eq!(path.on_delay(at(30_080), at(30_040), at(30_060), 40 * MS), Duration::ZERO);
        assert_eq!(path.moved(), 0, "a clock that stood still has not made the queue of before longer");
    }

    #[test]
    fn a_drift_of_100_ppm_is_taken_out_in_both_directions() {
        for ppm in [-100_i64, 100] {
            let mut path = BasePath::default();
            let mut worst = Duration::ZERO;
            for ms in (0..120_000_u64).step_by(5) {
                let jitter = (ms * 7_919) % 997; // up to 1 ms of noise in microseconds
                let clock = ms as i64 * 1_000 + ms as i64 * ppm / 1_000 + jitter as i64 + 20_000;
                let queueing = path.on_one_way(at(ms), at(ms), Instant::from_nanos(clock as u64 * 1_000));
                if ms > 40_000 {
                    worst = worst.max(queueing.saturating_sub(Duration::from_micros(jitter)));
                }
            }
            assert!(worst < Duration::from_micros(250), "{ppm} ppm: {worst:?}");
        }
    }

    #[test]
    fn a_standing_queue_is_seen_for_as_long_as_the_window_lasts() {
        let mut path = BasePath::default();
        path.on_one_way(at(0), at(0), at(20));
        for ms in (10..9_000).step_by(10) {
            let queueing = path.on_one_way(at(ms), at(ms), at(ms + 20 + 30));
            assert!(queueing.abs_diff(30 * MS) < MS, "{queueing:?} at {ms} ms");
        }
    }
}
