//! `faspstream stat`: a live table of a server's sessions, by its control socket.

use serde_json::Value;

use crate::args::Stat;
use crate::failure::Failure;

/// Shows it every second until Ctrl-C, or once.
#[cfg(unix)]
pub(crate) fn run(args: &Stat) -> Result<(), Failure> {
    use std::io::{BufRead, IsTerminal, Write};
    loop {
        let failed = |e: std::io::Error| {
            Failure::Usage(format!(
                "{}: {e}; the server is to be started with --control",
                args.socket.display()
            ))
        };
        let stream = std::os::unix::net::UnixStream::connect(&args.socket).map_err(failed)?;
        let mut line = String::new();
        std::io::BufReader::new(stream).read_line(&mut line).map_err(failed)?;
        let snapshot: Value = serde_json::from_str(&line)
            .map_err(|_| Failure::Local("the server's answer can't be read".to_owned()))?;
        let text = if args.json { format!("{}\n", line.trim_end()) } else { table(&snapshot) };
        let mut out = std::io::stdout();
        let clear = if !args.json && !args.once && out.is_terminal() { "\x1b[2J\x1b[H" } else { "" };
        if write!(out, "{clear}{text}").and_then(|()| out.flush()).is_err() || args.once {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
}

/// There are no control sockets on this system.
#[cfg(not(unix))]
pub(crate) fn run(_: &Stat) -> Result<(), Failure> {
    Err(Failure::Usage("this system has no control sockets; use --metrics of the server".to_owned()))
}

#[cfg_attr(not(unix), expect(dead_code, reason = "the table of the systems that have control sockets"))]
fn table(snapshot: &Value) -> String {
    let number = |key: &str| snapshot[key].as_u64().unwrap_or(0);
    let mut out = format!(
        "{} sessions, {} completed, {} failed, {} refused, {} connections, {} handshakes failed\n",
        number("sessions_active"),
        number("sessions_completed"),
        number("sessions_failed"),
        number("sessions_refused"),
        number("connections"),
        number("handshakes_failed"),
    );
    out += &format!(
        "{:<5}{:<24}{:<12}{:>14}{:>11}{:>10}{:>8}  {}\n",
        "", "stream", "key", "bytes", "Mbit/s", "rtt ms", "loss %", "limit"
    );
    let none = Vec::new();
    for s in snapshot["sessions"].as_array().unwrap_or(&none) {
        let text =
            |key: &str| s[key].as_str().unwrap_or("").chars().filter(|c| !c.is_control()).collect::<String>();
        let value = |key: &str| s[key].as_f64().unwrap_or(0.0);
        out += &format!(
            "{:<5}{:<24.23}{:<12.11}{:>14}{:>11.1}{:>10.1}{:>8.2}  {}\n",
            text("direction"),
            text("stream"),
            text("principal"),
            value("bytes"),
            value("bits_per_second") / 1e6,
            value("rtt_ms"),
            value("loss") * 100.0,
            text("limit"),
        );
    }
    out
}
