//! One flow: its sender with ideal recovery, its receiver with periodic feedback.

use core::time::Duration;
use std::collections::VecDeque;

use faspstream_proto::rate::{Controller, FeedbackFacts, RateController};
use faspstream_proto::units::{ByteCount, Instant, Rate};

use super::bbr::Bbr;
use super::estimator::{Smoothed, WindowedMin};
use super::metrics::Trace;
use super::tcp::Tcp;

/// Bytes of every datagram on the wire.
pub(super) const DATAGRAM: u64 = 1_500;

/// Who decides how fast a flow sends.
#[derive(Debug)]
pub enum Law {
    /// A law of this project.
    Ours(Box<Controller>),
    /// A loss-based law of TCP.
    Tcp(Tcp),
    /// BBR, first version.
    Bbr(Bbr),
}

impl Law {
    fn get(&self) -> &dyn RateController {
        match self {
            Self::Ours(law) => law.as_ref(),
            Self::Tcp(law) => law,
            Self::Bbr(law) => law,
        }
    }

    /// The law behind its contract.
    pub fn get_mut(&mut self) -> &mut dyn RateController {
        match self {
            Self::Ours(law) => law.as_mut(),
            Self::Tcp(law) => law,
            Self::Bbr(law) => law,
        }
    }

    fn is_tcp(&self) -> bool {
        !matches!(self, Self::Ours(_))
    }
}

/// What a flow is like.
#[derive(Debug)]
pub struct FlowConfig {
    /// Its law.
    pub law: Law,
    /// When it begins.
    pub start: Duration,
    /// When it stops sending.
    pub stop: Duration,
    /// Delay of the way back (the way forth belongs to the link).
    pub back: Duration,
    /// The way back takes up to this much longer, in a triangle of 1 s.
    pub back_wobble: Duration,
    /// Most bits per second that the application offers.
    pub application: Option<u64>,
    /// Datagrams that leave together.
    pub burst: Duration,
    /// A datagram that is missing is taken for lost when one that was sent this much later has arrived.
    pub patience: Duration,
}

impl FlowConfig {
    /// A flow of `law` that sends from the beginning to the end.
    pub fn new(law: Law, back: Duration) -> Self {
        Self {
            law,
            start: Duration::ZERO,
            stop: Duration::MAX,
            back,
            back_wobble: Duration::ZERO,
            application: None,
            burst: Duration::ZERO,
            patience: Duration::ZERO,
        }
    }
}

/// A datagram on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram {
    pub(super) flow: usize,
    pub(super) number: u64,
    pub(super) waited: u64,
}

impl faspstream_netem::Packet for Datagram {
    fn wire_len(&self) -> u64 {
        DATAGRAM
    }

    fn damage(&mut self, _draw: u64) {}

    fn on_waited(&mut self, waited: Duration) {
        self.waited = waited.as_nanos() as u64;
    }
}

/// What travels back: all that came since the last one.
#[derive(Debug, Default)]
pub(super) struct Feedback {
    pub(super) arrived: Vec<u64>,
    newest: u64,
    newest_at: u64,
    made_at: u64,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    at: u64,
    delivered: u64,
    delivered_at: u64,
    first_sent: u64,
    app_limited: bool,
    open: bool,
    arrived: bool,
}

/// Sender and receiver of a flow.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) config: FlowConfig,
    pub(super) trace: Trace,
    pub(super) returning: VecDeque<(u64, Feedback)>,
    gathering: Feedback,
    last_feedback: u64,
    sent: VecDeque<Sent>,
    oldest: u64,
    lost_below: u64,
    in_flight: u64,
    delivered: u64,
    delivered_at: u64,
    first_sent: u64,
    next_send: u64,
    credit: f64,
    app_limited_until: u64,
    base_one_way: WindowedMin,
    base_rtt: WindowedMin,
    srtt: Smoothed,
    heard_at: u64,
    silence: u64,
}

impl Flow {
    pub(super) fn new(config: FlowConfig, slice: Duration) -> Self {
        let start = config.start.as_nanos() as u64;
        Self {
            config,
            trace: Trace::new(slice),
            returning: VecDeque::new(),
            gathering: Feedback::default(),
            last_feedback: start,
            sent: VecDeque::new(),
            oldest: 0,
            lost_below: 0,
            in_flight: 0,
            delivered: 0,
            delivered_at: start,
            first_sent: start,
            next_send: start,
            credit: 0.0,
            app_limited_until: 0,
            base_one_way: WindowedMin::new(),
            base_rtt: WindowedMin::new(),
            srtt: Smoothed::default(),
            heard_at: start,
            silence: 0,
        }
    }

