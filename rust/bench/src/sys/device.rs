//! Settings of a network device.

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

/// `ETHTOOL_SGRO` of `linux/ethtool.h`.
const SET_RECEIVE_OFFLOAD: u32 = 0x2c;

/// `struct ethtool_value`.
#[repr(C)]
struct Value {
    command: u32,
    data: u32,
}

/// Lets the device of this name, in the calling thread's namespace, join what it receives.
pub(crate) fn join_at_device(name: &str) -> io::Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let mut value = Value { command: SET_RECEIVE_OFFLOAD, data: 1 };
    // SAFETY: all fields of the structure are numbers or pointers, for which zero is a value.
    let mut request: libc::ifreq = unsafe { core::mem::zeroed() };
    // The last byte stays zero.
    for (to, from) in request.ifr_name[..libc::IFNAMSIZ - 1].iter_mut().zip(name.bytes()) {
        *to = from as libc::c_char;
    }
    request.ifr_ifru.ifru_data = (&raw mut value).cast();
    // SAFETY: both structures live until the call is over, and the command reads no more than them.
    super::checked(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCETHTOOL, &raw mut request) })
        .map(|_| ())
}
