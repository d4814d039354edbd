//! Where running labs leave word of themselves: `/run/wanlab/NAME`, and `/run/netns` for the `ip netns` command.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::error::{LabError, Tried};
use crate::lab::Side;
use crate::sys;

const RUN: &str = "/run/wanlab";
/// Where `ip netns` looks for namespaces.
const NETNS: &str = "/run/netns";

/// The place of one lab.
#[derive(Debug)]
pub(super) struct Place {
    name: String,
}

/// The process of a lab. A number that was given to another process since is told by the start time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) pid: u32,
    /// In clock ticks since the machine started.
    started: u64,
    /// Descriptors of both namespaces.
    namespaces: [i32; 2],
}

impl Owner {
    /// This process, holding these descriptors.
    pub(super) fn myself(namespaces: [i32; 2]) -> Result<Self, LabError> {
        let pid = std::process::id();
        let started =
            start_time(pid).ok_or_else(|| LabError::Failed("/proc/self/stat is not readable".to_owned()))?;
        Ok(Self { pid, started, namespaces })
    }

    pub(super) fn alive(&self) -> bool {
        start_time(self.pid) == Some(self.started)
    }

    /// By which the namespace of a side is entered.
    pub(super) fn namespace(&self, side: Side) -> PathBuf {
        format!("/proc/{}/fd/{}", self.pid, self.namespaces[side as usize]).into()
    }

    /// Waits until the process has ended; false if it has not within `time`.
    pub(super) fn ended_within(&self, time: Duration) -> bool {
        let began = Instant::now();
        while self.alive() && began.elapsed() < time {
            thread::sleep(Duration::from_millis(10));
        }
        !self.alive()
    }

    fn to_json(self) -> Value {
        json!({ "pid": self.pid, "started": self.started, "namespaces": self.namespaces })
    }

    fn from_json(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let namespace = |i: usize| i32::try_from(value["namespaces"][i].as_i64()?).ok();
        Some(Self {
            pid: u32::try_from(value["pid"].as_u64()?).ok()?,
            started: value["started"].as_u64()?,
            namespaces: [namespace(0)?, namespace(1)?],
        })
    }
}

/// Field 22 of `/proc/PID/stat`; the second field is a name in parentheses that may contain anything. None of a process that has ended,
/// even if nobody has waited for it yet.
fn start_time(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let ended = matches!(fields.next()?, "Z" | "X");
    fields.nth(18)?.parse().ok().filter(|_| !ended)
}

impl Place {
    /// Names are short, since they become part of the path of a socket, and plain.
    pub(super) fn of(name: &str) -> Result<Self, LabError> {
        let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if plain && (1..=32).contains(&name.len()) {
            return Ok(Self { name: name.to_owned() });
        }
        Err(LabError::Setting {
            key: "name".to_owned(),
            value: name.to_owned(),
            allowed: "give up to 32 of a-z, 0-9 and -".to_owned(),
        })
    }

    /// Every lab that has left word, running or not.
    pub(super) fn all() -> Vec<Self> {
        let entries = fs::read_dir(RUN).into_iter().flatten().flatten();
        entries.filter_map(|entry| Self::of(entry.file_name().to_str()?).ok()).collect()
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Makes the directory; an error if it is there already.
    pub(super) fn create(&self) -> Result<(), LabError> {
        fs::create_dir_all(RUN).tried(format!("make {RUN}"))?;
        let made = fs::DirBuilder::new().mode(0o700).create(self.directory());
        match made {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                let name = &self.name;
                Err(LabError::Failed(format!("there is a lab {name:?} already; wanlab down {name} ends it")))
            }
            made => made.tried(format!("make {}", self.directory().display())),
        }
    }

    /// Leaves word of the process, and makes the namespaces known to `ip netns`.
    pub(super) fn announce(&self, owner: Owner) -> Result<(), LabError> {
        fs::create_dir_all(NETNS).tried(format!("make {NETNS}"))?;
        for side in Side::ALL {
            symlink(owner.namespace(side), self.netns(side)).tried("name a namespace")?;
        }
        // Written at once by a rename, so that nobody reads half of it.
        let draft = self.directory().join("owner.new");
        fs::write(&draft, owner.to_json().to_string()).tried("leave word of the process")?;
        fs::rename(&draft, self.directory().join("owner")).tried("leave word of the process")
    }

    /// The process that left word.
    pub(super) fn owner(&self) -> Option<Owner> {
        Owner::from_json(&fs::read_to_string(self.directory().join("owner")).ok()?)
    }

    /// The process of a lab that runs.
    pub(super) fn running(&self) -> Result<Owner, LabError> {
        let owner = self.owner().filter(Owner::alive);
        owner.ok_or_else(|| {
            LabError::Failed(format!("no lab {:?} is running; wanlab list shows all", self.name))
        })
    }

    /// Takes all traces away. What is not there is fine.
    pub(super) fn clear(&self) {
        for side in Side::ALL {
            let _ = fs::remove_file(self.netns(side));
        }
        let _ = fs::remove_dir_all(self.directory());
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.directory().join("control")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.directory().join("log")
    }

    fn directory(&self) -> PathBuf {
        Path::new(RUN).join(&self.name)
    }

    fn netns(&self, side: Side) -> PathBuf {
        Path::new(NETNS).join(format!("wanlab-{}-{}", self.name, side.name()))
    }
}

/// Takes away what labs left that ended without a word. One that has just begun has no owner yet: its directory is left alone for a
/// minute.
pub(super) fn sweep() {
    for place in Place::all() {
        let stale = match place.owner() {
            Some(owner) => !owner.alive(),
            None => age(&place.directory()).is_some_and(|age| age > Duration::from_secs(60)),
        };
        if stale {
            place.clear();
        }
    }
}

fn age(path: &Path) -> Option<Duration> {
    fs::metadata(path).ok()?.modified().ok()?.elapsed().ok()
}

/// Ends the process: kindly, then not.
pub(super) fn end(owner: Owner) -> Result<(), LabError> {
    for hard in [false, true] {
        if owner.alive() {
            sys::kill(owner.pid, hard).tried(format!("end process {}", owner.pid))?;
        }
        if owner.ended_within(Duration::from_secs(5)) {
            return Ok(());
        }
    }
    Err(LabError::Failed(format!("process {} does not end", owner.pid)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_known_by_its_start_time_too() {
        let myself = Owner::myself([3, 4]).expect("this process has a start time");
        assert!(myself.alive());
        let another = Owner { started: myself.started + 1, ..myself };
        assert!(!another.alive(), "the same number, but another process");
        assert_eq!(Owner::from_json(&myself.to_json().to_string()), Some(myself));
    }

    #[test]
    fn a_name_cannot_lead_elsewhere() {
        for name in ["", "..", "a/b", "A", "a b", "x".repeat(33).as_str()] {
            assert!(Place::of(name).is_err(), "{name:?}");
        }
        assert!(Place::of("atlantic-2").is_ok());
    }
}
