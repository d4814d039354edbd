//! Sleeping until something happens, to the nanosecond.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// Wakes a thread that sleeps in [`sleep_until_readable`].
#[derive(Debug)]
pub(crate) struct Waker {
    event: File,
}

impl Waker {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: eventfd takes no pointers.
        let raw = super::checked(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?;
        // SAFETY: the descriptor was made just now and belongs to nobody else.
        let owned = unsafe { OwnedFd::from_raw_fd(raw) };
        Ok(Self { event: owned.into() })
    }

    /// Ends the present sleep, or else the next one.
    pub(crate) fn wake(&self) {
        // A full counter means that a wake-up is pending already.
        let _ = (&self.event).write(&1u64.to_ne_bytes());
    }

    /// Forgets past wake-ups.
    pub(crate) fn clear(&self) {
        let mut count = [0; 8];
        // Nothing to read means that nobody woke.
        let _ = (&self.event).read(&mut count);
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}

/// Sleeps until one of the files can be read or the time is over; without a time, for as long as it takes.
pub(crate) fn sleep_until_readable(files: [BorrowedFd<'_>; 2], time: Option<Duration>) -> io::Result<()> {
    let mut polled =
        files.map(|file| libc::pollfd { fd: file.as_raw_fd(), events: libc::POLLIN, revents: 0 });
    let limit = time.map(|t| libc::timespec {
        tv_sec: libc::time_t::try_from(t.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: t.subsec_nanos().into(),
    });
    let limit_at = limit.as_ref().map_or(core::ptr::null(), |l| l as *const libc::timespec);
    // SAFETY: the array and the time live until the call returns; no signal mask is given.
    let n = unsafe {
        libc::ppoll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, limit_at, core::ptr::null())
    };
    match super::checked(n) {
        Err(e) if e.kind() != io::ErrorKind::Interrupted => Err(e),
        _ => Ok(()),
    }
}
