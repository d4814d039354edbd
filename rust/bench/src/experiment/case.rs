//! One run: streams on a link of their own.

use std::thread;
use std::time::{Duration, Instant};

use super::cell::Cell;
use super::delays::Delays;
use super::plan::Plan;
use crate::error::{LabError, Tried};
use crate::lab::{Lab, LabReport, Side};
use crate::peer::{Load, Peer, Received, Source};
use crate::probe::{PingSample, Pinger, Series, quantile};

/// Steady state is judged over the second half of a run, and a run is this many round-trip times at least.
const LEAST_ROUND_TRIPS: u32 = 40;
const PING_EVERY: Duration = Duration::from_millis(20);
/// Share of the ideal at which a stream has recovered from a change of the link.
const RECOVERED: f64 = 0.9;

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
    /// Seconds after the last change of the link until most of what it then offers is read again; None without a change, infinite if
    /// it is never.
    pub recovered: Option<f64>,
    /// Of a live stream: how old its records were when they were read.
    pub delays: Option<Delays>,
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
    /// Datagrams that side b's system dropped because a socket's buffer was full.
    pub local_drops: u64,
    /// How late the emulator wrote at the 99th percentile, in microseconds, and its share of a core; the worse direction of both.
    pub strain: (f64, f64),
    /// Why the run does not count; empty if it does.
    pub doubts: Vec<String>,
    /// True if it is the emulator that fell short, so that another attempt may count.
    pub is_strained: bool,
    /// How many attempts it took.
    pub attempts: u32,
}

