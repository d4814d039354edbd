//! Datagrams that this system's kernel has dropped at one socket because its receive buffer was full.

use std::net::UdpSocket;

/// Receive buffers that the kernel has dropped at this socket since it was opened, modulo 2^32; None where the system does not count them.
/// Receive offload may put several datagrams into a buffer.
#[cfg(target_os = "linux")]
#[must_use]
pub fn dropped_buffers(socket: &UdpSocket) -> Option<u32> {
    use std::os::fd::AsRawFd as _;

    /// `SK_MEMINFO_DROPS` of linux/sock_diag.h, the last of the values of `SO_MEMINFO`.
    const DROPS: usize = 8;
    let mut values = [0u32; DROPS + 1];
    let mut len = size_of_val(&values) as libc::socklen_t;
    // SAFETY: `values` is writable for `len` bytes, both outlive the call, any bytes are valid `u32`s, and the descriptor is open for as
    // long as `socket` is borrowed.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_MEMINFO,
            values.as_mut_ptr().cast(),
            &raw mut len,
        )
    };
    (result == 0 && len as usize == size_of_val(&values)).then_some(values[DROPS])
}

/// Receive buffers that the kernel has dropped at this socket since it was opened, modulo 2^32; None where the system does not count them.
/// Receive offload may put several datagrams into a buffer.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn dropped_buffers(_socket: &UdpSocket) -> Option<u32> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_counts_what_it_drops_at_a_full_socket() {
        let receiver = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        socket2::SockRef::from(&receiver).set_recv_buffer_size(4_096).expect("small is allowed");
        assert_eq!(dropped_buffers(&receiver), Some(0));
        let sender = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        let to = receiver.local_addr().expect("bound");
        (0..100).for_each(|_| assert_eq!(sender.send_to(&[0; 1_000], to).expect("sent"), 1_000));
        receiver.set_nonblocking(true).expect("it can be");
        let mut buffer = [0; 2_000];
        let received = core::iter::from_fn(|| receiver.recv(&mut buffer).ok()).count();
        assert_eq!(dropped_buffers(&receiver), Some(100 - received as u32));
        assert!(received < 100);
    }
}
