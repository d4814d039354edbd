//! One UDP socket: batches, offloads, buffers.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Instant;

use quinn_udp::{RecvMeta, Transmit as Datagrams, UdpSockRef, UdpSocketState};
#[cfg(target_os = "linux")]
use socket2::SockFilter;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::drops::{DropWatch, Dropped};
use faspstream_os::{Reactor, Watched};

/// What is asked for as receive and send buffer of the kernel.
const BUFFER: usize = 4 << 20;
/// A smaller receive buffer is worth a warning: at 10 Gbit/s it holds less than a millisecond.
const BUFFER_SMALL: usize = 1 << 20;

/// A bound socket that no thread owns yet.
pub(crate) struct UdpEndpoint {
    socket: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
    /// The socket is one of IPv6, whatever `local` is.
    dual: bool,
    receive_buffer: usize,
}

impl UdpEndpoint {
    /// Binds to `at`; an IPv6 wildcard takes IPv4 too where the system can.
    pub(crate) fn bind(at: SocketAddr) -> io::Result<Self> {
        match Self::bind_as(at) {
            Err(e) if at.is_ipv4() && is_unsupported(&e) => Self::bind_as(mapped(at)),
            done => done,
        }
    }

    fn bind_as(at: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(at), Type::DGRAM, Some(Protocol::UDP))?;
        if at.is_ipv6() && (at.ip().is_unspecified() || canonical(at).is_ipv4()) {
            // A system without dual-stack sockets serves IPv6 alone then.
            let _ = socket.set_only_v6(false);
        }
        socket.bind(&at.into())?;
        let socket: UdpSocket = socket.into();
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let receive_buffer = grow_buffers(&socket)?;
        Ok(Self { local: canonical(socket.local_addr()?), dual: at.is_ipv6(), socket, state, receive_buffer })
    }

    /// As bound.
    pub(crate) fn local(&self) -> SocketAddr {
        self.local
    }

    /// What the system granted, in bytes.
    pub(crate) fn receive_buffer(&self) -> usize {
        self.receive_buffer
    }

    /// Hands the socket to the thread of `reactor`.
    pub(crate) fn watch(self, reactor: &Arc<Reactor>, key: usize) -> io::Result<WatchedUdp> {
        Ok(WatchedUdp {
            wildcard: self.local.ip().is_unspecified(),
            dual: self.dual,
            socket: Watched::new(reactor, self.socket, key)?,
            state: self.state,
            key,
        })
    }
}

/// Asks for large buffers and gives the size of the receive buffer that was granted.
fn grow_buffers(socket: &UdpSocket) -> io::Result<usize> {
    let socket = SockRef::from(socket);
    // Whatever the system grants is worked with.
    let _ = socket.set_recv_buffer_size(BUFFER);
    let _ = socket.set_send_buffer_size(BUFFER);
    let granted = socket.recv_buffer_size()?;
    if granted < BUFFER_SMALL {
        log::warn!(
            target: "faspstream::io",
            "the UDP receive buffer is {granted} bytes where {BUFFER} were asked for; fast streams may lose datagrams: \
             raise net.core.rmem_max (Linux) or its like"
        );
    }
    Ok(granted)
}

/// A socket that the driver owns.
pub(crate) struct WatchedUdp {
    socket: Watched<UdpSocket>,
    state: UdpSocketState,
    key: usize,
    wildcard: bool,
    dual: bool,
}

/// Datagrams for one destination.
pub(crate) struct Parcel<'a> {
    pub(crate) to: SocketAddr,
    /// The local address that the peer knows, if it is known.
    pub(crate) from: Option<IpAddr>,
    /// The datagrams, one behind the other.
    pub(crate) contents: &'a [u8],
    /// Bytes of each but the last.
    pub(crate) segment: usize,
    /// Code point, 0 to 63. Where this system has no way to set it per datagram it is left out.
    #[cfg_attr(
        not(all(target_os = "linux", target_pointer_width = "64")),
        expect(dead_code, reason = "only Linux sets it per datagram")
    )]
    pub(crate) dscp: u8,
}

/// Datagrams that the kernel had no room for.
pub(crate) struct Stuck {
    pub(crate) to: SocketAddr,
    pub(crate) segment: usize,
    pub(crate) bytes: Vec<u8>,
}

/// What a send has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The kernel has them.
    Done,
    /// The kernel has no room; `watch_writable` tells when it has.
    Blocked,
    /// The network or a filter refuses them for now: lost, as on any link.
    Dropped,
}

impl WatchedUdp {
    /// Datagrams that one system call may carry.
    pub(crate) fn max_segments(&self) -> usize {
        self.state.max_gso_segments()
    }

    /// Sends datagrams.
    pub(crate) fn send(&self, parcel: &Parcel<'_>) -> Sent {
        let (to, contents) = (self.mapped(parcel.to), parcel.contents);
        let from = parcel.from.filter(|_| self.wildcard);
        loop {
            match self.try_send(to, from, parcel) {
                Ok(()) => return Sent::Done,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock || is_full(&e) => return Sent::Blocked,
                Err(e) => {
                    log::debug!(target: "faspstream::io", "sending {} bytes to {to}: {e}", contents.len());
                    return Sent::Dropped;
                }
            }
        }
    }

