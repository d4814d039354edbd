//! Transports with a small program of their own: see [`super::Order`] for the command line that all of them have.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Instant;

use super::child::Child;
use super::flow::Flow;
use super::programs::{self, Programs};
use super::{Load, Source, route};
use crate::error::LabError;
use crate::lab::{Lab, Side};

/// The first of the ports that receivers get, one each.
const FIRST_PORT: u16 = 20_000;

/// A transport with a small program of its own.
#[derive(Debug, PartialEq, Eq)]
pub struct Program {
    /// Its name as a flow.
    pub name: &'static str,
    run: Run,
    /// Bandwidth-delay products that it may have under way; 0 leaves its defaults.
    windows: u64,
    environment: &'static [(&'static str, &'static str)],
    /// The kernel's congestion control below it.
    congestion: Option<&'static str>,
}

/// How it is run.
#[derive(Debug, PartialEq, Eq)]
enum Run {
    /// A program beside this one.
    Beside(&'static str),
    /// A class of `peers/java`; true if it uses our library.
    Java(&'static str, bool),
}

const PLAIN: Program =
    Program { name: "", run: Run::Beside(""), windows: 0, environment: &[], congestion: None };
const JAVA_TLS: Run = Run::Java("TlsPeer", false);
const QUINN: Run = Run::Beside("quinn-peer");

/// All of them.
static KNOWN: [Program; 9] = [
    Program { name: "rust", run: Run::Beside("engine-peer"), ..PLAIN },
    Program { name: "java", run: Run::Java("LibraryPeer", true), ..PLAIN },
    Program { name: "java-tls:cubic", run: JAVA_TLS, congestion: Some("cubic"), ..PLAIN },
    Program { name: "java-tls:bbr", run: JAVA_TLS, congestion: Some("bbr"), ..PLAIN },
    Program { name: "quinn", run: QUINN, ..PLAIN },
    Program { name: "quinn:tuned", run: QUINN, windows: 4, ..PLAIN },
    Program {
        name: "quinn:bbr",
        run: QUINN,
        windows: 4,
        environment: &[("QUINN_CONGESTION", "bbr")],
        ..PLAIN
    },
    Program { name: "srt", run: Run::Beside("srt-peer"), windows: 2, ..PLAIN },
    Program { name: "udt", run: Run::Beside("udt-peer"), windows: 2, ..PLAIN },
];

impl Program {
    /// The one of this name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|program| program.name == name)
    }

    /// All names, for people.
    pub(super) fn names() -> String {
        KNOWN.each_ref().map(|program| program.name).join(", ")
    }

    /// Why it cannot be run; None if it can.
    pub(super) fn missing(&self, programs: &Programs) -> Option<String> {
        let file = match self.run {
            Run::Beside(file) => programs.peers.join(file),
            Run::Java(class, ours) => {
                let why = if ours { programs.missing_java() } else { programs::missing_jvm() };
                if why.is_some() {
                    return why;
                }
                programs.peers.join("java").join(class).with_extension("class")
            }
        };
        let missing = format!("there is no {}; docs/benchmarks.md tells how to build it", file.display());
        (!file.exists()).then_some(missing)
    }

    /// Starts the receiver on side b, then the sender on side a.
    pub(super) fn open(&self, lab: &Lab, programs: &Programs, load: Load) -> Result<Flow, LabError> {
        static FLOWS: AtomicU16 = AtomicU16::new(0);
        let port = FIRST_PORT + FLOWS.fetch_add(1, Ordering::Relaxed) % 10_000;
        if let Some(congestion) = self.congestion {
            route::use_congestion(lab, load.family, congestion)?;
        }
        let mut receive = self.command(lab, Side::B, programs, load, port);
        let mut receiver = Child::start_until(receive.stdin(Stdio::null()).stdout(Stdio::piped()), "ready")?;
        let reader = receiver.output()?;
        let mut send = self.command(lab, Side::A, programs, load, port);
        let (what, input) = match load.source {
            Source::Zeros(bytes) => (bytes.to_string(), Stdio::null()),
            Source::Input => ("-".to_owned(), Stdio::piped()),
        };
        let mut sender = Child::start_until(send.arg(what).stdin(input).stdout(Stdio::null()), "ready")?;
        let began = Instant::now();
        let writer = sender.input();
        let mut children = [sender, receiver];
        Ok(Flow {
            reader: Box::new(reader),
            writer,
            began,
            check: self.congestion.map(|congestion| route::check(lab, port, congestion)),
            end: Box::new(move || children.iter_mut().for_each(Child::end)),
        })
    }

    fn command(&self, lab: &Lab, side: Side, programs: &Programs, load: Load, port: u16) -> Command {
        let mut command = match self.run {
            Run::Beside(file) => lab.command(side, programs.peers.join(file)),
            Run::Java(class, _) => {
                let mut command = lab.command(side, "java");
                let classes = programs.peers.join("java");
                let jars = programs.jars().unwrap_or_default();
                command.arg("-cp").arg(format!("{}:{jars}", classes.display())).arg(class);
                command
            }
        };
        command.arg(if side == Side::A { "send" } else { "recv" });
        command.arg(Side::B.address(load.family).to_string()).arg(port.to_string());
        command.arg((self.windows * load.window).to_string()).envs(self.environment.iter().copied());
        if load.source == Source::Input {
            // Who lost data live comes too late has four round-trip times to send it again, as SRT's users are told to allow.
            let latency = (load.rtt * 4).as_millis().max(20);
            command.env("LIVE_LATENCY_MS", latency.to_string());
        }
        command
    }
}
