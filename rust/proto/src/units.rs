//! Units as types: a rate can't be added to a size, nor a moment to a rate.

use core::fmt;
use core::ops::{Add, AddAssign, Sub};
use core::time::Duration;

/// A moment, in nanoseconds since the session began.
///
/// The protocol reads no clock: every moment comes in as an argument. 64 bits last for 584 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The moment at which the session began.
    pub const ZERO: Self = Self(0);
    /// A moment that never comes.
    pub const NEVER: Self = Self(u64::MAX);

    /// The moment `nanos` nanoseconds after the session began.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the session began.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whole microseconds since the session began.
    pub const fn as_micros(self) -> u64 {
        self.0 / 1_000
    }

    /// The time from `earlier` to `self`, zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    /// Saturates at [`Instant::NEVER`].
    fn add(self, d: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;
    /// Saturates at [`Instant::ZERO`].
    fn sub(self, d: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)))
    }
}

/// A data rate in bits per second, IP headers and retransmissions included where it speaks of the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u64);

impl Rate {
    /// No limit.
    pub const UNLIMITED: Self = Self(u64::MAX);
    /// Nothing at all.
    pub const ZERO: Self = Self(0);

    /// `bps` bits per second.
    pub const fn from_bps(bps: u64) -> Self {
        Self(bps)
    }

    /// `mbps` million bits per second.
    pub const fn from_mbps(mbps: u64) -> Self {
        Self(mbps.saturating_mul(1_000_000))
    }

    /// Bits per second.
    pub const fn as_bps(self) -> u64 {
        self.0
    }

    /// The rate at which `bytes` pass in `time`; unlimited if `time` is zero.
    pub fn of(bytes: ByteCount, time: Duration) -> Self {
        let nanos = time.as_nanos();
        if nanos == 0 {
            return Self::UNLIMITED;
        }
        let bps = u128::from(bytes.0) * 8 * 1_000_000_000 / nanos;
        Self(u64::try_from(bps).unwrap_or(u64::MAX))
    }

    /// The bytes that pass in `time`, rounded down; saturates.
    pub fn bytes_in(self, time: Duration) -> ByteCount {
        if self == Self::UNLIMITED {
            return ByteCount(u64::MAX);
        }
        // Saturates only from 584 years on, when the answer does so anyway.
        let bytes = u128::from(self.0).saturating_mul(time.as_nanos()) / 8_000_000_000;
        ByteCount(u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    /// The time that `bytes` take, rounded up; zero if unlimited, 584 years if the rate is zero.
    pub fn time_for(self, bytes: ByteCount) -> Duration {
        if self == Self::UNLIMITED {
            return Duration::ZERO;
        }
        if self.0 == 0 {
            return Duration::from_nanos(u64::MAX);
        }
        let nanos = (u128::from(bytes.0) * 8_000_000_000).div_ceil(u128::from(self.0));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// This rate times `factor`, which is not negative; saturates, and unlimited stays unlimited.
    pub fn scaled(self, factor: f64) -> Self {
        if self == Self::UNLIMITED { self } else { Self((self.0 as f64 * factor) as u64) }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bps = self.0 as f64;
        match self.0 {
            u64::MAX => f.write_str("unlimited"),
            1_000_000_000.. => write!(f, "{:.2} Gbit/s", bps / 1e9),
            1_000_000.. => write!(f, "{:.1} Mbit/s", bps / 1e6),
            1_000.. => write!(f, "{:.1} kbit/s", bps / 1e3),
            _ => write!(f, "{} bit/s", self.0),
        }
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteCount(pub u64);

impl ByteCount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The difference, zero if `other` is larger.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for ByteCount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for ByteCount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_and_a_time_give_the_bytes_that_give_the_time_back() {
        let rate = Rate::from_mbps(100);
        let bytes = rate.bytes_in(Duration::from_millis(1));
        assert_eq!(bytes, ByteCount(12_500));
        assert_eq!(rate.time_for(bytes), Duration::from_millis(1));
        assert_eq!(Rate::of(bytes, Duration::from_millis(1)), rate);
    }

    #[test]
    fn extremes_saturate_and_never_overflow() {
        assert_eq!(Rate::UNLIMITED.time_for(ByteCount(u64::MAX)), Duration::ZERO);
        assert_eq!(Rate::ZERO.time_for(ByteCount(1)), Duration::from_nanos(u64::MAX));
        assert_eq!(Rate::from_bps(u64::MAX - 1).bytes_in(Duration::MAX), ByteCount(u64::MAX));
        assert_eq!(Instant::NEVER + Duration::from_secs(1), Instant::NEVER);
        assert_eq!(Instant::ZERO.since(Instant::NEVER), Duration::ZERO);
    }
}
