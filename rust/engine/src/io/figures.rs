//! Statistics on their way from a session to its application, and what is steered by them.

use std::time::{Duration, Instant};

use faspstream_proto::Session;
use faspstream_proto::carrier::connection_number;
use faspstream_proto::config::Rates;
use faspstream_proto::units::{ByteCount, Instant as Moment, Rate};

use crate::api::stats::{Carrier, Stats};
use crate::pipe::{SendPipe, lock};
use crate::shared::{Pipe, Published, SessionShared};

/// The least time between two publications.
const EVERY: Duration = Duration::from_millis(50);
/// The time over which the current rate is taken.
const WINDOW: Duration = Duration::from_millis(250);
/// The share of its window that a reader takes before the sender is told.
const REPORT_SHARE: u64 = 4;

/// What was published last.
pub(super) struct Figures {
    began: Instant,
    published: Instant,
    window_began: Instant,
    window_bytes: u64,
    current: Rate,
    /// What was remembered of the path at the start.
    remembered: Rate,
}

impl Figures {
    pub(super) fn new(now: Instant, remembered: Rate) -> Self {
        Self {
            began: now,
            published: now,
            window_began: now,
            window_bytes: 0,
            current: Rate::ZERO,
            remembered,
        }
    }

    /// Publishes if the last time is long enough ago, or if the session has ended.
    pub(super) fn publish(
        &mut self,
        now: Instant,
        session: &Session,
        moment: Moment,
        shared: &SessionShared,
        rates: Rates,
    ) {
        if now.saturating_duration_since(self.published) >= EVERY || session.is_closed() {
            self.refresh(now, session, moment, shared, rates);
        }
    }

    /// Publishes.
    pub(super) fn refresh(
        &mut self,
        now: Instant,
        session: &Session,
        moment: Moment,
        shared: &SessionShared,
        rates: Rates,
    ) {
        self.published = now;
        let counters = session.stats();
        let bytes = match &shared.pipe {
            Pipe::Send(_) => counters.bytes_sent,
            Pipe::Recv(pipe) => {
                pipe.set_report_every(counters.buffer_size / REPORT_SHARE);
                counters.bytes_received
            }
        };
        let elapsed = now.saturating_duration_since(self.began);
        let window = now.saturating_duration_since(self.window_began);
        if window >= WINDOW {
            self.current = Rate::of(ByteCount(bytes.saturating_sub(self.window_bytes)), window);
            (self.window_began, self.window_bytes) = (now, bytes);
        }
        let average = if elapsed.is_zero() { Rate::ZERO } else { Rate::of(ByteCount(bytes), elapsed) };
        let stats = Stats {
            counters,
            current_rate: if elapsed < WINDOW { average } else { self.current },
            average_rate: average,
            remembered_rate: self.remembered,
            target_rate: rates.target,
            policy: rates.policy,
            carrier: carrier(session),
            elapsed,
            native_memory: counters.buffer_used,
        };
        let (limit, times) = session.limits(moment);
        lock(&shared.recorder).note_stats(elapsed, &stats.counters, limit);
        shared.publish(Published { stats, limit, times, at: now });
    }

    /// How far a writer may be ahead of the peer, now that it has no room left: twice what is under way, so that it is never the
    /// writer who waits, up to what the session may hold.
    pub(super) fn send_limit(&self, session: &Session, pipe: &SendPipe) -> u64 {
        let stats = session.stats();
        let under_way = stats.bytes_sent.saturating_sub(stats.bytes_acknowledged);
        pipe.limit().max(under_way.saturating_mul(2)).min(stats.buffer_size.max(pipe.limit()))
    }
}

/// What carries the datagrams now.
fn carrier(session: &Session) -> Carrier {
    match session.remote().and_then(connection_number) {
        Some(_) => Carrier::Tcp,
        None => Carrier::Udp,
    }
}
