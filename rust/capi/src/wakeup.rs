//! A descriptor that is readable while something waits: an eventfd on Linux, a pipe elsewhere.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Readable from `set` to `clear`.
#[derive(Debug)]
pub(crate) struct Wakeup {
    reader: File,
    /// None where one descriptor does both.
    writer: Option<File>,
}

impl Wakeup {
    /// A descriptor that is not readable yet.
    pub(crate) fn new() -> io::Result<Self> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            // SAFETY: takes no pointers.
            let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
            Ok(Self { reader: owned(fd)?, writer: None })
        }
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        {
            let mut ends = [0; 2];
            // SAFETY: there is room for both descriptors.
            if unsafe { libc::pipe(ends.as_mut_ptr()) } != 0 {
                return Err(io::Error::last_os_error());
            }
            let (reader, writer) = (owned(ends[0])?, owned(ends[1])?);
            for end in [&reader, &writer] {
                // SAFETY: the descriptor is open, and no pointer is passed.
                unsafe {
                    libc::fcntl(end.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC);
                    libc::fcntl(end.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK);
                }
            }
            Ok(Self { reader, writer: Some(writer) })
        }
    }

    /// For `poll`, `select`, `epoll` or `kqueue`.
    pub(crate) fn descriptor(&self) -> i32 {
        self.reader.as_raw_fd()
    }

    /// Makes it readable. A full pipe is readable already.
    pub(crate) fn set(&self) {
        let mut end = self.writer.as_ref().unwrap_or(&self.reader);
        let _ = end.write(&1u64.to_ne_bytes());
    }

    /// Makes it unreadable.
    pub(crate) fn clear(&self) {
        let mut place = [0; 64];
        while (&self.reader).read(&mut place).is_ok_and(|n| n == place.len()) {}
    }

    /// Waits until it is readable, at most `millis` milliseconds; for ever if negative. A signal ends the wait too.
    pub(crate) fn wait(&self, millis: i32) {
        let mut fd = libc::pollfd { fd: self.descriptor(), events: libc::POLLIN, revents: 0 };
        // SAFETY: the one descriptor is described.
        unsafe { libc::poll(&raw mut fd, 1, millis) };
    }
}

fn owned(fd: i32) -> io::Result<File> {
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the system has just given it, and nobody else has it.
    Ok(File::from(unsafe { OwnedFd::from_raw_fd(fd) }))
}
