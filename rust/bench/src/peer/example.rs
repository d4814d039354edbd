//! What users have: a server on side a gives a file, a client on side b pulls it to its standard output. Our command line tool, and our
//! Java examples.

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Instant;

use super::child::Child;
use super::flow::Flow;
use super::programs::Programs;
use super::{Load, Source};
use crate::error::{LabError, Tried};
use crate::lab::{Family, Lab, Side};

/// The first of the ports that servers get, one each.
const FIRST_PORT: u16 = 33_001;
/// The largest file that is offered: more than any link of the lab carries in a day, less than file systems refuse.
const LARGEST_FILE: u64 = 1 << 40;
/// Both ends run in namespaces of their own, which nobody else can reach.
const KEY: &str = "lab:known to both ends of a lab";

/// A server and a client with their options.
pub(super) enum Tool<'a> {
    /// `faspstream serve` and `faspstream recv`.
    Command {
        programs: &'a Programs,
        /// Of both ends.
        policy: Option<&'a str>,
        /// Of the client.
        rate: Option<&'a str>,
    },
    /// `GenericServerExample` and `GenericClientExample`.
    Java { programs: &'a Programs },
}

/// Starts both ends.
pub(super) fn open(lab: &Lab, tool: &Tool<'_>, load: Load) -> Result<Flow, LabError> {
    static FLOWS: AtomicU16 = AtomicU16::new(0);
    let Source::Zeros(bytes) = load.source else {
        return Err(LabError::Usage(
            "a live stream goes through the APIs; give the flow rust or java".to_owned(),
        ));
    };
    let number = FLOWS.fetch_add(1, Ordering::Relaxed);
    let scratch = Scratch::new(number)?;
    let file = File::create(scratch.path.join("bulk")).tried("make a file to send")?;
    // Sparse: it takes no room.
    file.set_len(bytes.min(LARGEST_FILE)).tried("make a file to send")?;
    let meeting = Meeting { family: load.family, port: FIRST_PORT + number % 10_000, scratch };
    let server = tool.serve(lab, &meeting)?;
    let began = Instant::now();
    let mut client = Child::start(tool.pull(lab, &meeting).stdout(Stdio::piped()))?;
    let reader = client.output()?;
    let mut children = [client, server];
    Ok(Flow {
        reader: Box::new(reader) as Box<dyn Read + Send>,
        writer: None,
        began,
        check: None,
        end: Box::new(move || {
            children.iter_mut().for_each(Child::end);
            drop(meeting);
        }),
    })
}

impl Tool<'_> {
    fn serve(&self, lab: &Lab, meeting: &Meeting) -> Result<Child, LabError> {
        let mut command = self.command(lab, Side::A, ["serve", "samples.p2p.GenericServerExample"], meeting);
        command.arg("--udp-port").arg(meeting.port.to_string()).arg("--dir").arg(&meeting.scratch.path);
        match self {
            Self::Command { .. } => Child::start_until(command.stdout(Stdio::null()), "listening"),
            Self::Java { .. } => Child::start_until_printed(&mut command, "listening"),
        }
    }

    fn pull(&self, lab: &Lab, meeting: &Meeting) -> Command {
        let mut command = self.command(lab, Side::B, ["recv", "samples.p2p.GenericClientExample"], meeting);
        if let Self::Java { .. } = self {
            command.arg("pull");
        }
        command.args(["bulk", "-", "--quiet"]);
        if let Self::Command { rate: Some(rate), .. } = self {
            command.args(["--rate", rate]);
        }
        command
    }

    /// The verb of the command, or the class of the Java example, with the options that all have.
    fn command(&self, lab: &Lab, side: Side, [verb, class]: [&str; 2], meeting: &Meeting) -> Command {
        let mut command = match self {
            Self::Command { programs, .. } => lab.command(side, &programs.faspstream),
            Self::Java { .. } => lab.command(side, "java"),
        };
        match self {
            Self::Command { .. } => command.arg(verb),
            Self::Java { programs } => command.arg("-cp").arg(programs.jars().unwrap_or_default()).arg(class),
        };
        command.arg("--host").arg(Side::A.address(meeting.family).to_string());
        command.arg("--port").arg(meeting.port.to_string()).args(["--key", KEY]);
        if let Self::Command { policy: Some(policy), .. } = self {
            command.args(["--policy", policy]);
        }
        command.stdin(Stdio::null());
        command
    }
}

/// Where both ends meet.
struct Meeting {
    family: Family,
    port: u16,
    scratch: Scratch,
}
/// A directory that is removed with this.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn new(number: u16) -> Result<Self, LabError> {
        // Holes of a file in memory cost nothing to read; those of a file on a disk are filled in the page cache first.
        let memory = Some(PathBuf::from("/dev/shm")).filter(|path| path.is_dir());
        let path =
            memory.unwrap_or_else(std::env::temp_dir).join(format!("wanlab-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).tried(format!("make {}", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed takes no room.
        let _ = fs::remove_dir_all(&self.path);
    }
}
