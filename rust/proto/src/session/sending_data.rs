//! Data datagrams: what goes next, how much of it may go now, and the batches that carry it.

use super::channel::Channel;
use super::sending::{Copy, DATA_OVERHEAD, SendHalf};
use crate::mtu;
use crate::rate::RateController;
use crate::recovery::sent::{Fate, Purpose, SentDatagram};
use crate::send::again::{copies, copies_at_end};
use crate::send::queue::Segment;
use crate::units::{ByteCount, Instant};
use crate::wire::header::Kind;

/// A copy of a retransmission leaves so many datagrams behind the one before, out of reach of the same short burst of losses.
const COPY_DISTANCE: u64 = 4;

/// A segment that is on its way into a datagram.
#[derive(Clone, Copy, Debug)]
struct Outgoing {
    segment: Segment,
    /// How often its first byte was sent before.
    tries: u8,
    /// The datagram that carries the same bytes.
    twin: Option<u64>,
    /// Copies that are to follow it.
    copies: u8,
}

/// A batch of data datagrams.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch {
    pub(super) len: usize,
    pub(super) segment: usize,
}

impl SendHalf {
    /// Fills `buf` with data datagrams as far as pace, window and flow control allow.
    pub(super) fn transmit_data(
        &mut self,
        now: Instant,
        channel: &mut Channel,
        buf: &mut [u8],
        max_datagrams: usize,
    ) -> Option<Batch> {
        let full = usize::from(self.mtu.size());
        let allowed = if self.probe_due { 1 } else { self.allowance(now) };
        let most = max_datagrams.min(buf.len() / full).min(allowed);
        let mut batch = Batch { len: 0, segment: 0 };
        let mut room = self.full_payload();
        for _ in 0..most {
            let Some(outgoing) = self.next_outgoing(now, room) else { break };
            let Some(len) = self.seal_data(now, channel, outgoing, &mut buf[batch.len..]) else { break };
            batch.len += len;
            batch.segment = batch.segment.max(len);
            room = batch.segment - DATA_OVERHEAD;
            if outgoing.segment.len < room {
                break;
            }
        }
        if batch.len == 0 {
            self.note_bound(now);
            return None;
        }
        Some(batch)
    }

    /// Datagrams that pace and window let go now.
    fn allowance(&mut self, now: Instant) -> usize {
        let full = self.full_wire().0;
        let credit = self.pacer.open(now).0 / full;
        usize::try_from(credit.min(self.window_room() / full)).unwrap_or(usize::MAX)
    }

    /// Wire bytes that the window has room for; a full datagram if nothing is in flight.
    fn window_room(&self) -> u64 {
        let in_flight = self.flight.ring.in_flight();
        let room = self.controller.window().saturating_sub(in_flight).0;
        if in_flight == ByteCount::ZERO { room.max(self.full_wire().0) } else { room }
    }

    /// True if the window, not the pace, keeps a datagram back.
    pub(super) fn is_window_blocked(&self) -> bool {
        self.window_room() < self.full_wire().0
    }

    /// True if there is a datagram that could go if pace and window let it.
    pub(super) fn has_sendable(&self, now: Instant) -> bool {
        self.queue.lost() > 0 || !self.copies.is_empty() || self.new_room(now).is_some()
    }

    /// How long a new segment may be, and whether it may be shorter than full; None if none may go.
    fn new_room(&self, now: Instant) -> Option<(usize, bool)> {
        let full = self.full_payload();
        let unsent = self.queue.unsent();
        let credit = self.peer.limit.saturating_sub(self.queue.sent());
        let partial = self.may_be_partial(now);
        if unsent == 0 || credit == 0 || (unsent.min(credit) < full as u64 && !partial) {
            return None;
        }
        Some((full.min(usize::try_from(credit).unwrap_or(full)), partial))
    }

    /// What goes next: a probe, a copy, the lowest lost bytes, then new ones. At most `room` bytes.
    fn next_outgoing(&mut self, now: Instant, room: usize) -> Option<Outgoing> {
        if core::mem::take(&mut self.probe_due)
            && let Some(probe) = self.oldest_in_flight(room)
        {
            return Some(probe);
        }
        if let Some(copy) = self.next_copy(room, false) {
            return Some(copy);
        }
        if let Some(segment) = self.queue.next_lost(room) {
            let tries = self.again.take(segment.offset..segment.end());
            let copies = self.copies(tries) - 1;
            return Some(Outgoing { segment, tries, twin: None, copies });
        }
        self.next_new(now, room).or_else(|| self.next_copy(room, true))
    }

    /// How many datagrams carry what was sent `tries` times before.
    fn copies(&mut self, tries: u8) -> u8 {
        let (lost, sent) = (self.counters.lost, self.flight.ring.next_number());
        let in_flight = self.flight.ring.in_flight().0 / self.full_wire().0;
        let loss = self.lately.share(lost, sent, in_flight);
        let loss = self.controller.usual_loss().map_or(loss, |usual| usual.max(loss));
        let copies = copies(tries, loss);
        let is_at_end = self.ending.is_some() && self.queue.unsent() == 0;
        if is_at_end { copies.max(copies_at_end(loss, in_flight, sent)) } else { copies }
    }

