//! `wanlab`: two network namespaces with an emulated bad link between them.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command speaks to its user; which of the two depends on the system"
)]

use std::process::ExitCode;

#[cfg(target_os = "linux")]
mod command;
#[cfg(target_os = "linux")]
mod stats;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    command::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("wanlab: the lab cannot run here: it needs the network namespaces of Linux");
    ExitCode::from(77)
}
