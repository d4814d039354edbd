//! What a session says of itself: statistics, and which bound is active.

use core::time::Duration;

use super::receiving::RecvHalf;
use super::sending::SendHalf;
use super::{Half, Session};
use crate::io::{Limit, LimitTimes, Stats};
use crate::rate::RateController;
use crate::units::{Instant, Rate};

/// So long after the last word of local drops they count as what limits.
const LOCAL_DROPS: Duration = Duration::from_secs(1);

/// So long after the system's socket took nothing more it counts as what limits, where else the network would.
const LOCAL_BLOCKS: Duration = Duration::from_millis(50);

/// Bytes that a writer may be ahead of the network.
const WRITE_AHEAD: u64 = 6 << 20;

/// Where one datagram in eight to three is lost in all, what the law takes for usual is what the path loses: less may be what a start has
/// sent too much, and more is mostly what a queue has no room for.
const LOST_MUCH: u64 = 8;
const LOST_MOST: u64 = 3;

/// So long after the rate stood at the target the target counts as what limits.
const TARGET_MEMORY: Duration = Duration::from_secs(1);

/// A stream that has not moved for so long is not limited by the network.
const QUIET: Duration = Duration::from_secs(1);

impl Session {
    /// A snapshot of all counters.
    pub(super) fn report(&self) -> Stats {
        let counters = &self.channel.counters;
        let mut stats = Stats {
            wire_bytes_sent: counters.wire_sent,
            wire_bytes_received: counters.wire_received,
            datagrams_sent: counters.datagrams_sent,
            datagrams_received: counters.datagrams_received,
            datagrams_reordered: counters.reordered,
            datagrams_rejected: counters.rejected,
            key_updates: self.channel.key_updates(),
            ..Stats::default()
        };
        match &self.half {
            Half::Send(send) => send.report(&mut stats),
            Half::Recv(recv) => {
                stats.bytes_received = recv.reassembly.contiguous();
                stats.bytes_delivered = recv.flow.consumed();
                stats.bytes_duplicate = recv.reassembly.duplicate_bytes();
                stats.datagrams_duplicate = recv.counters.duplicates;
                stats.local_drops = recv.counters.local_drops;
                stats.rtt = recv.flow.measured_rtt().unwrap_or_default();
                stats.rtt_min = recv.flow.least_rtt().unwrap_or_default();
                stats.delivery_rate = recv.flow.rate().as_bps();
                stats.datagram_size = recv.largest;
                stats.buffer_used = recv.reassembly.buffered();
                stats.buffer_size = recv.flow.window();
                stats.feedbacks = recv.counters.feedbacks;
            }
        }
        stats
    }

    /// Notes which bound is active from now on.
    pub(super) fn note_limit(&mut self, now: Instant) {
        let suspicious = self.channel.silence.is_suspicious() && self.channel.is_established();
        let of_late = self.send_blocked_at.is_some_and(|at| now.since(at) < LOCAL_BLOCKS);
        let (blocked, busy) = (self.is_send_blocked, self.is_busy);
        match &mut self.half {
            Half::Send(send) => {
                let limit = match () {
                    () if suspicious || send.flight.probe.is_outage() => Limit::Outage,
                    () if blocked => Limit::LocalSocketBuffer,
                    () => send.active_limit(now),
                };
                // A socket that takes too little does so in bursts: what it lets through in between is not the network's measure.
                let limit = match limit {
                    Limit::NetworkCapacity if of_late => Limit::LocalSocketBuffer,
                    limit => limit,
                };
                send.limits.set(now, or_busy(limit, busy));
            }
            Half::Recv(recv) => {
                let limit = recv.active_limit(now, suspicious);
                recv.limits.set(now, or_busy(limit, busy));
            }
        }
    }

    /// The active bound and the sums.
    pub(super) fn report_limits(&self, now: Instant) -> (Limit, LimitTimes) {
        match &self.half {
            Half::Send(send) => (send.limits.active(), send.limits.times_at(now)),
            Half::Recv(recv) => (recv.limits.active(), recv.limits.times_at(now)),
        }
    }
}

/// Where the network or the target would be named, a caller without time is the truer reason: more would not have been sent or taken.
fn or_busy(limit: Limit, busy: bool) -> Limit {
    match limit {
        Limit::NetworkCapacity | Limit::TargetRate if busy => Limit::Cpu,
        limit => limit,
    }
}

impl RecvHalf {
    /// What this end can see of what keeps the stream back.
    fn active_limit(&self, now: Instant, suspicious: bool) -> Limit {
        let unread = self.reassembly.contiguous() - self.flow.consumed();
        let drops = self.dropped_at.is_some_and(|at| now.since(at) < LOCAL_DROPS);
        match () {
            () if suspicious => Limit::Outage,
            () if unread > self.flow.window() / 2 => Limit::ApplicationRead,
            () if self.data_at.is_none_or(|at| now.since(at) > QUIET) => Limit::ApplicationWrite,
            () if drops => Limit::LocalSocketBuffer,
            () => Limit::NetworkCapacity,
        }
    }
}

