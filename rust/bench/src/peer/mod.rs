//! The transports that are compared: each opens a bulk stream from side a to side b.

mod child;
mod faspstream;
mod flow;
mod program;
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
    /// One with a program of its own, `srt` or `udt`, with windows for the link.
    Program {
        /// Its name.
        name: &'static str,
    },
}

/// What a stream is to carry.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Version of IP.
    pub family: Family,
    /// Bytes to send.
    pub bytes: u64,
    /// Bytes that may be under way, for transports that have to be told.
    pub window: u64,
}

/// Where programs are found that are not part of this one.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    /// The command `faspstream`.
    pub faspstream: PathBuf,
    /// The folder of the programs of the other peers.
    pub peers: PathBuf,
}

impl Programs {
    /// `faspstream` beside this program, or else in the search path; the environment variable `FASPSTREAM` goes before both. The
    /// programs of other peers are beside this one too.
    pub fn find() -> Self {
        let named = std::env::var_os("FASPSTREAM").map(PathBuf::from);
        let exe = std::env::current_exe().unwrap_or_default();
        let peers = exe.parent().map(PathBuf::from).unwrap_or_default();
        let beside = Some(peers.join("faspstream")).filter(|path| path.exists());
        let faspstream = named.or(beside).unwrap_or_else(|| "faspstream".into());
        Self { faspstream, peers }
    }
}

impl Peer {
    /// Parses `cubic`, `bbr`, `reno`, `faspstream`, `faspstream:low`, `faspstream:fixed:95mbit`.
    pub fn parse(text: &str) -> Result<Self, LabError> {
        let mut parts = text.split(':').map(str::to_owned);
        let first = parts.next().unwrap_or_default();
        if let Some(name) = program::known(&first) {
            return Ok(Self::Program { name });
        }
        match first.as_str() {
            "cubic" | "bbr" | "reno" => Ok(Self::Tcp { congestion: first }),
            "faspstream" => Ok(Self::Faspstream { policy: parts.next(), rate: parts.next() }),
            _ => Err(LabError::Setting {
                key: "peers".to_owned(),
                value: text.to_owned(),
                allowed: "give cubic, bbr, reno, faspstream, faspstream:POLICY[:RATE], srt or udt".to_owned(),
            }),
        }
    }

    /// Why it cannot be run here; None if it can.
    pub fn missing(&self, programs: &Programs) -> Option<String> {
        match self {
            Self::Tcp { congestion } => tcp::missing(congestion),
            Self::Faspstream { .. } => faspstream::missing(&programs.faspstream),
            Self::Program { name } => program::missing(name, &programs.peers),
        }
    }

    /// Begins to send from side a to side b. The time runs from the moment at which the connection is asked for.
    pub fn open(&self, lab: &Lab, load: Load, programs: &Programs) -> Result<Flow, LabError> {
        match self {
            Self::Tcp { congestion } => tcp::open(lab, congestion, load),
            Self::Faspstream { policy, rate } => {
                let (policy, rate) = (policy.as_deref(), rate.as_deref());
                faspstream::Cli { program: &programs.faspstream, policy, rate }.open(lab, load)
            }
            Self::Program { name } => program::open(lab, name, &programs.peers, load),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { congestion } => f.write_str(congestion),
            Self::Program { name } => f.write_str(name),
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
        for text in ["cubic", "bbr", "srt", "udt", "faspstream", "faspstream:low", "faspstream:fixed:95mbit"]
        {
            assert_eq!(Peer::parse(text).expect(text).to_string(), text);
        }
        assert!(Peer::parse("carrier-pigeon").is_err());
    }
}
