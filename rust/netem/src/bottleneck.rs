//! The rate limiter with its drop-tail queue.

use core::time::Duration;
use std::collections::VecDeque;

use crate::counters::Cause;
use crate::packet::Packet;
use crate::units::{BitRate, Time};

/// A queue that is served at a rate. The front packet is the one being sent.
#[derive(Clone, Debug)]
pub(crate) struct Bottleneck<P> {
    rate: Option<BitRate>,
    limit: u64,
    waiting: VecDeque<Waiting<P>>,
    bytes: u64,
    /// When the sending of the front packet began.
    start: Time,
    /// When the front packet has been sent.
    finish: Time,
    /// What rounding left over: billionths of a bit that the wire is ahead of `finish`.
    carry: u64,
}

#[derive(Clone, Debug)]
struct Waiting<P> {
    packet: P,
    since: Time,
    tag: Tag,
}

/// What was decided about a packet before it entered the queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tag {
    /// Its place in the random streams.
    pub(crate) n: u64,
    /// Why it will be lost after the queue, if it will.
    pub(crate) lost: Option<Cause>,
}

/// A packet that has left the bottleneck.
#[derive(Debug)]
pub(crate) struct Departed<P> {
    pub(crate) packet: P,
    pub(crate) at: Time,
    pub(crate) tag: Tag,
}

impl<P: Packet> Bottleneck<P> {
    pub(crate) fn new(rate: Option<BitRate>, limit: u64) -> Self {
        Self {
            rate,
            limit,
            waiting: VecDeque::new(),
            bytes: 0,
            start: Time::ZERO,
            finish: Time::ZERO,
            carry: 0,
        }
    }

    /// Takes the packet in, or gives false if there is no room. What is due must have been taken out by [`Self::depart`] before.
    pub(crate) fn enqueue(&mut self, now: Time, packet: P, tag: Tag) -> bool {
        let len = packet.wire_len();
        if !self.waiting.is_empty() && self.bytes.saturating_add(len) > self.limit {
            return false;
        }
        if self.waiting.is_empty() {
            if now > self.finish {
                self.carry = 0;
            }
            self.begin(self.finish.max(now), len);
        }
        self.bytes += len;
        self.waiting.push_back(Waiting { packet, since: now, tag });
        true
    }

    /// When the next packet leaves.
    pub(crate) fn next_departure(&self) -> Option<Time> {
        (!self.waiting.is_empty()).then_some(self.finish)
    }

    /// Takes out the packet that leaves at [`Self::next_departure`], and tells it how long it waited for others.
    pub(crate) fn depart(&mut self) -> Option<Departed<P>> {
        let Waiting { mut packet, since, tag } = self.waiting.pop_front()?;
        self.bytes -= packet.wire_len();
        packet.on_waited(self.start.since(since));
        let at = self.finish;
        if let Some(next_len) = self.waiting.front().map(|next| next.packet.wire_len()) {
            self.begin(at, next_len);
        }
        Some(Departed { packet, at, tag })
    }

    /// Changes the rate; the packet being sent goes on at the new one.
    pub(crate) fn set_rate(&mut self, now: Time, rate: Option<BitRate>) {
        if !self.waiting.is_empty() {
            let left = self.finish.since(now).as_nanos();
            let left = match (self.rate, rate) {
                (Some(old), Some(new)) => left * u128::from(old.as_bps()) / u128::from(new.as_bps()),
                _ => 0,
            };
            self.finish = now + Duration::from_nanos(u64::try_from(left).unwrap_or(u64::MAX));
        }
        self.carry = 0;
        self.rate = rate;
    }

    pub(crate) fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Begins to send `len` bytes at `start`. Rounding is carried over, so that a busy link keeps its rate exactly.
    fn begin(&mut self, start: Time, len: u64) {
        self.start = start;
        self.finish = start;
        if let Some(rate) = self.rate {
            // 2^31 bytes in a packet would be the first to overflow.
            let work = len * 8_000_000_000 + self.carry;
            self.carry = work % rate.as_bps();
            self.finish = start + Duration::from_nanos(work / rate.as_bps());
        }
    }
}
