//! The machine around a session: it is busy at times, its timers are late, and its socket holds only so much.

use core::time::Duration;

use faspstream_netem::{BitRate, RandomStream, Time};

use crate::packet::Segment;

/// What a machine is like. The default is infinitely fast.
#[derive(Clone, Copy, Debug)]
pub struct HostConfig {
    /// Bytes that the socket's receive buffer holds while the process is busy; each datagram counts with 768 bytes of the kernel's own.
    pub receive_buffer: u64,
    /// Processor time for each datagram sent or received.
    pub per_datagram: Duration,
    /// What the socket takes at most; it blocks when this much waits in it: 64 KiB.
    pub send_rate: Option<BitRate>,
    /// Timers fire up to this late, each by a chance of its own.
    pub timer_slack: Duration,
    /// Times at which the process gets no processor.
    pub stalls: Option<Stalls>,
    /// How late the process gets its processor when something wakes it.
    pub wakes: Option<Wakes>,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            receive_buffer: u64::MAX,
            per_datagram: Duration::ZERO,
            send_rate: None,
            timer_slack: Duration::ZERO,
            stalls: None,
            wakes: None,
        }
    }
}

/// A machine that is shared: a process that was asleep runs some time after what woke it, and finds all that has come by then.
#[derive(Clone, Copy, Debug)]
pub struct Wakes {
    /// Mean of the usual delay (exponential).
    pub usual: Duration,
    /// Share of the wake-ups that come late, because somebody else has the processor.
    pub late: f64,
    /// By how much they are late: least and most (uniform).
    pub by: (Duration, Duration),
}

/// The process stands still, at random moments.
#[derive(Clone, Copy, Debug)]
pub struct Stalls {
    /// Mean time from the end of one to the beginning of the next (exponential).
    pub every: Duration,
    /// Each lasts up to this long (uniform).
    pub up_to: Duration,
}

/// Bytes that wait in a socket which blocks, and those that wait when it takes more again.
const SEND_BUFFER: u64 = 64 * 1024;
const SEND_LOW: u64 = SEND_BUFFER / 2;

/// The time over which the share of processor time is taken, and the share above which none is left.
const LOAD_WINDOW: Duration = Duration::from_millis(100);
const LOAD_FULL: f64 = 0.95;

/// What the kernel spends on a datagram besides its bytes.
const KERNEL_OVERHEAD: u64 = 768;

/// A machine at work.
#[derive(Debug)]
pub(crate) struct Host {
    config: HostConfig,
    inbox: Vec<Segment>,
    inbox_bytes: u64,
    dropped: u64,
    busy_until: Time,
    /// When the socket has sent everything.
    sent_by: Time,
    is_blocked: bool,
    load_since: Time,
    worked: Duration,
    is_full: bool,
    next_stall: Option<(Time, Time)>,
    stalls: u64,
    chance: RandomStream,
    slack: RandomStream,
    /// When the oldest datagram came that waits in the socket.
    waits_since: Time,
    /// When the process went to sleep.
    slept_at: Time,
    wakes: RandomStream,
}

impl Host {
    pub(crate) fn new(config: HostConfig, seed: u64) -> Self {
        let mut host = Self {
            config,
            inbox: Vec::new(),
            inbox_bytes: 0,
            dropped: 0,
            busy_until: Time::ZERO,
            sent_by: Time::ZERO,
            is_blocked: false,
            load_since: Time::ZERO,
            worked: Duration::ZERO,
            is_full: false,
            next_stall: None,
            stalls: 0,
            chance: RandomStream::new(seed, 201),
            slack: RandomStream::new(seed, 202),
            waits_since: Time::ZERO,
            slept_at: Time::ZERO,
            wakes: RandomStream::new(seed, 203),
        };
        host.plan_stall(Time::ZERO);
        host
    }

    /// A datagram comes to the socket; it is dropped if that is full.
    pub(crate) fn accept(&mut self, now: Time, packet: Segment) {
        let cost = packet.wire_len + KERNEL_OVERHEAD;
        if self.inbox.is_empty() {
            self.waits_since = now;
        }
        // An empty socket takes one datagram whatever its size.
        if !self.inbox.is_empty() && self.inbox_bytes.saturating_add(cost) > self.config.receive_buffer {
            self.dropped += 1;
            return;
        }
        self.inbox_bytes += cost;
        self.inbox.push(packet);
    }

