//! A network namespace without a name: it lives as long as somebody holds it or runs in it, so a crash leaves nothing behind.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::thread;

/// Holds a network namespace.
#[derive(Debug)]
pub(crate) struct Namespace {
    file: OwnedFd,
}

impl Namespace {
    /// A new namespace, with only a loopback interface that is down.
    pub(crate) fn create() -> io::Result<Self> {
        let made = thread::spawn(|| {
            // SAFETY: unshare takes no pointers; it concerns this thread alone, and the thread ends here.
            super::checked(unsafe { libc::unshare(libc::CLONE_NEWNET) })?;
            Self::open(Path::new("/proc/thread-self/ns/net"))
        });
        made.join().unwrap_or_else(|_| Err(io::Error::other("the thread that makes a namespace panicked")))
    }

    /// The namespace that a file of the `nsfs` file system stands for.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::open(path)?.into() })
    }

    /// A second hold of the same namespace.
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { file: self.file.try_clone()? })
    }

    /// Runs `work` in a thread of its own inside this namespace. Sockets and devices that it opens stay in the namespace.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> io::Result<T> {
        thread::scope(|scope| {
            let inside = scope.spawn(|| {
                self.enter()?;
                Ok(work())
            });
            inside
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("the work inside of the namespace panicked")))
        })
    }

    /// Moves the calling thread into this namespace, for good.
    pub(crate) fn enter(&self) -> io::Result<()> {
        enter(self.file.as_raw_fd())
    }

    /// Makes `command` run inside this namespace, which must not be dropped before the command is started.
    pub(crate) fn hold<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let file = self.file.as_raw_fd();
        // SAFETY: between fork and exec only setns is called, which is async-signal-safe and allocates nothing.
        unsafe { command.pre_exec(move || enter(file)) }
    }

    /// The number of the descriptor, by which others find it in `/proc/PID/fd`.
    pub(crate) fn descriptor(&self) -> RawFd {
        self.file.as_raw_fd()
    }
}

fn enter(file: RawFd) -> io::Result<()> {
    // SAFETY: setns takes no pointers; a descriptor of another kind is refused by the kernel.
    super::checked(unsafe { libc::setns(file, libc::CLONE_NEWNET) }).map(|_| ())
}
