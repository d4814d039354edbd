//! The end that the stream goes to: what arrives, what the application takes, and what the sender is told.

use core::time::Duration;

use crate::config::Config;
use crate::io::{EndOfStream, Misuse};
use crate::limits::LimitClock;
use crate::memory::ChunkPool;
use crate::receive::arrivals::Received;
use crate::receive::flow::FlowWindow;
use crate::receive::late::LateNumbers;
use crate::receive::reassembly::Reassembly;
use crate::receive::reported::Reported;
use crate::receive::schedule::FeedbackSchedule;
use crate::units::{ByteCount, Instant};
use crate::wire::feedback::Feedback;
use crate::wire::frame;

use super::acknowledging::Contradiction;
use super::channel::{Arrival, Channel};

/// The round-trip time is measured this often while data arrives.
const RTT_INTERVAL: Duration = Duration::from_millis(500);

/// A PING that was lost is answered with the next word of the sender all the same; only a longer silence makes it worthless.
const RTT_PATIENCE: Duration = Duration::from_secs(10);

/// A window that opened is told again after this, then ever more rarely, until the sender shows that it knows.
const UPDATE_REPEAT: Duration = Duration::from_millis(100);
const UPDATE_REPEAT_MAX: Duration = Duration::from_secs(2);

/// Round trips after which the sender has judged of a datagram: one, and a reordering window of at most another, with room.
const JUDGED_ROUNDS: u32 = 4;

/// So many ranges fit into a FEEDBACK. Where there are more, and some numbers came late, so many of the newest travel with those.
const CROWD: usize = 450;
const CROWD_NEWEST: usize = 256;

/// What a FEEDBACK tells of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    /// From here on it tells of all numbers that have come.
    whole: u64,
    /// The lowest number.
    lowest: u64,
}

/// Counters of the receiver.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReceiveCounters {
    pub(super) duplicates: u64,
    pub(super) feedbacks: u64,
    pub(super) local_drops: u64,
}

/// The opening of a full window, which must not get lost.
#[derive(Clone, Copy, Debug)]
struct WindowUpdate {
    repeat_at: Instant,
    repeats: u32,
    /// The datagram that carried it first.
    number: Option<u64>,
}

/// A PING that measures the round-trip time.
#[derive(Clone, Copy, Debug, Default)]
struct RttPing {
    in_flight: Option<(u64, Instant)>,
    measured_at: Option<Instant>,
}

/// The receiving half.
#[derive(Debug)]
pub(super) struct RecvHalf {
    pub(super) reassembly: Reassembly,
    pub(super) flow: FlowWindow,
    pub(super) schedule: FeedbackSchedule,
    pub(super) counters: ReceiveCounters,
    pub(super) end: Option<EndOfStream>,
    /// The owner was told that all was given out.
    pub(super) is_end_told: bool,
    /// When the newest datagram came.
    newest_at: Instant,
    pub(super) data_at: Option<Instant>,
    /// When the system was heard to have dropped datagrams here.
    pub(super) dropped_at: Option<Instant>,
    /// UDP payload of the largest datagram that came.
    pub(super) largest: u16,
    pub(super) limits: LimitClock,
    reported: Reported,
    late: LateNumbers,
    update: Option<WindowUpdate>,
    ping: RttPing,
}

impl RecvHalf {
    pub(super) fn new(config: &Config, memory: ChunkPool) -> Self {
        Self {
            reassembly: Reassembly::new(config.first_window, memory),
            flow: FlowWindow::new(config.first_window, config.buffer_max),
            schedule: FeedbackSchedule::default(),
            counters: ReceiveCounters::default(),
            end: None,
            is_end_told: false,
            newest_at: Instant::ZERO,
            data_at: None,
            dropped_at: None,
            largest: 0,
            limits: LimitClock::new(),
            reported: Reported::default(),
            late: LateNumbers::default(),
            update: None,
            ping: RttPing::default(),
        }
    }

    /// Any datagram has come from the sender.
    pub(super) fn on_datagram(&mut self, now: Instant, arrival: &Arrival) {
        if arrival.is_newest {
            self.newest_at = now;
        } else {
            self.reported.on_late(arrival.number);
            self.late.on_late(arrival.number);
        }
        self.schedule.on_datagram(arrival.wire, arrival.is_gap);
        self.after_window(now);
    }

    /// Bytes of the stream up to `end` have come, `new` of them for the first time; `largest` is the largest packet number so far.
    pub(super) fn on_data(
        &mut self,
        now: Instant,
        largest: u64,
        end: u64,
        new: u64,
    ) -> Result<(), Contradiction> {
        if self.end.is_some_and(|known| end > known.length) {
            return Err(Contradiction("data came beyond the end of the stream"));
        }
        self.counters.duplicates += u64::from(new == 0);
        self.data_at = Some(now);
        if new > 0 {
            // The sender goes on, so it knows.
            self.update.take_if(|update| update.number.is_some());
        }
        self.flow.on_received(now, Received { new, highest: self.reassembly.highest(), number: largest });
        self.after_window(now);
        Ok(())
    }

    /// END has come.
    pub(super) fn on_end(&mut self, end: EndOfStream) -> Result<(), Contradiction> {
        self.schedule.hurry();
        match self.end {
            Some(known) if known != end => Err(Contradiction("two different ends of the stream")),
            Some(_) => Ok(()),
            None if self.reassembly.highest() > end.length => {
                Err(Contradiction("the stream ends before data that has come"))
            }
            None => {
                self.end = Some(end);
                Ok(())
            }
        }
    }

