//! What the law knows of the path, gathered from the facts.

use crate::config::PathMemory;
use crate::units::{ByteCount, Instant};

use super::FeedbackFacts;
use super::model::{Clearing, Queue, Rounds};
use super::spacing::Spacing;

/// Seconds over which the first window is spread before the round-trip time is known.
const FIRST_SPREAD: f64 = 0.1;
/// Share of the flight by which the newest delay may differ from it at once: more may be noise.
const SWAY: f64 = 0.3;
/// Seconds in which the memory of the best rate halves.
const BEST_HALF_LIFE: f64 = 60.0;

/// Rates, delays and use of a path.
#[derive(Debug)]
pub(super) struct Path {
    datagram: f64,
    rounds: Rounds,
    clearing: Clearing,
    queue: Queue,
    /// Seconds: round trip without queue, and what of it was first taken for a queue.
    base: f64,
    spacing: Spacing,
    /// Seconds by which the way back takes longer than at its best.
    way_back: f64,
    heard_at: Option<Instant>,
    since_last: f64,
    /// Best clearing rate so far, fading.
    best: f64,
    /// Most bytes in flight since the round began, and in the round before.
    used: [f64; 2],
}

impl Path {
    pub(super) fn new(datagram: f64, memory: Option<PathMemory>) -> Self {
        Self {
            datagram,
            rounds: Rounds::default(),
            clearing: Clearing::default(),
            queue: Queue::default(),
            base: memory.map_or(FIRST_SPREAD, |m| m.min_rtt.as_secs_f64().max(0.01)),
            spacing: Spacing::default(),
            way_back: 0.0,
            heard_at: None,
            since_last: 0.0,
            best: 0.0,
            used: [0.0; 2],
        }
    }

    /// Takes the facts in; true if a new round trip begins. `usual_loss` is the share that is lost whatever is sent.
    pub(super) fn on_feedback(&mut self, facts: &FeedbackFacts, usual_loss: f64) -> bool {
        self.datagram = facts.datagram.0 as f64;
        let gap = self.heard_at.replace(facts.now).map_or(0.0, |at| facts.now.since(at).as_secs_f64());
        self.spacing.on_feedback(gap.min(facts.smoothed_rtt.as_secs_f64() + 0.02));
        self.since_last = gap;
        self.queue.on_feedback(facts);
        self.base = facts.base_rtt.as_secs_f64() + self.queue.accepted();
        if let (Some(rtt), Some(queue)) = (facts.rtt, facts.queueing_delay) {
            let extra = rtt.saturating_sub(facts.base_rtt).saturating_sub(queue).as_secs_f64();
            self.way_back += 0.25 * (extra - self.way_back);
        }
        let begins = self.rounds.on_feedback(facts);
        self.clearing.on_feedback(facts, begins, usual_loss);
        if begins {
            self.queue.on_round();
            self.spacing.on_round(self.base);
            self.used = [0.0, self.used[0]];
        }
        self.best = (self.best * (1.0 - gap.min(1.0) / BEST_HALF_LIFE * 0.693)).max(self.clearing.rate());
        self.used[0] = self.used[0].max((facts.in_flight + facts.acked + facts.lost).0 as f64);
        begins
    }

    /// What is in flight now belongs to the past.
    pub(super) fn begin_round(&mut self, facts: &FeedbackFacts) {
        self.rounds.begin(facts);
    }

    pub(super) fn on_sent(&mut self, in_flight: ByteCount) {
        self.used[0] = self.used[0].max(in_flight.0 as f64);
    }

    /// The window of a flow of `rate` bytes per second that stands `queue` seconds in the queue.
    pub(super) fn window_for(&self, rate: f64, queue: f64) -> f64 {
        rate * (self.base + 1.1 * self.spacing.wait() + queue)
    }

    /// Takes `queue` seconds for the path's own delay from now on.
    pub(super) fn accept_delay(&mut self, queue: f64) {
        self.queue.accept(queue);
        self.base += queue;
    }

    /// True if the delay has leapt and stood: the path has become longer, and that is accepted.
    pub(super) fn has_stepped(&mut self, facts: &FeedbackFacts) -> bool {
        let step = self.queue.take_step(facts.now);
        if let Some(seconds) = step {
            self.accept_delay(seconds);
        }
        step.is_some()
    }

    pub(super) fn datagram(&self) -> f64 {
        self.datagram
    }

    pub(super) fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Bytes per second that clear, over the last round trip.
    pub(super) fn clearing(&self) -> f64 {
        self.clearing.rate()
    }

    /// The fastest clearing of the last one to two round trips, in bytes per second.
    pub(super) fn fastest(&self) -> f64 {
        self.clearing.fastest()
    }

    /// The best rate of about the last minute, in bytes per second.
    pub(super) fn best(&self) -> f64 {
        self.best
    }

    /// Most bytes that were in flight in this round trip or the one before.
    pub(super) fn used(&self) -> f64 {
        self.used[0].max(self.used[1])
    }

    /// Seconds of a round trip without queue.
    pub(super) fn base(&self) -> f64 {
        self.base
    }

    /// Seconds that a byte spends in flight: base, queue and the wait for feedback.
    pub(super) fn flight(&self) -> f64 {
        self.base + self.queue.mean() + self.spacing.wait()
    }

    /// The same for what is sent now. Where the pace binds, and not the window, a queue has to slow it down at once, or the two swing
    /// about each other.
    pub(super) fn flight_now(&self) -> f64 {
        let flight = self.flight();
        if !self.is_coarse() {
            return flight;
        }
        (self.base + self.queue.latest() + self.spacing.wait())
            .clamp(flight * (1.0 - SWAY), flight * (1.0 + SWAY))
    }

    /// True if feedback comes but a few times in a round trip: a window would let out a burst at each, and hear late what came of it.
    pub(super) fn is_coarse(&self) -> bool {
        self.spacing.is_coarse()
    }

    /// Time between feedbacks, in round trips.
    pub(super) fn gaps_in_round(&self) -> f64 {
        self.spacing.wait() / self.base.max(1e-6)
    }

    /// True if a round trip is shorter than the time between feedbacks.
    pub(super) fn is_short(&self) -> bool {
        self.base < self.spacing.mean()
    }

    /// Seconds between the last two feedbacks.
    pub(super) fn since_last(&self) -> f64 {
        self.since_last
    }

    /// Seconds by which the way back takes longer than at its best.
    pub(super) fn way_back(&self) -> f64 {
        self.way_back
    }
}
