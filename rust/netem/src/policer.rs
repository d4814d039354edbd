//! The token bucket of a policer.

use crate::config::Policer;
use crate::units::Time;

/// Tokens of a [`Policer`], in units of one byte times one bit per second times one nanosecond, so that nothing is rounded.
#[derive(Clone, Debug)]
pub(crate) struct TokenBucket {
    limits: Policer,
    tokens: u128,
    filled_at: Time,
}

/// Token units in a byte.
const BYTE: u128 = 8_000_000_000;

impl TokenBucket {
    /// A full bucket.
    pub(crate) fn new(limits: Policer, now: Time) -> Self {
        Self { limits, tokens: u128::from(limits.burst) * BYTE, filled_at: now }
    }

    /// True if `bytes` may pass at `now`; takes their tokens.
    pub(crate) fn admits(&mut self, now: Time, bytes: u64) -> bool {
        let gained = now.since(self.filled_at).as_nanos() * u128::from(self.limits.rate.as_bps());
        self.tokens = (self.tokens + gained).min(u128::from(self.limits.burst) * BYTE);
        self.filled_at = self.filled_at.max(now);
        let price = u128::from(bytes) * BYTE;
        let passes = self.tokens >= price;
        if passes {
            self.tokens -= price;
        }
        passes
    }
}