    // ---- receiver

    /// A datagram has arrived.
    pub(super) fn on_arrival(&mut self, now: u64, datagram: Datagram) {
        self.trace.on_arrival(now, DATAGRAM, datagram.waited);
        self.gathering.arrived.push(datagram.number);
        if datagram.number >= self.gathering.newest || self.gathering.arrived.len() == 1 {
            self.gathering.newest = datagram.number;
            self.gathering.newest_at = now;
        }
        let most = if self.config.law.is_tcp() { 2 } else { 64 };
        if self.gathering.arrived.len() >= most {
            self.send_feedback(now);
        }
    }

    /// When feedback is due although few datagrams came.
    pub(super) fn feedback_due(&self) -> Option<u64> {
        if self.gathering.arrived.is_empty() {
            return None;
        }
        let rtt = self.srtt.get().map_or(0, |rtt| rtt.as_nanos() as u64);
        let wait = if self.config.law.is_tcp() { 1_000_000 } else { (rtt / 8).max(2_000_000) };
        Some(self.last_feedback + wait)
    }

    pub(super) fn send_feedback(&mut self, now: u64) {
        let mut feedback = core::mem::take(&mut self.gathering);
        feedback.made_at = now;
        self.last_feedback = now;
        let wobble = self.config.back_wobble.as_nanos() as f64;
        let phase = (now % 1_000_000_000) as f64 / 1e9;
        let extra = (wobble * (1.0 - (2.0 * phase - 1.0).abs())) as u64;
        let at = now + self.config.back.as_nanos() as u64 + extra;
        let at = at.max(self.returning.back().map_or(0, |(at, _)| *at));
        self.returning.push_back((at, feedback));
    }

    // ---- sender

    /// When this flow would like to send next; None while the window or the application holds it.
    pub(super) fn send_due(&self) -> Option<u64> {
        let free = self.in_flight + DATAGRAM <= self.config.law.get().window().0;
        let at = self.next_send.max(self.app_ready());
        (free && at < self.config.stop.as_nanos() as u64).then_some(at)
    }

    /// When the application has the next datagram ready.
    fn app_ready(&self) -> u64 {
        let number = self.oldest + self.sent.len() as u64;
        self.config.application.map_or(0, |bps| {
            self.config.start.as_nanos() as u64 + (number as f64 * DATAGRAM as f64 * 8e9 / bps as f64) as u64
        })
    }

    pub(super) fn send(&mut self, now: u64) -> u64 {
        if self.app_ready() > self.next_send && self.app_ready() + 1_000_000 >= now {
            self.app_limited_until = self.delivered + self.in_flight + DATAGRAM;
        }
        if self.in_flight == 0 {
            self.first_sent = now;
            self.delivered_at = self.delivered_at.max(now);
            self.heard_at = now;
        }
        let number = self.oldest + self.sent.len() as u64;
        self.sent.push_back(Sent {
            at: now,
            delivered: self.delivered,
            delivered_at: self.delivered_at,
            first_sent: self.first_sent,
            app_limited: self.app_limited_until > self.delivered,
            open: true,
            arrived: false,
        });
        self.in_flight += DATAGRAM;
        let in_flight = ByteCount(self.in_flight);
        self.config.law.get_mut().on_sent(Instant::from_nanos(now), ByteCount(DATAGRAM), in_flight);
        let rate = self.config.law.get().rate();
        self.trace.on_sent(now, rate.as_bps(), self.config.law.get().window().0);
        self.pace(now, rate);
        number
    }

    /// The next datagram leaves after this one's time at `rate`; within a burst at once.
    fn pace(&mut self, now: u64, rate: Rate) {
        let gap = rate.time_for(ByteCount(DATAGRAM)).as_nanos() as f64;
        let burst = self.config.burst.as_nanos() as f64;
        self.credit += gap;
        if self.credit < burst {
            self.next_send = now;
        } else {
            self.next_send = self.next_send.max(now.saturating_sub(gap as u64)) + self.credit as u64;
            self.credit = 0.0;
        }
    }

    /// When silence becomes an outage.
    pub(super) fn outage_due(&self) -> Option<u64> {
        let rtt = self.srtt.get().map_or(1_000_000_000, |rtt| rtt.as_nanos() as u64 * 3 + 20_000_000);
        (self.in_flight > 0).then(|| self.heard_at + (rtt << self.silence.min(2)))
    }

