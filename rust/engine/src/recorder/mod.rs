//! The flight recorder: the last protocol events of a session, kept cheaply, written as qlog when somebody asks.
//!
//! Datagrams are noted by the turn of the driver and not one by one, so that a fast stream does not push out what led to its failure
//! within milliseconds.

mod qlog;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use faspstream_proto::config::{RatePolicy, Rates};
use faspstream_proto::error::ErrorCode;
use faspstream_proto::io::{Limit, Stats};
use faspstream_proto::units::Rate;

pub(crate) use qlog::Title;

/// Bytes of memory that the recording of one session takes at most; it grows to that as events come.
const MEMORY: usize = 64 << 10;
/// Events that fit.
const CAPACITY: usize = MEMORY / size_of::<Entry>();

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum What {
    /// Datagrams given to the network in one turn of the driver.
    Sent(Datagrams),
    /// Authentic datagrams received in one turn of the driver.
    Received(Datagrams),
    /// Datagrams that were not taken: malformed, not authentic, replayed.
    Rejected(u32),
    /// Estimates of the path.
    Metrics { rtt_us: u32, queue_us: u32, pacing_kbps: u32, delivery_kbps: u32, in_flight: u32 },
    /// Data datagrams declared lost and sent again since the last such event.
    Lost { lost: u32, again: u32 },
    /// Another bound is active.
    Limit(Limit),
    /// The datagram size has changed.
    Mtu(u16),
    /// The number of outages that were outlived.
    Outages(u32),
    /// The socket takes no more datagrams (true), or takes them again.
    Blocked(bool),
    /// The application or the peer has changed the rates.
    Rates { target_kbps: u32, min_kbps: u32, policy: RatePolicy },
    /// The network of this host has changed.
    PathChange,
    /// The data channel works.
    Established,
    /// All bytes have arrived.
    EndOfStream,
    /// The peer's application has read it all.
    Completed,
    /// This end's application ends the session.
    Abort(ErrorCode),
    /// The session is over without completion.
    Closed(ErrorCode),
}

/// Some datagrams and their UDP payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Datagrams {
    count: u32,
    bytes: u32,
}

impl Datagrams {
    /// So many more.
    pub(crate) fn add(&mut self, count: usize, bytes: usize) {
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.count = self.count.saturating_add(narrow(count));
        self.bytes = self.bytes.saturating_add(narrow(bytes));
    }
}

/// An event and when it was, in microseconds since the session began.
#[derive(Clone, Copy, Debug)]
struct Entry {
    at_us: u64,
    what: What,
}

/// The ring of one session.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    entries: VecDeque<Entry>,
    /// Events that were pushed out.
    forgotten: u64,
    last: Stats,
    last_limit: Option<Limit>,
}

impl Recorder {
    /// Notes what happened `after` the session began.
    pub(crate) fn note(&mut self, after: Duration, what: What) {
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
            self.forgotten += 1;
        }
        let at_us = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        self.entries.push_back(Entry { at_us, what });
    }

    /// Notes what is new in a snapshot of the statistics.
    pub(crate) fn note_stats(&mut self, after: Duration, stats: &Stats, limit: Limit) {
        let before = core::mem::replace(&mut self.last, *stats);
        let lost = narrow(stats.datagrams_lost.saturating_sub(before.datagrams_lost));
        let again = narrow(stats.datagrams_retransmitted.saturating_sub(before.datagrams_retransmitted));
        if lost + again > 0 {
            self.note(after, What::Lost { lost, again });
        }
        if stats.datagram_size != before.datagram_size {
            self.note(after, What::Mtu(stats.datagram_size));
        }
        if stats.outages != before.outages {
            self.note(after, What::Outages(narrow(stats.outages)));
        }
        if self.last_limit.replace(limit) != Some(limit) {
            self.note(after, What::Limit(limit));
        }
        if metrics(stats) != metrics(&before) {
            self.note(after, metrics(stats));
        }
    }

    /// Notes rates.
    pub(crate) fn note_rates(&mut self, after: Duration, rates: Rates) {
        let Rates { target, min, policy } = rates;
        let kbps = |rate: Rate| narrow(rate.as_bps() / 1_000);
        self.note(after, What::Rates { target_kbps: kbps(target), min_kbps: kbps(min), policy });
    }
}

fn metrics(stats: &Stats) -> What {
    let micros = |time: Duration| u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
    What::Metrics {
        rtt_us: micros(stats.rtt),
        queue_us: micros(stats.queueing_delay),
        pacing_kbps: narrow(stats.pacing_rate / 1_000),
        delivery_kbps: narrow(stats.delivery_rate / 1_000),
        in_flight: narrow(stats.bytes_in_flight),
    }
}

fn narrow(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// What one turn of the driver moves, gathered until its end.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// Datagrams given to the network.
    pub(crate) sent: Datagrams,
    /// Authentic datagrams received.
    pub(crate) received: Datagrams,
    /// Datagrams that were not taken.
    pub(crate) rejected: u32,
}

impl Turn {
    /// Notes the turn that ends at `now`, and begins the next one.
    pub(crate) fn end(&mut self, recorder: &mut Recorder, began: Instant, now: Instant) {
        let after = now.saturating_duration_since(began);
        let Self { sent, received, rejected } = core::mem::take(self);
        if received.count > 0 {
            recorder.note(after, What::Received(received));
        }
        if rejected > 0 {
            recorder.note(after, What::Rejected(rejected));
        }
        if sent.count > 0 {
            recorder.note(after, What::Sent(sent));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_takes_at_most_its_memory_and_keeps_the_newest() {
        let mut recorder = Recorder::default();
        for n in 0..10_000u32 {
            recorder.note(Duration::from_micros(n.into()), What::Rejected(n));
        }
        assert!(recorder.entries.capacity() * size_of::<Entry>() <= 2 * MEMORY);
        assert_eq!(recorder.entries.len(), CAPACITY);
        assert_eq!(recorder.entries.back().map(|e| e.what), Some(What::Rejected(9_999)));
        assert_eq!(recorder.forgotten, 10_000 - CAPACITY as u64);
    }

    #[test]
    fn a_turn_in_which_nothing_moved_leaves_no_trace() {
        let (mut recorder, mut turn, now) = (Recorder::default(), Turn::default(), Instant::now());
        turn.end(&mut recorder, now, now);
        assert!(recorder.entries.is_empty());
        turn.sent.add(2, 3_000);
        turn.end(&mut recorder, now, now);
        turn.end(&mut recorder, now, now);
        assert_eq!(recorder.entries.len(), 1);
    }

    #[test]
    fn of_the_statistics_only_what_changed_is_noted() {
        let mut recorder = Recorder::default();
        let stats = Stats { datagrams_lost: 3, outages: 1, ..Stats::default() };
        recorder.note_stats(Duration::ZERO, &stats, Limit::TargetRate);
        recorder.note_stats(Duration::ZERO, &stats, Limit::TargetRate);
        let noted: Vec<_> = recorder.entries.iter().map(|e| e.what).collect();
        assert_eq!(
            noted,
            [What::Lost { lost: 3, again: 0 }, What::Outages(1), What::Limit(Limit::TargetRate)]
        );
    }
}