impl Case<'_> {
    /// True if they differ in nothing but the seed.
    pub(super) fn is_alike(&self, other: &Case<'_>) -> bool {
        self.cell == other.cell && self.flows == other.flows
    }

    /// Makes the lab, runs the streams, and ends both; anew, as often as the plan allows, where a busy machine has kept the emulator from
    /// its work. What the streams did is no reason for another attempt.
    pub fn run(&self) -> Result<Measured, LabError> {
        first_sound(self.plan.attempts, || self.attempt())
    }

    fn attempt(&self) -> Result<Measured, LabError> {
        let time = self.plan.time.max(self.cell.rtt * LEAST_ROUND_TRIPS);
        let lab = Lab::start(&self.cell.lab(self.seed, self.plan))?;
        let pinger =
            self.plan.pings.then(|| Pinger::start(&lab, self.plan.family, PING_EVERY)).transpose()?;
        let began = Instant::now();
        let (start, drops) = (lab.report()?, local_drops(&lab)?);
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
        let is_strained = !doubts.is_empty();
        doubts.extend(received.iter().filter(|r| r.broke_off).map(|_| "a stream broke off".to_owned()));
        let result = |(peer, received): (&Peer, Received)| self.flow_result(peer, received, began, steady);
        let flows: Vec<_> = self.flows.iter().zip(received).map(result).collect();
        let (wire_per_byte, feedback) = overhead(&flows, &middle, &end, steady);
        let pings = pings.and_then(|samples| self.pings(&samples, steady.0));
        let local_drops = local_drops(&lab)?.saturating_sub(drops);
        let strain = end.strain_since(&start);
        Ok(Measured {
            flows,
            wire_per_byte,
            feedback,
            pings,
            local_drops,
            strain,
            doubts,
            is_strained,
            attempts: 1,
        })
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
        let Plan { family, bytes, live, .. } = *self.plan;
        let window = self.cell.rate.bytes_in(self.cell.rtt.max(Duration::from_millis(10)));
        let source = if live.is_some() { Source::Input } else { Source::Zeros(bytes) };
        let load = Load { family, source, window, rtt: self.cell.rtt };
        let flow = peer.open(lab, load, &self.plan.programs)?;
        let left = time.saturating_sub(after);
        match live {
            Some(share) => flow.receive_live(left, self.cell.rate.as_bps() as f64 / 8.0 * share),
            None => flow.receive(left, bytes),
        }
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

    fn flow_result(
        &self,
        peer: &Peer,
        received: Received,
        began: Instant,
        (from, to): (Duration, Duration),
    ) -> FlowResult {
        let offset = received.began.saturating_duration_since(began);
        let (from, to) = (from.saturating_sub(offset), to.saturating_sub(offset));
        let seconds = received.lasted.as_secs_f64();
        let bytes = received.series.total();
        FlowResult {
            peer: peer.clone(),
            mean: if seconds > 0.0 { bytes as f64 * 8.0 / seconds } else { 0.0 },
            steady: received.series.rate(from, to),
            seconds,
            bytes,
            offset,
            recovered: self.recovered(&received.series, offset),
            delays: received.live.map(|live| Delays::of(&live, from)),
            series: received.series,
        }
    }

    /// Seconds from the last change of the link until a mean over some round trips reaches [`RECOVERED`] of a stream's part of what the
    /// link offers from then on.
    fn recovered(&self, series: &Series, offset: Duration) -> Option<f64> {
        let (changed, after) = self.cell.after(&self.plan.schedule)?;
        let wanted = RECOVERED * after.ideal() / self.flows.len() as f64;
        let window = (after.rtt * 2).max(Duration::from_millis(500));
        let from = changed.saturating_sub(offset);
        let steps = (0..).map(|n| series.step() * n).take_while(|at| from + *at + window <= series.span());
        let found = steps.into_iter().find(|at| series.rate(from + *at, from + *at + window) >= wanted);
        Some(found.map_or(f64::INFINITY, |at| at.as_secs_f64()))
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

/// Datagrams that side b's system has dropped because a socket's buffer was full: "RcvbufErrors" of `/proc/net/snmp`.
fn local_drops(lab: &Lab) -> Result<u64, LabError> {
    let table = lab.open(Side::B, "read the counters of UDP", || {
        std::fs::read_to_string("/proc/thread-self/net/snmp")
    })?;
    let mut lines = table.lines().filter_map(|line| line.strip_prefix("Udp:"));
    let (names, values) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let found =
        names.split_whitespace().zip(values.split_whitespace()).find(|(name, _)| *name == "RcvbufErrors");
    let value = found.and_then(|(_, value)| value.parse().ok());
    value.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::InvalidData)).tried("find RcvbufErrors")
}

/// The first measurement that the emulator has not spoiled, or the last of so many.
fn first_sound(
    most: u32,
    mut attempt: impl FnMut() -> Result<Measured, LabError>,
) -> Result<Measured, LabError> {
    let mut measured = attempt()?;
    while measured.is_strained && measured.attempts < most {
        measured = Measured { attempts: measured.attempts + 1, ..attempt()? };
    }
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(is_strained: bool, doubt: &str) -> Measured {
        Measured {
            flows: Vec::new(),
            wire_per_byte: 1.0,
            feedback: 0.0,
            pings: None,
            local_drops: 0,
            strain: (0.0, 0.0),
            doubts: vec![doubt.to_owned()],
            is_strained,
            attempts: 1,
        }
    }

    #[test]
    fn what_the_emulator_has_spoiled_is_measured_again() {
        let mut left = 3;
        let mut late_twice = || {
            left -= 1;
            Ok(measured(left > 0, "late"))
        };
        let sound = first_sound(5, &mut late_twice).expect("it measures");
        assert!((sound.attempts, sound.is_strained) == (3, false));
        let spoiled = first_sound(2, || Ok(measured(true, "late"))).expect("it measures");
        assert!((spoiled.attempts, spoiled.is_strained) == (2, true));
    }

    #[test]
    fn what_a_stream_did_is_no_reason_for_another_attempt() {
        let broken = first_sound(3, || Ok(measured(false, "a stream broke off"))).expect("it measures");
        assert_eq!(broken.attempts, 1);
    }
}
