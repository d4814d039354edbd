//! One run: streams on a link of their own.

use std::thread;
use std::time::{Duration, Instant};

use super::cell::Cell;
use super::plan::Plan;
use crate::error::LabError;
use crate::lab::{Lab, LabReport};
use crate::peer::{Load, Peer, Received};
use crate::probe::{PingSample, Pinger, Series, quantile};

/// Steady state is judged over the second half of a run, and a run is this many round-trip times at least.
const LEAST_ROUND_TRIPS: u32 = 40;
const PING_EVERY: Duration = Duration::from_millis(20);

/// One run.
#[derive(Clone, Copy, Debug)]
pub struct Case<'p> {
    /// What it is part of.
    pub plan: &'p Plan,
    /// The link.
    pub cell: Cell,
    /// The streams on it.
    pub flows: &'p [Peer],
    /// Seed of all chances.
    pub seed: u64,
}

/// What one stream got.
#[derive(Clone, Debug)]
pub struct FlowResult {
    /// The transport.
    pub peer: Peer,
    /// Bits per second from its beginning to its end.
    pub mean: f64,
    /// Bits per second over the second half of the time in which all streams were there; over all of it if a number of bytes was sent.
    pub steady: f64,
    /// Seconds from its beginning to its last byte.
    pub seconds: f64,
    /// Bytes that its reader took.
    pub bytes: u64,
    /// When it began, after the beginning of the run.
    pub offset: Duration,
    /// Bytes over time.
    pub series: Series,
}

/// Round-trip times beside the streams, less that of the empty link, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Pings {
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
}

/// What a run showed.
#[derive(Clone, Debug)]
pub struct Measured {
    /// In the order of the streams.
    pub flows: Vec<FlowResult>,
    /// IP bytes from side a to side b over application bytes that were read, in the steady state.
    pub wire_per_byte: f64,
    /// IP bytes back over IP bytes forth, in the steady state.
    pub feedback: f64,
    /// If pings were asked for.
    pub pings: Option<Pings>,
    /// Why the run does not count; empty if it does.
    pub doubts: Vec<String>,
}