    pub(super) fn on_outage(&mut self, now: u64) {
        let lost = self.sent.iter().filter(|s| s.open).count() as u64;
        self.trace.on_lost(now, lost);
        for sent in &mut self.sent {
            sent.open = false;
        }
        self.in_flight = 0;
        self.heard_at = now;
        self.silence += 1;
        self.config.law.get_mut().on_outage(Instant::from_nanos(now));
    }

    pub(super) fn on_feedback(&mut self, now: u64, feedback: &Feedback) {
        self.heard_at = now;
        self.silence = 0;
        let (before, mut acked) = (self.delivered, 0);
        for number in &feedback.arrived {
            let Some(sent) = number.checked_sub(self.oldest).and_then(|i| self.sent.get_mut(i as usize))
            else {
                continue;
            };
            if core::mem::replace(&mut sent.arrived, true) {
                continue;
            }
            acked += DATAGRAM;
            if core::mem::replace(&mut sent.open, false) {
                self.in_flight -= DATAGRAM;
            }
        }
        self.delivered = before + acked;
        let Some(newest) = feedback.newest.checked_sub(self.oldest).map(|i| self.sent[i as usize]) else {
            return;
        };
        let lost = self.find_lost(feedback.newest, newest.at);
        self.trace.on_lost(now, lost / DATAGRAM);
        let facts = self.facts(now, feedback, &newest, acked, lost);
        self.delivered_at = feedback.newest_at;
        self.first_sent = newest.at;
        self.forget();
        self.config.law.get_mut().on_feedback(&facts);
    }

    /// Bytes that are known to be lost now.
    fn find_lost(&mut self, newest: u64, newest_sent: u64) -> u64 {
        let limit = newest_sent.saturating_sub(self.config.patience.as_nanos() as u64);
        let mut lost = 0;
        let mut number = self.lost_below.max(self.oldest);
        while number < newest {
            let sent = &mut self.sent[(number - self.oldest) as usize];
            if sent.at > limit {
                break;
            }
            if core::mem::replace(&mut sent.open, false) {
                lost += DATAGRAM;
            }
            number += 1;
        }
        self.lost_below = number;
        self.in_flight -= lost;
        lost
    }

    fn facts(
        &mut self,
        now: u64,
        feedback: &Feedback,
        newest: &Sent,
        acked: u64,
        lost: u64,
    ) -> FeedbackFacts {
        let rtt = now - newest.at - (feedback.made_at - feedback.newest_at);
        let one_way = (feedback.newest_at - newest.at) as i64;
        let former_base = self.base_one_way.get();
        let base_one_way = self.base_one_way.record(now, one_way);
        let base_rtt = self.base_rtt.record(now, rtt as i64) as u64;
        let send_elapsed = newest.at - newest.first_sent;
        let receive_elapsed = feedback.newest_at.saturating_sub(newest.delivered_at);
        let interval = send_elapsed.max(receive_elapsed);
        let sample = Rate::of(ByteCount(self.delivered - newest.delivered), Duration::from_nanos(interval));
        FeedbackFacts {
            now: Instant::from_nanos(now),
            rtt: Some(Duration::from_nanos(rtt)),
            smoothed_rtt: self.srtt.record(rtt),
            base_rtt: Duration::from_nanos(base_rtt),
            queueing_delay: Some(Duration::from_nanos((one_way - base_one_way) as u64)),
            base_moved: former_base.map_or(0.0, |former| (base_one_way - former) as f64 * 1e-9),
            acked: ByteCount(acked),
            passed: ByteCount(acked),
            settled_at: Instant::from_nanos(newest.at),
            delivered: ByteCount(self.delivered),
            prior_delivered: ByteCount(newest.delivered),
            delivery_rate: (interval >= base_rtt / 2 && interval > 0).then_some(sample),
            app_limited: newest.app_limited,
            lost: ByteCount(lost),
            local_drops: ByteCount::ZERO,
            in_flight: ByteCount(self.in_flight),
            datagram: ByteCount(DATAGRAM),
        }
    }

    /// Forgets what is settled, but not the last second, in which late arrivals may still come.
    fn forget(&mut self) {
        while self.sent.len() > 4096 && self.sent.front().is_some_and(|s| !s.open) {
            self.sent.pop_front();
            self.oldest += 1;
        }
    }
}
