//! Loss-based laws of TCP as competitors: Reno (RFC 5681, 6582) and CUBIC (RFC 9438, with the delay exit of HyStart++, RFC 9406).

use core::time::Duration;

use faspstream_proto::config::Rates;
use faspstream_proto::rate::{FeedbackFacts, RateController};
use faspstream_proto::units::{ByteCount, Instant, Rate};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Halves on loss, one datagram more per round trip.
    Reno,
    /// The cubic function of the time since the last loss.
    Cubic,
}

/// A loss-based law.
#[derive(Debug)]
pub struct Tcp {
    kind: Kind,
    window: f64,
    threshold: f64,
    recover_at: ByteCount,
    in_recovery: bool,
    peak: f64,
    epoch: Option<Instant>,
    origin: f64,
    inflection: f64,
    reno: f64,
    datagram: f64,
}

/// CUBIC's constant, datagrams per s³.
const C: f64 = 0.4;
/// What CUBIC keeps after a loss.
const BETA: f64 = 0.7;

impl Tcp {
    /// A connection that begins with ten datagrams.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            window: 10.0,
            threshold: f64::MAX,
            recover_at: ByteCount::ZERO,
            in_recovery: false,
            peak: 0.0,
            epoch: None,
            origin: 0.0,
            inflection: 0.0,
            reno: 0.0,
            datagram: 1_500.0,
        }
    }

    fn reduce(&mut self, facts: &FeedbackFacts) {
        self.in_recovery = true;
        self.recover_at = facts.delivered + facts.in_flight;
        self.epoch = None;
        let keep = if self.kind == Kind::Reno { 0.5 } else { BETA };
        // Fast convergence (RFC 9438 section 4.7).
        self.peak = if self.window < self.peak { self.window * (1.0 + BETA) / 2.0 } else { self.window };
        self.window = (self.window * keep).max(2.0);
        self.threshold = self.window;
    }

    fn grow_cubic(&mut self, facts: &FeedbackFacts, acked: f64) {
        let epoch = match self.epoch {
            Some(epoch) => epoch,
            None => {
                self.origin = self.peak.max(self.window);
                self.inflection = ((self.origin - self.window) / C).cbrt();
                self.reno = self.window;
                *self.epoch.insert(facts.now)
            }
        };
        let t = (facts.now.since(epoch) + facts.base_rtt).as_secs_f64();
        let target = (C * (t - self.inflection).powi(3) + self.origin).clamp(self.window, self.window * 1.5);
        self.reno += 3.0 * (1.0 - BETA) / (1.0 + BETA) * acked / self.window;
        self.window += (target - self.window) / self.window * acked;
        self.window = self.window.max(self.reno);
    }
}

impl RateController for Tcp {
    fn on_feedback(&mut self, facts: &FeedbackFacts) {
        self.datagram = facts.datagram.0 as f64;
        let acked = facts.acked.0 as f64 / self.datagram;
        if self.in_recovery && facts.delivered >= self.recover_at {
            self.in_recovery = false;
        }
        if facts.lost > ByteCount::ZERO && !self.in_recovery {
            self.reduce(facts);
        }
        if self.in_recovery {
            return;
        }
        if self.window < self.threshold {
            self.window += acked;
            let limit = (facts.base_rtt / 8).clamp(Duration::from_millis(4), Duration::from_millis(16));
            if self.kind == Kind::Cubic && facts.rtt.is_some_and(|rtt| rtt > facts.base_rtt + limit) {
                self.threshold = self.window;
                self.peak = self.window;
            }
        } else if self.kind == Kind::Reno {
            self.window += acked / self.window;
        } else {
            self.grow_cubic(facts, acked);
        }
    }

    fn on_sent(&mut self, _now: Instant, _bytes: ByteCount, _in_flight: ByteCount) {}

    fn on_outage(&mut self, _now: Instant) {
        self.threshold = (self.window / 2.0).max(2.0);
        self.window = 1.0;
        self.epoch = None;
    }

    fn on_path_change(&mut self, _now: Instant) {}

    fn on_rates(&mut self, _now: Instant, _rates: &Rates) {}

    fn rate(&self) -> Rate {
        Rate::UNLIMITED
    }

    fn window(&self) -> ByteCount {
        ByteCount((self.window.max(1.0) * self.datagram) as u64)
    }

    fn is_starting(&self) -> bool {
        self.window < self.threshold
    }
}