    fn try_send(&self, to: SocketAddr, from: Option<IpAddr>, parcel: &Parcel<'_>) -> io::Result<()> {
        #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
        if parcel.dscp != 0 {
            let tos = parcel.dscp << 2;
            return super::marked::send(&self.socket, to, from, parcel.contents, parcel.segment, tos);
        }
        let datagrams = Datagrams {
            destination: to,
            ecn: None,
            contents: parcel.contents,
            segment_size: (parcel.contents.len() > parcel.segment).then_some(parcel.segment),
            src_ip: from,
        };
        self.state.try_send(UdpSockRef::from(&*self.socket), &datagrams)
    }

    /// A dual-stack socket names IPv4 peers by their mapped address.
    fn mapped(&self, to: SocketAddr) -> SocketAddr {
        if self.dual { mapped(to) } else { to }
    }

    /// Receives up to as many batches as there are buffers. Errors that an earlier send has left behind are no errors of this socket.
    pub(crate) fn receive(&self, buffers: &mut [IoSliceMut<'_>], meta: &mut [RecvMeta]) -> usize {
        match self.state.recv(UdpSockRef::from(&*self.socket), buffers, meta) {
            Ok(n) => n,
            Err(e) => {
                if e.kind() != io::ErrorKind::WouldBlock {
                    log::debug!(target: "faspstream::io", "receiving: {e}");
                }
                0
            }
        }
    }

    /// Datagrams that the kernel has dropped here of late.
    pub(crate) fn dropped(&self, watch: &mut DropWatch, now: Instant) -> Option<Dropped> {
        watch.ask(now, &self.socket)
    }

    /// Lets the kernel drop what is no datagram of ours (wire-format.md §3) for a connection id that begins with `first`. False where the
    /// system has no such filter.
    #[cfg(target_os = "linux")]
    pub(crate) fn admit_only(&self, first: u8) -> bool {
        SockRef::from(&*self.socket).attach_filter(&admission(first)).is_ok()
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn admit_only(&self, _first: u8) -> bool {
        false
    }

    /// Takes the filter away.
    pub(crate) fn admit_all(&self) {
        #[cfg(target_os = "linux")]
        if let Err(e) = SockRef::from(&*self.socket).detach_filter() {
            log::warn!(target: "faspstream::io", "taking the filter from a UDP socket: {e}");
        }
    }

    /// Whether the driver is to be woken when there is room for output.
    pub(crate) fn watch_writable(&mut self, writable: bool) {
        if let Err(e) = self.socket.watch_writable(self.key, writable) {
            log::warn!(target: "faspstream::io", "watching a UDP socket: {e}");
        }
    }
}

/// A program of the classic packet filter, which sees a datagram from its UDP header on (8 bytes): flags `01`, no reserved bit, then the
/// first byte of the connection id. What is too short for a look is dropped.
#[cfg(target_os = "linux")]
fn admission(first: u8) -> [SockFilter; 7] {
    const LOAD_BYTE: u16 = 0x30;
    const AND: u16 = 0x54;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let next = |code, k| SockFilter::new(code, 0, 0, k);
    [
        next(LOAD_BYTE, 8),
        next(AND, 0b1100_1111),
        SockFilter::new(JUMP_IF_EQUAL, 0, 3, 0b0100_0000),
        next(LOAD_BYTE, 9),
        SockFilter::new(JUMP_IF_EQUAL, 0, 1, u32::from(first)),
        next(RETURN, u32::MAX),
        next(RETURN, 0),
    ]
}

/// ENOBUFS: the interface's queue is full.
fn is_full(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(105 | 55 | 10_055))
}

/// WSAEOPNOTSUPP: Wine refuses a socket of IPv4 the question whether it is one of IPv6 alone, which Windows answers.
fn is_unsupported(error: &io::Error) -> bool {
    error.raw_os_error() == Some(10_045)
}

/// An IPv4 address as sockets of IPv6 spell it.
fn mapped(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) => SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()),
        SocketAddr::V6(_) => address,
    }
}

/// An address as the sessions know it: IPv4 peers of a dual-stack socket without the mapping.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_filter_lets_through_what_looks_like_ours_and_nothing_else() {
        let receiver = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        SockRef::from(&receiver).attach_filter(&admission(7)).expect("Linux has filters");
        let sender = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        let to = receiver.local_addr().expect("bound");
        let dropped =
            [&[][..], &[0x40], &[0x40, 8, 1], &[0x80, 7, 1], &[0xc0, 7, 1], &[0x41, 7, 1], &[0, 7, 1]];
        let admitted = [&[0x40, 7][..], &[0x60, 7, 1], &[0x70, 7, 255]];
        for datagram in dropped.iter().chain(&admitted) {
            sender.send_to(datagram, to).expect("the sender does not hear of it");
        }
        receiver.set_nonblocking(true).expect("it can be");
        let mut buffer = [0; 10];
        let received: Vec<Vec<u8>> =
            core::iter::from_fn(|| receiver.recv(&mut buffer).ok().map(|n| buffer[..n].to_vec())).collect();
        assert_eq!(received, admitted);
    }
}