impl Case<'_> {
    /// Makes the lab, runs the streams, and ends both.
    pub fn run(&self) -> Result<Measured, LabError> {
        let time = self.plan.time.max(self.cell.rtt * LEAST_ROUND_TRIPS);
        let lab = Lab::start(&self.cell.lab(self.seed, self.plan))?;
        let pinger =
            self.plan.pings.then(|| Pinger::start(&lab, self.plan.family, PING_EVERY)).transpose()?;
        let began = Instant::now();
        let start = lab.report()?;
        let (received, middle, end) = thread::scope(|scope| {
            let streams: Vec<_> = (0_u32..)
                .zip(self.flows)
                .map(|(i, peer)| {
                    scope.spawn({
                        let lab = &lab;
                        move || self.stream(lab, peer, self.plan.stagger * i, began, time)
                    })
                })
                .collect();
            let over = || streams.iter().all(|stream| stream.is_finished());
            let middle = self.report_at(&lab, began + self.steady_from(time), over);
            let end = self.report_at(&lab, began + time, over);
            let received: Vec<_> = streams.into_iter().map(|stream| stream.join()).collect();
            (received, middle, end)
        });
        let (middle, end) = (middle?, end?);
        let panicked = |_| LabError::Failed("the thread of a stream panicked".to_owned());
        let received: Result<Vec<Received>, _> =
            received.into_iter().map(|stream| stream.map_err(panicked).and_then(|r| r)).collect();
        let received = received?;
        let pings = pinger.map(|p| p.stop(self.cell.rtt * 2 + Duration::from_millis(100)));
        let steady = (self.steady_from(time), self.steady_to(time, began, &received));
        let mut doubts = end.doubts_since(&start);
        doubts.extend(received.iter().filter(|r| r.broke_off).map(|_| "a stream broke off".to_owned()));
        let flows: Vec<_> =
            self.flows.iter().zip(received).map(|(peer, r)| flow_result(peer, r, began, steady)).collect();
        let (wire_per_byte, feedback) = overhead(&flows, &middle, &end, steady);
        let pings = pings.and_then(|samples| self.pings(&samples, steady.0));
        Ok(Measured { flows, wire_per_byte, feedback, pings, doubts })
    }

    fn stream(
        &self,
        lab: &Lab,
        peer: &Peer,
        after: Duration,
        began: Instant,
        time: Duration,
    ) -> Result<Received, LabError> {
        thread::sleep(after.saturating_sub(began.elapsed()));
        let Plan { family, bytes, .. } = *self.plan;
        let window = 2 * self.cell.rate.bytes_in(self.cell.rtt.max(Duration::from_millis(10)));
        let flow = peer.open(lab, Load { family, bytes, window }, &self.plan.programs)?;
        flow.receive(time.saturating_sub(after), self.plan.bytes)
    }

    /// The middle of the time in which all streams are there. Of whole transfers nothing is left out.
    fn steady_from(&self, time: Duration) -> Duration {
        if self.plan.bytes < u64::MAX {
            return Duration::ZERO;
        }
        let last_start = self.plan.stagger * u32::try_from(self.flows.len() - 1).unwrap_or(0);
        last_start + time.saturating_sub(last_start) / 2
    }

    /// The end of the run, or of the longest transfer.
    fn steady_to(&self, time: Duration, began: Instant, received: &[Received]) -> Duration {
        let last_byte = received.iter().map(|r| r.began + r.lasted).max().unwrap_or(began);
        if self.plan.bytes < u64::MAX { last_byte.saturating_duration_since(began) } else { time }
    }

    /// The counters at a moment, or once all is over.
    fn report_at(&self, lab: &Lab, at: Instant, over: impl Fn() -> bool) -> Result<LabReport, LabError> {
        while Instant::now() < at && !over() {
            thread::sleep(at.saturating_duration_since(Instant::now()).min(Duration::from_millis(20)));
        }
        lab.report()
    }

    /// What pings took longer than on an empty link, from a moment on.
    fn pings(&self, samples: &[PingSample], from: Duration) -> Option<Pings> {
        let base = self.cell.rtt.as_secs_f64();
        let answered = samples.iter().filter(|s| s.at >= from);
        let mut extra: Vec<f64> =
            answered.filter_map(|s| Some((s.rtt?.as_secs_f64() - base).max(0.0) * 1e3)).collect();
        extra.sort_by(f64::total_cmp);
        Some(Pings {
            p50: quantile(&extra, 0.5)?,
            p95: quantile(&extra, 0.95)?,
            p99: quantile(&extra, 0.99)?,
        })
    }
}

fn flow_result(
    peer: &Peer,
    received: Received,
    began: Instant,
    (from, to): (Duration, Duration),
) -> FlowResult {
    let offset = received.began.saturating_duration_since(began);
    let seconds = received.lasted.as_secs_f64();
    let bytes = received.series.total();
    FlowResult {
        peer: peer.clone(),
        mean: if seconds > 0.0 { bytes as f64 * 8.0 / seconds } else { 0.0 },
        steady: received.series.rate(from.saturating_sub(offset), to.saturating_sub(offset)),
        seconds,
        bytes,
        offset,
        series: received.series,
    }
}

/// IP bytes forth over application bytes, and IP bytes back over IP bytes forth.
fn overhead(
    flows: &[FlowResult],
    middle: &LabReport,
    end: &LabReport,
    (from, to): (Duration, Duration),
) -> (f64, f64) {
    let forth = (end.ab.link.offered_bytes - middle.ab.link.offered_bytes) as f64;
    let back = (end.ba.link.offered_bytes - middle.ba.link.offered_bytes) as f64;
    let read = flows.iter().map(|f| f.steady).sum::<f64>() / 8.0 * (to - from).as_secs_f64();
    let ratio = |a: f64, b: f64| if b > 0.0 { a / b } else { 0.0 };
    (ratio(forth, read), ratio(back, forth))
}