    /// True if the process has the processor at `now`.
    pub(crate) fn is_free(&mut self, now: Time) -> bool {
        while let Some((from, until)) = self.next_stall.filter(|(from, _)| *from <= now) {
            self.busy_until = self.busy_until.max(until);
            self.plan_stall(from.max(until));
        }
        self.busy_until <= now
    }

    /// The process has handled this many datagrams.
    pub(crate) fn work(&mut self, now: Time, datagrams: u64) {
        let spent = self.config.per_datagram * u32::try_from(datagrams).unwrap_or(u32::MAX);
        self.busy_until = self.busy_until.max(now) + spent;
        self.worked += spent;
        self.slept_at = self.busy_until;
    }

    /// True if the process has no processor time left, or has again: told once, when it changes.
    pub(crate) fn load_change(&mut self, now: Time) -> Option<bool> {
        let window = now.since(self.load_since);
        if window < LOAD_WINDOW {
            return None;
        }
        let is_full = self.worked.as_secs_f64() > LOAD_FULL * window.as_secs_f64();
        (self.load_since, self.worked) = (now, Duration::ZERO);
        (core::mem::replace(&mut self.is_full, is_full) != is_full).then_some(is_full)
    }

    /// The socket has taken so many bytes.
    pub(crate) fn on_sent(&mut self, now: Time, bytes: u64) {
        if let Some(rate) = self.config.send_rate {
            self.sent_by = self.sent_by.max(now) + time_for(rate, bytes);
        }
    }

    /// True if the socket blocks, or takes more again: told once, when it changes.
    pub(crate) fn block_change(&mut self, now: Time) -> Option<bool> {
        let rate = self.config.send_rate?;
        let waiting = rate.bytes_in(self.sent_by.since(now));
        let is_blocked = if self.is_blocked { waiting > SEND_LOW } else { waiting >= SEND_BUFFER };
        (core::mem::replace(&mut self.is_blocked, is_blocked) != is_blocked).then_some(is_blocked)
    }

    /// When a socket that blocks takes more.
    fn unblocks(&self) -> Option<Time> {
        let rate = self.config.send_rate.filter(|_| self.is_blocked)?;
        Some(self.sent_by - time_for(rate, SEND_LOW))
    }

    /// Everything in the socket.
    pub(crate) fn take_inbox(&mut self) -> Vec<Segment> {
        self.inbox_bytes = 0;
        core::mem::take(&mut self.inbox)
    }

    /// Gives the emptied vector back, so that it need not grow again.
    pub(crate) fn put_back(&mut self, mut emptied: Vec<Segment>) {
        emptied.clear();
        self.inbox = emptied;
    }

    /// Datagrams dropped at the socket so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Datagrams that wait in the socket.
    pub(crate) fn waiting(&self) -> u64 {
        self.inbox.len() as u64
    }

    /// When the process runs next, if its timer is set to `timer` and `now` is what it has seen last.
    pub(crate) fn next_wake(&self, now: Time, timer: Option<Time>) -> Option<Time> {
        let timer = timer.map(|at| at + self.config.timer_slack.mul_f64(self.slack.unit_at(at.as_nanos())));
        let arrival = (!self.inbox.is_empty()).then_some(self.waits_since);
        let due = [timer, arrival, self.unblocks().map(|at| at.max(now))].into_iter().flatten().min();
        due.map(|at| (at + self.wake_delay(at)).max(self.busy_until))
    }

    /// How long after `due` the process runs: only who sleeps by then has to be woken.
    fn wake_delay(&self, due: Time) -> Duration {
        let Some(wakes) = self.config.wakes.filter(|_| due > self.slept_at) else { return Duration::ZERO };
        let chance = |which: u64| self.wakes.unit_at(due.as_nanos().wrapping_mul(3).wrapping_add(which));
        let (least, most) = wakes.by;
        if chance(0) < wakes.late {
            least + most.saturating_sub(least).mul_f64(chance(1))
        } else {
            wakes.usual.mul_f64(-(1.0 - chance(2)).ln())
        }
    }

    fn plan_stall(&mut self, after: Time) {
        let Some(stalls) = self.config.stalls else { return };
        let (wait, length) = (self.chance.unit_at(self.stalls), self.chance.unit_at(self.stalls + 1));
        self.stalls += 2;
        let from = after + stalls.every.mul_f64(-(1.0 - wait).ln());
        self.next_stall = Some((from, from + stalls.up_to.mul_f64(length)));
    }
}

fn time_for(rate: BitRate, bytes: u64) -> Duration {
    Duration::from_secs_f64(bytes as f64 * 8.0 / rate.as_bps() as f64)
}
