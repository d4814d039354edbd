//! The command line: one struct a command; the options that several share stand once.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use faspstream::{AccessKey, Rate, RatePolicy, config};

/// Moves byte streams between applications over bad long-distance networks at the speed of the link.
#[derive(Debug, Parser)]
#[command(name = "faspstream", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Waits for clients: stores what they push, gives what they pull
    Serve(Serve),
    /// Pushes a file or standard input to a server as the stream NAME
    Send(Send),
    /// Pulls the stream NAME from a server into a file or to standard output
    Recv(Recv),
    /// Makes an access key and prints it, or writes it to a file that only its owner can read
    Keygen(Keygen),
}

/// Where the other end is (or where to listen), and the key that both ends know.
#[derive(Debug, Args)]
pub(crate) struct Endpoint {
    /// Server: address to listen on. Client: name or address of the server
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub(crate) host: String,
    /// TCP control port [0 at a server: any free one]
    #[arg(long, value_name = "N", default_value_t = 33001)]
    pub(crate) port: u16,
    /// Access key; a server takes several
    #[arg(long, value_name = "ID:SECRET", value_parser = AccessKey::parse)]
    pub(crate) key: Vec<AccessKey>,
    /// File with access keys, one ID:SECRET a line
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
}

/// What every command that moves bytes understands.
#[derive(Debug, Args)]
pub(crate) struct Transfer {
    #[command(flatten)]
    pub(crate) endpoint: Endpoint,
    /// Never send faster than this, headers and retransmissions included, e.g. 500mbit
    #[arg(long, value_name = "RATE", value_parser = config::parse_rate)]
    pub(crate) rate: Option<Rate>,
    /// How to share the network: fixed, high, fair, low
    #[arg(long, value_name = "POLICY", value_parser = policy)]
    pub(crate) policy: Option<RatePolicy>,
    #[command(flatten)]
    pub(crate) report: Report,
}

/// What is said on the way and at the end.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Report {
    /// No progress and no summary; errors still go to standard error
    #[arg(long)]
    pub(crate) quiet: bool,
    /// One JSON object at the end: on standard output, or on standard error where that carries the stream
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) endpoint: Endpoint,
    /// UDP data port, one for all sessions [0: any free one]
    #[arg(long, value_name = "N", default_value_t = 33001)]
    pub(crate) udp_port: u16,
    /// Keep streams in this directory; without it they stay in memory, at most 1 GiB in all
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// End after one session; the exit code tells how it went
    #[arg(long)]
    pub(crate) once: bool,
    /// Cap over all sessions together, e.g. 2gbit
    #[arg(long, value_name = "RATE", value_parser = config::parse_rate)]
    pub(crate) rate: Option<Rate>,
    /// How to share the network: fixed, high, fair, low
    #[arg(long, value_name = "POLICY", value_parser = policy)]
    pub(crate) policy: Option<RatePolicy>,
    #[command(flatten)]
    pub(crate) report: Report,
}

#[derive(Debug, Args)]
pub(crate) struct Send {
    /// Name of the stream
    pub(crate) name: String,
    /// File to send; - is standard input
    #[arg(default_value = "-")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) transfer: Transfer,
}

#[derive(Debug, Args)]
pub(crate) struct Recv {
    /// Name of the stream
    pub(crate) name: String,
    /// File to write, complete or not at all; - is standard output
    #[arg(default_value = "-")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) transfer: Transfer,
}

#[derive(Debug, Args)]
pub(crate) struct Keygen {
    /// Who the key is for
    pub(crate) id: String,
    /// Append it to this file (made with mode 0600) instead of printing it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

fn policy(text: &str) -> Result<RatePolicy, String> {
    match text {
        "fixed" => Ok(RatePolicy::Fixed),
        "high" => Ok(RatePolicy::High),
        "fair" => Ok(RatePolicy::Fair),
        "low" => Ok(RatePolicy::Low),
        _ => Err("allowed are fixed, high, fair and low".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
