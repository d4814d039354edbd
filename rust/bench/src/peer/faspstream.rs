//! Our own command line tool: a server on side a gives a file, a client on side b pulls it to its standard output.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Instant;

use super::Load;
use super::child::Child;
use super::flow::Flow;
use crate::error::{LabError, Tried};
use crate::lab::{Family, Lab, Side};

/// The first of the ports that servers get, one each.
const FIRST_PORT: u16 = 33_001;
/// The largest file that is offered: more than any link of the lab carries in a day, less than file systems refuse.
const LARGEST_FILE: u64 = 1 << 40;

/// The tool, and what it is set to.
pub(super) struct Cli<'a> {
    pub(super) program: &'a Path,
    pub(super) policy: Option<&'a str>,
    pub(super) rate: Option<&'a str>,
}

/// Why the tool cannot be run; None if it can.
pub(super) fn missing(program: &Path) -> Option<String> {
    match Command::new(program).arg("--version").output() {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(format!("{} --version: {}", program.display(), output.status)),
        Err(e) => Some(format!("{}: {e}; build it, or name it by FASPSTREAM", program.display())),
    }
}

impl Cli<'_> {
    pub(super) fn open(&self, lab: &Lab, load: Load) -> Result<Flow, LabError> {
        static FLOWS: AtomicU16 = AtomicU16::new(0);
        let number = FLOWS.fetch_add(1, Ordering::Relaxed);
        let scratch = Scratch::new(number)?;
        let file = File::create(scratch.path.join("bulk")).tried("make a file to send")?;
        // Sparse: it takes no room, and reading it costs no disk.
        file.set_len(load.bytes.min(LARGEST_FILE)).tried("make a file to send")?;
        let meeting =
            Meeting { family: load.family, port: FIRST_PORT + number % 10_000, key: self.key()?, scratch };
        let server = self.serve(lab, &meeting)?;
        let began = Instant::now();
        let mut client = self.pull(lab, &meeting)?;
        let reader = client.output()?;
        let mut children = [client, server];
        Ok(Flow {
            reader: Box::new(reader) as Box<dyn Read + Send>,
            began,
            end: Box::new(move || {
                children.iter_mut().for_each(Child::end);
                drop(meeting);
            }),
        })
    }

    fn key(&self) -> Result<String, LabError> {
        let output =
            Command::new(self.program).args(["keygen", "lab"]).output().tried("make an access key")?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn serve(&self, lab: &Lab, meeting: &Meeting) -> Result<Child, LabError> {
        let mut command = self.command(lab, Side::A, "serve", meeting);
        command.arg("--udp-port").arg(meeting.port.to_string()).arg("--dir").arg(&meeting.scratch.path);
        command.stdout(Stdio::null());
        Child::start_until(&mut command, "listening")
    }

    fn pull(&self, lab: &Lab, meeting: &Meeting) -> Result<Child, LabError> {
        let mut command = self.command(lab, Side::B, "recv", meeting);
        command.args(["bulk", "-", "--quiet"]);
        if let Some(rate) = self.rate {
            command.args(["--rate", rate]);
        }
        Child::start(command.stdout(Stdio::piped()))
    }

    fn command(&self, lab: &Lab, side: Side, verb: &str, meeting: &Meeting) -> Command {
        let mut command = lab.command(side, self.program);
        command.arg(verb).arg("--host").arg(Side::A.address(meeting.family).to_string());
        command.arg("--port").arg(meeting.port.to_string()).arg("--key").arg(&meeting.key);
        if let Some(policy) = self.policy {
            command.args(["--policy", policy]);
        }
        // What a client remembers of a path must not help the next run.
        command.env("HOME", &meeting.scratch.path).stdin(Stdio::null());
        command
    }
}

/// Where both ends meet.
struct Meeting {
    family: Family,
    port: u16,
    key: String,
    scratch: Scratch,
}

/// A directory that is removed with this.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn new(number: u16) -> Result<Self, LabError> {
        let path = std::env::temp_dir().join(format!("wanlab-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).tried(format!("make {}", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is a sparse file in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.path);
    }
}
