//! Several addresses of one host: in which order, and how soon one after the other, they are tried (RFC 8305).

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

/// An attempt that has not come to anything so far gets company after this (RFC 8305 section 5).
pub(super) const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// The families in turn, the one that the system prefers first (RFC 8305 section 4).
pub(super) fn interleave(found: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_v6 = found.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (VecDeque<_>, VecDeque<_>) =
        found.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let mut order = VecDeque::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    loop {
        match (first.next(), second.next()) {
            (None, None) => return order,
            pair => order.extend([pair.0, pair.1].into_iter().flatten()),
        }
    }
}

/// Asks the system's resolver, which blocks.
pub(super) fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    #[cfg(test)]
    if host == tests::DUAL_NAME {
        return Ok(tests::dual_addresses(port));
    }
    (host, port).to_socket_addrs().map(Iterator::collect)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::time::Instant;

    use socket2::{Domain, Socket, Type};

    use super::*;
    use crate::{AccessKey, Client, Direction, Metadata, Server};

    /// A name that has an IPv6 address where nobody answers, and an IPv4 address where the server is.
    pub(super) const DUAL_NAME: &str = "dual.faspstream.test";

    pub(super) fn dual_addresses(port: u16) -> Vec<SocketAddr> {
        [silent_ip(), "127.0.0.1"]
            .map(|ip| SocketAddr::new(ip.parse().expect("it is an address"), port))
            .to_vec()
    }

    fn silent_ip() -> &'static str {
        if TcpListener::bind("[::1]:0").is_ok() { "::1" } else { "127.0.0.2" }
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("it is an address")
    }

    #[test]
    fn the_families_take_turns_and_the_first_stays_first() {
        let (a, b, c) = (address("[2001:db8::1]:1"), address("[2001:db8::2]:1"), address("[2001:db8::3]:1"));
        let (x, y) = (address("192.0.2.1:1"), address("192.0.2.2:1"));
        assert_eq!(interleave(vec![a, b, c, x, y]), [a, x, b, y, c]);
        assert_eq!(interleave(vec![x, y, a]), [x, a, y]);
        assert!(interleave(Vec::new()).is_empty());
    }

    /// A listener whose queue is full: the system answers nobody who knocks.
    fn silence(at: SocketAddr) -> (Socket, Vec<Socket>) {
        let listener = Socket::new(Domain::for_address(at), Type::STREAM, None).expect("a socket");
        listener.bind(&at.into()).expect("the port is free on this address");
        listener.listen(0).expect("it is bound");
        let knocks = (0..8).map(|_| {
            let socket = Socket::new(Domain::for_address(at), Type::STREAM, None).expect("a socket");
            socket.set_nonblocking(true).expect("it can be");
            // In progress, or for ever.
            let _ = socket.connect(&at.into());
            socket
        });
        let knocks = knocks.collect();
        assert!(
            TcpStream::connect_timeout(&at, Duration::from_millis(200)).is_err(),
            "the place is not silent, so that this test shows nothing"
        );
        (listener, knocks)
    }

    #[test]
    #[cfg_attr(not(target_os = "linux"), ignore = "how full queues behave differs")]
    fn an_address_that_does_not_answer_does_not_hold_up_one_that_does() {
        let key = AccessKey::generate("k").expect("the id is good");
        let server =
            Server::builder().tcp_port(0).udp_port(0).access_key(key.clone()).start().expect("it starts");
        let _silent = silence(dual_addresses(server.tcp_port())[0]);
        let began = Instant::now();
        let client = Client::builder().host(DUAL_NAME).tcp_port(server.tcp_port()).access_key(key);
        let client = client.connect().expect("one address answers");
        let took = began.elapsed();
        assert!(took >= ATTEMPT_DELAY && took < Duration::from_secs(5), "{took:?}");
        let writer = client.open(Direction::Push, "x", Metadata::new()).expect("it opens");
        writer.finish().expect("it is open");
        let reader = server.accept(Some(Duration::from_secs(20))).expect("it arrives");
        assert_eq!(reader.read(&mut [0; 1]).expect("the end"), 0);
        writer.wait_for_end(None).expect("it was read");
    }
}
