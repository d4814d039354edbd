//! What a session and a server tell about themselves.

use core::fmt;
use core::time::Duration;

use faspstream_proto::config::RatePolicy;
pub use faspstream_proto::io::{Limit, LimitTimes, Stats as Counters};
use faspstream_proto::units::Rate;

/// What carries the datagrams of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
#[repr(u8)]
pub enum Carrier {
    /// UDP, as a rule.
    #[default]
    Udp = 0,
    /// The control connection, where UDP is blocked.
    Tcp = 1,
}

/// An immutable snapshot of one session, at most about 50 ms old.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    /// Counters and estimates of the protocol; see there for units and sides.
    pub counters: Counters,
    /// Stream bytes per second over the last quarter of a second or more: sent at the sender, received in order at the receiver.
    pub current_rate: Rate,
    /// Stream bytes per second since the session began.
    pub average_rate: Rate,
    /// What an earlier session had found the path to carry when this one began, sender only; zero if nothing was remembered.
    pub remembered_rate: Rate,
    /// The cap that is in force.
    pub target_rate: Rate,
    /// The policy that is in force.
    pub policy: RatePolicy,
    /// What carries the datagrams now.
    pub carrier: Carrier,
    /// Time from the beginning of the session to this snapshot, or to its end.
    pub elapsed: Duration,
    /// Bytes of memory that the engine holds for this session, about.
    pub native_memory: u64,
}

impl Stats {
    /// Data datagrams declared lost, of all that were sent; 0 to 1.
    pub fn loss_ratio(&self) -> f64 {
        ratio(self.counters.datagrams_lost, self.counters.datagrams_sent)
    }

    /// Datagrams that repeated bytes, of all that were sent; 0 to 1.
    pub fn retransmission_overhead(&self) -> f64 {
        ratio(self.counters.datagrams_retransmitted, self.counters.datagrams_sent)
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// What limits a stream now, and the share of time that each limit had.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    limit: Limit,
    shares: [f64; Limit::COUNT],
}

impl Diagnosis {
    pub(crate) fn new(limit: Limit, times: LimitTimes) -> Self {
        let total: f64 = times.0.iter().map(Duration::as_secs_f64).sum();
        let share = |d: Duration| if total > 0.0 { d.as_secs_f64() / total } else { 0.0 };
        Self { limit, shares: times.0.map(share) }
    }

    /// The limit that is active now.
    pub fn limit(&self) -> Limit {
        self.limit
    }

    /// The share of the session's time, 0 to 1, in which `limit` was the active one.
    pub fn share(&self, limit: Limit) -> f64 {
        self.shares[limit as usize]
    }

    /// All shares, indexed by `Limit as usize`.
    pub fn shares(&self) -> &[f64; Limit::COUNT] {
        &self.shares
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = 100.0 * self.share(self.limit);
        let what = match self.limit {
            Limit::ApplicationWrite => "the writing application gives less than could be sent",
            Limit::ApplicationRead => "the reading application takes less than arrives",
            Limit::TargetRate => "the configured target rate is reached",
            Limit::NetworkCapacity => "the network path carries no more",
            Limit::ReceiveWindow => "buffer.max is below what this path needs (rate times round-trip time)",
            Limit::LocalSocketBuffer => "this system's network stack takes no more datagrams",
            Limit::PeerSocketBuffer => {
                "the receiving system drops datagrams: its UDP socket buffer is too small"
            }
            Limit::Cpu => "the engine gets too little processor time",
            Limit::Outage => "nothing is heard from the peer",
        };
        write!(f, "{what} ({percent:.0} % of the time so far)")
    }
}

/// A snapshot of a server. Counters accumulate from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerStats {
    /// Sessions that are open now.
    pub sessions_active: u64,
    /// Sessions that were opened.
    pub sessions_opened: u64,
    /// Sessions that completed.
    pub sessions_completed: u64,
    /// Sessions that failed, whichever way.
    pub sessions_failed: u64,
    /// Sessions refused (limits, names, shutdown).
    pub sessions_refused: u64,
    /// Control connections that are open and authenticated now.
    pub connections: u64,
    /// Control connections that have not authenticated yet.
    pub connections_half_open: u64,
    /// Handshakes that failed: wrong key or certificate, broken protocol, too slow.
    pub handshakes_failed: u64,
    /// Datagrams that came to no known session.
    pub datagrams_unknown: u64,
    /// Bytes of the UDP receive buffer that the system granted.
    pub udp_receive_buffer: u64,
}
