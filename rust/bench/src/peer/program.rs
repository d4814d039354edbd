//! Transports with a tiny program of their own, `NAME-peer`: see `peers/` of this crate. All have the same command line.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Instant;

use super::Load;
use super::child::Child;
use super::flow::Flow;
use crate::error::LabError;
use crate::lab::{Lab, Side};

/// The first of the ports that receivers get, one each.
const FIRST_PORT: u16 = 20_000;

/// All of them.
const KNOWN: [&str; 2] = ["srt", "udt"];

/// The transport of this name.
pub(super) fn known(name: &str) -> Option<&'static str> {
    KNOWN.into_iter().find(|known| *known == name)
}

/// Why it cannot be run; None if it can.
pub(super) fn missing(name: &str, folder: &Path) -> Option<String> {
    let path = program(name, folder);
    (!path.exists())
        .then(|| format!("there is no {}; docs/benchmarks.md tells how to build it", path.display()))
}

fn program(name: &str, folder: &Path) -> PathBuf {
    folder.join(format!("{name}-peer"))
}

/// Starts the receiver on side b, then the sender on side a.
pub(super) fn open(lab: &Lab, name: &str, folder: &Path, load: Load) -> Result<Flow, LabError> {
    static FLOWS: AtomicU16 = AtomicU16::new(0);
    let port = FIRST_PORT + FLOWS.fetch_add(1, Ordering::Relaxed) % 10_000;
    let command = |side, verb| {
        let mut command = lab.command(side, program(name, folder));
        command.arg(verb).arg(Side::B.address(load.family).to_string());
        command.arg(port.to_string()).arg(load.window.to_string());
        command.stdin(Stdio::null());
        command
    };
    let mut receiver = Child::start_until(command(Side::B, "recv").stdout(Stdio::piped()), "ready")?;
    let reader = receiver.output()?;
    let began = Instant::now();
    let mut send = command(Side::A, "send");
    let sender = Child::start(send.arg(load.bytes.to_string()).stdout(Stdio::null()).stderr(Stdio::null()))?;
    let mut children = [sender, receiver];
    Ok(Flow {
        reader: Box::new(reader),
        began,
        end: Box::new(move || children.iter_mut().for_each(Child::end)),
    })
}
