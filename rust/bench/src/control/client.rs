//! Starting labs in the background, and speaking to them.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::directory::{self, Place};
use crate::error::{LabError, Tried};
use crate::lab::{Family, Lab, LabConfig, Side};
use crate::settings::Setting;
use crate::sys::{self, Namespace};

/// Starts a lab in the background, by running `program serve NAME OPTIONS...`, which is to call [`super::serve`]. It can be used when
/// this returns.
pub fn up(program: &OsStr, name: &str, options: &[String]) -> Result<(), LabError> {
    let place = Place::of(name)?;
    // Mistakes are better told here than in a log.
    LabConfig::from_options(options)?;
    Lab::available()?;
    directory::sweep();
    place.create()?;
    let started = start(program, &place, options);
    if started.is_err() {
        place.clear();
    }
    started
}

fn start(program: &OsStr, place: &Place, options: &[String]) -> Result<(), LabError> {
    let log = File::create(place.log()).tried("make a log")?;
    let mut command = Command::new(program);
    command.arg("serve").arg(place.name()).args(options);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).current_dir("/");
    let mut child = sys::detach(&mut command).spawn().tried("start the process of the lab")?;
    let mut first = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut first).tried("wait for the lab")?;
    }
    if first.trim() == "ready" {
        return Ok(());
    }
    let said = fs::read_to_string(place.log()).unwrap_or_default();
    let ended = child.wait().tried("wait for the process of the lab")?;
    Err(LabError::Failed(format!("the lab did not start ({ended}): {}", said.trim())))
}

/// Ends a lab and takes all its traces away. It is no error if it has ended by itself; it is one if there never was one.
pub fn down(name: &str) -> Result<(), LabError> {
    let place = Place::of(name)?;
    let owner = place.owner().ok_or_else(|| LabError::Failed(format!("there is no lab {name:?}")))?;
    directory::end(owner)?;
    place.clear();
    directory::sweep();
    Ok(())
}

/// Names and processes of the labs that run.
pub fn list() -> Vec<(String, u32)> {
    directory::sweep();
    let running = |place: &Place| Some((place.name().to_owned(), place.running().ok()?.pid));
    Place::all().iter().filter_map(running).collect()
}

/// Changes the link of a lab: "key=value" each.
pub fn set(name: &str, pairs: &[String]) -> Result<(), LabError> {
    for pair in pairs {
        Setting::parse_pair(pair)?;
    }
    request(name, &format!("set {}", pairs.join(" "))).map(|_| ())
}

/// The counters of a lab.
pub fn stats(name: &str) -> Result<Value, LabError> {
    let answer = request(name, "stats")?;
    serde_json::from_str(&answer).map_err(|e| LabError::Failed(format!("the lab answered nonsense: {e}")))
}

fn request(name: &str, line: &str) -> Result<String, LabError> {
    let place = Place::of(name)?;
    place.running()?;
    let mut stream = UnixStream::connect(place.socket()).tried(format!("speak to lab {name:?}"))?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).tried("set a time-out")?;
    writeln!(stream, "{line}").tried(format!("speak to lab {name:?}"))?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).tried(format!("hear from lab {name:?}"))?;
    let answer = answer.trim_end();
    match (answer.strip_prefix("ok"), answer.strip_prefix("error ")) {
        (Some(rest), _) => Ok(rest.trim_start().to_owned()),
        (_, Some(text)) => Err(LabError::Failed(text.to_owned())),
        _ => Err(LabError::Failed(format!("lab {name:?} answered {answer:?}"))),
    }
}

/// Replaces this process by a program inside one side of a lab; returns only if that fails. The program finds the addresses in
/// `WANLAB_HERE`, `WANLAB_PEER`, `WANLAB_HERE6` and `WANLAB_PEER6`. To be called before any thread is started.
pub fn enter(name: &str, side: Side, program: &OsStr, arguments: &[String]) -> Result<(), LabError> {
    let path = Place::of(name)?.running()?.namespace(side);
    let namespace = Namespace::open(&path).tried(format!("find side {} of lab {name:?}", side.name()))?;
    namespace.enter().tried(format!("enter side {} of lab {name:?}", side.name()))?;
    let mut command = Command::new(program);
    command.args(arguments);
    for (family, suffix) in [(Family::V4, ""), (Family::V6, "6")] {
        command.env(format!("WANLAB_HERE{suffix}"), side.address(family).to_string());
        command.env(format!("WANLAB_PEER{suffix}"), side.peer().address(family).to_string());
    }
    Err(command.exec()).tried(format!("start {}", program.display()))
}
