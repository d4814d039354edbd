//! CUBIC (RFC 9438) with a delay-based end of slow start (HyStart).

use core::time::Duration;

use faspstream_netem::Time;

use super::AckFacts;

const C: f64 = 0.4;
const BETA: f64 = 0.7;

/// The window of a CUBIC flow, in packets.
#[derive(Debug)]
pub(crate) struct Cubic {
    window: f64,
    threshold: f64,
    w_max: f64,
    epoch: Option<Epoch>,
    rtt_min: Duration,
    round_end: u64,
    round_min: Duration,
    last_round_min: Duration,
}

#[derive(Debug)]
struct Epoch {
    start: Time,
    k: f64,
    reno: f64,
}

impl Cubic {
    pub(crate) fn new() -> Self {
        Self {
            window: 10.0,
            threshold: f64::INFINITY,
            w_max: 0.0,
            epoch: None,
            rtt_min: Duration::MAX,
            round_end: 0,
            round_min: Duration::MAX,
            last_round_min: Duration::MAX,
        }
    }

    pub(crate) fn window(&self) -> u64 {
        self.window.max(2.0) as u64
    }

    pub(crate) fn on_ack(&mut self, facts: &AckFacts) {
        self.rtt_min = self.rtt_min.min(facts.rtt);
        if self.window < self.threshold {
            self.window += facts.acked as f64;
            self.watch_delay(facts);
            return;
        }
        let (window, w_max) = (self.window, self.w_max.max(self.window));
        let epoch = self.epoch.get_or_insert_with(|| Epoch {
            start: facts.now,
            k: ((w_max - window) / C).cbrt(),
            reno: window,
        });
        let t = (facts.now.since(epoch.start) + self.rtt_min).as_secs_f64();
        let cubic = C * (t - epoch.k).powi(3) + w_max;
        epoch.reno += 3.0 * (1.0 - BETA) / (1.0 + BETA) * facts.acked as f64 / window;
        let target = cubic.max(epoch.reno).clamp(window, window * 1.5);
        self.window += (target - window) / window * facts.acked as f64;
    }

    pub(crate) fn on_loss(&mut self) {
        // Fast convergence (section 4.7).
        let shrinks = self.window < self.w_max;
        self.w_max = if shrinks { self.window * (1.0 + BETA) / 2.0 } else { self.window };
        self.window = (self.window * BETA).max(2.0);
        self.threshold = self.window;
        self.epoch = None;
    }

    pub(crate) fn on_timeout(&mut self) {
        self.on_loss();
        self.window = 1.0;
    }

    /// Slow start ends when the least round-trip time of a round is above that of the round before by an eighth, 4 to 16 ms.
    fn watch_delay(&mut self, facts: &AckFacts) {
        if facts.prior_delivered >= self.round_end {
            self.round_end = facts.delivered;
            self.last_round_min = self.round_min;
            self.round_min = Duration::MAX;
        }
        self.round_min = self.round_min.min(facts.rtt);
        if self.last_round_min == Duration::MAX || self.window < 16.0 {
            return;
        }
        let rise = (self.last_round_min / 8).clamp(Duration::from_millis(4), Duration::from_millis(16));
        // Judged at the end of the round, by its least, which is the one of its beginning.
        let enough = facts.delivered >= self.round_end + 8;
        if enough && self.round_min >= self.last_round_min + rise {
            self.threshold = self.window;
        }
    }
}
