//! Options of UDP sockets that have no safe name elsewhere.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// Makes the kernel cut what is sent into datagrams of `size` bytes (UDP_SEGMENT, Linux 4.18).
pub(crate) fn segment_sent(socket: &impl AsFd, size: u16) -> io::Result<()> {
    set(socket, libc::SOL_UDP, libc::UDP_SEGMENT, size.into())
}

/// Makes the kernel hand out neighbouring datagrams of one size together (UDP_GRO, Linux 5.0).
pub(crate) fn join_received(socket: &impl AsFd) -> io::Result<()> {
    set(socket, libc::SOL_UDP, libc::UDP_GRO, 1)
}

/// A receive buffer beyond the machine's limit, as root may have it.
pub(crate) fn large_receive_buffer(socket: &impl AsFd, bytes: i32) -> io::Result<()> {
    set(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, bytes)
}

fn set(socket: &impl AsFd, level: i32, name: i32, value: i32) -> io::Result<()> {
    let size = size_of_val(&value) as libc::socklen_t;
    // SAFETY: the pointer is to a live local of the size that is named.
    let result =
        unsafe { libc::setsockopt(socket.as_fd().as_raw_fd(), level, name, (&raw const value).cast(), size) };
    super::checked(result).map(|_| ())
}