    /// The end of the stream, once, when all before it was given out.
    pub(super) fn take_end(&mut self) -> Option<EndOfStream> {
        let end = self.end.filter(|end| !self.is_end_told && end.length == self.reassembly.read())?;
        self.is_end_told = true;
        Some(end)
    }

    /// The application has taken `total` bytes.
    pub(super) fn on_consumed(&mut self, now: Instant, total: u64) -> Result<(), Misuse> {
        let most = self.reassembly.read();
        if total > most {
            return Err(Misuse::OutOfRange { what: "bytes consumed", value: total, most });
        }
        self.flow.on_consumed(total);
        self.after_window(now);
        Ok(())
    }

    /// The window may have moved: reassembly takes more, and a sender that may be blocked is told at once.
    fn after_window(&mut self, now: Instant) {
        self.reassembly.raise_limit(self.flow.limit());
        let is_over = self.end.is_some();
        if self.update.is_none() && !is_over && self.flow.wants_update(self.reassembly.highest()) {
            self.schedule.hurry();
            self.update = Some(WindowUpdate { repeat_at: now + UPDATE_REPEAT, repeats: 0, number: None });
        }
    }

    /// When the opening of the window is told again.
    pub(super) fn update_deadline(&self) -> Option<Instant> {
        self.update.map(|update| update.repeat_at)
    }

    /// Time has passed.
    pub(super) fn on_timeout(&mut self, now: Instant) {
        if let Some(update) = self.update.as_mut().filter(|update| update.repeat_at <= now) {
            update.repeats += 1;
            update.repeat_at = now + (UPDATE_REPEAT * (1 << update.repeats.min(8))).min(UPDATE_REPEAT_MAX);
            self.schedule.hurry();
        }
    }

    /// The sender has received our datagrams up to `largest`.
    pub(super) fn on_feedback_ack(&mut self, now: Instant, channel: &mut Channel, largest: u64) {
        channel.on_acknowledged(largest);
        self.reported.on_acknowledged(now, largest, self.flow.rtt() * JUDGED_ROUNDS);
        channel.received.forget_below(self.reported.floor());
        self.update.take_if(|update| update.number.is_some_and(|number| number <= largest));
        if let Some((_, sent_at)) = self.ping.in_flight.take_if(|(number, _)| *number <= largest) {
            self.flow.on_rtt(now.since(sent_at));
            self.ping.measured_at = Some(now);
        }
    }

    /// True if a PING is to travel with the next FEEDBACK.
    pub(super) fn wants_rtt(&self, now: Instant) -> bool {
        self.end.is_none()
            && self.ping.in_flight.is_none_or(|(_, at)| now.since(at) >= RTT_PATIENCE)
            && self.ping.measured_at.is_none_or(|at| now.since(at) >= RTT_INTERVAL)
    }

    /// A PING went out in our datagram `number`.
    pub(super) fn on_ping_sent(&mut self, now: Instant, number: u64) {
        self.ping.in_flight = Some((number, now));
    }

    /// Writes a FEEDBACK; gives what it tells of.
    pub(super) fn write_feedback(
        &self,
        now: Instant,
        channel: &Channel,
        to: &mut crate::wire::buffer::BufferWriter<'_>,
    ) -> Option<Told> {
        let largest = channel.received.largest()?;
        let feedback = Feedback {
            largest,
            received_at: self.newest_at,
            delay: now.since(self.newest_at),
            limit: self.flow.limit(),
            consumed: self.flow.consumed(),
            arrived: channel.counters.wire_received,
            duplicate_bytes: self.reassembly.duplicate_bytes(),
            local_drops: self.counters.local_drops,
        };
        let floor = self.reported.floor();
        let newest = || channel.received.newest_down_to(floor);
        let is_crowded = !self.late.is_empty() && newest().nth(CROWD).is_some();
        let most = if is_crowded { CROWD_NEWEST } else { usize::MAX };
        let late = match newest().nth(CROWD_NEWEST - 1) {
            Some(cut) if is_crowded => self.late.ranges_below(*cut.start(), &channel.received),
            _ => Vec::new(),
        };
        let ranges = || newest().take(most).chain(late.iter().cloned());
        let written = frame::encode_feedback(&feedback, ranges(), to).ok()?;
        let lowest_of = |count: usize| ranges().nth(count.saturating_sub(1)).map_or(largest, |r| *r.start());
        let (whole, told) = (lowest_of(written.min(most)), lowest_of(written));
        let is_all = !is_crowded && newest().nth(written).is_none();
        let whole = if is_all { floor.min(whole) } else { whole };
        Some(Told { whole, lowest: told.min(whole) })
    }

    /// FEEDBACK of `told` went out in our datagram `number`.
    pub(super) fn on_feedback_sent(
        &mut self,
        now: Instant,
        channel: &Channel,
        number: u64,
        told: Told,
        wire: ByteCount,
    ) {
        let end = channel.received.largest().map_or(0, |largest| largest + 1);
        self.reported.on_sent(number, told.whole, end);
        self.late.on_told(told.lowest);
        self.schedule.on_sent(now, wire);
        self.flow.on_told();
        self.counters.feedbacks += 1;
        if let Some(update) = &mut self.update {
            update.number.get_or_insert(number);
        }
    }
}
