//! FEEDBACK at the sender: what has arrived, what is lost, and what the controller is told of it.

use core::ops::RangeInclusive;
use core::time::Duration;

use super::channel::Channel;
use super::sending::SendHalf;
use crate::rate::{FeedbackFacts, RateController};
use crate::recovery::flight::{Measured, Settled};
use crate::recovery::sent::{Fate, Purpose, SentDatagram};
use crate::send::queue::Segment;
use crate::units::{ByteCount, Instant};
use crate::wire::feedback::Feedback;

/// The receiver spoke of what can't be: the session ends with `PROTOCOL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contradiction(pub(super) &'static str);

impl SendHalf {
    /// Works one FEEDBACK in.
    pub(super) fn on_feedback(
        &mut self,
        now: Instant,
        channel: &mut Channel,
        feedback: &Feedback,
        ranges: impl Iterator<Item = RangeInclusive<u64>>,
    ) -> Result<(), Contradiction> {
        if feedback.largest >= self.flight.ring.next_number() {
            return Err(Contradiction("a datagram was acknowledged that was never sent"));
        }
        if feedback.consumed > self.queue.sent() {
            return Err(Contradiction("more was consumed than was sent"));
        }
        self.counters.feedbacks += 1;
        self.on_peer_window(feedback);
        let measured = self.flight.on_feedback(now, feedback, ranges);
        self.counters.outages += u64::from(measured.ends_outage);
        let local_drops = self.on_local_drops(now, feedback.local_drops);
        let lost = self.apply_settled(now, channel);
        self.tell_controller(now, &measured, lost, local_drops);
        Ok(())
    }

    /// Looks for losses after a time without feedback.
    pub(super) fn on_loss_timeout(&mut self, now: Instant, channel: &mut Channel) {
        self.flight.on_timeout(now);
        let lost = self.apply_settled(now, channel);
        if lost > ByteCount::ZERO {
            self.tell_controller(now, &Measured::default(), lost, ByteCount::ZERO);
        }
    }

    fn on_peer_window(&mut self, feedback: &Feedback) {
        let was_blocked = self.is_flow_blocked();
        self.peer.limit = self.peer.limit.max(feedback.limit);
        self.peer.consumed = self.peer.consumed.max(feedback.consumed);
        self.peer.duplicate_bytes = self.peer.duplicate_bytes.max(feedback.duplicate_bytes);
        self.acks.unanswered += 1;
        // A receiver repeats the opening of its window until it hears that it came.
        self.acks.is_due |= was_blocked && !self.is_flow_blocked();
    }

    /// Wire bytes that the receiving system dropped since the last word of it.
    fn on_local_drops(&mut self, now: Instant, total: u64) -> ByteCount {
        let new = total.saturating_sub(self.peer.local_drops);
        self.peer.local_drops = self.peer.local_drops.max(total);
        let bytes = ByteCount(new.saturating_mul(self.full_wire().0));
        if new > 0 {
            self.local_debt += bytes;
            self.local_drop_at = Some(now);
        }
        bytes
    }

    /// Gives what was settled to the queue, the path MTU search and the keys; gives the wire bytes lost on the path.
    fn apply_settled(&mut self, now: Instant, channel: &mut Channel) -> ByteCount {
        let (arrived, lost) = self.flight.take_settled();
        if let Some(newest) = arrived.last() {
            channel.on_acknowledged(newest.number);
        }
        let size = self.mtu.size();
        self.on_all_arrived(&arrived);
        let mut lost_bytes = ByteCount::ZERO;
        for settled in &lost {
            lost_bytes += self.on_lost(settled);
        }
        if self.mtu.size() < size {
            self.controller.on_black_hole(now);
            self.again.forget();
        }
        if size != self.mtu.size() {
            self.update_pacer(now);
        }
        self.flight.recycle(now, arrived, lost);
        let local = lost_bytes.0.min(self.local_debt.0);
        self.local_debt = self.local_debt.saturating_sub(ByteCount(local));
        lost_bytes.saturating_sub(ByteCount(local))
    }

