//! The `faspstream` command: byte streams between shells, over the same engine as the libraries.

mod args;
mod endpoint;
mod failure;
mod keygen;
mod progress;
mod serve;
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
        Command::Keygen(args) => keygen::run(args),
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
