//! The transports that are compared: each opens a bulk stream from side a to side b.

mod child;
mod example;
mod flow;
mod live;
mod order;
mod program;
mod programs;
mod route;
mod tcp;

pub use flow::{Flow, Received};
pub use live::LiveDelays;
pub use order::{Order, Source};
pub use programs::Programs;

use std::fmt;
use std::time::Duration;

use crate::error::LabError;
use crate::lab::{Family, Lab};
use example::Tool;
use program::Program;

/// Bytes per read and per write.
pub const CHUNK: usize = 256 * 1024;

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
    /// Our Java examples with their default settings.
    JavaExample,
    /// One with a small program of its own.
    Program(&'static Program),
}

/// What a stream is to carry.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Version of IP.
    pub family: Family,
    /// What is sent; [`Source::Input`] is what is written to `Flow::writer`.
    pub source: Source,
    /// Bytes that may be under way, for transports that have to be told.
    pub window: u64,
    /// The round-trip time of the empty link, for transports that have to be told how late live data may come.
    pub rtt: Duration,
}

impl Peer {
    /// Parses `cubic`, `bbr`, `reno`, `faspstream`, `faspstream:low`, `faspstream:fixed:95mbit`, `quinn:tuned` and the like.
    pub fn parse(text: &str) -> Result<Self, LabError> {
        if let Some(program) = Program::named(text) {
            return Ok(Self::Program(program));
        }
        let mut parts = text.split(':').map(str::to_owned);
        match (parts.next().unwrap_or_default().as_str(), parts.next(), parts.next()) {
            (name @ ("cubic" | "bbr" | "reno"), None, _) => Ok(Self::Tcp { congestion: name.to_owned() }),
            ("java-example", None, _) => Ok(Self::JavaExample),
            ("faspstream", policy, rate) => Ok(Self::Faspstream { policy, rate }),
            _ => Err(LabError::Setting {
                key: "flows".to_owned(),
                value: text.to_owned(),
                allowed: format!(
                    "give cubic, bbr, reno, faspstream, faspstream:POLICY[:RATE], java-example, {}",
                    Program::names()
                ),
            }),
        }
    }

    /// Why it cannot be run here; None if it can.
    pub fn missing(&self, programs: &Programs) -> Option<String> {
        match self {
            Self::Tcp { congestion } => tcp::missing(congestion),
            Self::Faspstream { .. } => programs.missing_tool(),
            Self::JavaExample => programs.missing_java(),
            Self::Program(program) => program.missing(programs),
        }
    }

    /// Begins to send from side a to side b. The time runs from the moment at which the connection is asked for.
    pub fn open(&self, lab: &Lab, load: Load, programs: &Programs) -> Result<Flow, LabError> {
        match self {
            Self::Tcp { congestion } => tcp::open(lab, congestion, load),
            Self::Faspstream { policy, rate } => {
                let (policy, rate) = (policy.as_deref(), rate.as_deref());
                example::open(lab, &Tool::Command { programs, policy, rate }, load)
            }
            Self::JavaExample => example::open(lab, &Tool::Java { programs }, load),
            Self::Program(program) => program.open(lab, programs, load),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { congestion } => f.write_str(congestion),
            Self::Program(program) => f.write_str(program.name),
            Self::JavaExample => f.write_str("java-example"),
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
        let ours =
            ["faspstream", "faspstream:low", "faspstream:fixed:95mbit", "java-example", "java", "rust"];
        let others = ["cubic", "bbr", "srt", "udt", "quinn", "quinn:tuned", "java-tls:cubic"];
        for text in ours.into_iter().chain(others) {
            assert_eq!(Peer::parse(text).expect(text).to_string(), text);
        }
        assert!(Peer::parse("carrier-pigeon").is_err());
    }
}
