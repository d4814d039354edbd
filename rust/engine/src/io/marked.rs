//! Sending with a code point (RFC 2474), which the UDP crate always clears: one system call with the control messages that the kernel
//! documents in ip(7), ipv6(7) and udp(7).

use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr, UdpSocket};

use socket2::{MsgHdr, SockAddr, SockRef};

/// `struct cmsghdr`: length, level, type.
const HEADER: usize = size_of::<usize>() + 8;
const IPPROTO_IP: i32 = 0;
const IP_TOS: i32 = 1;
const IP_PKTINFO: i32 = 8;
const IPPROTO_UDP: i32 = 17;
const UDP_SEGMENT: i32 = 103;
const IPPROTO_IPV6: i32 = 41;
const IPV6_PKTINFO: i32 = 50;
const IPV6_TCLASS: i32 = 67;

/// Sends datagrams of `segment` bytes each but the last, with `tos` as type of service (code point in the upper six bits).
pub(super) fn send(
    socket: &UdpSocket,
    to: SocketAddr,
    from: Option<IpAddr>,
    contents: &[u8],
    segment: usize,
    tos: u8,
) -> io::Result<()> {
    let several = contents.len() > segment;
    let sent = send_once(socket, to, contents, &control(to, from, several.then_some(segment), tos));
    match sent {
        // EIO, EINVAL: this route or kernel does not cut datagrams for us.
        Err(e) if several && matches!(e.raw_os_error(), Some(5 | 22)) => {
            let control = control(to, from, None, tos);
            contents.chunks(segment).try_for_each(|one| send_once(socket, to, one, &control))
        }
        other => other,
    }
}

fn send_once(socket: &UdpSocket, to: SocketAddr, contents: &[u8], control: &[u8]) -> io::Result<()> {
    let address = SockAddr::from(to);
    let slices = [IoSlice::new(contents)];
    let message = MsgHdr::new().with_addr(&address).with_buffers(&slices).with_control(control);
    SockRef::from(socket).sendmsg(&message, 0).map(drop)
}

/// The control messages. The kernel copies them, so they need no alignment of ours.
fn control(to: SocketAddr, from: Option<IpAddr>, segment: Option<usize>, tos: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(4 * (HEADER + 24));
    if to.ip().to_canonical().is_ipv4() {
        push(&mut out, IPPROTO_IP, IP_TOS, &i32::from(tos).to_ne_bytes());
    } else {
        push(&mut out, IPPROTO_IPV6, IPV6_TCLASS, &i32::from(tos).to_ne_bytes());
    }
    match from.map(|ip| ip.to_canonical()) {
        // struct in_pktinfo: interface, local address, destination address.
        Some(IpAddr::V4(ip)) if to.is_ipv4() => {
            push(&mut out, IPPROTO_IP, IP_PKTINFO, &[[0; 4], ip.octets(), [0; 4]].concat());
        }
        // struct in6_pktinfo: local address, interface.
        Some(IpAddr::V6(ip)) if to.is_ipv6() => {
            push(&mut out, IPPROTO_IPV6, IPV6_PKTINFO, &[&ip.octets()[..], &[0; 4]].concat());
        }
        Some(IpAddr::V4(ip)) => {
            push(
                &mut out,
                IPPROTO_IPV6,
                IPV6_PKTINFO,
                &[&ip.to_ipv6_mapped().octets()[..], &[0; 4]].concat(),
            );
        }
        _ => {}
    }
    if let Some(segment) = segment.and_then(|s| u16::try_from(s).ok()) {
        push(&mut out, IPPROTO_UDP, UDP_SEGMENT, &segment.to_ne_bytes());
    }
    out
}

/// Appends one `cmsghdr` with its data, padded to the next word.
fn push(out: &mut Vec<u8>, level: i32, kind: i32, data: &[u8]) {
    out.extend_from_slice(&(HEADER + data.len()).to_ne_bytes());
    out.extend_from_slice(&level.to_ne_bytes());
    out.extend_from_slice(&kind.to_ne_bytes());
    out.extend_from_slice(data);
    out.resize(out.len().next_multiple_of(size_of::<usize>()), 0);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn marked_datagrams_arrive_cut_as_asked_from_either_family() {
        for host in ["127.0.0.1", "::1"] {
            let Ok(receiver) = UdpSocket::bind((host, 0)) else { continue };
            receiver.set_read_timeout(Some(Duration::from_secs(10))).expect("it is bound");
            let sender = UdpSocket::bind((host, 0)).expect("a port is free");
            let (to, from) = (receiver.local_addr().expect("bound"), sender.local_addr().expect("bound"));
            send(&sender, to, Some(from.ip()), &[7; 2_500], 1_000, 46 << 2).expect("it is sent");
            let mut buffer = [0; 4_096];
            for size in [1_000, 1_000, 500] {
                assert_eq!(receiver.recv_from(&mut buffer).expect("it arrives"), (size, from));
            }
        }
    }

    #[test]
    fn control_messages_have_the_layout_of_the_kernel() {
        let to = SocketAddr::from(([127, 0, 0, 1], 9));
        let bytes = control(to, None, Some(1_200), 184);
        assert_eq!(bytes.len(), 48);
        assert_eq!(bytes[..8], 20u64.to_ne_bytes());
        assert_eq!(bytes[16..20], 184i32.to_ne_bytes());
        assert_eq!(bytes[24..32], 18u64.to_ne_bytes());
        assert_eq!((&bytes[32..36], &bytes[36..40]), (&17i32.to_ne_bytes()[..], &103i32.to_ne_bytes()[..]));
        assert_eq!(bytes[40..42], 1_200u16.to_ne_bytes());
    }
}
