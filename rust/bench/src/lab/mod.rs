//! Two network namespaces with an emulated link between them.

mod config;
mod options;
mod report;
mod side;

use std::io;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use faspstream_netem::LinkConfig;

pub use config::LabConfig;
pub use options::options_help;
pub use report::{LabReport, MOST_ATTEMPTS, MOST_BUSY, MOST_LATE};
pub(crate) use side::INTERFACE;
pub use side::{Family, Side};

use crate::emulator::{DirectionHandle, Route};
use crate::error::{LabError, Tried};
use crate::settings::{LinkState, Settings};
use crate::sys::{self, MonotonicClock, Namespace, Tun};

/// A running lab. Its namespaces and devices live in this process alone: they are gone when it is dropped, or when the process ends
/// in whatever way. Programs that still run inside then have a loopback interface and nothing else.
#[derive(Debug)]
pub struct Lab {
    sides: [Namespace; 2],
    directions: [DirectionHandle; 2],
    state: Mutex<LinkState>,
}

impl Lab {
    /// An error that says what is missing, if the lab cannot run here: it needs root, `/dev/net/tun` and the `ip` command.
    pub fn available() -> Result<(), LabError> {
        if !sys::is_root() {
            return Err(LabError::Unavailable(
                "it needs root, for namespaces and devices; try sudo".to_owned(),
            ));
        }
        if !std::path::Path::new("/dev/net/tun").exists() {
            return Err(LabError::Unavailable("there is no /dev/net/tun; try modprobe tun".to_owned()));
        }
        let found = Command::new("ip").arg("-V").output().is_ok_and(|output| output.status.success());
        if !found {
            return Err(LabError::Unavailable("there is no ip command; install iproute2".to_owned()));
        }
        Ok(())
    }

    /// Makes both namespaces, their devices and the link between.
    pub fn start(config: &LabConfig) -> Result<Self, LabError> {
        Self::available()?;
        let clock = MonotonicClock::new();
        let (state, links) = config.links();
        let sides = [
            Namespace::create().tried("make a network namespace")?,
            Namespace::create().tried("make a network namespace")?,
        ];
        let a = Arc::new(side::furnish(&sides[0], Side::A, config)?);
        let b = Arc::new(side::furnish(&sides[1], Side::B, config)?);
        let [ab, ba] = links;
        let directions = [
            direction(&sides[0], [&a, &b], ab, clock, config.seed)?,
            direction(&sides[1], [&b, &a], ba, clock, config.seed.wrapping_add(1))?,
        ];
        Ok(Self { sides, directions, state: Mutex::new(state) })
    }

    /// Runs `work` in a thread inside one side. Sockets that it opens stay there.
    pub fn run<T: Send>(&self, side: Side, work: impl FnOnce() -> T + Send) -> Result<T, LabError> {
        self.namespace(side).run(work).tried("enter a side of the lab")
    }

    /// Like [`Lab::run`], for work that may fail.
    pub fn open<T: Send>(
        &self,
        side: Side,
        what: &str,
        work: impl FnOnce() -> io::Result<T> + Send,
    ) -> Result<T, LabError> {
        self.run(side, work)?.tried(what)
    }

    /// A command that will run inside one side. The lab must outlive its start; the command ends if the thread that started it ends.
    pub fn command(&self, side: Side, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        self.namespace(side).hold(sys::die_with_parent(&mut command));
        command
    }

    /// Changes the link; what is sent after this returns meets the changed link.
    pub fn set(&self, settings: &Settings) -> Result<(), LabError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (direction, change) in state.apply(settings) {
            self.directions[direction as usize].change(change)?;
        }
        // Orders are obeyed one after the other: once this one is, the changes are made.
        self.report().map(drop)
    }

    /// The counters of both directions.
    pub fn report(&self) -> Result<LabReport, LabError> {
        let [ab, ba] = &self.directions;
        Ok(LabReport { ab: ab.report()?, ba: ba.report()? })
    }

    /// The descriptor of a side's namespace, by which another process finds it under `/proc/PID/fd`.
    pub(crate) fn descriptor(&self, side: Side) -> i32 {
        self.namespace(side).descriptor()
    }

    fn namespace(&self, side: Side) -> &Namespace {
        &self.sides[side as usize]
    }
}

fn direction(
    origin: &Namespace,
    [from, to]: [&Arc<Tun>; 2],
    link: LinkConfig,
    clock: MonotonicClock,
    seed: u64,
) -> Result<DirectionHandle, LabError> {
    let origin = origin.try_clone().tried("hold a namespace twice")?;
    let route = Route { from: Arc::clone(from), to: Arc::clone(to), origin, clock };
    DirectionHandle::start(route, link, seed)
}
