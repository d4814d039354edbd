//! The command line: one struct a command; the options that several share stand once.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use faspstream::{AccessKey, Error, Rate, RatePolicy, config};

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
    /// Lists the streams that a server keeps
    Ls(Ls),
    /// Measures the throughput to a server and back
    Bench(Bench),
    /// Finds out what is in the way between here and a server, and says what to change
    Doctor(Doctor),
    /// Shows the sessions of a server on this machine, by its control socket
    Stat(Stat),
    /// Makes an access key and prints it, or writes it to a file that only its owner can read
    Keygen(Keygen),
    /// Prints the completions for a shell
    Completions(Completions),
    /// Prints the manual page
    Man,
}

/// Where the other end is (or where to listen), and the key that both ends know.
#[derive(Debug, Args)]
pub(crate) struct Endpoint {
    /// Server: address to listen on. Client: name or address of the server [default: 127.0.0.1]
    #[arg(long, value_name = "ADDR")]
    pub(crate) host: Option<String>,
    /// TCP control port [0 at a server: any free one] [default: 33001]
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// Access key; a server takes several
    #[arg(long, value_name = "ID:SECRET", value_parser = key)]
    pub(crate) key: Vec<Result<AccessKey, Error>>,
    /// File with access keys, one ID:SECRET a line
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Properties file, such as conf/faspstream.properties; the options here override it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Any key of the properties file
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    pub(crate) set: Vec<(String, String)>,
}

/// What every client understands.
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
    /// UDP data port, one for all sessions [0: any free one] [default: 33001]
    #[arg(long, value_name = "N")]
    pub(crate) udp_port: Option<u16>,
    /// Keep streams in this directory; without it they stay in memory, at most 1 GiB in all
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Write the first stream that is pushed to standard output, or give standard input to the first that is pulled, then end
    #[arg(long, conflicts_with = "dir")]
    pub(crate) pipe: bool,
    /// End after one session; the exit code tells how it went
    #[arg(long)]
    pub(crate) once: bool,
    /// Cap over all sessions together, e.g. 2gbit
    #[arg(long, value_name = "RATE", value_parser = config::parse_rate)]
    pub(crate) rate: Option<Rate>,
    /// How to share the network: fixed, high, fair, low
    #[arg(long, value_name = "POLICY", value_parser = policy)]
    pub(crate) policy: Option<RatePolicy>,
    /// How long running sessions may go on after SIGTERM or Ctrl-C
    #[arg(long, value_name = "TIME", value_parser = config::parse_duration, default_value = "5s")]
    pub(crate) drain: Duration,
    /// Socket for `faspstream stat`; only its owner can use it
    #[arg(long, value_name = "PATH")]
    pub(crate) control: Option<PathBuf>,
    /// Loopback address and port for Prometheus, e.g. 127.0.0.1:9331
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Log to standard error: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub(crate) log: Option<log::LevelFilter>,
    /// Log lines as JSON objects
    #[arg(long)]
    pub(crate) log_json: bool,
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
    /// Go on at the last byte that the server has of this file, after any end; the server keeps what has come
    #[arg(long)]
    pub(crate) resume: bool,
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
    /// Go on at the last byte that is here, after any end; what has come is kept beside the file
    #[arg(long)]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) transfer: Transfer,
}

#[derive(Debug, Args)]
pub(crate) struct Ls {
    /// Only names that start with this
    #[arg(default_value = "")]
    pub(crate) prefix: String,
    #[command(flatten)]
    pub(crate) transfer: Transfer,
}

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// How long each direction is measured
    #[arg(long, value_name = "TIME", value_parser = config::parse_duration, default_value = "10s")]
    pub(crate) time: Duration,
    /// Measure one direction only: push or pull
    #[arg(long, value_name = "DIRECTION", value_parser = ["push", "pull"])]
    pub(crate) only: Option<String>,
    #[command(flatten)]
    pub(crate) transfer: Transfer,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Name or address of the server
    pub(crate) server: String,
    #[command(flatten)]
    pub(crate) transfer: Transfer,
}

#[derive(Debug, Args)]
pub(crate) struct Stat {
    /// The control socket of the server: what `serve --control` was given
    pub(crate) socket: PathBuf,
    /// Show it once and end, instead of every second
    #[arg(long)]
    pub(crate) once: bool,
    /// One JSON object for each look
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Keygen {
    /// Who the key is for
    pub(crate) id: String,
    /// Append it to this file (made with mode 0600) instead of printing it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// Errors are told later: here the whole text would be repeated, and it may be a secret.
fn key(text: &str) -> Result<Result<AccessKey, Error>, std::convert::Infallible> {
    Ok(AccessKey::parse(text))
}

fn level(text: &str) -> Result<log::LevelFilter, String> {
    text.parse().map_err(|_| "allowed are error, warn, info, debug and trace".to_owned())
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("the form is KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
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
