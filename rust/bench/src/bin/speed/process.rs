//! A server in a process of its own, and what the kernel says of a process.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use crate::Outcome;
use crate::meter::cpu;

/// The word that makes this program the server of another run of it.
pub(crate) const SERVE: &str = "serve";

/// A child that serves until it is dropped.
pub(crate) struct ServerProcess {
    child: Child,
    /// Its TCP port on loopback.
    pub(crate) port: u16,
}

impl ServerProcess {
    pub(crate) fn start() -> Outcome<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(SERVE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("the child has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        Ok(Self { port: line.trim().parse()?, child })
    }

    pub(crate) fn state(&self) -> Outcome<State> {
        State::of(&self.child.id().to_string())
    }

    /// Processor seconds of the server and of this process so far.
    pub(crate) fn cpu_of_both(&self) -> Outcome<f64> {
        Ok(cpu(self.child.id())? + cpu(std::process::id())?)
    }
}

impl Drop for ServerProcess {
    /// The end of its input tells it to end.
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // A child that is gone already needs no waiting for.
        let _ = self.child.wait();
    }
}

/// Returns when the process that started this one lets go of it.
pub(crate) fn wait_for_parent() -> Outcome<()> {
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// What the kernel says of a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State {
    /// Memory in use, in KiB.
    pub(crate) resident: u64,
    /// The most that was in use so far, in KiB.
    pub(crate) most: u64,
    pub(crate) threads: u64,
    pub(crate) descriptors: usize,
}

impl State {
    /// Of a process by its number, or of `self`.
    pub(crate) fn of(process: &str) -> Outcome<Self> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        let field = |name: &str| -> Outcome<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let word = line.and_then(|rest| rest.split_whitespace().next());
            Ok(word.ok_or("/proc/PID/status has another form")?.parse()?)
        };
        Ok(Self {
            resident: field("VmRSS:")?,
            most: field("VmHWM:")?,
            threads: field("Threads:")?,
            descriptors: std::fs::read_dir(format!("/proc/{process}/fd"))?.count(),
        })
    }
}

impl core::fmt::Display for State {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mib = |kib: u64| kib as f64 / 1024.0;
        write!(
            f,
            "{:.1} MiB resident (at most {:.1}), {} threads, {} descriptors",
            mib(self.resident),
            mib(self.most),
            self.threads,
            self.descriptors
        )
    }
}
