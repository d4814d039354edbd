//! The end that the stream comes from: what the application hands in, and what is known of the peer.

use core::time::Duration;
use std::collections::VecDeque;

use bytes::Bytes;

use crate::config::{Config, RatePolicy, Rates};
use crate::io::{EndOfStream, Misuse};
use crate::limits::LimitClock;
use crate::memory::ChunkPool;
use crate::mtu::MtuSearch;
use crate::pacer::Pacer;
use crate::rate::{Controller, RateController};
use crate::recovery::flight::Flight;
use crate::send::again::{Again, Lately};
use crate::send::queue::{Segment, SendQueue};
use crate::units::{ByteCount, Instant};
use crate::wire::header::{DATA_HEADER_LEN, STREAM_MAX, TAG_LEN};

/// Bytes of a data datagram that are not of the stream.
pub(super) const DATA_OVERHEAD: usize = DATA_HEADER_LEN + TAG_LEN;

/// A datagram that is not full waits so long for more bytes.
const PARTIAL_WAIT: Duration = Duration::from_millis(1);

/// What full datagrams have left over waits so long: an application that writes what is due each millisecond fills it with its next write.
const REST_WAIT: Duration = Duration::from_micros(1_500);

/// Bytes that fill no datagram and wait for more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partial {
    /// They wait no longer.
    until: Instant,
    /// They are what full datagrams have left over, so it is a stream that they belong to and no message.
    is_rest: bool,
}

/// END is repeated at least this often until it is answered by COMPLETE or ABORT.
const END_REPEAT_MAX: Duration = Duration::from_secs(1);

/// A copy of a retransmission, which travels a few datagrams behind the one before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copy {
    pub(super) segment: Segment,
    /// The datagram that carries the same bytes.
    pub(super) before: u64,
    pub(super) tries: u8,
    /// Copies that are to follow this one.
    pub(super) more: u8,
}

/// The flow control of the peer, as last heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct PeerWindow {
    pub(super) limit: u64,
    pub(super) consumed: u64,
    pub(super) duplicate_bytes: u64,
    pub(super) local_drops: u64,
}

/// END on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    pub(super) end: EndOfStream,
    sent_at: Option<Instant>,
    repeats: u32,
}

/// When FEEDBACK_ACK is due.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FeedbackAcks {
    /// Feedbacks since the last one.
    pub(super) unanswered: u32,
    /// At once: the peer asked, or waits for a word.
    pub(super) is_due: bool,
    pub(super) sent_at: Instant,
}

/// Counters of the sender.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SendCounters {
    pub(super) lost: u64,
    pub(super) retransmitted: u64,
    pub(super) spurious: u64,
    pub(super) feedbacks: u64,
    pub(super) outages: u64,
}

/// The sending half.
#[derive(Debug)]
pub(super) struct SendHalf {
    pub(super) queue: SendQueue,
    pub(super) flight: Flight,
    pub(super) controller: Controller,
    pub(super) pacer: Pacer,
    pub(super) mtu: MtuSearch,
    pub(super) peer: PeerWindow,
    pub(super) rates: Rates,
    /// A connection carries the datagrams: its own law keeps the network, so that ours only keeps the target.
    is_carried: bool,
    /// The caller gives turns to send in; only the target is paced.
    takes_turns: bool,
    pub(super) limits: LimitClock,
    pub(super) counters: SendCounters,
    pub(super) acks: FeedbackAcks,
    pub(super) ending: Option<Ending>,
    pub(super) again: Again,
    pub(super) lately: Lately,
    pub(super) copies: VecDeque<Copy>,
    /// A probe timeout wants the oldest data sent again.
    pub(super) probe_due: bool,
    /// What may be too little for a full datagram.
    partial: Option<Partial>,
    /// Bytes below this do not wait for more.
    pub(super) flushed: u64,
    /// Wire bytes that the receiving system dropped and that were not found lost yet.
    pub(super) local_debt: ByteCount,
    pub(super) local_drop_at: Option<Instant>,
    /// When the controller would have gone as fast as the target or faster.
    pub(super) at_target_at: Option<Instant>,
    /// Most stream bytes that this end holds.
    pub(super) buffer_max: u64,
    /// IP and UDP headers of a datagram.
    pub(super) headers: ByteCount,
    /// For segments that straddle what the application handed in.
    pub(super) scratch: Vec<u8>,
}

