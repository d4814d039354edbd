//! A TLS connection that carries datagrams where UDP is blocked (wire-format.md §2.3).

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::Connection as Tls;
use socket2::SockRef;

use super::SocketId;
use super::socket::Sent;
use crate::control::connection::Carried;
use crate::quietly::Quietly;
use faspstream_os::{Reactor, Watched};

/// Bytes that the kernel may hold unsent: what is queued in front of a datagram delays it.
#[cfg(target_os = "linux")]
const UNSENT_MAX: u32 = 128 << 10;
/// A connection whose bytes stay unacknowledged for so long is given up.
#[cfg(target_os = "linux")]
const STALL: Duration = Duration::from_secs(10);
/// Silence after which the kernel asks the peer for a sign of life.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Bytes read at once before others get their turn.
const READ_BUDGET: usize = 512 << 10;
/// Bytes of a datagram's length.
const LENGTH: usize = 2;
/// Marks the poller's keys of tunnels.
const KEY_BIT: usize = 1 << (usize::BITS - 2);

/// The poller's key of a tunnel.
pub(super) fn key_of(number: u64) -> io::Result<usize> {
    usize::try_from(number).map(|number| number | KEY_BIT).map_err(io::Error::other)
}

/// The number of the tunnel that has this key of the poller; None if it is a socket's.
pub(super) fn number_of(key: usize) -> Option<u64> {
    (key & KEY_BIT != 0).then_some((key & !KEY_BIT) as u64)
}

/// A connection in the hands of the driver.
pub(crate) struct Tunnel {
    /// The port whose sessions it serves.
    pub(super) port: SocketId,
    socket: Watched<TcpStream>,
    key: usize,
    tls: Tls,
    /// What has come of a datagram that is not whole yet.
    inbox: Vec<u8>,
    /// TLS holds what the kernel has no room for.
    is_full: bool,
}

impl Tunnel {
    pub(super) fn new(
        reactor: &Arc<Reactor>,
        number: u64,
        port: SocketId,
        carried: Carried,
    ) -> io::Result<Self> {
        let key = key_of(number)?;
        // Where the system has no such options, queues are longer and a stall is noticed later.
        #[cfg(target_os = "linux")]
        {
            let _ = SockRef::from(&carried.socket).set_tcp_notsent_lowat(UNSENT_MAX);
            let _ = SockRef::from(&carried.socket).set_tcp_user_timeout(Some(STALL));
        }
        let keep_alive = socket2::TcpKeepalive::new().with_time(KEEP_ALIVE);
        let _ = SockRef::from(&carried.socket).set_tcp_keepalive(&keep_alive);
        let socket = Watched::new(reactor, carried.socket, key)?;
        let mut tunnel = Self { port, socket, key, tls: carried.tls, inbox: carried.rest, is_full: false };
        tunnel.flush()?;
        Ok(tunnel)
    }

    /// Sends datagrams of `segment` bytes but the last. What TLS holds is bounded: one call's worth.
    pub(super) fn send(&mut self, contents: &[u8], segment: usize) -> Sent {
        if self.is_full {
            return Sent::Blocked;
        }
        for datagram in contents.chunks(segment.max(1)) {
            // A datagram of UDP has a length of 16 bits.
            let Ok(length) = u16::try_from(datagram.len()) else { return Sent::Dropped };
            let mut writer = self.tls.writer();
            if writer.write_all(&length.to_be_bytes()).and_then(|()| writer.write_all(datagram)).is_err() {
                return Sent::Dropped;
            }
        }
        // A broken connection is noticed where it is read.
        if self.flush().is_err() { Sent::Dropped } else { Sent::Done }
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut Quietly(&self.socket)) {
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        self.is_full = self.tls.wants_write();
        self.socket.watch_writable(self.key, self.is_full)
    }

    /// The kernel has room again. True if sessions that waited may go on.
    pub(super) fn on_writable(&mut self) -> io::Result<bool> {
        self.flush().map(|()| !self.is_full)
    }

    /// Takes in what has come, up to a budget.
    ///
    /// # Errors
    /// The connection is over.
    pub(super) fn read(&mut self) -> io::Result<()> {
        let mut budget = READ_BUDGET;
        while budget > 0 {
            match self.tls.read_tls(&mut &*self.socket) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => budget = budget.saturating_sub(n),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            }
            let state = self.tls.process_new_packets().map_err(io::Error::other)?;
            let bytes = state.plaintext_bytes_to_read();
            let at = self.inbox.len();
            self.inbox.resize(at + bytes, 0);
            self.tls.reader().read_exact(&mut self.inbox[at..])?;
        }
        Ok(())
    }

    /// Gives all datagrams that are whole.
    pub(super) fn take_whole(&mut self) -> Vec<u8> {
        let whole = whole_prefix(&self.inbox);
        let rest = self.inbox.split_off(whole);
        core::mem::replace(&mut self.inbox, rest)
    }
}

/// Bytes at the front that are whole datagrams with their lengths.
fn whole_prefix(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some((_, rest)) = first(&bytes[at..]) {
        at = bytes.len() - rest.len();
    }
    at
}

/// The first datagram, and what is behind it; None if it is not whole.
fn first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

/// The datagrams of a buffer.
pub(super) fn datagrams(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::from_fn(move || {
        let (datagram, rest) = first(bytes)?;
        bytes = rest;
        Some(datagram)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn datagrams_come_out_as_they_went_in_however_they_are_cut(
            sent in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..20),
            cut in 1usize..500,
        ) {
            let stream: Vec<u8> =
                sent.iter().flat_map(|d| [&(d.len() as u16).to_be_bytes()[..], d].concat()).collect();
            let (mut inbox, mut received) = (Vec::new(), Vec::new());
            for part in stream.chunks(cut) {
                inbox.extend_from_slice(part);
                let rest = inbox.split_off(whole_prefix(&inbox));
                received.extend(datagrams(&inbox).map(<[u8]>::to_vec));
                inbox = rest;
            }
            prop_assert_eq!(received, sent);
            prop_assert!(inbox.is_empty());
        }
    }
}
