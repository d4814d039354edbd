//! Where every packet went.

/// Why a packet was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Cause {
    /// The link was down.
    Outage = 0,
    /// Larger than the MTU.
    Mtu = 1,
    /// Independent loss.
    Loss = 2,
    /// Loss in a burst.
    Burst = 3,
    /// The policer had no tokens.
    Policer = 4,
    /// The queue was full.
    Queue = 5,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 6] = [Self::Outage, Self::Mtu, Self::Loss, Self::Burst, Self::Policer, Self::Queue];
}

/// Counters since the beginning. `offered + duplicated = delivered + all dropped + inside` holds at every moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets handed in.
    pub offered: u64,
    /// Bytes handed in.
    pub offered_bytes: u64,
    /// Second copies made.
    pub duplicated: u64,
    /// Packets with a flipped bit.
    pub damaged: u64,
    /// Packets held back so that others overtake them.
    pub held_back: u64,
    /// Packets handed out.
    pub delivered: u64,
    /// Bytes handed out.
    pub delivered_bytes: u64,
    /// Packets dropped, indexed by `Cause as usize`.
    pub dropped: [u64; 6],
    /// Most bytes that were in the queue of the bottleneck.
    pub queue_peak: u64,
}

impl Counters {
    /// Packets dropped for `cause`.
    pub fn dropped_by(&self, cause: Cause) -> u64 {
        self.dropped[cause as usize]
    }

    /// Packets dropped, whatever the cause.
    pub fn dropped_total(&self) -> u64 {
        self.dropped.iter().sum()
    }

    /// True if every packet is accounted for, with `inside` of them still on their way.
    pub fn balances(&self, inside: u64) -> bool {
        self.offered + self.duplicated == self.delivered + self.dropped_total() + inside
    }

    pub(crate) fn drop_one(&mut self, cause: Cause) {
        self.dropped[cause as usize] += 1;
    }
}
