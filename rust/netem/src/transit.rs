//! How long a packet travels after the bottleneck: propagation, jitter, reordering.

use core::time::Duration;

use crate::config::{Jitter, LinkConfig};
use crate::random::RandomStream;
use crate::units::{Time, nanos};

/// The arrival times, with a random stream per purpose.
#[derive(Clone, Debug)]
pub(crate) struct Transit {
    jitter: RandomStream,
    reordering: RandomStream,
    held_back_for: RandomStream,
    /// Arrival of the last packet that had to keep the order.
    last_in_order: Time,
}

/// When a packet arrives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) at: Time,
    /// True if the packet was held back on purpose.
    pub(crate) held_back: bool,
}

impl Transit {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            jitter: RandomStream::new(seed, 7),
            reordering: RandomStream::new(seed, 8),
            held_back_for: RandomStream::new(seed, 9),
            last_in_order: Time::ZERO,
        }
    }

    /// When packet `n`, which left the bottleneck at `departed`, arrives.
    pub(crate) fn arrival(&mut self, config: &LinkConfig, departed: Time, n: u64) -> Arrival {
        let mut at = self.with_jitter(config, departed, n);
        if let Some(r) = config.reordering.filter(|r| self.reordering.happens(r.share, n)) {
            at = at + r.up_to.mul_f64(self.held_back_for.unit_at(n));
            return Arrival { at, held_back: true };
        }
        Arrival { at, held_back: false }
    }

    /// No packet that leaves the bottleneck at `departed` arrives before this.
    pub(crate) fn earliest(config: &LinkConfig, departed: Time) -> Time {
        let spread = match config.jitter {
            Jitter::None => Duration::ZERO,
            Jitter::PerPacket(spread) | Jitter::Wander { spread, .. } => spread,
        };
        departed + config.delay.saturating_sub(spread)
    }

    fn with_jitter(&mut self, config: &LinkConfig, departed: Time, n: u64) -> Time {
        match config.jitter {
            Jitter::None => departed + config.delay,
            Jitter::PerPacket(spread) => departed + shifted(config.delay, spread, self.jitter.unit_at(n)),
            Jitter::Wander { spread, period } => {
                let at = departed + shifted(config.delay, spread, self.wandered(departed, period));
                self.last_in_order = self.last_in_order.max(at);
                self.last_in_order
            }
        }
    }

    /// The wandering value at a moment, 0 to 1: a straight line between the draws of this period and the next.
    fn wandered(&self, moment: Time, period: Duration) -> f64 {
        let period = nanos(period).max(1);
        let (step, within) = (moment.as_nanos() / period, moment.as_nanos() % period);
        let (from, to) = (self.jitter.unit_at(step), self.jitter.unit_at(step + 1));
        from + (to - from) * (within as f64 / period as f64)
    }
}

/// `delay` moved by up to plus or minus `spread`; `unit` 0 is the least, 1 the most.
fn shifted(delay: Duration, spread: Duration, unit: f64) -> Duration {
    (delay + spread.mul_f64(2.0 * unit)).saturating_sub(spread)
}
