//! `speed`: what one machine makes of a session, on loopback and beside what else there is.
//!
//! `cargo run --release -p faspstream-bench --bin speed -- path [MEGABYTES] [ROUNDS] [NAME]`

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that reports to its user")]

use std::process::ExitCode;

#[cfg(target_os = "linux")]
mod bells;
#[cfg(target_os = "linux")]
mod crowd;
#[cfg(target_os = "linux")]
mod load;
#[cfg(target_os = "linux")]
mod many;
#[cfg(target_os = "linux")]
mod meter;
#[cfg(target_os = "linux")]
mod path;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod rivals;
#[cfg(target_os = "linux")]
mod session;

/// What went wrong, in words.
#[cfg(target_os = "linux")]
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const USAGE: &str = "usage:
  speed path [MEGABYTES] [ROUNDS] [NAME]   one session beside the raw limit, TCP, TLS and QUIC; only those with NAME in theirs
  speed veth [MEGABYTES] [ROUNDS] [NAME]   the same over a cable with an MTU of 1,500 and without offload; as root
  speed paced [MBIT] [SECONDS] [ROUNDS] [NAME]
                                           what a session costs whose application writes so much a second, and what others cost
  speed sessions [COUNT] [MEGABYTES] [ROUNDS]
                                           sessions at once through one server process, MEGABYTES in all, beside a single one
  speed serial [COUNT]                     sessions one after another
  speed setups [SECONDS]                   new connections with TLS, each with a session of a few bytes";

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.first().map(String::as_str) {
        Some("path") => path::main(&words[1..]),
        Some("veth") => path::veth(&words[1..]),
        Some("paced") => path::paced(&words[1..]),
        Some("sessions") => many::sessions(&words[1..]),
        Some("serial") => many::serial(&words[1..]),
        Some("setups") => many::setups(&words[1..]),
        Some(process::SERVE) => many::serve(),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("speed: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("speed: it reads the files of Linux below /proc, which this system has not\n{USAGE}");
    ExitCode::from(77)
}