impl SendHalf {
    pub(super) fn new(config: &Config, headers: ByteCount, memory: ChunkPool) -> Self {
        let mtu = MtuSearch::new(config.datagram_start, config.datagram_max);
        let full = ByteCount(u64::from(mtu.size())) + headers;
        let controller = Controller::new(&config.rates, full, config.path_memory);
        Self {
            queue: SendQueue::new(memory),
            flight: Flight::new(config.path_memory.map(|memory| memory.min_rtt)),
            pacer: Pacer::new(controller.rate(), full),
            controller,
            mtu,
            peer: PeerWindow { limit: config.first_window, consumed: 0, duplicate_bytes: 0, local_drops: 0 },
            rates: config.rates,
            is_carried: false,
            takes_turns: false,
            limits: LimitClock::new(),
            counters: SendCounters::default(),
            acks: FeedbackAcks::default(),
            ending: None,
            again: Again::default(),
            lately: Lately::default(),
            copies: VecDeque::new(),
            probe_due: false,
            partial: None,
            flushed: 0,
            local_debt: ByteCount::ZERO,
            local_drop_at: None,
            at_target_at: None,
            buffer_max: config.buffer_max,
            headers,
            scratch: vec![0; usize::from(config.datagram_max)],
        }
    }

    /// The next bytes of the stream.
    pub(super) fn write(&mut self, now: Instant, bytes: Bytes) -> Result<(), Misuse> {
        if self.ending.is_some() {
            return Err(Misuse::Finished);
        }
        let length = self.queue.written().saturating_add(bytes.len() as u64);
        if length > STREAM_MAX {
            return Err(Misuse::OutOfRange { what: "length of the stream", value: length, most: STREAM_MAX });
        }
        self.queue.push(bytes);
        self.partial.get_or_insert(Partial { until: now + PARTIAL_WAIT, is_rest: false });
        Ok(())
    }

    /// What was written so far does not wait.
    pub(super) fn flush(&mut self) {
        self.flushed = self.queue.written();
    }

    /// The stream ends here.
    pub(super) fn finish(&mut self, end: EndOfStream) -> Result<(), Misuse> {
        if self.ending.is_some() {
            return Err(Misuse::Finished);
        }
        let written = self.queue.written();
        if end.length != written {
            return Err(Misuse::OutOfRange { what: "length at the end", value: end.length, most: written });
        }
        self.flush();
        self.ending = Some(Ending { end, sent_at: None, repeats: 0 });
        Ok(())
    }

    /// The user has changed target, minimum or policy.
    pub(super) fn set_rates(&mut self, now: Instant, rates: Rates) {
        self.rates = rates;
        self.apply_rates(now);
    }

    /// Whether a connection carries the datagrams, from now on.
    pub(super) fn set_carried(&mut self, now: Instant, is_carried: bool) {
        self.is_carried = is_carried;
        self.apply_rates(now);
    }

    fn apply_rates(&mut self, now: Instant) {
        let policy = if self.is_carried { RatePolicy::Fixed } else { self.rates.policy };
        self.controller.on_rates(now, &Rates { policy, ..self.rates });
        self.pacer.set_rate(now, self.controller.rate());
    }

    /// The session goes on elsewhere, or may: what was learnt of the path may be wrong.
    pub(super) fn on_path_change(&mut self, now: Instant, headers: ByteCount) {
        self.headers = headers;
        self.mtu.on_path_change();
        self.flight.base.reset();
        self.controller.on_path_change(now);
        self.update_pacer(now);
    }

