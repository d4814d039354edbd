//! Pipes.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// Lets a pipe hold `bytes`, so that a fast writer is not stopped by a reader that sleeps for a moment.
pub(crate) fn enlarge_pipe(pipe: &impl AsFd, bytes: i32) -> io::Result<()> {
    // SAFETY: F_SETPIPE_SZ takes a number.
    super::checked(unsafe { libc::fcntl(pipe.as_fd().as_raw_fd(), libc::F_SETPIPE_SZ, bytes) }).map(|_| ())
}
