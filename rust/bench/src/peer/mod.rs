//! The transports that are compared: each opens a bulk stream from side a to side b.

mod faspstream;
mod flow;
mod tcp;

pub use flow::{Flow, Received};

use std::fmt;
use std::path::PathBuf;

use crate::error::LabError;
use crate::lab::{Family, Lab};

/// A transport, with what it is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// The kernel's TCP, with a congestion control by its name in the kernel.
    Tcp {
        /// Such as `cubic`.
        congestion: String,
    },
    /// Our command line tool with its default settings, but for what is named here.
    Faspstream {
        /// `--policy`.
        policy: Option<String>,
        /// `--rate` of the client.
        rate: Option<String>,
    },
}

/// Where programs are found that are not part of this one.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    /// The command `faspstream`.
    pub faspstream: PathBuf,
}

impl Programs {
    /// `faspstream` beside this program, or else in the search path; the environment variable `FASPSTREAM` goes before both.
    pub fn find() -> Self {
        let named = std::env::var_os("FASPSTREAM").map(PathBuf::from);
        let beside = std::env::current_exe().ok().map(|exe| exe.with_file_name("faspstream"));
        let faspstream = named.or(beside.filter(|path| path.exists())).unwrap_or_else(|| "faspstream".into());
        Self { faspstream }
    }
}

impl Peer {
    /// Parses `cubic`, `bbr`, `reno`, `faspstream`, `faspstream:low`, `faspstream:fixed:95mbit`.
    pub fn parse(text: &str) -> Result<Self, LabError> {
        let mut parts = text.split(':').map(str::to_owned);
        let first = parts.next().unwrap_or_default();
        match first.as_str() {
            "cubic" | "bbr" | "reno" => Ok(Self::Tcp { congestion: first }),
            "faspstream" => Ok(Self::Faspstream { policy: parts.next(), rate: parts.next() }),
            _ => Err(LabError::Setting {
                key: "peers".to_owned(),
                value: text.to_owned(),
                allowed: "give cubic, bbr, reno, faspstream or faspstream:POLICY[:RATE]".to_owned(),
            }),
        }
    }

    /// Why it cannot be run here; None if it can.
    pub fn missing(&self, programs: &Programs) -> Option<String> {
        match self {
            Self::Tcp { congestion } => tcp::missing(congestion),
            Self::Faspstream { .. } => faspstream::missing(&programs.faspstream),
        }
    }

    /// Begins to send `bytes` from side a to side b. The time runs from the moment at which the connection is asked for.
    pub fn open(&self, lab: &Lab, family: Family, bytes: u64, programs: &Programs) -> Result<Flow, LabError> {
        match self {
            Self::Tcp { congestion } => tcp::open(lab, family, congestion, bytes),
            Self::Faspstream { policy, rate } => {
                let cli = faspstream::Cli {
                    program: &programs.faspstream,
                    policy: policy.as_deref(),
                    rate: rate.as_deref(),
                };
                cli.open(lab, family, bytes)
            }
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { congestion } => f.write_str(congestion),
            Self::Faspstream { policy, rate } => {
                f.write_str("faspstream")?;
                [policy, rate].into_iter().flatten().try_for_each(|part| write!(f, ":{part}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_written_as_it_is_read() {
        for text in ["cubic", "bbr", "faspstream", "faspstream:low", "faspstream:fixed:95mbit"] {
            assert_eq!(Peer::parse(text).expect(text).to_string(), text);
        }
        assert!(Peer::parse("carrier-pigeon").is_err());
    }
}