    fn next_new(&mut self, now: Instant, room: usize) -> Option<Outgoing> {
        let (len, partial) = self.new_room(now)?;
        let segment = self.queue.next_new(len.min(room), partial)?;
        self.on_new_sent(now);
        Some(Outgoing { segment, tries: 0, twin: None, copies: 0 })
    }

    /// The copy that is due; `anyway` if nothing else is there to go before it.
    fn next_copy(&mut self, room: usize, anyway: bool) -> Option<Outgoing> {
        let next = self.flight.ring.next_number();
        while let Some(copy) = self.copies.front().copied() {
            // After a black hole a copy may be longer than any datagram, and would wait for ever; or a shorter one has brought a part.
            let is_whole = self.queue.missing(copy.segment) == Some(copy.segment);
            if !is_whole || copy.segment.len > self.full_payload() {
                self.copies.pop_front();
                continue;
            }
            if copy.segment.len > room || (!anyway && next < copy.before + COPY_DISTANCE) {
                return None;
            }
            self.copies.pop_front();
            return Some(Outgoing {
                segment: copy.segment,
                tries: copy.tries,
                twin: Some(copy.before),
                copies: copy.more,
            });
        }
        None
    }

    /// The oldest data in flight once more. After a silence that lasts no longer than every path carries: a black hole may have opened.
    fn oldest_in_flight(&self, room: usize) -> Option<Outgoing> {
        let (number, datagram) = self.flight.ring.oldest_data()?;
        let base = usize::from(self.mtu.size().min(mtu::BASE)) - DATA_OVERHEAD;
        let room = if self.flight.probe.is_lasting() { room.min(base) } else { room };
        let whole = Segment { offset: datagram.offset, len: usize::from(datagram.len) };
        // A shorter datagram may have brought a part of it already.
        let missing = self.queue.missing(whole).filter(|missing| missing.end() <= self.queue.sent())?;
        let segment = Segment { len: missing.len.min(room), ..missing };
        let twin = (segment == whole && datagram.twin == 0).then_some(number);
        Some(Outgoing { segment, tries: datagram.tries.saturating_add(1), twin, copies: 0 })
    }

    fn seal_data(
        &mut self,
        now: Instant,
        channel: &mut Channel,
        outgoing: Outgoing,
        out: &mut [u8],
    ) -> Option<usize> {
        let segment = outgoing.segment;
        let kind = Kind::Data { offset: segment.offset };
        let sealed = match self.queue.as_single_slice(segment) {
            Some(payload) => channel.seal(kind, payload, out),
            None => channel.seal(kind, self.queue.copy_to(segment, &mut self.scratch), out),
        };
        let Some((number, len)) = sealed else {
            self.queue.mark_lost(segment);
            return None;
        };
        debug_assert_eq!(number, self.flight.ring.next_number(), "one number space, one ring");
        self.counters.retransmitted += u64::from(outgoing.tries > 0);
        self.on_sent(now, Purpose::Data, len, Some(outgoing.segment), outgoing.tries);
        if let Some(twin) = outgoing.twin {
            self.flight.ring.link(twin, number);
        }
        if let Some(more) = outgoing.copies.checked_sub(1) {
            self.copies.push_back(Copy { segment, before: number, tries: outgoing.tries, more });
        }
        Some(len)
    }

    /// A datagram of `len` bytes of UDP payload went out: records it, and charges pace and controller.
    pub(super) fn on_sent(
        &mut self,
        now: Instant,
        purpose: Purpose,
        len: usize,
        segment: Option<Segment>,
        tries: u8,
    ) {
        let wire = ByteCount(len as u64) + self.headers;
        self.flight.on_sent(SentDatagram {
            sent_at: now,
            offset: segment.map_or(0, |segment| segment.offset),
            // Datagrams are at most 65,487 bytes, with all headers 65,535.
            len: segment.map_or(0, |segment| segment.len as u16),
            wire: wire.0 as u16,
            epoch: 0,
            purpose,
            fate: Fate::Outstanding,
            tries,
            app_limited: false,
            twin: 0,
        });
        self.pacer.on_sent(now, wire);
        self.controller.on_sent(now, wire, self.flight.ring.in_flight());
    }

    /// Nothing went out: the window is the bound, or the pace, or else the application or flow control.
    fn note_bound(&mut self, now: Instant) {
        let sendable = self.has_sendable(now);
        if self.is_window_blocked() || !sendable {
            self.pacer.release();
        } else {
            self.pacer.hold();
        }
        if !sendable && !self.is_window_blocked() {
            self.flight.delivery.on_app_limited(self.flight.ring.in_flight());
        }
    }
}
