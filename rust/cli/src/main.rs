//! The `faspstream` command: byte streams between shells, over the same engine as the libraries.

mod args;
mod bench;
mod doctor;
mod endpoint;
mod failure;
mod host;
mod keygen;
mod ls;
mod manual;
mod progress;
mod query;
mod serve;
mod sink;
mod stat;
mod summary;
mod transfer;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

fn main() -> ExitCode {
    let result = match &Cli::parse().command {
        Command::Serve(args) => serve::run(args),
        Command::Send(args) => transfer::send(args),
        Command::Recv(args) => transfer::recv(args),
        Command::Ls(args) => ls::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Stat(args) => stat::run(args),
        Command::Keygen(args) => keygen::run(args),
        Command::Completions(args) => manual::completions(args),
        Command::Man => manual::man(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Without standard error the exit code still tells.
            let _ = writeln!(std::io::stderr(), "faspstream: {failure}");
            failure.exit_code()
        }
    }
}
