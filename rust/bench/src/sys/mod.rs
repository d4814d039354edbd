//! System calls behind safe functions: the only place of this crate with `unsafe` in it.

#![expect(
    unsafe_code,
    reason = "namespaces, TUN devices and scheduling classes are reached by raw system calls only"
)]

mod clock;
mod device;
mod namespace;
mod pipe;
mod process;
mod socket;
mod tun;
mod wait;

pub use clock::cpu_time_of_process;
pub(crate) use clock::{MonotonicClock, Urgency, cpu_time_of_thread, hurry};
pub(crate) use device::join_at_device;
pub(crate) use namespace::Namespace;
pub(crate) use pipe::enlarge_pipe;
pub(crate) use process::{
    detach, die_with_parent, end_signals_are_blocked, is_root, kill, wait_for_end_signal,
};
pub(crate) use socket::{join_received, large_receive_buffer, segment_sent};
pub(crate) use tun::{Offloads, Tun};
pub(crate) use wait::{Waker, sleep_until_readable};

use std::io;

/// The result of a system call that gives -1 for an error.
fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
