//! The knobs that server, client and session share.

use core::time::Duration;

use faspstream_proto::config::{Cipher, RatePolicy, Rates};
use faspstream_proto::digest::DigestAlgorithm;
use faspstream_proto::units::Rate;

use crate::api::error::{Error, Result};
use crate::config::Config;

/// The lowest cap: below it not even the signs of life of a session would pass.
pub(crate) const TARGET_MIN: Rate = Rate::from_bps(8_000);

/// What may carry the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub enum Transport {
    /// UDP, or the control connection where UDP is blocked.
    #[default]
    Auto,
    /// UDP and nothing else.
    Udp,
    /// The control connection and nothing else.
    Tcp,
}

/// The shared knobs. The default is that of the configuration table ([`crate::config::TABLE`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Cap of a session, headers and retransmissions included.
    pub target_rate: Rate,
    /// Floor under the adaptive policies.
    pub min_rate: Rate,
    /// How a session shares the network with others.
    pub policy: RatePolicy,
    /// The encryption of the data; the client's counts.
    pub cipher: Cipher,
    /// The digest of the stream, for both ends; the client's counts.
    pub digest: DigestAlgorithm,
    /// Bytes of UDP payload, 256 to 65,000; None discovers the path MTU.
    pub datagram_size: Option<u16>,
    /// Memory per session and direction in bytes; None follows rate times round-trip time.
    pub buffer_size: Option<u64>,
    /// Upper bound of the memory per session and direction in bytes.
    pub buffer_max: u64,
    /// How long connecting and opening may take.
    pub connect_timeout: Duration,
    /// How long a session survives without any contact; the smaller one of both ends counts.
    pub outage_timeout: Duration,
    /// Code point of the datagrams, 0 to 63; None leaves it to the policy.
    pub dscp: Option<u8>,
    /// What may carry the data.
    pub transport: Transport,
    /// True if closing an output stream completes it. For the stream types above this crate: the engine itself takes the close of an
    /// uncompleted session for an abort.
    pub complete_on_close: bool,
}

impl Default for Options {
    fn default() -> Self {
        Config::default().options
    }
}

impl Options {
    /// Before the table has been applied.
    pub(crate) fn blank() -> Self {
        Self {
            target_rate: Rate::UNLIMITED,
            min_rate: Rate::ZERO,
            policy: RatePolicy::Fair,
            cipher: Cipher::Aes128Gcm,
            digest: DigestAlgorithm::Xxh3,
            datagram_size: None,
            buffer_size: None,
            buffer_max: 0,
            connect_timeout: Duration::ZERO,
            outage_timeout: Duration::ZERO,
            dscp: None,
            transport: Transport::Auto,
            complete_on_close: true,
        }
    }

    /// The rates as the protocol takes them.
    pub(crate) fn rates(&self) -> Rates {
        Rates { target: self.target_rate, min: self.min_rate, policy: self.policy }
    }

    /// The memory bound of a session and direction.
    pub(crate) fn buffer_bound(&self) -> u64 {
        self.buffer_size.unwrap_or(self.buffer_max).min(self.buffer_max)
    }

    /// What the fields can't hold together or alone, whoever set them.
    pub(crate) fn check(&self) -> Result<()> {
        check_rates(&self.rates())?;
        range("datagram.size", u64::from(self.datagram_size.unwrap_or(1_200)), 256, 65_000)?;
        range("buffer.max", self.buffer_max, 64 << 10, 64 << 30)?;
        range("buffer.size", self.buffer_size.unwrap_or(64 << 10), 64 << 10, 64 << 30)?;
        range("dscp", u64::from(self.dscp.unwrap_or(0)), 0, 63)?;
        for (name, time) in
            [("connect.timeout", self.connect_timeout), ("outage.timeout", self.outage_timeout)]
        {
            let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            range(name, millis, 100, 86_400_000)
                .map_err(|e| Error::configuration(format!("{e} milliseconds")))?;
        }
        Ok(())
    }
}

/// What rates can't be, whoever sets them.
pub(crate) fn check_rates(rates: &Rates) -> Result<()> {
    if rates.target < TARGET_MIN {
        return Err(Error::configuration(format!(
            "target.rate = {}: allowed is {TARGET_MIN} or more, or unlimited",
            rates.target
        )));
    }
    if rates.min > rates.target {
        return Err(Error::configuration(format!(
            "min.rate = {} is above target.rate = {}: lower the one or raise the other",
            rates.min, rates.target
        )));
    }
    Ok(())
}

fn range(name: &str, value: u64, least: u64, most: u64) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::configuration(format!("{name} = {value}: allowed are {least} to {most}")))
}