    fn on_all_arrived(&mut self, arrived: &[Settled]) {
        let patience = self.flight.rtt.probe_timeout().max(Duration::from_millis(50));
        // Neighbours in the stream mostly arrive together: they are told to the queue as one.
        let mut run: Option<Segment> = None;
        for Settled { datagram, .. } in arrived {
            let size = self.payload_size(datagram);
            if datagram.purpose == Purpose::MtuProbe {
                self.mtu.on_probe_arrived(size);
            } else {
                self.mtu.on_arrived(size, datagram.sent_at, patience);
            }
            if datagram.purpose == Purpose::Data {
                self.counters.spurious += u64::from(datagram.fate == Fate::Lost);
                let segment = segment_of(datagram);
                match &mut run {
                    Some(run) if run.end() == segment.offset => run.len += segment.len,
                    other => _ = other.replace(segment).map(|run| self.on_acked(run)),
                }
            }
        }
        run.into_iter().for_each(|run| self.on_acked(run));
    }

    fn on_acked(&mut self, segment: Segment) {
        self.queue.acked(segment);
        self.again.on_arrived(segment.offset..segment.end());
    }

    /// Wire bytes that count as lost on the path.
    fn on_lost(&mut self, settled: &Settled) -> ByteCount {
        let datagram = &settled.datagram;
        let size = self.payload_size(datagram);
        match datagram.purpose {
            Purpose::Silent => return ByteCount::ZERO,
            Purpose::MtuProbe => {
                self.mtu.on_probe_lost(size);
                return ByteCount::ZERO;
            }
            Purpose::Eliciting => {}
            Purpose::Data => {
                self.counters.lost += 1;
                self.mtu.on_lost(size, datagram.sent_at);
                self.requeue(settled);
            }
        }
        ByteCount(u64::from(datagram.wire))
    }

    /// The bytes go out again, unless another datagram carries them already.
    fn requeue(&mut self, settled: &Settled) {
        let twin = self.flight.ring.twin_of(settled.number, &settled.datagram);
        if twin.is_some_and(|twin| twin.fate != Fate::Lost) {
            return;
        }
        let segment = segment_of(&settled.datagram);
        if self.queue.is_acked(segment) {
            return;
        }
        self.queue.mark_lost(segment);
        let too_long = self.payload_size(&settled.datagram) > self.mtu.size();
        self.again.on_lost(segment.offset..segment.end(), if too_long { 0 } else { settled.datagram.tries });
    }

    /// UDP payload of a datagram that was sent.
    fn payload_size(&self, datagram: &SentDatagram) -> u16 {
        datagram.wire.saturating_sub(self.headers.0 as u16)
    }

    fn tell_controller(
        &mut self,
        now: Instant,
        measured: &Measured,
        lost: ByteCount,
        local_drops: ByteCount,
    ) {
        let passed = self.flight.take_passed();
        let flight = &self.flight;
        let delivered = flight.delivery.delivered();
        let smoothed_rtt = flight.rtt.smoothed();
        self.controller.on_feedback(&FeedbackFacts {
            now,
            rtt: measured.rtt,
            smoothed_rtt,
            base_rtt: flight.base.rtt().unwrap_or(smoothed_rtt),
            queueing_delay: measured.queueing_delay,
            base_moved: measured.base_moved as f64 * 1e-9,
            acked: measured.acked,
            passed,
            settled_at: flight.settled_at(),
            delivered,
            // A word that tells nothing of a newer datagram is no sign that another round trip is over.
            prior_delivered: flight.delivery.prior(),
            delivery_rate: measured.rate,
            app_limited: measured.app_limited,
            lost,
            local_drops,
            in_flight: flight.ring.in_flight(),
            datagram: self.full_wire(),
        });
        self.update_pacer(now);
    }
}

fn segment_of(datagram: &SentDatagram) -> Segment {
    Segment { offset: datagram.offset, len: usize::from(datagram.len) }
}
