//! What a path is like, as the Java side writes it: lines of `key=value`.

use core::time::Duration;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use faspstream_netem::{BitRate, GilbertElliott, Jitter, LinkConfig, Reordering};

use crate::error::RelayError;

/// Largest IP packet that passes unless it is said otherwise: Ethernet.
const MTU: u64 = 1_500;
/// The queue of the bottleneck holds so much of the rate unless it is said otherwise.
const QUEUE: Duration = Duration::from_millis(50);
/// The least that the queue holds by default.
const LEAST_QUEUE: u64 = 64 << 10;

const KEYS: &str = "listen, tcp, udp (addresses), rtt, jitter (nanoseconds), rate (bits per second), loss, duplication, damage, \
                    reordering (0 to 1), burst, queue, mtu (bytes), seed";

/// A path and its two ends.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address that clients connect to.
    pub listen: IpAddr,
    /// The control port of the server.
    pub tcp: SocketAddr,
    /// The data port of the server; the relay's has the same number.
    pub udp: SocketAddr,
    /// One direction of the path; the other one is like it.
    pub link: LinkConfig,
    /// All chances follow from this.
    pub seed: u64,
    share: f64,
    burst: f64,
    queue: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            listen: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)),
            tcp: nowhere,
            udp: nowhere,
            link: LinkConfig { mtu: MTU, ..LinkConfig::default() },
            seed: 0,
            share: 0.0,
            burst: 1.0,
            queue: None,
        }
    }
}

impl Settings {
    /// Reads lines of `key=value`.
    ///
    /// # Errors
    /// Names the first line that is not understood.
    pub fn parse(text: &str) -> Result<Self, RelayError> {
        let mut settings = Self::default();
        for line in text.lines() {
            settings.set(line).ok_or_else(|| RelayError::Setting { line: line.to_owned(), allowed: KEYS })?;
        }
        settings.finish();
        Ok(settings)
    }

    fn set(&mut self, line: &str) -> Option<()> {
        let (key, value) = line.split_once('=')?;
        match key {
            "listen" => self.listen = value.parse().ok()?,
            "tcp" => self.tcp = value.parse().ok()?,
            "udp" => self.udp = value.parse().ok()?,
            "rtt" => self.link.delay = time(value)? / 2,
            "jitter" => self.link.jitter = Jitter::PerPacket(time(value)?),
            "rate" => self.link.rate = Some(BitRate::from_bps(value.parse().ok()?)),
            "loss" => self.share = share(value)?,
            "burst" => self.burst = value.parse().ok().filter(|packets: &f64| *packets >= 1.0)?,
            "duplication" => self.link.duplication = share(value)?,
            "damage" => self.link.damage = share(value)?,
            "reordering" => {
                let up_to = (self.link.delay / 2).max(Duration::from_millis(5));
                self.link.reordering = Some(Reordering { share: share(value)?, up_to });
            }
            "queue" => self.queue = Some(value.parse().ok()?),
            "mtu" => self.link.mtu = value.parse().ok()?,
            "seed" => self.seed = value.parse().ok()?,
            _ => return None,
        }
        Some(())
    }

    /// Independent loss, or bursts; a queue that fits the rate.
    fn finish(&mut self) {
        if self.burst > 1.0 && self.share > 0.0 {
            self.link.bursts = Some(GilbertElliott::bursts_of(self.burst, self.share));
        } else {
            self.link.loss = self.share;
        }
        let by_rate = self.link.rate.map(|rate| rate.bytes_in(QUEUE).max(LEAST_QUEUE));
        self.link.queue = self.queue.or(by_rate).unwrap_or(u64::MAX);
    }
}

/// A share from 0 up to, and without, 1.
fn share(value: &str) -> Option<f64> {
    value.parse().ok().filter(|share| (0.0..1.0).contains(share))
}

/// Nanoseconds.
fn time(value: &str) -> Option<Duration> {
    value.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_half_of_the_round_trip_in_each_direction_and_a_queue_that_fits_its_rate() {
        let settings = Settings::parse("rtt=200000000\nrate=100000000\nloss=0.01\nseed=7").unwrap();
        assert_eq!(settings.link.delay, Duration::from_millis(100));
        assert_eq!(settings.link.queue, 625_000);
        assert_eq!((settings.link.loss, settings.link.bursts, settings.seed), (0.01, None, 7));
        assert_eq!(settings.link.mtu, MTU);
    }

    #[test]
    fn loss_in_bursts_is_not_independent_loss() {
        let settings = Settings::parse("loss=0.05\nburst=20").unwrap();
        assert_eq!(settings.link.loss, 0.0);
        assert!(settings.link.bursts.is_some());
    }

    #[test]
    fn a_line_that_is_not_understood_is_named() {
        for line in ["loss=1", "loss=-0.1", "rtt=fast", "colour=red", "rate", "burst=0.5"] {
            let error = Settings::parse(line).unwrap_err().to_string();
            assert!(error.contains(line), "{error}");
        }
    }
}
