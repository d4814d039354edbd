//! What a session is told once, when it begins.

use core::time::Duration;
use std::net::SocketAddr;

use zeroize::Zeroizing;

use crate::units::Rate;

/// Which end of the byte stream this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The end that the stream comes from.
    Sender,
    /// The end that the stream goes to.
    Receiver,
}

/// Which end of the control channel this is; decides which secret seals and which opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The end that connected; it sends the first datagram.
    Client,
    /// The end that accepted; it learns the client's address from the first datagram.
    Server,
}

/// Names a session at the end that receives a datagram (wire-format.md §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u32);

/// The authenticated encryption of the datagrams (wire-format.md §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub enum Cipher {
    /// AES with 128-bit keys in Galois/Counter mode (the fastest where the CPU has AES instructions).
    #[default]
    Aes128Gcm,
    /// AES with 256-bit keys in Galois/Counter mode.
    Aes256Gcm,
    /// ChaCha20 with Poly1305 (RFC 8439); the fastest where the CPU has no AES instructions.
    ChaCha20Poly1305,
}

/// How a session shares the network with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub enum RatePolicy {
    /// Sends at the target rate whatever the network says.
    Fixed,
    /// Takes twice the share of `Fair`.
    High,
    /// An equal share among its kind.
    #[default]
    Fair,
    /// Yields to everything else.
    Low,
}

/// The rates that may be changed while the session runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Upper bound of what is put on the wire, IP and UDP headers and retransmissions included.
    pub target: Rate,
    /// Floor under the adaptive policies; not above `target`.
    pub min: Rate,
    /// How the network is shared.
    pub policy: RatePolicy,
}

impl Default for Rates {
    fn default() -> Self {
        Self { target: Rate::UNLIMITED, min: Rate::ZERO, policy: RatePolicy::Fair }
    }
}

/// The master secret of a session (wire-format.md §2.2); wiped when dropped, never printed.
pub struct MasterSecret(pub(crate) Zeroizing<[u8; 32]>);

impl MasterSecret {
    /// Takes the 32 bytes of the TLS exporter.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl core::fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("MasterSecret(..)")
    }
}

/// What an earlier session to the same peer found out about the path (careful resume).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathMemory {
    /// The smallest round-trip time seen.
    pub min_rtt: Duration,
    /// The delivery rate that was sustained.
    pub rate: Rate,
}

/// Everything a session needs to know before its first datagram.
#[derive(Debug)]
pub struct Config {
    /// Which end of the byte stream this is.
    pub role: Role,
    /// Which end of the control channel this is.
    pub side: Side,
    /// What the peer writes into its datagrams to us.
    pub local_id: ConnectionId,
    /// What we write into our datagrams to the peer.
    pub remote_id: ConnectionId,
    /// The root of all keys.
    pub master: MasterSecret,
    /// The AEAD that was agreed.
    pub cipher: Cipher,
    /// Rates and policy at the start.
    pub rates: Rates,
    /// Where to send. A server may not know it yet.
    pub remote: Option<SocketAddr>,
    /// IP address of the peer on the control channel; the first path with this address needs no validation (wire-format.md §4.4).
    pub control_peer: Option<std::net::IpAddr>,
    /// UDP payload of the first datagrams, 256 to `datagram_max`; 1,200 unless configured.
    pub datagram_start: u16,
    /// Largest UDP payload that both ends named; equal to `datagram_start` switches path MTU discovery off.
    pub datagram_max: u16,
    /// Receiver: the first flow-control window, as told to the peer. Sender: the peer's.
    pub first_window: u64,
    /// Most bytes of the stream that this end keeps in memory (unacknowledged, or received and not yet taken).
    pub buffer_max: u64,
    /// How long nothing may be heard before the session fails.
    pub outage_timeout: Duration,
    /// What is remembered of the path; sender only.
    pub path_memory: Option<PathMemory>,
    /// 32 random bytes for path challenges and for jitter; from the system's generator, or a seed in a simulation.
    pub seed: [u8; 32],
}

/// A configuration that no session can be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A size outside of its range.
    #[error("{what} is {value}; allowed is {least} to {most}")]
    OutOfRange {
        /// Which field of [`Config`].
        what: &'static str,
        /// What it was.
        value: u64,
        /// The smallest value that is allowed.
        least: u64,
        /// The largest value that is allowed.
        most: u64,
    },
    /// A floor above the ceiling.
    #[error("the minimum rate {min} is above the target rate {target}; lower it or raise the target")]
    MinAboveTarget {
        /// The minimum rate.
        min: Rate,
        /// The target rate.
        target: Rate,
    },
    /// A client that is not told where its server is.
    #[error("a client needs the address of its server; set `remote`")]
    NoRemote,
}

impl Config {
    /// Smallest UDP payload that a session can be configured to use.
    pub const DATAGRAM_MIN: u16 = 256;
    /// Largest UDP payload that a session can be configured to use: with the headers of IPv6 and UDP it fits 16 bits.
    pub const DATAGRAM_MAX: u16 = 65_487;

    /// Says whether a session can be made of this.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let range = |what, value: u64, least: u64, most: u64| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(ConfigError::OutOfRange { what, value, least, most })
            }
        };
        let max = u64::from(self.datagram_max);
        range("datagram_max", max, u64::from(Self::DATAGRAM_MIN), u64::from(Self::DATAGRAM_MAX))?;
        range("datagram_start", u64::from(self.datagram_start), u64::from(Self::DATAGRAM_MIN), max)?;
        range("buffer_max", self.buffer_max, 4 * max, 1 << 40)?;
        range("first_window", self.first_window, 0, 1 << 40)?;
        let outage = u64::try_from(self.outage_timeout.as_millis()).unwrap_or(u64::MAX);
        range("outage_timeout in ms", outage, 100, 7 * 24 * 3_600_000)?;
        if self.rates.min > self.rates.target {
            return Err(ConfigError::MinAboveTarget { min: self.rates.min, target: self.rates.target });
        }
        match (self.side, self.remote) {
            (Side::Client, None) => Err(ConfigError::NoRemote),
            _ => Ok(()),
        }
    }
}
