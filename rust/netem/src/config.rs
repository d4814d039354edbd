//! What one direction of a path is like.

use core::time::Duration;

use crate::script::Script;
use crate::units::BitRate;

/// One direction of a path. The default is a perfect wire: no delay, no limit, no loss.
#[derive(Clone, Debug)]
pub struct LinkConfig {
    /// Rate of the bottleneck; None for no limit.
    pub rate: Option<BitRate>,
    /// Bytes that the queue of the bottleneck holds, the packet being sent included. One packet always fits an empty queue.
    pub queue: u64,
    /// Propagation delay.
    pub delay: Duration,
    /// Variation of the delay.
    pub jitter: Jitter,
    /// Share of the packets that are lost independently, 0 to 1.
    pub loss: f64,
    /// Loss in bursts.
    pub bursts: Option<GilbertElliott>,
    /// Where both kinds of loss happen.
    pub loss_at: LossAt,
    /// Share of the packets that arrive twice, 0 to 1.
    pub duplication: f64,
    /// Share of the packets that have a bit flipped, 0 to 1.
    pub damage: f64,
    /// Packets that are overtaken.
    pub reordering: Option<Reordering>,
    /// A token bucket without a queue.
    pub policer: Option<Policer>,
    /// Largest packet in bytes that passes; larger ones vanish without a word.
    pub mtu: u64,
    /// Changes over time.
    pub script: Script,
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self {
            rate: None,
            queue: u64::MAX,
            delay: Duration::ZERO,
            jitter: Jitter::None,
            loss: 0.0,
            bursts: None,
            loss_at: LossAt::default(),
            duplication: 0.0,
            damage: 0.0,
            reordering: None,
            policer: None,
            mtu: u64::MAX,
            script: Script::default(),
        }
    }
}

/// Where on the link packets are lost by chance; which ones does not depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LossAt {
    /// Before the queue: what is lost takes no share of the rate.
    #[default]
    Entry,
    /// After the bottleneck: of a rate `C`, `C x (1 - p)` arrives at most.
    Exit,
}

/// Variation of the propagation delay around its value; the sum is never below zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Jitter {
    /// The delay stands still.
    #[default]
    None,
    /// Each packet on its own, uniformly within plus or minus the spread; packets overtake each other.
    PerPacket(Duration),
    /// The delay wanders: a new value within plus or minus `spread` every `period`, straight lines between them; order is kept.
    Wander {
        /// Largest deviation from the delay.
        spread: Duration,
        /// Time from one drawn value to the next; zero is taken for a nanosecond.
        period: Duration,
    },
}

/// Two-state loss (Gilbert 1960, Elliott 1963): packets in the bad state are lost with a probability of their own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GilbertElliott {
    /// Probability per packet of going from good to bad.
    pub enter: f64,
    /// Probability per packet of going from bad to good.
    pub leave: f64,
    /// Share lost in the good state.
    pub loss_good: f64,
    /// Share lost in the bad state.
    pub loss_bad: f64,
}

impl GilbertElliott {
    /// Bursts of `mean_burst` packets (at least 1) that are all lost, so that `share` (below 1) of all packets is lost.
    pub fn bursts_of(mean_burst: f64, share: f64) -> Self {
        let leave = 1.0 / mean_burst.max(1.0);
        // In the long run the bad state has enter / (enter + leave) of the packets.
        let enter = leave * share / (1.0 - share);
        Self { enter, leave, loss_good: 0.0, loss_bad: 1.0 }
    }
}

/// A share of the packets is held back, so that later ones overtake it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reordering {
    /// Share of the packets, 0 to 1.
    pub share: f64,
    /// Extra delay, uniformly from zero to this.
    pub up_to: Duration,
}

/// A token bucket: what finds no tokens is dropped at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policer {
    /// Rate at which tokens come.
    pub rate: BitRate,
    /// Most bytes of tokens that gather.
    pub burst: u64,
}