    /// Rate and size of the pacer after anything that may change them.
    pub(super) fn update_pacer(&mut self, now: Instant) {
        self.pacer.set_datagram(self.full_wire());
        self.pacer.set_late_max(self.controller.late_max());
        self.pacer.set_burst(self.controller.burst());
        let rate = if self.takes_turns { self.rates.target } else { self.controller.rate() };
        self.pacer.set_rate(now, rate);
        if self.controller.rate() >= self.rates.target {
            self.at_target_at = Some(now);
        }
    }

    /// Whether the caller gives turns to send in.
    pub(super) fn set_turns(&mut self, now: Instant, takes_turns: bool) {
        self.takes_turns = takes_turns;
        self.update_pacer(now);
    }

    /// Wire bytes of a full datagram.
    pub(super) fn full_wire(&self) -> ByteCount {
        ByteCount(u64::from(self.mtu.size())) + self.headers
    }

    /// Stream bytes in a full datagram.
    pub(super) fn full_payload(&self) -> usize {
        usize::from(self.mtu.size()) - DATA_OVERHEAD
    }

    /// True if END has to go out now.
    pub(super) fn is_end_due(&self, now: Instant) -> bool {
        self.end_deadline().is_some_and(|deadline| deadline <= now)
    }

    /// When END goes out, first or again: as soon as everything was sent once, and until it is answered.
    pub(super) fn end_deadline(&self) -> Option<Instant> {
        let ending = self.ending.as_ref().filter(|_| self.queue.unsent() == 0)?;
        let Some(sent_at) = ending.sent_at else { return Some(Instant::ZERO) };
        let interval = self.flight.probe.patience(&self.flight.rtt) * (1 << ending.repeats.min(10));
        Some(sent_at + interval.min(END_REPEAT_MAX.max(self.flight.rtt.smoothed() * 2)))
    }

    /// END was put into a datagram.
    pub(super) fn on_end_sent(&mut self, now: Instant) {
        if let Some(ending) = &mut self.ending {
            ending.repeats += u32::from(ending.sent_at.is_some());
            ending.sent_at = Some(now);
        }
    }

    /// The peer has taken everything, whatever its last feedback said: this word may overtake that.
    pub(super) fn on_complete(&mut self) {
        let written = self.queue.written();
        if self.queue.sent() == written {
            self.queue.acked(Segment { offset: 0, len: usize::try_from(written).unwrap_or(usize::MAX) });
            self.peer.consumed = written;
        }
    }

    /// True if END was sent, so that COMPLETE can be its answer.
    pub(super) fn has_sent_end(&self) -> bool {
        self.ending.is_some_and(|ending| ending.sent_at.is_some())
    }

    /// True if flow control keeps new data back.
    pub(super) fn is_flow_blocked(&self) -> bool {
        self.queue.unsent() > 0 && self.queue.sent() >= self.peer.limit
    }

    /// The next new segment may be this short of full: it was flushed, it has waited enough, or nothing is in flight and it is no rest. A
    /// rest does not go with the feedback on what it is the rest of: that would wake both ends once more for each feedback.
    pub(super) fn may_be_partial(&self, now: Instant) -> bool {
        let waits = self.partial.is_some_and(|partial| {
            now < partial.until && (partial.is_rest || self.flight.ring.in_flight_count() > 0)
        });
        !waits || self.flushed > self.queue.sent()
    }

    /// New bytes were cut off the queue.
    pub(super) fn on_new_sent(&mut self, now: Instant) {
        let rest = Partial { until: now + REST_WAIT, is_rest: true };
        self.partial = (self.queue.unsent() > 0).then_some(rest);
    }

    /// When a datagram that is not full has waited enough.
    pub(super) fn partial_deadline(&self) -> Option<Instant> {
        self.partial.filter(|_| self.queue.unsent() > 0).map(|partial| partial.until)
    }

    /// When FEEDBACK_ACK is worth a datagram.
    pub(super) fn is_ack_due(&self, now: Instant) -> bool {
        const FEEDBACKS: u32 = 8;
        let spacing = (self.flight.rtt.smoothed() / 8).min(Duration::from_millis(25));
        self.acks.is_due || (self.acks.unanswered >= FEEDBACKS && now.since(self.acks.sent_at) >= spacing)
    }
}
