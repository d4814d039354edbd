//! What a run has shown.

use core::time::Duration;

use faspstream_netem::{Counters, Time};
use faspstream_proto::io::{LimitTimes, Stats};

use crate::endpoint::{App, Ending, Endpoint, Tally};
use crate::metrics::{Bins, Histogram};
use crate::run::SHORTEST_WINDOW;
use crate::scenario::{Path, Scenario};

/// The outcome of a scenario.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The scenario's name.
    pub name: String,
    /// The seed that it ran with.
    pub seed: u64,
    /// The path as it began.
    pub path: Path,
    /// From when on steady-state figures were taken.
    pub measure_from: Time,
    /// When it ended.
    pub end: Time,
    /// How much happened.
    pub events: u64,
    /// A report per flow.
    pub flows: Vec<FlowReport>,
    /// Application bytes that each TCP flow brought over, over time.
    pub cross: Vec<Bins>,
    /// Counters of the shared link in the direction of the data.
    pub forward: Counters,
    /// Counters of the shared link in the direction of the feedback.
    pub backward: Counters,
}

impl Outcome {
    /// Jain's fairness index of the goodputs of all flows between two moments: 1 is equal, 1/n is one has all.
    pub fn jain(&self, from: Time, to: Time) -> f64 {
        let rates: Vec<f64> = self.flows.iter().map(|f| f.delivered.rate(from, to)).collect();
        let (sum, squares) = rates.iter().fold((0.0, 0.0), |(s, q), r| (s + r, q + r * r));
        if squares == 0.0 { 0.0 } else { sum * sum / (rates.len() as f64 * squares) }
    }

    /// Goodput of all flows together between two moments, as a share of the path's ideal.
    pub fn share_of_ideal(&self, from: Time, to: Time) -> f64 {
        self.flows.iter().map(|f| f.delivered.rate(from, to)).sum::<f64>() / self.path.ideal()
    }
}

/// What one flow has shown.
#[derive(Clone, Debug)]
pub struct FlowReport {
    /// When it began.
    pub start: Time,
    /// Ideal goodput of the whole path in bits per second.
    pub ideal: f64,
    /// How the sender's session ended.
    pub sender_ending: Ending,
    /// How the receiver's session ended.
    pub receiver_ending: Ending,
    /// What the sender counted at last.
    pub sent: Stats,
    /// What the receiver counted at last.
    pub received: Stats,
    /// Bytes that the reading application took, over time.
    pub delivered: Bins,
    /// When it took the last of them.
    pub last_delivery: Time,
    /// Counters and series of the sending end.
    pub sender: Tally,
    /// Counters and series of the receiving end.
    pub receiver: Tally,
    /// Datagrams dropped at the receiver's socket.
    pub local_drops: u64,
    /// Time from write to read of each write of a live source, from the moment at which measurement begins.
    pub delivery_delay: Histogram,
    /// How long each bound was active at the sender.
    pub limits: LimitTimes,
    /// Capacity less loss, in bits of IP packets per second.
    capacity: f64,
    rtt: Duration,
    measure_from: Time,
    end: Time,
}

impl FlowReport {
    pub(crate) fn new(scenario: &Scenario, sender: &Endpoint, receiver: &Endpoint, end: Time) -> Self {
        let (delivered, last_delivery) = match receiver.app() {
            App::Sink(sink) => (sink.delivered().clone(), sink.last_delivery()),
            App::Source(_) => (Bins::default(), Time::ZERO),
        };
        Self {
            start: sender.start(),
            ideal: scenario.path.ideal(),
            sender_ending: sender.ending().clone(),
            receiver_ending: receiver.ending().clone(),
            sent: sender.session().stats(),
            received: receiver.session().stats(),
            delivered,
            last_delivery,
            sender: sender.tally().clone(),
            receiver: receiver.tally().clone(),
            local_drops: receiver.local_drops(),
            delivery_delay: delivery_delays(sender, receiver, Time::ZERO + scenario.measure_from),
            limits: sender.session().limits(sender.local(end)).1,
            capacity: scenario.path.rate.as_bps() as f64 * (1.0 - scenario.path.loss),
            rtt: scenario.path.rtt,
            measure_from: Time::ZERO + scenario.measure_from,
            end,
        }
    }

