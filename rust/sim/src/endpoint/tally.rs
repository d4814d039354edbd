//! What passed between a session and the network, counted outside of the session, to hold its own counters against.

use core::time::Duration;

use faspstream_netem::Time;
use faspstream_proto::io::{Limit, Stats};

use crate::metrics::{Bins, Histogram};

/// Counters and series of one end.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Datagrams given to the network.
    pub sent: u64,
    /// Bytes on the wire of the datagrams given to the network, over time.
    pub sent_bytes: Bins,
    /// Datagrams that the network has brought.
    pub arrived: u64,
    /// Of those, sent to an address that this end does not have any more.
    pub misaddressed: u64,
    /// Of those, come while the machine slept.
    pub slept_through: u64,
    /// Of those, taken by the session.
    pub taken: u64,
    /// Of those, discarded by the session.
    pub discarded: u64,
    /// Of those, come after the session was over and gone.
    pub too_late: u64,
    /// Bytes on the wire of the datagrams that the session took, over time.
    pub taken_bytes: Bins,
    /// Time that the datagrams which came had waited in queues for others.
    pub waited: Histogram,
    /// The same, of those that came after the measurement began.
    pub waited_measured: Histogram,
    /// Most stream bytes in memory at this end.
    pub memory_peak: u64,
    /// Estimates over time.
    pub samples: Vec<Sample>,
}

/// The estimates of a session at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// When, in the world's time.
    pub at: Time,
    /// The session's counters and estimates.
    pub stats: Stats,
    /// The active bound.
    pub limit: Limit,
    /// Stream bytes that have arrived, in order or not; at the sender those that it knows of without a gap.
    pub arrived: u64,
}

/// Least time from sample to sample.
pub const SAMPLE_EVERY: Duration = Duration::from_millis(10);

impl Tally {
    /// True if a sample is due.
    pub(crate) fn wants_sample(&self, now: Time) -> bool {
        self.samples.last().is_none_or(|s| now.since(s.at) >= SAMPLE_EVERY)
    }
}