impl SendHalf {
    fn report(&self, stats: &mut Stats) {
        let flight = &self.flight;
        stats.bytes_accepted = self.queue.written();
        stats.bytes_sent = self.queue.sent();
        stats.bytes_acknowledged = self.queue.acknowledged();
        stats.bytes_delivered = self.peer.consumed;
        stats.bytes_duplicate = self.peer.duplicate_bytes;
        stats.datagrams_lost = self.counters.lost;
        stats.datagrams_retransmitted = self.counters.retransmitted;
        stats.datagrams_spuriously_lost = self.counters.spurious;
        stats.local_drops = self.peer.local_drops;
        if flight.rtt.has_sample() {
            stats.rtt = flight.rtt.smoothed();
            stats.rtt_variation = flight.rtt.variation();
        }
        stats.rtt_min = flight.base.rtt().unwrap_or_default();
        stats.queueing_delay = flight.queueing_delay;
        stats.pacing_rate = self.pacer.rate().as_bps();
        stats.delivery_rate = flight.delivery.latest().map_or(0, Rate::as_bps);
        stats.bytes_in_flight = flight.ring.in_flight().0;
        stats.datagram_size = self.mtu.size();
        stats.buffer_used = self.queue.buffered();
        stats.buffer_size = self.useful_buffer();
        stats.feedbacks = self.counters.feedbacks;
        stats.outages = self.counters.outages;
    }

    /// What is worth holding: four bandwidth-delay products (in flight, behind a gap, behind a gap whose retransmission is lost
    /// too, growth), and enough for the writer's rhythm. Where much is lost, as much more is sent than arrives.
    fn useful_buffer(&self) -> u64 {
        let flight = &self.flight;
        let base = flight.base.rtt().unwrap_or_default();
        let arriving = flight.delivery.peak().unwrap_or(Rate::ZERO).bytes_in(base).0;
        let (sent, lost) = (flight.ring.next_number(), self.counters.lost);
        let is_random = (sent / LOST_MUCH..sent / LOST_MOST).contains(&lost);
        let usual = self.controller.usual_loss().unwrap_or(0.0);
        let passing = if is_random { 1.0 - usual.min(0.5) } else { 1.0 };
        let product = ((arriving as f64 / passing) as u64).min(self.pacer.rate().bytes_in(base).0);
        product.saturating_mul(4).saturating_add(WRITE_AHEAD).min(self.buffer_max)
    }

    /// True if what arrived in order and was not read fills at least half of the window.
    fn is_reader_behind(&self) -> bool {
        let unread = self.queue.acknowledged().saturating_sub(self.peer.consumed);
        let window = self.peer.limit.saturating_sub(self.peer.consumed);
        unread > 0 && unread >= window / 2
    }

    /// True if flow control leaves less than what could be sent.
    fn is_short_of_window(&self) -> bool {
        let unsent = self.queue.unsent();
        let credit = self.peer.limit.saturating_sub(self.queue.sent());
        unsent > 0 && credit < unsent.min(self.full_payload() as u64)
    }

    /// True if most of what this end may hold is on its way: the buffer is below the bandwidth-delay product.
    fn is_buffer_in_flight(&self) -> bool {
        let sent = self.queue.sent() - self.queue.acknowledged();
        let written = self.queue.written() - self.queue.acknowledged();
        written >= self.buffer_max / 4 * 3 && sent >= self.buffer_max / 2
    }

    /// True if the target was what bounded the rate of late; an adaptive law dips below it now and then to look around.
    fn is_held_by_target(&self, now: Instant) -> bool {
        let memory = (self.flight.rtt.smoothed() * 10).max(TARGET_MEMORY);
        self.at_target_at.is_some_and(|at| now.since(at) < memory)
    }

    /// What keeps the next datagram back.
    fn active_limit(&self, now: Instant) -> Limit {
        if self.is_reader_behind() {
            return Limit::ApplicationRead;
        }
        if (self.queue.lost() == 0 && self.is_short_of_window()) || self.is_buffer_in_flight() {
            return Limit::ReceiveWindow;
        }
        if !self.has_sendable(now) {
            let all_sent = self.ending.is_some() && self.queue.unsent() == 0;
            let all_arrived = self.queue.acknowledged() == self.queue.written();
            return match (all_sent, all_arrived) {
                (false, _) => Limit::ApplicationWrite,
                (true, false) => Limit::NetworkCapacity,
                (true, true) => Limit::ApplicationRead,
            };
        }
        if self.local_drop_at.is_some_and(|at| now.since(at) < LOCAL_DROPS) {
            Limit::PeerSocketBuffer
        } else if self.is_held_by_target(now) {
            Limit::TargetRate
        } else {
            Limit::NetworkCapacity
        }
    }
}
