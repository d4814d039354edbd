//! What a direction tells about itself.

use std::time::Duration;

use faspstream_netem::Counters;

use super::lateness::Lateness;

/// One direction of a lab, as of one moment.
#[derive(Clone, Debug, Default)]
pub struct DirectionReport {
    /// Since the lab began.
    pub elapsed: Duration,
    /// What the link did with the packets.
    pub link: Counters,
    /// Packets in the queue and on their way.
    pub inside: u64,
    /// Bytes in the queue of the bottleneck.
    pub queued_bytes: u64,
    /// Packets that came from the device: super-packets count as one.
    pub reads: u64,
    /// Packets that were given to the device: joined ones count as one.
    pub writes: u64,
    /// Packets that overran the queue of the sending device before the lab could read them.
    pub overrun: u64,
    /// Wire packets that the receiving device refused.
    pub refused: u64,
    /// Packets from the device that the lab could not take apart.
    pub unreadable: u64,
    /// How late wire packets were written.
    pub lateness: Lateness,
    /// CPU time of the thread.
    pub cpu: Duration,
    /// True if the thread runs in SCHED_FIFO.
    pub realtime: bool,
}

impl DirectionReport {
    /// Packets that were lost by the lab itself instead of by the link. A measurement counts only if there are none.
    pub fn own_drops(&self) -> u64 {
        self.overrun.saturating_add(self.refused + self.unreadable)
    }

    /// Share of a core that the thread used since `earlier`, a former report of it.
    pub fn busy_since(&self, earlier: &Self) -> f64 {
        let time = self.elapsed.saturating_sub(earlier.elapsed).as_secs_f64();
        if time > 0.0 { self.cpu.saturating_sub(earlier.cpu).as_secs_f64() / time } else { 0.0 }
    }
}