    /// When the stream was complete at the sender, if it was.
    pub fn completed_at(&self) -> Option<Time> {
        match self.sender_ending {
            Ending::Completed(at) => Some(at),
            _ => None,
        }
    }

    /// Goodput from the beginning of the session to the last byte, in bits per second.
    pub fn goodput(&self) -> f64 {
        let time = self.last_delivery.since(self.start).as_secs_f64();
        if time == 0.0 { 0.0 } else { self.delivered.total() as f64 * 8.0 / time }
    }

    /// Goodput of the whole transfer as a share of ideal.
    pub fn share(&self) -> f64 {
        self.goodput() / self.ideal
    }

    /// Goodput in the steady state as a share of ideal: from the moment at which measurement begins to the end of the run, or until
    /// 95 % of a stream that was completed were read (the repair of the last losses is no steady state). What waits behind a gap
    /// counts when it arrives, not when the gap is filled: a gap at the beginning must not make the rest look good.
    pub fn steady_share(&self) -> f64 {
        let nearly_all =
            self.completed_at().and_then(|_| self.delivered.reached(self.delivered.total() / 20 * 19));
        let first = self.received_by(self.measure_from);
        let last = self.received_by(nearly_all.unwrap_or(self.end));
        match (first, last) {
            (Some((from, a)), Some((to, b))) if to > from => {
                (b - a) as f64 * 8.0 / to.since(from).as_secs_f64() / self.ideal
            }
            _ => 0.0,
        }
    }

    /// Stream bytes that had arrived at the last sample by `at`, and when that was.
    fn received_by(&self, at: Time) -> Option<(Time, u64)> {
        let samples = &self.receiver.samples;
        let sample = samples.get(samples.partition_point(|s| s.at <= at).checked_sub(1)?)?;
        Some((sample.at, sample.arrived))
    }

    /// Time from the beginning until 90 % of the capacity arrived during one round trip.
    pub fn time_to_capacity(&self) -> Option<Duration> {
        let window = self.rtt.max(SHORTEST_WINDOW);
        let reached = self.receiver.taken_bytes.first_reaching(0.9 * self.capacity, window, self.start);
        reached.map(|at| at.since(self.start))
    }

    /// Stream bytes that arrived again, as a share of the stream bytes that arrived.
    pub fn redundancy(&self) -> f64 {
        share(self.received.bytes_duplicate, self.received.bytes_received)
    }

    /// Datagrams declared lost that were not, as a share of all sent.
    pub fn spurious(&self) -> f64 {
        share(self.sent.datagrams_spuriously_lost, self.sent.datagrams_sent)
    }

    /// Bytes on the wire towards the sender, as a share of those towards the receiver.
    pub fn feedback_share(&self) -> f64 {
        share(self.receiver.sent_bytes.total(), self.sender.sent_bytes.total())
    }

    /// Time that datagrams waited in the queue in the steady state; the share `q` waited no longer.
    pub fn queueing(&self, q: f64) -> Duration {
        self.receiver.waited_measured.quantile(q)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// For every write: from when it was due to when its last byte was read.
fn delivery_delays(sender: &Endpoint, receiver: &Endpoint, from: Time) -> Histogram {
    let mut delays = Histogram::default();
    let (App::Source(source), App::Sink(sink)) = (sender.app(), receiver.app()) else { return delays };
    let mut reads = sink.reads().iter().peekable();
    for (end, written) in source.writes() {
        while reads.next_if(|(consumed, _)| consumed < end).is_some() {}
        if let Some((_, read)) = reads.peek().filter(|_| *written >= from) {
            delays.record(read.since(*written));
        }
    }
    delays
}
