//! What chance does to the n-th packet: loss, duplication, damage.

use crate::config::{GilbertElliott, LinkConfig};
use crate::counters::Cause;
use crate::random::RandomStream;

/// Chance, with a random stream per purpose.
#[derive(Clone, Debug)]
pub(crate) struct Fate {
    loss: RandomStream,
    burst_state: RandomStream,
    burst_loss: RandomStream,
    duplication: RandomStream,
    damage: RandomStream,
    damaged_bit: RandomStream,
    in_burst: bool,
}

impl Fate {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            loss: RandomStream::new(seed, 1),
            burst_state: RandomStream::new(seed, 2),
            burst_loss: RandomStream::new(seed, 3),
            duplication: RandomStream::new(seed, 4),
            damage: RandomStream::new(seed, 5),
            damaged_bit: RandomStream::new(seed, 6),
            in_burst: false,
        }
    }

    /// Why packet `n` is lost, if it is. To be called once for every packet, in order, so that bursts stand where they stand.
    pub(crate) fn loss(&mut self, config: &LinkConfig, n: u64) -> Option<Cause> {
        let burst = config.bursts.is_some_and(|b| self.burst(b, n));
        if self.loss.happens(config.loss, n) {
            return Some(Cause::Loss);
        }
        burst.then_some(Cause::Burst)
    }

    fn burst(&mut self, b: GilbertElliott, n: u64) -> bool {
        let turn = if self.in_burst { b.leave } else { b.enter };
        self.in_burst ^= self.burst_state.happens(turn, n);
        self.burst_loss.happens(if self.in_burst { b.loss_bad } else { b.loss_good }, n)
    }

    /// True if packet `n` goes on twice.
    pub(crate) fn duplicates(&self, config: &LinkConfig, n: u64) -> bool {
        self.duplication.happens(config.duplication, n)
    }

    /// The draw for the bit that is flipped in the copy at `place` (see [`position`]), if one is.
    pub(crate) fn damage(&self, config: &LinkConfig, place: u64) -> Option<u64> {
        self.damage.happens(config.damage, place).then(|| self.damaged_bit.at(place))
    }
}

/// The place of a copy in a random stream: two for every packet.
pub(crate) const fn position(n: u64, copy: u64) -> u64 {
    n.wrapping_mul(2).wrapping_add(copy)
}
